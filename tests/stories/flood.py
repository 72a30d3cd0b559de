"""A worker that fills a coordinator's queue while nothing reads it, and leaves; a story runs it as a process."""

import asyncio

from swarm.lease.message import Failed
from swarm.net.identity.swarm_key import curve_keys, make_key
from swarm.net.transport import DealerSocket, RouterSocket
from swarm.system.platform import run_loop


async def flood() -> None:
    keys = curve_keys(make_key())
    router, dealer = RouterSocket(keys), DealerSocket(keys)
    dealer.connect([f"127.0.0.1:{router.bind('127.0.0.1', 0)}"])
    while not dealer.connected:
        await asyncio.sleep(0.01)
    for _ in range(20):
        for _ in range(100):
            dealer.send(Failed("job", 0, 0, 0, "error", "x" * 1000, 1, 0))
        await asyncio.sleep(0.02)
    dealer.close()
    await asyncio.sleep(2.5)
    await router.receive()
    router.close()
    print("alive")


run_loop(flood())
