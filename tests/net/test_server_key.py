"""One port with several server keys: each connection finds its own, through real sockets."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from nacl.signing import SigningKey
from patience import until

from swarm.lease.member_message import Enrol, Members
from swarm.lease.message import Bye, Status, WhoAreYou
from swarm.net.identity.swarm_key import CurveKeys, curve_keys, make_key
from swarm.net.transport import DealerSocket, RouterSocket
from swarm.net.zap_authenticator import HELLO_BYTES, is_for

NOW, BEFORE = curve_keys(make_key()), curve_keys(make_key())
OWN = SigningKey.generate().to_curve25519_private_key()


def own(keys: CurveKeys) -> CurveKeys:
    return CurveKeys(keys.server_public, b"", bytes(OWN.public_key), bytes(OWN))


@pytest.fixture
async def router() -> AsyncIterator[RouterSocket]:
    router = RouterSocket(NOW, lambda key: key == bytes(OWN.public_key))
    router.open_server_keys(NOW, [BEFORE])
    yield router
    router.close()


@pytest.mark.parametrize("keys", [NOW, own(NOW)], ids=["by the code", "by its own key"])
async def test_the_present_server_key_lets_in_by_the_code_and_by_a_members_own_key(
    router: RouterSocket, keys: CurveKeys
) -> None:
    dealer = DealerSocket(keys)
    dealer.connect([f"127.0.0.1:{router.bind('127.0.0.1', 0)}"])
    await until(lambda: dealer.connected)
    assert dealer.send(Status())
    peer, message, _ = await router.receive()
    assert message == Status()
    assert router.came_by_code() == (keys is NOW)
    assert router.send(peer, WhoAreYou())
    assert (await dealer.receive())[0] == WhoAreYou()
    dealer.close()


async def test_the_older_server_key_lets_a_member_enrol_and_nothing_else(router: RouterSocket) -> None:
    came: list[Enrol] = []

    def answer(peer: bytes, enrol: Enrol, frame: bytes) -> None:
        came.append(enrol)
        router.send(peer, Members("laptop", bytes(32)), frame)

    router.on_enrol = answer
    dealer = DealerSocket(own(BEFORE))
    dealer.connect([f"127.0.0.1:{router.bind('127.0.0.1', 0)}"])
    await until(lambda: dealer.connected)
    assert dealer.send(Status())
    assert dealer.send(Enrol("attic", bytes(32)), b"what it knows")
    listening = asyncio.create_task(router.receive())
    assert await dealer.receive() == (Members("laptop", bytes(32)), b"what it knows")
    assert came == [Enrol("attic", bytes(32))]
    assert not listening.done()
    assert router.dropped == 1
    listening.cancel()
    dealer.close()


async def test_the_older_code_lets_nobody_in(router: RouterSocket) -> None:
    dealer = DealerSocket(BEFORE)
    dealer.connect([f"127.0.0.1:{router.bind('127.0.0.1', 0)}"])
    await until(lambda: router.refused > 0)
    assert not dealer.connected
    dealer.close()


async def test_a_keyring_is_tried_in_turn_until_one_opens(router: RouterSocket) -> None:
    stranger = curve_keys(make_key())
    dealer = DealerSocket(
        lambda: (CurveKeys(NOW.server_public, b"", stranger.worker_public, stranger.worker_secret), NOW)
    )
    dealer.connect([f"127.0.0.1:{router.bind('127.0.0.1', 0)}"])
    await until(lambda: dealer.connected)
    assert router.refused > 0
    dealer.close()


async def test_connections_that_choose_no_server_key_are_closed_and_others_come_in(router: RouterSocket) -> None:
    port = router.bind("127.0.0.1", 0)
    streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(40)]
    for _, writer in streams:
        writer.write(b"\xff" + bytes(8) + b"\x7f\x03\x01CURVE" + bytes(100))
    await until(lambda: len(router.proxy.limiter.late(1e12)) <= 33)
    dealer = DealerSocket(NOW)
    dealer.connect([f"127.0.0.1:{port}"])
    await until(lambda: dealer.connected)
    dealer.close()
    for _, writer in streams:
        writer.close()


async def test_connections_that_live_stay_when_a_server_key_is_opened(router: RouterSocket) -> None:
    port = router.bind("127.0.0.1", 0)
    dealer = DealerSocket(NOW)
    dealer.connect([f"127.0.0.1:{port}"])
    await until(lambda: dealer.connected)
    dealer.send(Status())
    peer, _, _ = await router.receive()
    router.open_server_keys(curve_keys(make_key()), [NOW])
    assert router.send(peer, WhoAreYou())
    assert (await dealer.receive())[0] == WhoAreYou()
    assert dealer.send(Bye())
    waiting = asyncio.create_task(router.receive())
    await until(lambda: router.dropped == 1)  # it came by a code that counts no more
    router.proxy.cut(peer)
    await until(lambda: not dealer.connected)
    waiting.cancel()
    dealer.close()


def test_what_is_no_hello_is_for_no_server_key() -> None:
    for hello in [b"", b"\x04\xc8\x05HELLO", b"\x04\xc8\x05HELLO" + bytes(HELLO_BYTES - 8)]:
        assert not is_for(hello, NOW.server_secret)
