"""Decides which worker speaks what until when. Pure: messages, times and settings come in, outcomes go out; no
I/O, no clock, no randomness."""
