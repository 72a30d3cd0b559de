"""The right coordinator is never taken for a stranger's, whatever closes the connection."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from patience import until

from swarm.lease.message import Bye
from swarm.net.identity.swarm_key import curve_keys, make_key
from swarm.net.peer_link import is_greeted
from swarm.net.transport import DealerSocket, RouterSocket

KEYS, OTHERS = curve_keys(make_key()), curve_keys(make_key())
GREETING = b"\xff" + bytes(8) + b"\x7f"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Serve, port: int = 0) -> AsyncIterator[int]:
    """Serve each connection to a port, which is yielded."""
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


class Told(list[str]):
    """A dealer, and all that it told of refusals."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.dealer = DealerSocket(KEYS, on_change=lambda: self.append(self.dealer.refusal or ""))
        self.dealer.connect([f"127.0.0.1:{port}"])


async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def greet_and_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Act like a coordinator that is killed in the handshake."""
    writer.write(GREETING)
    with suppress(ConnectionError):
        await reader.read(1)
    writer.close()


async def speak_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    writer.close()


async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def test_only_a_coordinator_greets() -> None:
    for serve in [close, speak_http, mute]:
        async with listening(serve) as port:
            assert not await is_greeted(f"tcp://127.0.0.1:{port}")
        assert not await is_greeted(f"tcp://127.0.0.1:{port}"), serve
        router = RouterSocket(OTHERS)
        assert await is_greeted(f"tcp://127.0.0.1:{router.bind('127.0.0.1', 0)}"), serve
        router.close()


async def test_a_port_behind_which_no_coordinator_greets_is_called_so_and_tried_on() -> None:
    async with listening(close) as port:
        told = Told(port)
        await until(lambda: bool(told))
        await asyncio.sleep(1.5)
    assert told == [f"no coordinator answers behind 127.0.0.1:{port} yet, though the port is open; trying on"]
    router = RouterSocket(KEYS)
    router.bind("127.0.0.1", port)
    await until(lambda: told.dealer.connected)
    assert told.dealer.refusal is None
    told.dealer.close()
    router.close()


async def test_a_proxy_whose_coordinator_is_away_for_a_while_is_no_stranger() -> None:
    router = RouterSocket(KEYS)
    behind = router.bind("127.0.0.1", 0)
    router.close()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", behind)
        except OSError:
            writer.close()
            return
        await asyncio.wait(
            [asyncio.ensure_future(pump(reader, far_writer)), asyncio.ensure_future(pump(far_reader, writer))]
        )

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(4096):
                writer.write(data)
        writer.close()

    async with listening(forward) as port:
        told = Told(port)
        for _ in range(2):  # the pauses between two books
            await until(lambda: told.dealer.refusal is not None)
            router = RouterSocket(KEYS)
            router.bind("127.0.0.1", behind)
            await until(lambda: told.dealer.connected)
            assert told.dealer.send(Bye())
            router.close()
            await until(lambda: not told.dealer.connected)
        told.dealer.close()
    assert not any("another key" in words for words in told)


async def test_a_coordinator_that_is_killed_in_the_handshake_and_comes_back_is_no_stranger() -> None:
    async with listening(greet_and_close) as port:
        told = Told(port)
        await asyncio.sleep(0.5)
    router = RouterSocket(KEYS)
    router.bind("127.0.0.1", port)
    await until(lambda: told.dealer.connected)
    told.dealer.close()
    router.close()
    assert told == [""]


async def test_a_stranger_is_told_only_after_two_refusals_some_time_apart() -> None:
    router = RouterSocket(OTHERS)
    told, began_s = Told(router.bind("127.0.0.1", 0)), time.monotonic()
    await until(lambda: bool(told))
    assert time.monotonic() - began_s > 1.9
    assert "another key" in told[0]
    told.dealer.close()
    router.close()
