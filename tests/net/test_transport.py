import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import contextmanager, suppress
from random import Random
from typing import Any

import pytest
import zmq
from memory_twins import MemoryNetwork
from patience import noted_calls, until
from zmq.utils import z85

from swarm.errors import EnvironmentFault
from swarm.lease.envelope import MAX_CLIP_BYTES
from swarm.lease.message import PROTOCOL, Bye, Clip, Done, Heartbeat, Hello, Release, Status, Welcome, WhoAreYou
from swarm.net.identity.swarm_key import CurveKeys, curve_keys, make_key
from swarm.net.transport import DealerSocket, RouterSocket
from swarm.net.wire import pack
from swarm.net.zap_authenticator import ZapAuthenticator
from swarm.system.event_loop import cancel

KEYS, OTHERS = curve_keys(make_key()), curve_keys(make_key())
CLIP = Clip("job", 1, 2, 0, "0" * 32, samples=4800, sample_rate=24000, digest="0" * 64, work_s=0.5)


async def soon(coming: Awaitable[Any]) -> Any:
    return await asyncio.wait_for(coming, 120)


@pytest.fixture(params=["open", "curve", "memory"])
async def ends(request: pytest.FixtureRequest) -> AsyncIterator[tuple[RouterSocket, DealerSocket, int]]:
    keys = KEYS if request.param == "curve" else None
    network = MemoryNetwork()
    router: RouterSocket = network.router() if request.param == "memory" else RouterSocket(keys)
    dealer: DealerSocket = network.dealer() if request.param == "memory" else DealerSocket(keys)
    port = router.bind("127.0.0.1", 0)
    dealer.connect([f"127.0.0.1:{port}"])
    await until(lambda: dealer.connected)
    yield router, dealer, port
    dealer.close()
    router.close()


# --- the contract of both twins


async def test_messages_go_both_ways_in_order(ends: tuple[RouterSocket, DealerSocket, int]) -> None:
    router, dealer, _ = ends
    assert dealer.send(Hello("w1", "n1", "attic", "1", (), (), 1, PROTOCOL))
    for lease in range(300):
        assert dealer.send(Release(lease))
    peer, hello, frame = await soon(router.receive())
    assert (hello, frame) == (Hello("w1", "n1", "attic", "1", (), (), 1, PROTOCOL), b"")
    assert [(await soon(router.receive()))[1].lease for _ in range(300)] == list(range(300))
    assert router.send(peer, Welcome("c1", 1, "laptop", 1.0, 1000, 65536))
    assert router.send(peer, Done())
    assert (await soon(dealer.receive()))[0] == Welcome("c1", 1, "laptop", 1.0, 1000, 65536)
    assert (await soon(dealer.receive()))[0] == Done()


@pytest.mark.parametrize("size", [1, 60_000, MAX_CLIP_BYTES])
async def test_a_clip_brings_its_frame(ends: tuple[RouterSocket, DealerSocket, int], size: int) -> None:
    router, dealer, _ = ends
    assert dealer.send(CLIP, b"f" * size)
    _, message, frame = await soon(router.receive())
    assert message == CLIP
    assert frame == b"f" * size


async def test_what_is_over_its_bound_is_not_sent(ends: tuple[RouterSocket, DealerSocket, int]) -> None:
    _, dealer, _ = ends
    assert not dealer.send(CLIP, bytes(MAX_CLIP_BYTES + 1))
    assert not dealer.send(Hello("w" * 70_000, "n", "n", "1", (), (), 1, PROTOCOL))
    assert dealer.dropped == 2


async def test_sending_to_nobody_is_false_at_once(ends: tuple[RouterSocket, DealerSocket, int]) -> None:
    router, _, _ = ends
    assert not router.send(b"nobody", WhoAreYou())


async def test_waiting_tells_whether_something_is_unread(ends: tuple[RouterSocket, DealerSocket, int]) -> None:
    router, dealer, _ = ends
    assert not router.waiting()
    dealer.send(Bye())
    await until(router.waiting)
    await soon(router.receive())
    assert not router.waiting()


