"""The wait for a worker that has an engine which this machine does not know. A book is divided only by its card."""

import asyncio
from collections.abc import Callable

from swarm import __version__
from swarm.config import RenderConfig
from swarm.coordinator.seen_engines import SeenEngines
from swarm.coordinator.serve import outgoing
from swarm.errors import EngineUnknown, UsageError
from swarm.lease.envelope import Reason
from swarm.lease.member_message import NewBook, Obeyed, Order
from swarm.lease.message import PROTOCOL, FromCoordinator, FromWorker, Hello, JobStatus, Status, StatusReply
from swarm.net.transport import Router
from swarm.system.machine import Say, machine_name, new_nonce
from swarm.voice.host.registry import engine_for

REMINDER_S = 60.0  # a line says so often how the wait goes
MAX_NAMED = 10  # engines in one line


def is_known(engine: str) -> bool:
    """Tell whether a word of --tts-engine means an engine that is here, or that a worker offered before."""
    try:
        return not engine or bool(engine_for(engine))
    except EngineUnknown:
        return False


async def wait_for_engine(config: RenderConfig, router: Router, seen: SeenEngines, say: Say) -> None:
    """Listen until a worker offers the engine of a command.

    Workers get no answer, so they go on greeting; the coordinator that follows welcomes them. Users get one.
    """
    say(_opening(config.engine))
    present: dict[str, Hello] = {}
    reminder = asyncio.create_task(_remind(config.engine, present, say))
    try:
        while not is_known(config.engine):
            peer, message, _ = await router.receive()
            if answer := _answer(config, message):
                router.send(peer, outgoing(answer))
            elif isinstance(message, Hello):
                present[message.worker] = message
                seen.meet(message)
    finally:
        reminder.cancel()
    seen.save()
    say(f"a worker has the engine {config.engine}")


def _opening(engine: str) -> str:
    """Return the line that begins the wait, with the engines that are known, as the word may be misspelled."""
    try:
        engine_for(engine)
    except UsageError as fault:
        return f"{fault} Waiting for a worker that has it"
    return ""


async def _remind(engine: str, present: dict[str, Hello], say: Callable[[str], None]) -> None:
    """Say from time to time that no worker has the engine, and which engines they have."""
    while True:
        await asyncio.sleep(REMINDER_S)
        names = sorted({offer.name for hello in present.values() for offer in hello.engines})
        theirs = f"; their engines are {', '.join(names[:MAX_NAMED])}" if names else ""
        workers = f"none of {len(present)} workers has" if present else "no worker came that has"
        say(f"{workers} the engine {engine}{theirs}; still waiting")


def _answer(config: RenderConfig, message: FromWorker) -> FromCoordinator | None:
    """Return what a user is told who asks or orders something; None for a worker's message."""
    busy = f"The coordinator waits for a worker that has the engine {config.engine}; it takes no orders until then."
    match message:
        case Status():
            return _standing(config)
        case Order() | NewBook():
            return Obeyed(False, busy)
        case _:
            return None


def _standing(config: RenderConfig) -> StatusReply:
    """Return the answer to `status`: each book waits for the engine."""
    books = tuple(
        JobStatus(
            job="",
            title=path.stem[:200],
            engine=config.engine,
            state="waiting",
            segments=0,
            accepted=0,
            missing=0,
            characters=0,
            characters_left=0,
            audio_s=0.0,
            elapsed_s=0.0,
            eta_s=None,
            chapters=(),
            reason=Reason("no engine", engine=config.engine),
        )
        for path in config.books
    )
    return StatusReply(new_nonce(), machine_name(), __version__, 0, books, (), protocol=PROTOCOL)
