"""One small file a command: parse, build a config, make one call, print."""