async def test_a_receiver_asleep_hears_what_arrives_while_it_sends(
    ends: tuple[RouterSocket, DealerSocket, int],
) -> None:
    router, dealer, _ = ends
    dealer.send(Status())
    peer, _, _ = await soon(router.receive())
    for _ in range(20):
        receiving = asyncio.create_task(router.receive())
        await asyncio.sleep(0)
        dealer.send(Status())
        time.sleep(0.01)  # it arrives while the loop looks elsewhere, and the sends swallow the news
        for _ in range(3):
            router.send(peer, WhoAreYou())
        assert (await soon(receiving))[1] == Status()


async def test_asking_whether_something_waits_never_leaves_the_receiver_asleep(
    ends: tuple[RouterSocket, DealerSocket, int],
) -> None:
    router, dealer, _ = ends
    for _ in range(50):
        receiving = asyncio.create_task(router.receive())
        await asyncio.sleep(0)
        dealer.send(Status())
        end = time.monotonic() + 60
        while not router.waiting():  # without giving the loop a chance to see the descriptor
            assert time.monotonic() < end
        await soon(receiving)


async def test_what_nobody_reads_yet_costs_nothing(ends: tuple[RouterSocket, DealerSocket, int]) -> None:
    router, dealer, _ = ends
    for lease in range(10):
        dealer.send(Release(lease))
    await until(router.waiting)
    with noted_calls() as calls:
        await asyncio.sleep(0.5)
    assert len(calls) < 3000  # 340 were counted; a loop that does not sleep makes some 100,000
    assert (await soon(router.receive()))[1] == Release(0)


async def test_two_workers_are_two_peers(ends: tuple[RouterSocket, DealerSocket, int]) -> None:
    router, dealer, port = ends
    other = dealer.network.dealer() if hasattr(dealer, "network") else DealerSocket(_keys_of(router))
    other.connect([f"127.0.0.1:{port}"])
    await until(lambda: other.connected)
    dealer.send(Release(1))
    other.send(Release(2))
    peers = {message.lease: peer for peer, message, _ in [await soon(router.receive()) for _ in range(2)]}
    assert router.send(peers[2], Done())
    assert (await soon(other.receive()))[0] == Done()
    other.close()
    await until(lambda: not router.send(peers[2], Done()))
    assert router.send(peers[1], Done(final=True))
    assert (await soon(dealer.receive()))[0] == Done(final=True)


async def test_a_dealer_without_a_coordinator_keeps_nothing_for_it(
    ends: tuple[RouterSocket, DealerSocket, int],
) -> None:
    router, dealer, _ = ends
    router.close()
    await until(lambda: not dealer.connected)
    await until(lambda: not dealer.send(Heartbeat(())))


def _keys_of(router: RouterSocket) -> CurveKeys | None:
    return KEYS if getattr(router, "authenticator", None) else None


# --- sockets


@pytest.fixture
async def router() -> AsyncIterator[RouterSocket]:
    router = RouterSocket(KEYS)
    yield router
    router.close()


@contextmanager
def bare(port: int, keys: CurveKeys | None, secret: bytes = b"", public: bytes = b"") -> Iterator["zmq.Socket[bytes]"]:
    """Yield a foreign client with any keys."""
    with zmq.Context() as context, context.socket(zmq.DEALER) as client:
        client.linger = 0
        if keys:
            client.curve_serverkey = keys.server_public
            client.curve_secretkey, client.curve_publickey = secret or keys.worker_secret, public or keys.worker_public
        client.connect(f"tcp://127.0.0.1:{port}")
        yield client


async def heard(router: RouterSocket, timeout_s: float = 0.5) -> bool:
    try:
        await asyncio.wait_for(router.receive(), timeout_s)
    except TimeoutError:
        return False
    return True


async def test_the_right_key_gets_in(router: RouterSocket) -> None:
    with bare(router.bind("127.0.0.1", 0), KEYS) as client:
        client.send(pack(Bye()))
        assert await heard(router, 5)


async def test_a_stranger_that_knows_the_public_key_stays_out(router: RouterSocket) -> None:
    public, secret = (z85.decode(key) for key in zmq.curve_keypair())
    with bare(router.bind("127.0.0.1", 0), KEYS, secret, public) as client:
        client.send(pack(Bye()))
        assert not await heard(router)
        assert router.refused == 1


