"""Ports that no other test takes between the moment when one is chosen and the moment when a program listens there."""

import errno
import itertools
import os
import socket

LOOPBACK = "127.0.0.1"
# Below the ports that systems choose by themselves, as for clients and for port 0: they begin at 32768 or at 49152.
PORTS = range(20_000, 32_000)
_TAKEN = (errno.EADDRINUSE, errno.EACCES)  # the latter where Windows keeps a range for itself

_starts = itertools.count(os.getpid() * 97)  # processes that begin at once then look at different ports
_kept: list[socket.socket] = []  # each holds a port until this process ends


def free_port() -> int:
    """Return a port that stays free: nothing listens there, and no other process is told the same one.

    This process keeps the UDP port of that number, as a sign for others; programs under test listen at TCP ports.
    """
    for start in itertools.islice(_starts, len(PORTS)):
        port = PORTS[start % len(PORTS)]
        if _is_free(port) and (sign := _bound(port, socket.SOCK_DGRAM)):
            _kept.append(sign)
            return port
    raise RuntimeError(f"there is no free port from {PORTS.start} to {PORTS.stop}")


def _is_free(port: int) -> bool:
    probe = _bound(port, socket.SOCK_STREAM)
    if probe:
        probe.close()
    return bool(probe)


def _bound(port: int, kind: socket.SocketKind) -> socket.socket | None:
    bound = socket.socket(type=kind)
    try:
        bound.bind((LOOPBACK, port))
    except OSError as fault:
        bound.close()
        if fault.errno not in _TAKEN:
            raise
        return None
    return bound
