"""Stories from the log of a worker, made by dialogues with its core."""

from pathlib import Path

import pytest
from making import RECIPE, grant, make_hello, speak
from recorded import work

from swarm.lease.envelope import Reason
from swarm.lease.message import Accepted, Done, Job, Rejected, Revoke, Trim, Welcome
from swarm.lease.outcome import Load, Speak
from swarm.lease.worker.worker_core import WorkerCore
from swarm.watch.trace.log_file import open_log, read_log
from swarm.watch.trace.recorder import Trace
from swarm.watch.trace.story import Story


def lines_of(path: Path) -> list[str]:
    story = Story()
    return list(story.lines(story.tell(read_log(path))))


class Bench:
    """A recorded worker with a lease of three sentences, its engine loaded."""

    def __init__(self, path: Path) -> None:
        self._path, self._trace = path, Trace(open_log(path))
        bare = WorkerCore(make_hello())
        self.core: WorkerCore = self._trace.watch("worker", bare, hello=bare.hello)
        self.core.connect("a", 0.0)
        self.core.receive("a", Welcome("c", 1, "laptop", 1.0, 10_000, 65536), 0.0)
        self.core.receive("a", Job("job-a", "Book", RECIPE), 0.0)
        self.out = speak(self.core, grant(self.core, "One.", "Two.", "Three."))

    def story(self, place: tuple[int, int] | None = None) -> list[str]:
        self._trace.close_log()
        story = Story()
        happenings = story.tell(read_log(self._path))
        lines = story.sentence(happenings, place) if place else story.lines(happenings)
        return [line.partition(" worker W: ")[2] for line in lines if " worker W: " in line]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "run.log")


def test_a_sentence_is_spoken_sent_and_accepted(bench: Bench) -> None:
    (_, clip), *_ = speak(bench.core, bench.out).clips
    bench.core.receive("a", Accepted("job-a", ((0, 0, clip.key),)), 2.0)
    assert [line for line in bench.story((0, 0)) if "prefetched" not in line] == [
        "1/1 to 1/3: granted by laptop for slot 0 (lease 1)",
        "1/1: slot 0 begins to speak it",
        "1/1: slot 0 has spoken it (1.0 s of sound in 0.5 s)",
        "1/1: clip sent to laptop",
        "1/1: accepted by laptop",
    ]


def test_the_next_sentence_is_prefetched(bench: Bench) -> None:
    assert bench.story((0, 1))[-1] == "1/2: prefetched by the engine of slot 0"


def test_a_clip_that_is_rejected_says_why(bench: Bench) -> None:
    (_, clip), *_ = speak(bench.core, bench.out).clips
    bench.core.receive(
        "a", Rejected("job-a", 0, 0, clip.key, Reason("damaged clip", note="the digest is another")), 2.0
    )
    assert bench.story((0, 0))[-1] == "1/1: rejected by laptop: the digest is another"


def test_a_sentence_that_fails_is_told_with_the_fault(bench: Bench) -> None:
    command = next(each for each in bench.out.commands if isinstance(each, Speak))
    bench.core.failed(0, command.turn, "silent", "no sound", 2.0)
    assert "1/1: slot 0 could not speak it (silent: no sound)" in bench.story((0, 0))


def test_what_a_coordinator_takes_back_is_named(bench: Bench) -> None:
    bench.core.receive("a", Trim(1, 2), 1.0)
    bench.core.receive("a", Revoke(1, expired=True), 2.0)
    told = bench.story()
    assert "1/3: taken back by laptop" in told
    assert "1/1 to 1/2: the lease is taken back by laptop: no progress" in told
    assert "slot 0: its engine hangs and is killed" in told


def test_an_engine_that_does_not_open_is_told_and_the_lease_given_back(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    bare = WorkerCore(make_hello())
    with Trace(open_log(path)) as trace:
        core = trace.watch("worker", bare, hello=bare.hello)
        core.connect("a", 0.0)
        core.receive("a", Welcome("c", 1, "laptop", 1.0, 10_000, 65536), 0.0)
        core.receive("a", Job("job-a", "Book", RECIPE), 0.0)
        (load,) = (each for each in grant(core, "One.").commands if isinstance(each, Load))
        core.unable(0, load.turn, "no such library", 1.0)
    told = [line.partition(" worker W: ")[2] for line in lines_of(path)]
    assert "slot 0: its engine does not open: no such library" in told
    assert told[-1] == "1/1: given back to laptop: no such library"


def test_what_becomes_of_the_coordinator_is_told(bench: Bench) -> None:
    bench.core.receive("a", Done(final=True), 2.0)
    bench.core.disconnect("a", 3.0)
    told = bench.story()
    assert told[1:3] == ["a coordinator is in reach at a", "let in by laptop at a"]
    assert [line for line in told if line.startswith("laptop")] == ["laptop ends", "laptop is out of reach"]


def test_rests_and_the_end_are_told(tmp_path: Path) -> None:
    work(tmp_path / "run.log")
    told = [line.partition(" worker W: ")[2] for line in lines_of(tmp_path / "run.log")]
    assert "its operator lets it rest (slot 0: cuda:0 has been over 80 C and cools to 75 (--max-temperature))" in told
    assert told[-2:] == ["finishes what is under way and takes nothing new", "leaves"]