async def test_another_swarms_key_and_no_key_stay_out(router: RouterSocket) -> None:
    port = router.bind("127.0.0.1", 0)
    with bare(port, OTHERS) as other, bare(port, None) as keyless:
        other.send(pack(Bye()))
        keyless.send(pack(Bye()))
        assert not await heard(router)


async def test_without_its_gate_nobody_gets_in(router: RouterSocket) -> None:
    assert router.authenticator
    router.authenticator.stop_answering()
    with bare(router.bind("127.0.0.1", 0), KEYS) as client:
        client.send(pack(Bye()))
        assert not await heard(router)


async def test_the_gate_outlives_requests_that_make_no_sense() -> None:
    with zmq.Context() as context, context.socket(zmq.DEALER) as asker:
        authenticator = ZapAuthenticator(context, {b"e2a-swarm": KEYS.worker_public}, lambda key: False)
        asker.linger = 0
        asker.connect("inproc://zeromq.zap.01")
        good = [b"", b"1.0", b"7", b"e2a-swarm", b"127.0.0.1", b"", b"CURVE", KEYS.worker_public]
        nonsense = ([b""], [b"", b"1.0", b"1"], [b"x"] * 20, [*good[:3], b"*", *good[4:]], [*good[:6], b"NULL", b""])
        for request in (*nonsense, good):
            asker.send_multipart(request)
        codes = list[bytes]()
        while len(codes) < 5:
            await until(lambda: bool(asker.poll(0)))
            codes.append(asker.recv_multipart()[3])
        assert codes == [b"400"] * 4 + [b"200"]
        authenticator.stop_answering()


@pytest.mark.parametrize(
    ("ours", "theirs", "said"), [(KEYS, OTHERS, "another key"), (KEYS, None, "another key"), (None, KEYS, "--open")]
)
async def test_who_is_turned_away_learns_why(ours: CurveKeys | None, theirs: CurveKeys | None, said: str) -> None:
    changes: list[str] = []
    router = RouterSocket(theirs)
    dealer = DealerSocket(ours, on_change=lambda: changes.append(dealer.refusal or ""))
    port = router.bind("127.0.0.1", 0)
    dealer.connect([f"127.0.0.1:{port}"])
    await until(lambda: dealer.refusal is not None)
    assert said in str(dealer.refusal)
    assert f"127.0.0.1:{port}" in str(dealer.refusal)
    assert not dealer.connected
    assert not dealer.send(Bye())
    await asyncio.sleep(0.5)
    assert len(changes) == 1  # told once, not with every try
    dealer.close()
    router.close()


@pytest.mark.parametrize("keys", [None, KEYS], ids=["open", "curve"])
async def test_who_is_told_of_a_connection_can_send_at_once(keys: CurveKeys | None) -> None:
    for _ in range(20):
        sent: list[bool] = []
        router = RouterSocket(keys)
        dealer = DealerSocket(keys, on_change=lambda: sent.append(dealer.send(Bye())))  # noqa: B023
        dealer.connect([f"127.0.0.1:{router.bind('127.0.0.1', 0)}"])
        assert (await soon(router.receive()))[1] == Bye()
        assert sent == [True]
        dealer.close()
        router.close()


async def test_a_worker_gets_in_once_the_coordinator_has_the_right_key() -> None:
    stranger, dealer = RouterSocket(OTHERS), DealerSocket(KEYS)
    port = stranger.bind("127.0.0.1", 0)
    dealer.connect([f"127.0.0.1:{port}"])
    await until(lambda: dealer.refusal is not None)
    stranger.close()
    router = RouterSocket(KEYS)
    router.bind("127.0.0.1", port)
    await until(lambda: dealer.connected)
    assert dealer.refusal is None
    dealer.close()
    router.close()


