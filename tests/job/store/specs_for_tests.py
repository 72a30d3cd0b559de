"""Small jobs and records that the tests of this folder share."""

import hashlib

from swarm.book.model.book import Chapter, Cover, Pause, Segment
from swarm.job.record import ClipAccepted
from swarm.job.spec import BookFacts, JobSpec, Recipe


def a_job(job: str = "moby-dick-1a2b", created_s: float = 1000.0) -> JobSpec:
    book = BookFacts("Moby Dick", ("Herman Melville",), "en", "1851", cover=Cover(b"\x89PNG", "image/png"))
    chapters = (Chapter("1. Loomings", (Segment("Call me Ishmael.", Pause.SENTENCE), Segment("So.", Pause.CHAPTER))),)
    return JobSpec(job, "/books/moby.epub", book, Recipe("metronome", "tick", "en"), chapters, created_s)


def a_key(name: object) -> str:
    return hashlib.sha256(str(name).encode()).hexdigest()[:32]


def a_clip(index: int, frame: bytes, key: str = "", chapter: int = 0) -> ClipAccepted:
    key = key or a_key(index)
    digest = hashlib.sha256(frame).hexdigest()
    return ClipAccepted(
        chapter, index, 0, key, len(frame), "w1", 1.0, 1.5, samples=100, sample_rate=24000, digest=digest, work_s=0.5
    )
