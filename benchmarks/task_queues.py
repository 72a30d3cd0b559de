"""Measures one book to the finished M4B three ways: as tasks of Celery, as tasks of Dask, and by e2a-swarm.

    python benchmarks/task_queues.py
    python benchmarks/task_queues.py --ways celery --workers 5 --characters 50000 --cost 0.0065

Each sentence is a task, in reading order, and the workers are metronomes of unequal speeds. The last step is the same:
what submits the tasks keeps each clip, encodes a reel once its clips are there, and binds the M4B, by the code of a
coordinator and while the rest is spoken. Celery needs Debian's redis-server and the extra `celery`, Dask the package
`distributed`; a way whose programs are missing is left out.
"""

import argparse
import asyncio
import base64
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path

import soundfile
from celery_fleet import HERE, SOUND, fleet
from efficiency import measure
from making import make_book, speeds
from process import ROOT, head, row
from running import LOOPBACK, Swarm, free_port

from swarm.audiobook.press import Press
from swarm.audiobook.sound.studio import Studio
from swarm.audiobook.sound.tags import Tags
from swarm.audiobook.style import Style
from swarm.job.record import ClipAccepted
from swarm.job.spec import JobSpec
from swarm.job.state import JobState, Place, apply
from swarm.job.store.store import DiskStore

WAYS = ("celery", "dask", "swarm")
Clips = Iterable[tuple[Place, str]]  # where each belongs, and its file in base64


def spec_of(book: Path, cost: float) -> JobSpec:
    """Return the book as a coordinator journals it."""
    with Swarm(book, cost, seconds_per_char=SOUND) as swarm:
        swarm.coordinate(min_workers=1)
        swarm.segments()
        return swarm.journal()[0]


async def make_file(spec: JobSpec, book: Path, folder: Path, clips: Clips) -> tuple[float, float]:
    """Make the M4B of clips as they come; return the seconds until the last clip was here, and until the file was."""
    began_s, coming = time.monotonic(), iter(clips)
    with closing(DiskStore(folder / "state")) as store:
        store.create_job(spec, book)
        state, studio = JobState(spec), Studio(folder, os.cpu_count() or 1)
        style = Style(Tags(spec.title, ("Nobody",)), cover=b"")
        press = Press(state, store, studio, folder / "made.m4b", style, print, lambda gain: apply(state, gain))
        writing = asyncio.create_task(press.make_files())
        while (found := await asyncio.to_thread(next, coming, None)) is not None:
            place, frame = found[0], base64.b64decode(found[1])
            record = record_of(state, place, frame)
            store.commit([(spec.job, record, frame)])
            apply(state, record)
            press.notice_place(place)
        spoken_s = time.monotonic() - began_s
        await writing
        file_s = time.monotonic() - began_s
        await studio.close_studio()
        return spoken_s, file_s


def record_of(state: JobState, place: Place, frame: bytes) -> ClipAccepted:
    """Return the fact that a clip came."""
    sound, digest = soundfile.info(io.BytesIO(frame)), hashlib.sha256(frame).hexdigest()
    key, now_s = state.key(place, 0), time.time()
    return ClipAccepted(
        *place, 0, key, len(frame), "w", now_s, now_s,
        samples=sound.frames, sample_rate=sound.samplerate, digest=digest, work_s=0.1,
    )  # fmt: skip


def by_celery(spec: JobSpec, book: Path, cost: float, count: int) -> tuple[float, float]:
    """Have a Celery fleet speak."""
    from celery import Celery
    from celery.result import ResultSet

    def clips(url: str) -> Clips:
        app = Celery(broker=url, backend=url)
        sent = {app.send_task("bench.speak", args=[[text], cost, SOUND]): place for place, text in lines(spec)}
        places = {result.id: place for result, place in sent.items()}
        for task, answer in ResultSet(list(sent), app=app).iter_native():
            yield places[task], answer["result"][0]

    with fleet("fleet_tasks", count) as running:
        return asyncio.run(make_file(spec, book, running.folder, clips(running.url)))


def by_dask(spec: JobSpec, book: Path, cost: float, count: int) -> tuple[float, float]:
    """Have workers of Dask speak."""
    from distributed import Client, as_completed
    from fleet_tasks import spoken

    def clips(client: "Client") -> Clips:
        sent = {client.submit(spoken, [text], cost, SOUND, pure=False): place for place, text in lines(spec)}
        for task, answer in as_completed(sent, with_results=True):
            yield sent[task], answer[0]

    with tempfile.TemporaryDirectory() as folder, dask_workers(Path(folder), count) as at, Client(at) as client:
        client.wait_for_workers(count)
        return asyncio.run(make_file(spec, book, Path(folder), clips(client)))


@contextmanager
def dask_workers(folder: Path, count: int) -> Iterator[str]:
    """Run a scheduler of Dask and workers of one thread; yield its address."""
    port, dask = free_port(), (sys.executable, "-m", "dask")
    address = f"tcp://{LOOPBACK}:{port}"
    plain = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}:{HERE}",
        "E2A_SWARM_HOME": str(folder / "home"),
        "TMPDIR": str(folder),
    }
    words = [*dask, "scheduler", "--host", LOOPBACK, "--port", str(port), "--no-dashboard", "--no-show"]
    each = [*dask, "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", LOOPBACK]
    with (folder / "dask.log").open("wb") as log:
        running = [subprocess.Popen(words, env=plain, cwd=folder, stdout=log, stderr=log)]
        for speed in speeds(count):
            env = plain | {"E2A_METRONOME_SPEED": str(speed)}
            running.append(subprocess.Popen(each, env=env, cwd=folder, stdout=log, stderr=log))
        try:
            yield address
        finally:
            for process in running:
                process.kill()
                process.wait()


def lines(spec: JobSpec) -> Iterator[tuple[Place, str]]:
    """Yield the sentences of a book with their places."""
    for number, chapter in enumerate(spec.chapters):
        yield from (((number, index), segment.engine_text) for index, segment in enumerate(chapter.segments))


def is_there(way: str) -> bool:
    """Tell whether the programs of a way are installed."""
    if way == "celery":
        return bool(shutil.which("redis-server") and find_spec("celery"))
    return way == "swarm" or bool(find_spec("distributed"))


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ways", choices=WAYS, nargs="*", default=WAYS)
    parser.add_argument("--workers", type=int, default=5)
    parser.add_argument("--characters", type=int, default=50_000)
    parser.add_argument("--cost", type=float, default=0.0065, help="seconds a character at speed 1")
    arguments = parser.parse_args()
    count, cost = arguments.workers, arguments.cost
    head("way", "at best", "to the last clip", "to the file", "sound by reels of workers")
    with tempfile.TemporaryDirectory() as folder:
        book = make_book(Path(folder), characters=arguments.characters)
        for way in filter(is_there, arguments.ways):
            if way == "swarm":
                got = measure(book, speeds(count), cost, [], to_file=True)
                shares = got["efficiency"], got["to_file"]
                row(
                    way,
                    f"{got['ideal_s']:.1f} s",
                    *(f"{share:.1f} %" for share in shares),
                    f"{got['by_workers']:.0f} %",
                )
                continue
            spec = spec_of(book, cost)
            best_s = cost * sum(len(text) for _, text in lines(spec)) / sum(speeds(count))
            took_s = (by_celery if way == "celery" else by_dask)(spec, book, cost, count)
            row(way, f"{best_s:.1f} s", *(f"{100 * best_s / each_s:.1f} %" for each_s in took_s), "none")


if __name__ == "__main__":
    main()
