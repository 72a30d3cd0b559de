"""Small jobs and well-formed messages for the dialogues of these tests."""

from swarm.book.model import Chapter, Pause, Segment
from swarm.lease.coordinator import Coordinator
from swarm.lease.facts import BookFacts, JobFacts
from swarm.lease.job import JobState
from swarm.lease.message import Clip, Device, EngineOffer, Grant, Hello, Message
from swarm.lease.outcome import Outcome
from swarm.lease.recipe import Recipe, clip_key
from swarm.lease.settings import Settings

RECIPE = Recipe(engine="metronome", voice="tick", language="en")


def make_facts(*chapters: list[str], job: str = "job", recipe: Recipe = RECIPE) -> JobFacts:
    """A job whose chapters are the given texts."""
    return JobFacts(
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


def make_core(*states: JobState, now: float = 0.0, **settings: object) -> Coordinator:
    """A coordinator that serves the given jobs."""
    fixed = {"coordinator": "c", "name": "laptop", "version": "1", "epoch": 1} | settings
    core = Coordinator(Settings(**fixed), now)  # type: ignore[arg-type]
    for state in states:
        core.add_job(state)
    return core


def make_hello(worker: str = "w", slots: int = 1, nonce: str = "n", **fields: object) -> Hello:
    """A worker that speaks English with the metronome."""
    fixed = {"engines": (EngineOffer("metronome", ("*",)),), "devices": (Device("cpu"),)} | fields
    return Hello(worker=worker, nonce=nonce, name=worker.upper(), version="1", slots=slots, **fixed)  # type: ignore[arg-type]


def make_clip(grant: Grant, position: int = 0, recipe: Recipe = RECIPE, work_s: float = 1.0) -> Clip:
    """The clip of one line of a grant, as an honest worker sends it."""
    line = grant.lines[position]
    return Clip(
        job=grant.job,
        chapter=grant.chapter,
        index=line.index,
        take=line.take,
        key=clip_key(line.text, recipe, line.take),
        samples=24000,
        sample_rate=24000,
        digest="0" * 64,
        work_s=work_s,
        lease=grant.lease,
        slot=grant.slot,
    )


def sent(outcome: Outcome, kind: type[Message], peer: bytes | None = None) -> list:  # type: ignore[type-arg]
    """The messages of one kind in an outcome."""
    return [s.message for s in outcome.sends if isinstance(s.message, kind) and peer in (None, s.peer)]
