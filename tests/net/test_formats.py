"""The form of all that other releases read: `formats.txt` has the bytes of one message and one record of each kind.

A change of these bytes makes a new `PROTOCOL` or `STATE_VERSION`. Raise it, then write the file anew:
`python tests/net/test_formats.py`.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import msgspec
from test_wire import FROM_COORDINATOR, FROM_WORKER

from swarm.book.model.book import Chapter, Origin, Pause, Segment
from swarm.book.model.engine_text import Phonemes
from swarm.job import record as r
from swarm.job.job_asset import JobAsset
from swarm.job.spec import BookFacts, JobSpec, Recipe
from swarm.lease.message import PROTOCOL
from swarm.net.wire import pack
from swarm.system.disk import STATE_VERSION

FORMATS = Path(__file__).with_name("formats.txt")
KEY, DIGEST = "0123456789abcdef" * 2, "0123456789abcdef" * 4
SOUND = {"samples": 2400, "sample_rate": 24000, "digest": DIGEST, "work_s": 0.25}
RECORDS: list[r.AnyRecord] = [
    r.RunStarted(3, 5.0),
    r.ClipAccepted(**SOUND, chapter=0, index=1, take=2, key=KEY, bytes=5, worker="w", started_s=1.0, accepted_s=2.0),  # type: ignore[arg-type]
    r.ClipDiscarded(0, 1, "gone", 3),
    r.ClipDoubted(0, 1, KEY, "hums"),
    r.SegmentReworded(0, 1, "said"),
    r.SegmentFailed(0, 1, "w", "silent", "note"),
    r.SegmentQuarantined(0, 1, "silent", "note"),
    r.JobPaused(True, 5.0),
    r.WorkerSeen("w", "attic", "cpu"),
    r.GainFixed(1.5, "-18"),
    r.LatentsKept(DIGEST, 5, "w"),
    r.LatentsLost(DIGEST),
    r.JobFinished(5.0, ("a.m4b",)),
]
SPEC = JobSpec(
    job="job",
    source="/books/a.epub",
    book=BookFacts(title="T", authors=("A",), language="en"),
    recipe=Recipe("piper", "v", "en", "m", (("speed", 1.5),), cast=True),
    chapters=(Chapter("One", (Segment("x", Pause.SENTENCE, "de", "X", (Phonemes(0, 1, "ks"),), Origin(0, 1, 2)),)),),
    created_s=5.0,
    job_files=(JobAsset("voice.wav", DIGEST, 5),),
)


def lines() -> Iterator[str]:
    """Yield what the file has to say: two versions, and a line for each message and record."""
    yield f"protocol {PROTOCOL}"
    for way, messages in (("worker", FROM_WORKER), ("coordinator", FROM_COORDINATOR)):
        for message in messages:
            yield f"{way} {type(message).__name__} {pack(message).hex()}"
    yield f"state {STATE_VERSION}"
    for record in RECORDS:
        yield f"record {type(record).__name__} {msgspec.msgpack.encode(record).hex()}"
    yield f"spec JobSpec {msgspec.msgpack.encode(SPEC).hex()}"


def test_the_form_of_messages_and_records_changes_only_with_a_new_version() -> None:
    frozen = FORMATS.read_text(encoding="ascii").splitlines()
    assert list(lines()) == frozen, "raise PROTOCOL or STATE_VERSION; this file's docstring says how to go on"


def test_a_version_that_knows_no_names_of_speakers_reads_a_record_that_has_one() -> None:
    class SegmentReworded(msgspec.Struct, tag_field="type", tag=True):
        chapter: int
        index: int
        said: str

    told = msgspec.msgpack.encode(r.SegmentReworded(0, 1, "said", "Ann"))
    assert msgspec.msgpack.decode(told, type=SegmentReworded).said == "said"


def test_a_version_that_knows_fewer_fields_of_a_segment_reads_it() -> None:
    class Older(msgspec.Struct, array_like=True):
        spoken: str
        pause: Pause

    told = msgspec.msgpack.encode(Segment("x", Pause.SENTENCE, manner="whisper"))
    assert msgspec.msgpack.decode(told, type=Older).spoken == "x"
    before = msgspec.msgpack.encode(msgspec.msgpack.decode(told)[:9])
    assert msgspec.msgpack.decode(before, type=Segment).manner == ""


def test_every_record_is_here() -> None:
    assert {type(record) for record in RECORDS} == set(get_args(r.AnyRecord))


if __name__ == "__main__":
    FORMATS.write_text("".join(f"{line}\n" for line in lines()), encoding="ascii")
    sys.exit(0)
