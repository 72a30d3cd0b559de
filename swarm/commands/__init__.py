"""The commands, one file for each: parse, build a config, make one call, print. In come command lines; out go configs
for the rooms below, and sentences and exit codes for the user."""