async def test_one_address_that_answers_is_enough_and_makes_one_peer(router: RouterSocket) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:  # accepts and never says a word
        dealer = DealerSocket(KEYS)
        port = router.bind("127.0.0.1", 0)
        good = f"127.0.0.1:{port}"
        dealer.connect(["127.0.0.1:1", f"127.0.0.1:{mute.getsockname()[1]}", good, good])
        await until(lambda: dealer.connected)
        peers = set()
        for _ in range(20):
            assert dealer.send(Bye())
            peers.add((await soon(router.receive()))[0])
        assert len(peers) == 1
        dealer.close()


async def test_an_address_given_up_is_not_spoken_to_when_it_answers_later(router: RouterSocket) -> None:
    late = RouterSocket(KEYS)
    late_port, port = late.bind("127.0.0.1", 0), router.bind("127.0.0.1", 0)
    late.close()
    dealer, late = DealerSocket(KEYS), RouterSocket(KEYS)
    dealer.connect([f"127.0.0.1:{late_port}", f"127.0.0.1:{port}"])
    await until(lambda: dealer.connected)
    late.bind("127.0.0.1", late_port)
    await asyncio.sleep(1.2)  # ZeroMQ tries again every second at least
    for _ in range(10):
        assert dealer.send(Bye())
        assert (await soon(router.receive()))[1] == Bye()
    assert not late.waiting()
    dealer.close()
    late.close()


async def test_a_restarted_coordinator_is_found_again() -> None:
    router, dealer = RouterSocket(KEYS), DealerSocket(KEYS)
    port = router.bind("127.0.0.1", 0)
    dealer.connect(["127.0.0.1:1", f"127.0.0.1:{port}"])
    await until(lambda: dealer.connected)
    router.close()
    await until(lambda: not dealer.connected)
    await asyncio.sleep(1)
    again = RouterSocket(KEYS)
    again.bind("127.0.0.1", port)
    await until(lambda: dealer.connected)
    dealer.send(Bye())
    assert (await soon(again.receive()))[1] == Bye()
    dealer.close()
    again.close()


async def test_what_does_not_fit_is_counted_and_nothing_else(router: RouterSocket) -> None:
    with bare(router.bind("127.0.0.1", 0), KEYS) as client:
        for parts in ([b""], [b"\xc1"], [pack(Bye()), b"", b"", b""], [b"\xdd\xff\xff\xff\xff"], [bytes(65 * 1024)]):
            client.send_multipart(parts)
        client.send(bytes(9 * 1024 * 1024))  # ZeroMQ itself ends the connection; it comes back
        await until(lambda: router.dropped == 5 or not router.waiting())
        receiving = asyncio.create_task(router.receive())
        await until(lambda: router.dropped == 5)
        await asyncio.sleep(0.5)
        client.send(pack(Bye()))
        assert (await soon(receiving))[1] == Bye()


async def test_the_next_free_port_is_taken_but_a_chosen_one_is_insisted_on() -> None:
    first, second = RouterSocket(), RouterSocket()
    port, next_port = first.bind("127.0.0.1", None), second.bind("127.0.0.1", None)
    assert min(port, next_port) >= 5847 and port != next_port
    third = RouterSocket()
    with pytest.raises(EnvironmentFault, match=f"port {port} .*--port"):
        third.bind("127.0.0.1", port)
    with pytest.raises(EnvironmentFault, match="address"):
        third.bind("192.0.2.1", 0)
    for end in (first, second, third):
        end.close()


async def test_an_address_that_cannot_be_one_is_refused() -> None:
    dealer = DealerSocket()
    with pytest.raises(EnvironmentFault, match="HOST:PORT"):
        dealer.connect(["127.0.0.1:port"])
    dealer.close()


async def test_the_same_addresses_once_more_keep_the_turn_of_those_that_are_tried(router: RouterSocket) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute, socket.create_server(("127.0.0.1", 0)) as other:
        silent = [f"127.0.0.1:{each.getsockname()[1]}" for each in (mute, other)]
        good = f"127.0.0.1:{router.bind('127.0.0.1', 0)}"
        dealer = DealerSocket(KEYS)

        async def announce() -> None:
            while True:  # a network with much news
                dealer.connect([*silent, good])
                await asyncio.sleep(0.2)

        telling = asyncio.create_task(announce())
        await until(lambda: dealer.connected)
        assert dealer.address == good
        telling.cancel()
        dealer.close()


