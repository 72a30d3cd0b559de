"""Measures the end of books of any length: from the last clip to the finished M4B, with all other reels encoded.

    python benchmarks/ending.py
    python benchmarks/ending.py --hours 10 60

All sentences are the same one, spoken once by hibari. So a reel of each shape is encoded only once, and the others are
copies of it; the muxer still reads, joins and writes all of them. A swarm that is faster than the coordinator's
encoders leaves more to encode at the end: benchmarks/finish.py measures that.
"""

import argparse
import asyncio
import os
import tempfile
import time
from contextlib import closing
from pathlib import Path

from msgspec import structs
from process import children, cpu_s, head, mib, peak_bytes, role_of, row

from swarm.audiobook.press import Press
from swarm.audiobook.report import ReportExtra, make_report
from swarm.audiobook.sound.reel_file import pack_reel, read_reel, write_reel
from swarm.audiobook.sound.studio import Studio
from swarm.audiobook.sound.tags import Tags
from swarm.audiobook.style import Style
from swarm.book.model.book import Chapter, Pause, Segment
from swarm.job.record import ClipAccepted, GainFixed
from swarm.job.spec import BookFacts, JobSpec, Recipe
from swarm.job.state import JobState, Place, apply
from swarm.job.store.store import DiskStore
from swarm.voice.hibari.engine import engine
from swarm.voice.host.registry import choose_recipe
from swarm.voice.host.takes import make_clip

TEXT = "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness."
CHAPTER_S = 1500.0  # a chapter of a novel has so much sound
PAUSE_S = 0.35
STYLE = Style(Tags("A Made Book", ("Nobody",)), cover=b"")
PARAGRAPH = 5  # sentences


def job_of(hours: float, sentence_s: float) -> JobSpec:
    """Make a book of so many hours."""
    count = round(3600 * hours / (sentence_s + PAUSE_S))
    each = round(CHAPTER_S / (sentence_s + PAUSE_S))
    segments = [Segment(TEXT, Pause.PARAGRAPH if n % PARAGRAPH == 0 else Pause.SENTENCE) for n in range(1, count + 1)]
    chapters = [
        Chapter(f"Chapter {n // each + 1}", (*segments[n : n + each][:-1], Segment(TEXT, Pause.CHAPTER)))
        for n in range(0, count, each)
    ]
    book = BookFacts("A Made Book", ("Nobody",), "en")
    return JobSpec("made-1", "/made.epub", book, Recipe("hibari", "heart", "en"), tuple(chapters), time.time())


async def measure(hours: float, folder: Path) -> None:
    """Measure a book of so many hours and print its row."""
    voice = engine.open(choose_recipe("en", engine="hibari"), "cpu")
    clip = make_clip(voice.speak(TEXT, 1), voice.sample_rate, TEXT)
    spec = job_of(hours, clip.info.length_s)
    (folder / "made.epub").write_bytes(b"made")
    with closing(DiskStore(folder / "state")) as store:
        store.create_job(spec, folder / "made.epub")
        state, studio = JobState(spec), Studio(folder, 1)
        record = ClipAccepted(
            0, 0, 0, state.key((0, 0), 0), len(clip.frame), "w", time.time(), time.time(), **structs.asdict(clip.info),
        )  # fmt: skip
        places = [(n, index) for n, chapter in enumerate(spec.chapters) for index in range(len(chapter.segments))]
        accept(store, state, record, clip.frame, places[:-1])
        press = Press(state, store, studio, folder / "made.m4b", STYLE, lambda *_: None, lambda gain: None)
        apply(state, GainFixed(8.0, press._level))
        await copy_reels(press, studio)
        writing = asyncio.create_task(press.make_files())
        while press.encoded < (len(press._reels) - 1) / len(press._reels) and not writing.done():
            await asyncio.sleep(0.1)
        await asyncio.sleep(1.0)
        pid = next(pid for pid in children(os.getpid()) if role_of(pid) == "muxer")
        before_s = cpu_s(pid)
        began_s = time.perf_counter()
        accept(store, state, record, b"", places[-1:])
        press.notice_place(places[-1])
        (book,) = await writing
        spent_s = time.perf_counter() - began_s
        began_s = time.process_time()
        make_report(spec, store.records(spec.job), ReportExtra())
        report_s = time.process_time() - began_s
        muxed_s, muxer = cpu_s(pid) - before_s, peak_bytes(pid)
        await studio.close_studio()
    row(
        f"{book.duration_s / 3600:.1f} h", len(places), mib(book.bytes), f"{spent_s:.2f} s", f"{muxed_s:.2f} s",
        f"{report_s:.2f} s", mib(muxer),
    )  # fmt: skip


def accept(store: DiskStore, state: JobState, record: ClipAccepted, frame: bytes, places: list[Place]) -> None:
    """Accept the same clip for these places."""
    entries = [(state.job, structs.replace(record, chapter=place[0], index=place[1]), frame) for place in places]
    for start in range(0, len(entries), 1000):
        store.commit(entries[start : start + 1000])
    for _, accepted, _ in entries:
        apply(state, accepted)


async def copy_reels(press: Press, studio: Studio) -> None:
    """Encode one reel of each shape and copy it for the others; only the last reel stays to be encoded."""
    made: dict[tuple[float, ...], Path] = {}
    for reel in press._reels[:-1]:
        request, shape = press._reel_request(reel), press._pauses_s(reel)
        request.target.parent.mkdir(exist_ok=True)
        if shape in made:
            sound = read_reel(made[shape])
            head = structs.replace(sound.head, name=request.target.name)
            write_reel(request.target, pack_reel(head, sound.packets))
        else:
            made[shape] = (await studio.encode_reel("made", request)).path


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, nargs="*", default=[10, 60])
    arguments = parser.parse_args()
    head("sound", "sentences", "file", "last clip to M4B", "muxer's CPU then", "report's CPU", "muxer's memory")
    for hours in arguments.hours:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(measure(hours, Path(folder)))


if __name__ == "__main__":
    main()
