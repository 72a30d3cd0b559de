"""Piper's voices as an engine: 37 languages on the CPU, and voices that users train. In come recipes and networks that
are not trusted; out goes speech."""
