"""Who speaks what, until when. Pure: no I/O, no clock, no randomness; time comes in, outcomes come out."""
