"""Tells whether a coordinator stands behind a port: ZeroMQ greets at once, and a proxy without a backend closes."""

import asyncio
import contextlib

TIMEOUT_S = 1.0
SIGNATURE_BYTES = 10  # ZMTP begins with 0xff, eight bytes, 0x7f


async def is_greeted(endpoint: str) -> bool:
    """Connect once to "tcp://HOST:PORT", and tell whether ZeroMQ's greeting comes."""
    host, _, port = endpoint.removeprefix("tcp://").rpartition(":")
    try:
        async with asyncio.timeout(TIMEOUT_S):
            reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            with contextlib.closing(writer):
                signature = await reader.readexactly(SIGNATURE_BYTES)
    except (OSError, TimeoutError, asyncio.IncompleteReadError, UnicodeError):
        return False
    return signature[0] == 0xFF and signature[-1] == 0x7F
