"""Connections of strangers and of members with ill will, through real sockets: what they cost, and that they end."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager

import pytest
import zmq
from patience import HANGS_S, until

from swarm.lease.envelope import MAX_CLIP_BYTES
from swarm.lease.file_transfer import Piece
from swarm.lease.message import Bye, Clip, Done, Heartbeat, Release
from swarm.net import proxy
from swarm.net.connection_limiter import MAX_UNPROVEN_OF_ADDRESS, MOST, UNPROVEN_BYTES
from swarm.net.identity.swarm_key import CurveKeys, curve_keys, make_key
from swarm.net.transport import MAX_UNREAD_BYTES, DealerSocket, RouterSocket
from swarm.net.wire import pack

KEYS = curve_keys(make_key())
CLIP = Clip("job", 1, 2, 0, "0" * 32, samples=4800, sample_rate=24000, digest="0" * 64, work_s=0.5)
CURVE_GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x01CURVE" + bytes(47)


@pytest.fixture(params=["open", "curve"])
async def router(request: pytest.FixtureRequest) -> AsyncIterator[RouterSocket]:
    router = RouterSocket(KEYS if request.param == "curve" else None)
    yield router
    router.close()


def keys_of(router: RouterSocket) -> CurveKeys | None:
    return KEYS if router.authenticator else None


@contextmanager
def member(router: RouterSocket, port: int) -> "Iterator[zmq.Socket[bytes]]":
    """Yield a socket of a member that keeps to no rule."""
    with zmq.Context() as context, context.socket(zmq.DEALER) as client:
        client.linger = 0
        client.reconnect_ivl = -1
        if keys := keys_of(router):
            client.curve_serverkey = keys.server_public
            client.curve_secretkey, client.curve_publickey = keys.worker_secret, keys.worker_public
        client.connect(f"tcp://127.0.0.1:{port}")
        yield client


@contextmanager
def honest(router: RouterSocket, port: int) -> Iterator[DealerSocket]:
    dealer = DealerSocket(keys_of(router))
    dealer.connect([f"127.0.0.1:{port}"])
    try:
        yield dealer
    finally:
        dealer.close()


async def hears(router: RouterSocket, dealer: DealerSocket, *numbers: int) -> None:
    """Check that an honest worker's messages come, whatever others send."""
    await until(lambda: dealer.connected)
    for number in numbers:
        assert dealer.send(Release(number))
    heard = 0
    async with asyncio.timeout(120):
        while heard < len(numbers):
            heard += isinstance((await router.receive())[1], Release)


async def test_what_goes_in_and_what_is_read_are_the_same_number_of_bytes(router: RouterSocket) -> None:
    port = router.bind("127.0.0.1", 0)
    with honest(router, port) as dealer:
        await until(lambda: dealer.connected)
        await until(lambda: len(router.proxy.connections) == 1)
        sizes = [0, 1, 30, 100, 220, 222, 223, 255, 256, 3000, 60_000, MAX_CLIP_BYTES]
        for size in sizes:
            assert dealer.send(CLIP, bytes(size))
        for _ in sizes:
            await router.receive()
        (connection,) = router.proxy.connections.values()
        assert 0 <= connection.backpressure.under_way < 200  # without a key the worker's last word of the handshake


@pytest.mark.parametrize(("part", "parts"), [(MAX_CLIP_BYTES, 100), (0, 400_000)], ids=["large parts", "empty parts"])
async def test_a_message_of_very_many_parts_takes_no_more_than_the_largest_message_and_is_cut(
    router: RouterSocket, part: int, parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without a key only a whole message proves a worker, and on a busy machine many parts take their time.
    monkeypatch.setattr("swarm.net.connection_limiter.PROOF_S", HANGS_S)
    port = router.bind("127.0.0.1", 0)
    with member(router, port) as client, honest(router, port) as dealer:
        await hears(router, dealer, 1)
        client.send_multipart([bytes(part)] * parts, copy=False)
        most = 0
        while len(router.proxy.connections) > 1:
            most = max([most, *(c.backpressure.under_way for c in router.proxy.connections.values())])
            if most >= MOST // 2:  # on a busy machine so much takes its time to come
                monkeypatch.setattr("swarm.net.connection_limiter.STALLED_S", 0.3)
            await asyncio.sleep(0.001)
        assert MOST // 2 <= most < 2.2 * MOST
        await hears(router, dealer, 2)


async def test_bytes_before_the_handshake_is_over_are_few(router: RouterSocket) -> None:
    port = router.bind("127.0.0.1", 0)
    with ExitStack() as stack:
        strangers = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(10)]
        for stranger in strangers:
            stranger.setblocking(False)
            stranger.send(CURVE_GREETING + b"\x06" + (8 << 20).to_bytes(8, "big"))
        for _ in range(50):
            for stranger in strangers:
                try:
                    stranger.send(bytes(100_000))
                except OSError:
                    continue
            await asyncio.sleep(0.002)
        assert all(c.backpressure.handed_in <= UNPROVEN_BYTES for c in router.proxy.connections.values())


