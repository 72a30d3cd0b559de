"""Lets in only connections whose key is derived from the swarm's key, or is a member's own.

ZeroMQ asks over its ZAP protocol (RFC 27) on a fixed inproc address of the same context. Each server key has a domain.
"""

import asyncio
import hmac
import logging
from collections.abc import Callable

import zmq

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

    def close(self) -> None:
        """Stop answering: nothing is let in any more."""
        if not self._socket.closed:
            self._loop.remove_reader(self._socket.FD)
            self._socket.close()
