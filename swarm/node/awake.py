"""Keeps the machine from falling asleep by itself while it works. A lid that is closed still closes it."""

import logging
from contextlib import AbstractContextManager, nullcontext
from typing import Any


def awake(*, allow_sleep: bool) -> AbstractContextManager[Any]:
    """A context in which the machine stays awake, where it lets programs ask for that; else nothing happens."""
    if allow_sleep:
        return nullcontext()
    from wakepy import keep

    logging.getLogger("wakepy").setLevel(logging.CRITICAL)  # a server has nothing to keep awake, and need not hear so
    return keep.running(on_fail="pass")