async def test_a_flood_of_connections_leaves_few_and_disturbs_no_worker(router: RouterSocket) -> None:
    port = router.bind("127.0.0.1", 0)
    with honest(router, port) as dealer, ExitStack() as stack:
        await hears(router, dealer, 1)
        for number in range(300):
            stranger = stack.enter_context(socket.socket())
            stranger.setblocking(False)
            stranger.connect_ex(("127.0.0.1", port))
            if not number % 10:
                await hears(router, dealer, number)
        await until(lambda: len(router.proxy.connections) > MAX_UNPROVEN_OF_ADDRESS // 2)
        assert len(router.proxy.connections) <= MAX_UNPROVEN_OF_ADDRESS + 1
        await hears(router, dealer, 301)


async def test_random_greetings_are_soon_refused_from_their_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm.net.connection_limiter.PENALTY_BURST", 20.0)
    monkeypatch.setattr(
        "swarm.net.connection_limiter.FORGIVEN_A_SECOND", 0.0
    )  # a loaded machine greets slower than it forgives
    router = RouterSocket(KEYS)
    port = router.bind("127.0.0.1", 0)
    for _ in range(40):
        with socket.create_connection(("127.0.0.1", port)) as stranger:
            stranger.send(bytes(64))
            await asyncio.sleep(0)
    await until(lambda: not router.proxy.connections)
    assert router.proxy.limiter.admit(10_000, "127.0.0.1", asyncio.get_running_loop().time()) is None
    router.close()


async def test_half_of_the_files_stay_for_the_journals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy, "open_files_limit", lambda: 256)
    router = RouterSocket(None)
    port = router.bind("127.0.0.1", 0)
    with ExitStack() as stack:
        for _ in range(256 // 6):
            stack.enter_context(member(router, port)).send(pack(Bye()))
            await router.receive()
        for _ in range(20):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            await asyncio.sleep(0.005)
        assert len(router.proxy.connections) == 256 // 6
    router.close()


async def test_a_member_that_sends_much_of_no_use_has_to_wait_and_others_have_not(router: RouterSocket) -> None:
    port = router.bind("127.0.0.1", 0)
    with member(router, port) as client, honest(router, port) as dealer:
        client.sndhwm = 4

        async def junk() -> None:
            while True:
                try:
                    client.send_multipart([b"junk", bytes(MAX_CLIP_BYTES)], zmq.NOBLOCK, copy=False)
                except zmq.Again:
                    await asyncio.sleep(0.001)
                await asyncio.sleep(0)

        sending = asyncio.create_task(junk())
        await hears(router, dealer, *range(200))
        sending.cancel()
        assert router.dropped <= 3


async def test_a_member_that_reads_nothing_fills_no_memory_and_is_cut(
    router: RouterSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("swarm.net.proxied_connection.UNREAD_S", 0.3)
    port = router.bind("127.0.0.1", 0)
    with member(router, port) as client:
        client.rcvhwm = 1
        client.send(pack(Heartbeat(())))
        peer, _, _ = await router.receive()
        sent = 0
        while router.send(peer, Piece("a" * 64, 0, 1), bytes(256 * 1024)):
            sent += 256 * 1024
            await asyncio.sleep(0.001)
            assert sent <= MAX_UNREAD_BYTES + (64 << 20)
        await until(lambda: not router.proxy.connections)
        await until(lambda: not router.send(peer, Done()))


async def test_the_last_words_of_a_worker_come_though_it_is_gone(router: RouterSocket) -> None:
    port = router.bind("127.0.0.1", 0)
    with honest(router, port) as dealer:
        await until(lambda: dealer.connected)
        for number in range(100):
            dealer.send(Release(number))
        dealer.send(Bye())
    for number in range(100):
        assert (await router.receive())[1] == Release(number)
    assert (await router.receive())[1] == Bye()
