"""A rehearsal engine that plays tones.

In come texts; out go tones at a set pace, for rehearsals, benchmarks and tests.
"""