async def test_a_name_that_is_looked_up_for_long_holds_up_no_other_address(
    router: RouterSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()
    look_up = socket.getaddrinfo

    def slow(host: str, *more: Any, **flags: Any) -> Any:
        if host == "slow.invalid":
            assert answers.wait(60)
        return look_up(host.replace("slow.invalid", "127.0.0.1"), *more, **flags)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    port = router.bind("127.0.0.1", 0)
    first, second = DealerSocket(KEYS), DealerSocket(KEYS)
    first.connect([f"slow.invalid:{port}", f"127.0.0.1:{port}"])
    second.connect([f"slow.invalid:{port}"])
    await until(lambda: first.connected)
    assert not second.connected
    answers.set()
    await until(lambda: second.connected)
    assert second.address == f"slow.invalid:{port}"
    first.close()
    second.close()


async def test_each_address_of_a_name_is_tried(router: RouterSocket, monkeypatch: pytest.MonkeyPatch) -> None:
    port = router.bind("127.0.0.1", 0)
    look_up = socket.getaddrinfo

    def twofold(host: str, *more: Any, **flags: Any) -> Any:
        hosts = ("127.0.0.9", "127.0.0.1") if host == "twofold.invalid" else (host,)
        return [found for each in hosts for found in look_up(each, *more, **flags)]

    monkeypatch.setattr(socket, "getaddrinfo", twofold)
    dealer = DealerSocket(KEYS)
    dealer.connect([f"twofold.invalid:{port}"])
    await until(lambda: dealer.connected)
    dealer.close()


async def test_a_name_that_nobody_knows_is_tried_on(router: RouterSocket, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []

    def unknown(host: str, *more: Any, **flags: Any) -> Any:
        looked_up.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    dealer = DealerSocket(KEYS)
    dealer.connect(["nobody.invalid:5847"])
    await until(lambda: len(looked_up) > 1)
    assert not dealer.connected
    dealer.close()


async def test_an_address_that_worked_is_tried_between_all_others(router: RouterSocket) -> None:
    good = f"tcp://127.0.0.1:{router.bind('127.0.0.1', 0)}"
    dealer = DealerSocket(KEYS)
    silent = [f"127.0.0.1:{port}" for port in (1, 2, 3)]
    dealer.connect([*silent, good.removeprefix("tcp://")])
    await until(lambda: dealer._link._has_worked)  # a moment after it is connected
    one, two, three = (f"tcp://{each}" for each in silent)
    assert dealer._link._turns() == [good, one, good, two, good, three]
    dealer.connect(silent)
    assert dealer.connected and dealer._link._turns() == [one, two, three]
    dealer.close()


async def test_a_network_that_changes_repeats_and_swaps_bytes_cuts_connections_and_changes_no_message() -> None:
    router, dealer, chance = RouterSocket(KEYS), DealerSocket(KEYS), Random(7)
    port, cuts = router.bind("127.0.0.1", 0), list[str]()

    async def pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(1000):
                middle = len(data) // 2
                lies = (data + data, data[middle:] + data[:middle], bytes([data[0] ^ 1]) + data[1:], data[:middle])
                sink.write(chance.choice(lies) if chance.random() < 0.04 else data)
        cuts.append("")
        sink.close()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pass_on(reader, inner_writer), pass_on(inner_reader, writer))

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    dealer.connect([f"127.0.0.1:{server.sockets[0].getsockname()[1]}"])
    sent = [Release(lease) for lease in range(200)]

    came = list[object]()

    async def gather_all() -> None:
        while True:
            came.append((await router.receive())[1])

    gathering = asyncio.create_task(gather_all())
    for message in sent:
        await until(lambda message=message: dealer.connected and dealer.send(message, b"clip" * 50))
        await asyncio.sleep(0.001)
    await until(lambda: len(came) > 50)
    await cancel([gathering])
    assert came == [message for message in sent if message in came], "none is changed, repeated or out of order"
    assert len(cuts) > 5
    server.close()
    dealer.close()
    router.close()
