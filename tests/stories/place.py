"""Where a mock machine's commands run: in a network namespace, under a host name of its own (Linux, root)."""

import ctypes
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

CLONE_NEWUTS, CLONE_NEWNET = 0x04000000, 0x40000000
AS_HOST = ("unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"')


class Place(NamedTuple):
    """A network namespace by its name, and the host name there."""

    space: str
    host: str

    def inside(self, command: Sequence[str]) -> list[str]:
        """Return the command line that runs a program here; the started process is the program itself."""
        return ["ip", "netns", "exec", self.space, *AS_HOST, self.host, *command]

    def enter(self) -> None:
        """Move this process here; it has one thread yet."""
        file = os.open(Path("/run/netns") / self.space, os.O_RDONLY)
        enter(file)
        os.close(file)
        _check("unshare", ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUTS))
        socket.sethostname(self.host)


def enter(space: int) -> None:
    """Enter an open network namespace; os.setns came with Python 3.12."""
    _check("setns", ctypes.CDLL(None, use_errno=True).setns(space, CLONE_NEWNET))


def _check(call: str, result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), call)
