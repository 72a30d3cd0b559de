"""The commands, one small file for each: parse, build a config, make one call, print."""
