"""Small jobs and well-formed messages for the dialogues of these tests."""

from typing import Any

from msgspec import structs

from swarm.book.model.book import Chapter, Pause, Segment
from swarm.job.clip_info import ClipInfo, SpokenClip
from swarm.job.spec import BookFacts, JobSpec, Recipe, clip_key
from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.core_settings import Settings, WorkerSettings
from swarm.lease.envelope import CLIP_PIECE_BYTES, Message
from swarm.lease.message import (
    PROTOCOL,
    Clip,
    Device,
    EngineOffer,
    Grant,
    Heartbeat,
    Hello,
    Job,
    Line,
    StatusReply,
    Welcome,
)
from swarm.lease.outcome import Load, Outcome, Speak, WorkerOutcome
from swarm.lease.worker.worker_core import WorkerCore
from swarm.watch.words import event_text, hopeless_text, worded_status

TEXTS = [f"Sentence number {n} is of a usual length." for n in range(1, 7)]
RECIPE = Recipe(engine="metronome", voice="tick", language="en")
INFO = ClipInfo(samples=24000, sample_rate=24000, digest="0" * 64, work_s=0.5)
KEY = clip_key("One.", RECIPE, 0)


def make_spec(*chapters: list[str], job: str = "job", recipe: Recipe = RECIPE) -> JobSpec:
    """Make a job whose chapters are the given texts."""
    return JobSpec(
        job=job,
        source="book.epub",
        book=BookFacts(title="Book", authors=("Author",), language="en"),
        recipe=recipe,
        chapters=tuple(
            Chapter(f"Chapter {n}", tuple(Segment(text, Pause.SENTENCE) for text in texts))
            for n, texts in enumerate(chapters, 1)
        ),
        created_s=0.0,
    )


def make_core(*states: JobState, now: float = 0.0, **settings: object) -> CoordinatorCore:
    """Make a coordinator that serves the given jobs."""
    fixed = {"coordinator": "c", "name": "laptop", "version": "1", "epoch": 1} | settings
    core = CoordinatorCore(Settings(**fixed), now)  # type: ignore[arg-type]
    for state in states:
        core.add_job(state)
    return core


def make_hello(worker: str = "w", slots: int = 1, nonce: str = "n", **fields: object) -> Hello:
    """Make the greeting of a worker that speaks English with the metronome."""
    fixed = {"engines": (EngineOffer("metronome", ("*",)),), "devices": (Device("cpu"),), "protocol": PROTOCOL} | fields
    return Hello(worker=worker, nonce=nonce, name=worker.upper(), version="1", slots=slots, **fixed)  # type: ignore[arg-type]


def make_clip(grant: Grant, position: int = 0, recipe: Recipe = RECIPE, work_s: float = 1.0) -> Clip:
    """Make the clip of one line of a grant, as an honest worker sends it."""
    line = grant.lines[position]
    return Clip(
        job=grant.job,
        chapter=grant.chapter,
        index=line.index,
        take=line.take,
        key=clip_key(line.text, recipe, line.take),
        lease=grant.lease,
        slot=grant.slot,
        **structs.asdict(structs.replace(INFO, work_s=work_s)),
    )


def sent(outcome: Outcome, kind: type[Message], peer: bytes | None = None) -> list:  # type: ignore[type-arg]
    """Return the messages of one kind in an outcome."""
    return [s.message for s in outcome.sends if isinstance(s.message, kind) and peer in (None, s.peer)]


def shown(core: CoordinatorCore, now: float) -> StatusReply:
    """Return the status with its words, as a user sees it."""
    return worded_status(core.status(now))


def said(outcome: Outcome) -> list[str]:
    """Return the events of an outcome, as a user reads them."""
    return [event_text(event) for event in outcome.events]


def hope(core: CoordinatorCore) -> str:
    """Return why a job can never be finished, as a user reads it; "" if it can."""
    reason = core.hopeless()
    return hopeless_text(reason) if reason else ""


def join(core: CoordinatorCore, peer: bytes = b"p", now: float = 0.0, **hello: object) -> None:
    """Let a worker come in."""
    core.receive(peer, make_hello(**{"worker": peer.decode(), **hello}), now)


def offer(
    core: CoordinatorCore,
    peer: bytes = b"p",
    slots: tuple[int, ...] = (0,),
    now: float = 0.0,
    leases: tuple[int, ...] = (),
) -> Grant:
    """Let a worker offer slots, and return the lease it gets."""
    (grant,) = sent(core.receive(peer, Heartbeat((), slots, tuple(leases)), now), Grant)
    return grant


def make_worker(
    slots: int = 1, *links: str, credit: int = 1000, batch: int = 1, piece: int = CLIP_PIECE_BYTES, **settings: Any
) -> WorkerCore:
    """Make a worker that coordinators have let in, each with a job."""
    hello = make_hello(slots=slots, engines=(EngineOffer("metronome", ("*",), batch=batch),))
    worker = WorkerCore(hello, WorkerSettings(**settings))
    for link in links or ("a",):
        worker.connect(link, 0.0)
        worker.receive(link, Welcome(link, 1, link, 1.0, credit, piece), 0.0)
        worker.receive(link, Job(f"job-{link}", "Book", RECIPE), 0.0)
    return worker


def grant(
    worker: WorkerCore, *texts: str, link: str = "a", lease: int = 1, slot: int = 0, now: float = 0.0
) -> WorkerOutcome:
    """Grant it these texts."""
    lines = tuple(Line(index, text, 0) for index, text in enumerate(texts))
    return worker.receive(link, Grant(lease, f"job-{link}", slot, 0, lines), now)


def speak(worker: WorkerCore, out: WorkerOutcome, size: int = 100, now: float = 1.0) -> WorkerOutcome:
    """Have the engine do what it was last told, with success."""
    command = ordered(out)
    if isinstance(command, Load):
        return worker.opened(command.slot, command.turn, now)
    return worker.spoken(command.slot, command.turn, [SpokenClip(bytes(size), INFO)] * len(command.batch), now)


def ordered(out: WorkerOutcome) -> Load | Speak:
    """Return the one order that an outcome has for an engine, prefetches apart."""
    (order,) = [command for command in out.commands if isinstance(command, Load | Speak)]
    return order


def texts(out: WorkerOutcome) -> list[str]:
    """Return the texts that an outcome has spoken."""
    command = ordered(out)
    assert isinstance(command, Speak)
    return [text for text, *_ in command.batch]


def told(out: WorkerOutcome, kind: type) -> list:  # type: ignore[type-arg]
    """Return the messages of one kind in a worker's outcome."""
    return [message for _, message in out.messages if isinstance(message, kind)]
