"""Decides which worker speaks what until when. Pure: no I/O, no clock, no randomness; time is an argument."""
