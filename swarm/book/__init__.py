"""A file becomes segments. Pure: reads the file it is given, knows no clock, socket or process."""
