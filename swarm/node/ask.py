"""Asks coordinators what they are doing. Whoever asks takes no part: it says no `Hello` and gets no lease."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from swarm.lease.message import Status, StatusReply
from swarm.node.keys import CurveKeys
from swarm.node.transport import DealerSocket

PATIENCE_S = 3.0  # a coordinator answers at once; this is for networks, and for one that writes to a slow disk


class Answer(NamedTuple):
    """What came of asking one coordinator: its reply, or why there is none (empty: it is not there)."""

    address: str
    reply: StatusReply | None
    refusal: str = ""


async def ask(addresses: Sequence[str], keys: CurveKeys | None, patience_s: float = PATIENCE_S) -> Answer:
    """Ask the coordinator at these "host:port", which are tried in turn. Raises EnvironmentFault for no address."""
    changed = asyncio.Event()
    dealer = DealerSocket(keys, on_change=changed.set)
    try:
        dealer.connect(addresses)
        async with asyncio.timeout(patience_s):
            return Answer(addresses[0], await _converse(dealer, changed))
    except TimeoutError:
        return Answer(addresses[0], None, dealer.refusal or "")
    finally:
        dealer.close()


async def _converse(dealer: DealerSocket, changed: asyncio.Event) -> StatusReply:
    while not dealer.connected or not dealer.send(Status()):
        await changed.wait()
        changed.clear()
    while True:
        message = await dealer.receive()
        if isinstance(message, StatusReply):
            return message


async def ask_all(places: Sequence[Sequence[str]], keys: CurveKeys | None) -> list[Answer]:
    """Ask several coordinators at once, each given by its addresses; one that has two places answers once."""
    answers = await asyncio.gather(*(ask(addresses, keys) for addresses in places))
    told = {answer.reply.coordinator: answer for answer in reversed(answers) if answer.reply}
    return [answer for answer in answers if answer.reply is None or told[answer.reply.coordinator] is answer]
