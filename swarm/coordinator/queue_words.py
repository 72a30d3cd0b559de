"""Faults in the words of a queue: the queue tries again by itself, so its user runs no command again. Pure."""

import re

_AGAIN = re.compile(r"(?:, then|,? and|;|\.)? ?run the same command again", re.IGNORECASE)
_DELIVERS = "the same command delivers it"


def tried_later(why: str) -> str:
    """Return why a book waits, for one that the queue tries again by itself."""
    return _AGAIN.sub("; the queue tries again by itself", why).replace(_DELIVERS, "the queue delivers it by itself")


def tried_on_demand(why: str, number: int) -> str:
    """Return why a book failed, for one that the queue tries again when its user says so."""
    then = f"`e2a-swarm resume {number}`"
    return _AGAIN.sub(f"; {then} tries it again", why).replace(_DELIVERS, f"{then} delivers it")
