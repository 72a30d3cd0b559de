"""Asks coordinators what they are doing. The asking machine sends no `Hello`, so it gets no lease."""

import asyncio
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from swarm.config import DEFAULT_PORT, ENV_BIND
from swarm.lease.message import Status, StatusReply
from swarm.net.addresses import fixed_address, last_addresses
from swarm.net.discovery import Browser
from swarm.net.keys import security
from swarm.net.papers import keyring_of
from swarm.net.papers_file import swarm_names
from swarm.net.transport import AnyKeys, DealerSocket
from swarm.system.machine import Say
from swarm.watch.text import count_text

TIMEOUT_S = 4.0  # coordinators answer at once, but networks and disks may be slow
SEARCH_S = 2.0  # machines answer mDNS within a fraction of it
MAX_ASKED = 16  # each question takes threads and files, and an announced coordinator need not be there
LOOPBACK = "127.0.0.1"
STRANGERS = "{} of another swarm can be seen: `e2a-swarm join CODE` with its code lets this machine in."


class Answer(NamedTuple):
    """The answer of one coordinator: its reply, or the refusal ("" if nothing answered)."""

    address: str
    reply: StatusReply | None
    refusal: str = ""


async def ask(addresses: Sequence[str], keys: AnyKeys, timeout_s: float = TIMEOUT_S) -> Answer:
    """Ask one coordinator, whose "host:port" addresses are tried in turn.

    Raises EnvironmentFault for what is no address.
    """
    changed = asyncio.Event()
    dealer = DealerSocket(keys, on_change=changed.set)
    try:
        dealer.connect(addresses)
        async with asyncio.timeout(timeout_s):
            reply = await _converse(dealer, changed, patient=len(addresses) > 1)
        return Answer(addresses[0], reply, "" if reply else dealer.refusal or "")
    except TimeoutError:
        return Answer(addresses[0], None, dealer.refusal or "")
    finally:
        dealer.close()


async def _converse(dealer: DealerSocket, changed: asyncio.Event, *, patient: bool) -> StatusReply | None:
    """Ask once the coordinator is there; return None if it refuses, unless another address may let this machine in."""
    while not dealer.connected or not dealer.send(Status()):
        if dealer.refusal and not patient:
            return None
        await changed.wait()
        changed.clear()
    while True:
        message, _ = await dealer.receive()
        if isinstance(message, StatusReply):
            return message


async def ask_all(places: Iterable[Sequence[str]], keys: AnyKeys) -> list[Answer]:
    """Ask several coordinators, MAX_ASKED at a time, each given by its addresses."""
    free = asyncio.Semaphore(MAX_ASKED)

    async def ask_one(addresses: Sequence[str]) -> Answer:
        async with free:
            return await ask(addresses, keys)

    return await asyncio.gather(*map(ask_one, places))


async def ask_swarm(state_dir: Path, *, coordinator: str, is_open: bool, say: Say) -> list[Answer]:
    """Ask the named coordinator, else all that can be found, of which those that do not answer are left out.

    `say` shows the user what matters about the search. Raises UsageError, EnvironmentFault.
    """
    key = security(state_dir, open=is_open)
    keys = keyring_of(state_dir, key)
    fixed = fixed_address(coordinator)
    if fixed:
        return [await ask([fixed], keys)]
    names = swarm_names(state_dir, key)
    hints = [f"{LOOPBACK}:{DEFAULT_PORT}", *(each for name in names for each in last_addresses(state_dir, name))]
    browser = Browser(names[0], os.environ.get(ENV_BIND, ""), say, was=names)
    await browser.start()
    try:
        known, _ = await asyncio.gather(ask_all([[hint] for hint in hints], keys), asyncio.sleep(SEARCH_S))
        found = await ask_all([candidate.addresses for candidate in browser.candidates()], keys)
        strangers = len(browser.strangers())
    finally:
        await browser.close()
    answers = _distinct([*found, *known])
    if strangers and not answers:
        say(STRANGERS.format(count_text(strangers, "coordinator")))
    return answers


def _distinct(answers: Sequence[Answer]) -> list[Answer]:
    """Return one answer for each coordinator, sorted by name; addresses without an answer are left out."""
    told = {answer.reply.coordinator: answer for answer in reversed(answers) if answer.reply}
    return sorted(told.values(), key=lambda answer: (answer.reply.name if answer.reply else "", answer.address))
