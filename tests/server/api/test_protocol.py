"""Peers of the web side that are slow or many, over real connections."""

import asyncio
import socket
from contextlib import suppress
from typing import Any

import pytest
from web_bench import TOKEN, WebBench

from swarm.server.api import host as protocol
from swarm.server.api.host import BoundedProtocol

GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
POST = f"POST /api/v1/books?name=a.txt HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n".encode()


async def connect(bench: WebBench) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = bench.url.removeprefix("http://").partition(":")
    return await asyncio.open_connection(host, int(port))


async def ends(reader: asyncio.StreamReader) -> bool:
    """Wait until the server ends a connection."""
    with suppress(ConnectionError):
        await asyncio.wait_for(reader.read(), 30)
    return True


@pytest.mark.parametrize("said", [b"", b"GET /heal", GET])
async def test_a_request_whose_headers_never_end_is_given_up(
    bench: WebBench, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(protocol, "HEAD_S", 0.3)
    reader, writer = await connect(bench)

    async def trickle() -> None:
        writer.write(said)
        while said:
            writer.write(b"X-More: and more\r\n")
            await asyncio.sleep(0.05)

    task = asyncio.create_task(trickle())
    assert await ends(reader)
    task.cancel()


async def test_a_second_request_of_a_connection_is_bounded_too(
    bench: WebBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = await connect(bench)
    writer.write(GET + b"\r\n")
    assert b"200 OK" in await reader.readuntil(b"\r\n\r\n")
    monkeypatch.setattr(protocol, "HEAD_S", 0.1)
    writer.write(GET)
    assert await ends(reader)


async def test_a_book_that_stops_coming_is_given_up_and_leaves_nothing(
    bench: WebBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "BODY_S", 0.5)
    reader, writer = await connect(bench)
    writer.write(POST + b"Content-Length: 1000\r\n\r\nSome words.")
    while not list(bench.room.iterdir()):
        await asyncio.sleep(0.01)
    assert await ends(reader)
    while list(bench.room.iterdir()):
        await asyncio.sleep(0.01)
    assert bench.queue.books == ()


async def test_an_answer_is_not_held_back_until_the_last_one_was_received(
    bench: WebBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodelay = list[int]()
    made = BoundedProtocol.connection_made

    def look(self: BoundedProtocol, transport: asyncio.Transport) -> None:
        made(self, transport)
        nodelay.append(transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(BoundedProtocol, "connection_made", look)
    await bench.get("/api/v1/status")
    assert nodelay == [1]


@pytest.mark.parametrize(
    ("address", "refused"),
    [
        ("192.0.2.1", True),
        ("192.0.2.2", False),
        ("127.0.0.1", False),
        ("2001:db8::ffff", True),  # another address of the same network
        ("2001:db8:0:1::1", False),
    ],
)
def test_one_address_or_network_has_so_many_connections_and_no_more(address: str, refused: bool) -> None:
    def connection(client: str) -> BoundedProtocol:
        made = BoundedProtocol.__new__(BoundedProtocol)
        made.client, made.connections = (client, 1), others
        return made

    others: set[Any] = set()
    for number in range(protocol.MAX_OF_ADDRESS + 1):
        others |= {connection(client) for client in ("192.0.2.1", "127.0.0.1", f"2001:db8::{number:x}")}
    assert connection(address)._is_one_of_too_many() is refused
