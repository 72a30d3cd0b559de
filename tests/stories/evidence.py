"""The evidence that a story leaves behind: the audiobook, its report, the journal, the clips."""

import contextlib
import json
import math
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import av
from mutagen.mp4 import MP4

from swarm.job.record import AnyRecord, ClipAccepted
from swarm.job.store.journal import Journal

Place = tuple[int, int]

TOTALS = {"segments", "spoken", "missing", "characters", "audio_s", "work_s", "makespan_s", "first_grant_s"}
TOTALS |= {"last_accept_s", "clips_received", "duplicates", "reissued", "retakes", "bytes"}
WORKER = {"id", "name", "device", "speed_chars_s", "segments", "work_s", "idle_s", "wasted_s"}
SEGMENT = {"chapter", "sentence", "id", "text", "file", "at_s", "end_s", "characters", "worker", "work_s", "audio_s"}
SEGMENT |= {"takes", "attempts", "started_s", "accepted_s"}


def loudness(path: Path) -> tuple[float, float]:
    """Measure integrated loudness in LUFS and true peak in dBTP with FFmpeg, independently of our own meter."""
    with av.open(str(path)) as container:
        sound = container.streams.audio[0]
        graph = av.filter.Graph()
        chain = graph.add_abuffer(template=sound), graph.add("ebur128", "peak=true:framelog=quiet:metadata=1")
        sink = graph.add("abuffersink")
        chain[0].link_to(chain[1])
        chain[1].link_to(sink)
        graph.configure()
        said: dict[str, str] = {}
        for frame in container.decode(sound):
            graph.push(frame)
            with contextlib.suppress(av.BlockingIOError):
                while True:
                    said = dict(graph.pull().metadata) or said
    return float(said["lavfi.r128.I"]), 20 * math.log10(float(said["lavfi.r128.true_peak"]))


class Audiobook(NamedTuple):
    """An M4B as two independent readers see it."""

    chapters: list[tuple[str, float]]  # title, start in seconds
    duration_s: float
    tags: dict[str, Any]  # mutagen's
    cover: bytes
    codec: str


def listen(path: Path) -> Audiobook:
    """Open an audiobook as players do."""
    with av.open(str(path)) as container:
        chapters = [
            (mark["metadata"]["title"], float(mark["start"] * mark["time_base"])) for mark in container.chapters()
        ]
        duration_s = float(container.duration / av.time_base)
        stream = container.streams.audio[0]
        heard_s = float(stream.duration * stream.time_base)
        codec = stream.codec_context.name
    assert abs(heard_s - duration_s) < 0.1
    tags = MP4(path)
    assert abs(tags.info.length - duration_s) < 0.1
    covers = tags.get("covr") or [b""]
    return Audiobook(chapters, duration_s, dict(tags.tags), bytes(covers[0]), codec)


def only(folder: Path, pattern: str) -> Path:
    """Return the only file of a folder that matches."""
    found = sorted(folder.glob(pattern))
    assert len(found) == 1, f"{pattern} in {folder}: {[path.name for path in folder.iterdir()]}"
    return found[0]


def report_of(audiobook: Path) -> dict[str, Any]:
    """Read the report beside an audiobook."""
    made: dict[str, Any] = json.loads(audiobook.with_suffix(".report.json").read_bytes())
    return made


def records(home: Path, job: str = "*") -> list[AnyRecord]:
    """Read all records of a machine's only job that matches, oldest first."""
    with closing(Journal(only(home / "jobs", job), read_only=True)) as journal:
        return list(journal.records())


def accepted(home: Path, job: str = "*") -> list[ClipAccepted]:
    """Read all acceptances in the journal; [] if there is no journal yet."""
    if not list((home / "jobs").glob("*/journal.sqlite")):
        return []
    return [record for record in records(home, job) if isinstance(record, ClipAccepted)]


def clips(home: Path) -> dict[str, tuple[int, int, int]]:
    """Return size, time of change and inode of each clip file of a machine, by key."""
    found = {path.stem: path.stat() for path in (home / "clips").rglob("*.flac")}
    return {key: (stat.st_size, stat.st_mtime_ns, stat.st_ino) for key, stat in found.items()}


def assert_spoken_once(home: Path, job: str = "*") -> None:
    """Check that no place was accepted twice, and no text was spoken again for another place."""
    taken = accepted(home, job)
    assert max(Counter((record.chapter, record.index) for record in taken).values()) == 1
    assert max(Counter(record.key for record in taken if not record.reused).values()) == 1


def assert_complete(report: dict[str, Any]) -> None:
    """Check that the report has each place of the book, spoken."""
    totals, segments = report["totals"], report["segments"]
    assert totals["missing"] == 0
    assert totals["spoken"] == totals["segments"] == len(segments) > 0
    assert len({row["id"] for row in segments}) == len(segments)
    assert all(row["audio_s"] > 0 and row["accepted_s"] is not None for row in segments)
