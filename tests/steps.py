"""Counts the work of code, so that a test can bound it: other than a time, it is the same on a busy machine."""

import cProfile
from collections.abc import Callable


def steps_of(work: Callable[[], object]) -> int:
    """Return how many functions are called, those of C among them."""
    profile = cProfile.Profile(subcalls=False)
    profile.runcall(work)
    return sum(entry.callcount for entry in profile.getstats())
