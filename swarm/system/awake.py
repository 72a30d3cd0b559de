"""Keeps the machine from falling asleep by itself while it works. A lid that is closed still closes it."""

import logging
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import Any


def awake(*, allow_sleep: bool) -> AbstractContextManager[Any]:
    """A context in which the machine stays awake, where it lets programs ask for that; else nothing happens."""
    if allow_sleep:
        return nullcontext()
    from wakepy import keep

    logging.getLogger("wakepy").setLevel(logging.CRITICAL)  # a server has nothing to keep awake, and need not hear so
    return keep.running(on_fail="pass")


class Wakefulness:
    """Awake whenever there is work: a worker waits for it for months."""

    def __init__(self, *, allow_sleep: bool) -> None:
        self._allow_sleep = allow_sleep
        self._kept: ExitStack | None = None

    def turn(self, working: bool) -> None:
        """Say whether there is work just now."""
        if working and self._kept is None:
            self._kept = ExitStack()
            self._kept.enter_context(awake(allow_sleep=self._allow_sleep))
        elif not working and self._kept is not None:
            self._kept.close()
            self._kept = None
