"""What all that moves files elsewhere has in common: faults that pass, a stop in between, trying again."""

import threading
from collections.abc import Callable, Sequence

from swarm.errors import EnvironmentFault
from swarm.node.say import Say


class TransferFault(EnvironmentFault):
    """Something did not arrive; `lasting` where trying again would not help."""

    def __init__(self, message: str, *, lasting: bool) -> None:
        super().__init__(message)
        self.lasting = lasting


class Stopped(Exception):
    """The user wants no more: whoever moves a file is told so with this."""


def insist(act: Callable[[], object], waits_s: Sequence[float], stopped: threading.Event, say: Say) -> None:
    """Do it, and again after each of these seconds where the fault may pass. Raises TransferFault, Stopped."""
    for wait_s in (*waits_s, None):
        try:
            act()
            return
        except TransferFault as fault:
            if fault.lasting or wait_s is None:
                raise
            say(f"{fault} Trying again in {wait_s:g} s.")
            if stopped.wait(wait_s):
                raise Stopped from None
