"""Lets in only connections whose key is derived from the swarm's key.

ZeroMQ asks over its ZAP protocol (RFC 27) on a fixed inproc address of the same context.
"""

import asyncio
import hmac
import logging

import zmq

ADDRESS = "inproc://zeromq.zap.01"
DOMAIN = b"e2a-swarm"
VERSION = b"1.0"

logger = logging.getLogger(__name__)


class Gate:
    """Answers every handshake of one context. While it is closed, all are refused (ZAP_ENFORCE_DOMAIN)."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", allowed: bytes) -> None:
        self.refused = 0
        self._allowed = allowed
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
        verdict = (b"200", b"OK", b"member") if self._admits(request) else (b"400", b"another key", b"")
        if verdict[0] != b"200":
            self.refused += 1
            logger.debug(f"refused a connection of another key, {self.refused} so far")
        return [VERSION, request[1], *verdict, b""]

    def _admits(self, request: list[bytes]) -> bool:
        if len(request) != 7:  # version, id, domain, address, routing id, mechanism, the client's public key
            return False
        version, _, domain, _, _, mechanism, key = request
        return (version, domain, mechanism) == (VERSION, DOMAIN, b"CURVE") and hmac.compare_digest(key, self._allowed)

    def close(self) -> None:
        """Stop answering: nothing is let in any more."""
        if not self._socket.closed:
            self._loop.remove_reader(self._socket.FD)
            self._socket.close()
