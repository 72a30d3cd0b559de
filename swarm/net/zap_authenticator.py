"""Lets in only connections with a key of the swarm: the server keys behind a port, and whom ZAP accepts at each."""

import asyncio
import contextlib
import hmac
import logging
import socket
from collections.abc import Callable, Sequence
from typing import NamedTuple

import zmq
from nacl.exceptions import CryptoError
from nacl.public import Box, PrivateKey, PublicKey

ADDRESS = "inproc://zeromq.zap.01"
VERSION = b"1.0"
BY_CODE = b"code"  # the user of a connection that has no key of its own

logger = logging.getLogger(__name__)


class ZapAuthenticator:
    """Answers every handshake of one context. While it is closed, all are refused (ZAP_ENFORCE_DOMAIN).

    `codes` has the key that the code lets in, by domain; no code lets in by an old server key. `is_member` tells
    whether a key is a member's own. The user of a connection is its domain and its own key, in hexadecimal digits.
    """

    def __init__(
        self, context: "zmq.Context[zmq.Socket[bytes]]", codes: dict[bytes, bytes], is_member: Callable[[bytes], bool]
    ) -> None:
        self.refused = 0
        self._codes = codes
        self._is_member = is_member
        self._loop = asyncio.get_running_loop()
        self._socket = context.socket(zmq.ROUTER)  # a REP socket would hang after one bad request
        self._socket.linger = 0
        self._socket.bind(ADDRESS)
        self._loop.add_reader(self._socket.FD, self._answer_all)
        self._answer_all()

    def _answer_all(self) -> None:
        while True:
            try:
                peer, *request = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            if len(request) >= 3:  # an answer needs the empty part, the version and the request's id
                self._socket.send_multipart([peer, b"", *self._answer(request[1:])], zmq.NOBLOCK)

    def _answer(self, request: list[bytes]) -> list[bytes]:
        user = self._user(request)
        verdict = (b"200", b"OK", user) if user else (b"400", b"another key", b"")
        if not user:
            self.refused += 1
            logger.debug(f"refused a connection of another key, {self.refused} so far")
        return [VERSION, request[1], *verdict, b""]

    def _user(self, request: list[bytes]) -> bytes:
        """Return the user of a connection that may come in, else b""."""
        if len(request) != 7:  # version, id, domain, address, routing id, mechanism, the client's public key
            return b""
        version, _, domain, _, _, mechanism, key = request
        if (version, mechanism) != (VERSION, b"CURVE") or domain not in self._codes:
            return b""
        if self._codes[domain] and hmac.compare_digest(key, self._codes[domain]):
            return domain + b" " + BY_CODE
        return domain + b" " + key.hex().encode() if self._is_member(key) else b""

    def stop_answering(self) -> None:
        """Stop answering: nothing is let in any more."""
        if not self._socket.closed:
            self._loop.remove_reader(self._socket.FD)
            self._socket.close()


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
                inner.setblocking(False)
                await asyncio.get_running_loop().sock_sendall(inner, said[:GREETING_BYTES])
                await _pass_on(inner, None)
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


async def _pass_on(inner: socket.socket, peer: socket.socket | None) -> None:
    """Pass the greeting of an address on to the peer, or drop it where the peer had that of another one."""
    loop, left = asyncio.get_running_loop(), GREETING_BYTES
    while left:
        data = await loop.sock_recv(inner, left)
        if not data:
            raise ConnectionError("the address closed")
        left -= len(data)
        if peer:
            await loop.sock_sendall(peer, data)
