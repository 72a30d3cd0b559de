"""The server keys behind a coordinator's port. A connection is for the one that it was sealed to.

ZeroMQ has one server key for a socket's address. So each has an address of its own on loopback, and the first message
of the handshake (CurveZMQ's HELLO, RFC 26) tells the proxy which of them a connection is meant for.
"""

import asyncio
import contextlib
import socket
from collections.abc import Sequence
from typing import NamedTuple

from nacl.exceptions import CryptoError
from nacl.public import Box, PrivateKey, PublicKey

GREETING_BYTES = 64
HELLO_HEAD = b"\x04\xc8\x05HELLO"  # a command of 200 bytes
HELLO_BYTES = 202
NONCE = b"CurveZMQHELLO---"
CLIENT, NUMBER, BOX = slice(82, 114), slice(114, 122), slice(122, 202)  # ranges of the bytes of HELLO
CHOICE_S = 8.0  # a handshake may take so long to its first message
JOIN_S = 0.5  # a connection on loopback takes no longer


class ServerKey(NamedTuple):
    """A server key, and the port on loopback where its connections are passed on to."""

    secret: bytes
    port: int


def is_for(hello: bytes, secret: bytes) -> bool:
    """Tell whether the first message of a handshake was sealed to the server key of a secret."""
    if len(hello) != HELLO_BYTES or not hello.startswith(HELLO_HEAD):
        return False
    try:
        opened = Box(PrivateKey(secret), PublicKey(hello[CLIENT])).decrypt(hello[BOX], NONCE + hello[NUMBER])
    except CryptoError:
        return False
    return opened == bytes(64)


def join(port: int) -> socket.socket:
    """Connect to the address of a server key. Raises OSError."""
    return socket.create_connection(("127.0.0.1", port), JOIN_S)


async def choose(peer: socket.socket, server_keys: Sequence[ServerKey]) -> socket.socket:
    """Return a connection to the address of the key that a peer means; both have been told what was said so far.

    The first address greets, and takes what is for no key. Raises OSError, TimeoutError if the peer says too little.
    """
    async with asyncio.timeout(CHOICE_S):
        inner = join(server_keys[0].port)
        try:
            said = await _hear(peer, inner)
            meant = next((each for each in server_keys if is_for(said[GREETING_BYTES:], each.secret)), server_keys[0])
            if meant != server_keys[0]:
                inner.close()
                inner = join(meant.port)
                await _greet_unheard(inner, said[:GREETING_BYTES])
            await asyncio.get_running_loop().sock_sendall(inner, said[GREETING_BYTES:])
        except BaseException:
            inner.close()
            raise
        return inner


async def _hear(peer: socket.socket, inner: socket.socket) -> bytes:
    """Pass the greetings on, and return the peer's with its first message, which is held back."""
    loop, said = asyncio.get_running_loop(), b""
    inner.setblocking(False)
    greeting = asyncio.create_task(_pass_on(inner, peer))
    try:
        while len(said) < GREETING_BYTES + HELLO_BYTES:
            data = await loop.sock_recv(peer, GREETING_BYTES + HELLO_BYTES - len(said))
            if not data:
                raise ConnectionError("the peer left")
            rest = GREETING_BYTES - len(said)
            said += data
            if rest > 0:
                await loop.sock_sendall(inner, data[:rest])
        await greeting
    finally:
        greeting.cancel()
        with contextlib.suppress(asyncio.CancelledError, OSError):
            await greeting
    return said


async def _pass_on(inner: socket.socket, peer: socket.socket) -> None:
    loop, left = asyncio.get_running_loop(), GREETING_BYTES
    while left:
        data = await loop.sock_recv(inner, left)
        if not data:
            raise ConnectionError("the address closed")
        left -= len(data)
        await loop.sock_sendall(peer, data)


async def _greet_unheard(inner: socket.socket, greeting: bytes) -> None:
    """Greet an address whose own greeting the peer does not need: it had that of the first one."""
    loop, left = asyncio.get_running_loop(), GREETING_BYTES
    inner.setblocking(False)
    await loop.sock_sendall(inner, greeting)
    while left:
        data = await loop.sock_recv(inner, left)
        if not data:
            raise ConnectionError("the address closed")
        left -= len(data)
