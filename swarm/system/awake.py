"""Keeps the machine from falling asleep while it works. Closing the lid still suspends it."""

import logging
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import Any


def awake(*, allow_sleep: bool) -> AbstractContextManager[Any]:
    """Return a context that keeps the machine awake, as far as its system lets programs do that."""
    if allow_sleep:
        return nullcontext()
    from wakepy import keep

    logging.getLogger("wakepy").setLevel(logging.CRITICAL)  # a server without a desktop would be warned at each start
    return keep.running(on_fail="pass")


class Wakefulness:
    """A switch that keeps the machine awake only while there is work: a worker may wait for work for months."""

    def __init__(self, *, allow_sleep: bool) -> None:
        self._allow_sleep = allow_sleep
        self._kept: ExitStack | None = None

    def turn(self, working: bool) -> None:
        """Keep the machine awake if it is `working`, let it sleep otherwise."""
        if working and self._kept is None:
            self._kept = ExitStack()
            self._kept.enter_context(awake(allow_sleep=self._allow_sleep))
        elif not working and self._kept is not None:
            self._kept.close()
            self._kept = None
