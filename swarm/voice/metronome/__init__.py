"""A rehearsal engine that babbles.

In come texts; out goes speech-like sound at a set pace, for rehearsals, benchmarks and tests.
"""
