"""Dialogues with recorded cores, for tests of what a log tells and replays."""

from pathlib import Path

from making import RECIPE, TEXTS, grant, join, make_clip, make_core, make_hello, make_spec, offer, speak

from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.envelope import Hindrance, NotLeasing
from swarm.lease.file_transfer import MissingFileReport, ModelReport, ToldFile
from swarm.lease.message import Bye, Failed, Job, Welcome
from swarm.lease.worker.worker_core import WorkerCore
from swarm.watch.trace.log_file import open_log
from swarm.watch.trace.recorder import Trace


def coordinate(path: Path) -> CoordinatorCore:
    """Record a coordinator whose workers speak, fail, fall silent, leave and come back; returns the core."""
    bare = make_core(now=100.0)
    with Trace(open_log(path)) as trace:
        core = trace.watch("coordinator", bare, settings=bare.settings, started_s=100.0)
        core.add_job(JobState(make_spec(TEXTS, TEXTS)), "pip install", "fetch")
        join(core, b"p", 100.0)
        join(core, b"q", 100.5)
        first, second = offer(core, b"p", now=101.0), offer(core, b"q", now=101.0)
        core.receive(b"p", make_clip(first), 102.25, b"sound" * 1000)
        core.receive(b"p", make_clip(first, 1), 102.5, b"sound", "the digest is another")
        core.receive(b"q", Failed("job", second.chapter, second.lines[0].index, 0, "silent", "", second.lease), 103.0)
        for now in (105.0, 107.0, 109.0):  # both are silent
            core.tick(now)
        join(core, b"q", 110.0)
        offer(core, b"q", now=112.0)
        core.discard("job", 0, 0, "damaged", 113.0)
        core.receive(b"q", Bye(), 114.0)
        core.unsent(b"q")
        core.stop()
        core.end()
    return bare


def work(path: Path) -> WorkerCore:
    """Record a worker that loads, speaks, fails and drains; returns the core."""
    bare = WorkerCore(make_hello())
    with Trace(open_log(path)) as trace:
        core = trace.watch("worker", bare, hello=bare.hello)
        core.connect("a", 0.0)
        core.receive("a", Welcome("a", 1, "a", 1.0, 1000, 65536), 0.0)
        core.receive("a", Job("job-a", "Book", RECIPE), 0.0)
        loaded = speak(core, grant(core, "One.", "Two.", "Three."))
        speak(core, speak(core, loaded), now=2.0)
        core.figures = ()
        core.models = {
            "a": ModelReport(
                (MissingFileReport("0" * 64, told=ToldFile("0" * 64, "c" * 64, 5)),), (ToldFile("f" * 64, "e" * 64, 5),)
            )
        }
        core.limit([Hindrance(NotLeasing.HOT, device="cuda:0", count=80)], 3.0)
        core.lose([0], "gone", 4.0)
        core.beat(5.0)
        core.drain(6.0)
        core.leave()
    return bare
