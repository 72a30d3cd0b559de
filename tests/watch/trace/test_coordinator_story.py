"""Stories from the log of a coordinator, made by dialogues with its core."""

import re
from pathlib import Path

import pytest
from making import TEXTS, join, make_clip, make_core, make_spec, offer, sent
from recorded import coordinate

from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.message import Failed, Grant, Heartbeat, Held, Hello, Release, SlotReport
from swarm.watch.trace.log_file import open_log, read_log
from swarm.watch.trace.recorder import Trace
from swarm.watch.trace.story import Story


def told(path: Path, place: tuple[int, int] | None = None, machine: str = "") -> list[str]:
    """Return what a log tells, without times, the numbers of leases and the head of a sentence's story."""
    story = Story()
    happenings = story.tell(read_log(path))
    lines = story.sentence(happenings, place, machine) if place else story.lines(happenings, machine)
    texts = [line.partition(" coordinator laptop: ")[2] for line in lines]
    return [re.sub(r" \(lease \d+\)", "", text) for text in texts if text]


class Bench:
    """A recorded coordinator of two chapters, and its story once it is closed."""

    def __init__(self, path: Path, *, alone: bool = False) -> None:
        self._path, self._trace = path, Trace(open_log(path))
        bare = make_core(alone=alone)
        self.core: CoordinatorCore = self._trace.watch("coordinator", bare, settings=bare.settings, started_s=0.0)
        self.core.add_job(JobState(make_spec([f"One {n} is a text." for n in range(4)], ["Two."])))
        join(self.core)

    def start_again(self) -> list[str]:
        """Run another coordinator in the same log, which begins with the job as it was; return the story of 1/1."""
        self._trace.close_log()
        again = Bench(self._path)
        offer(again.core)
        return again.story((0, 0))

    def story(self, place: tuple[int, int] | None = None, machine: str = "") -> list[str]:
        self._trace.close_log()
        return told(self._path, place, machine)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "run.log")


def test_the_story_of_a_run(tmp_path: Path) -> None:
    coordinate(tmp_path / "run.log")
    assert told(tmp_path / "run.log", (0, 1)) == [
        "1/1 to 1/6: granted to P, slot 0",
        "1/2: the clip of P is rejected: the digest is another",
        "1/2 to 1/6: granted to Q, slot 0",
        "Q leaves; it gives back 1/2 to 1/6",
    ]
    assert told(tmp_path / "run.log", (0, 2))[-2:] == [
        "1/2 to 1/6: granted to Q, slot 0",
        "Q leaves; it gives back 1/2 to 1/6",
    ]


def test_the_story_of_a_sentence_begins_with_the_book_and_its_words(tmp_path: Path) -> None:
    coordinate(tmp_path / "run.log")
    story = Story()
    head = list(story.sentence(story.tell(read_log(tmp_path / "run.log")), (0, 1)))[:2]
    assert head[0].endswith("(job job), sentence 1/2:")
    assert head[1] == f"“{TEXTS[1]}”"


def test_a_coordinator_that_was_killed_and_starts_again_names_what_is_free_again(bench: Bench) -> None:
    offer(bench.core)
    lines = bench.start_again()
    assert lines[0] == "1/1 to 1/4: granted to P, slot 0"
    assert lines[1].endswith("; 1/1 to 1/4 of the last run are free again")
    assert lines[2] == "1/1 to 1/4: granted to P, slot 0"


def test_a_coordinator_that_was_told_to_leave_says_so_of_its_leases(bench: Bench) -> None:
    offer(bench.core)
    bench.core.stop()
    lines = bench.start_again()
    assert lines[1] == "1/1 to 1/4: the lease is taken from P: the coordinator is told to leave"
    assert lines[-1] == "1/1 to 1/4: granted to P, slot 0"


def test_a_clip_that_comes_twice_is_not_needed(bench: Bench) -> None:
    clip = make_clip(offer(bench.core))
    for _ in range(2):
        bench.core.receive(b"p", clip, 1.0, b"sound")
    assert bench.story((0, 0))[-1] == "1/1: the clip of P is not needed: there is one already"


def test_a_lease_that_makes_no_progress_expires_and_is_reissued(bench: Bench) -> None:
    grant = offer(bench.core)
    for now in range(1, 605):  # the speed of its slot is unknown
        report = SlotReport(0, "speaking", grant.lease, 0, float(now))
        bench.core.receive(b"p", Heartbeat((report,), (), (grant.lease,)), float(now))
        bench.core.tick(float(now))
    join(bench.core, b"q", 605.0)
    offer(bench.core, b"q", now=605.5)
    assert bench.story((0, 0))[1:] == [
        "1/1 to 1/4: the lease has expired: P made no progress",
        "1/1 to 1/4: granted to Q, slot 0",
    ]


def test_what_a_worker_cannot_speak_is_set_aside_after_three_tries(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "run.log", alone=True)  # no other worker is waited for
    grant = offer(bench.core)
    for take in range(3):
        bench.core.receive(b"p", Failed("job", 0, 0, take, "silent", "no sound", grant.lease), 1.0 + take)
        offers = bench.core.receive(b"p", Heartbeat((), (0,)), 1.5 + take)
        grant = next(iter(sent(offers, Grant)), grant)
    lines = bench.story((0, 0))
    assert lines.count("1/1: P cannot speak it (silent: no sound)") == 3
    assert lines[-1] == "1/1: set aside (silent: no sound)"


def test_clips_that_a_worker_kept_over_a_gap_are_named(bench: Bench) -> None:
    clip = make_clip(offer(bench.core))
    join(bench.core, b"q", 1.0)
    bench.core.receive(b"q", Held("job", ((0, 0, clip.key),)), 1.5)
    assert "Q still holds clips of 1/1" in bench.story((0, 0))


def test_a_lease_that_is_given_back_says_why(bench: Bench) -> None:
    grant = offer(bench.core)
    bench.core.receive(b"p", Release(grant.lease, "its library is missing", unable=True), 1.0)
    assert "P gives back 1/1 to 1/4: its library is missing" in bench.story()


def test_a_lease_that_is_cut_for_an_idle_slot_names_what_was_taken(bench: Bench) -> None:
    grant = offer(bench.core)
    bench.core.receive(b"p", make_clip(grant, work_s=10.0), 1.0, b"sound")
    join(bench.core, b"q", 1.5)
    short = offer(bench.core, b"q", now=2.0)
    bench.core.receive(b"q", make_clip(short, work_s=0.1), 2.5, b"sound")
    bench.core.receive(b"p", Heartbeat((), (), (grant.lease,)), 2.6)
    bench.core.receive(b"q", Heartbeat((), (0,)), 3.0)
    assert bench.story((0, 3)) == [
        "1/1 to 1/4: granted to P, slot 0",
        "1/3 to 1/4: taken from P, for a slot that is idle",
        "1/3 to 1/4: granted to Q, slot 0",
    ]


def test_a_machine_of_another_protocol_is_refused_with_the_reason(bench: Bench) -> None:
    bench.core.receive(b"z", Hello("z", "n", "old", "0.1", (), (), 1, protocol=99), 1.0)
    (line,) = bench.story(machine="old")
    assert line.startswith("old (e2a-swarm 0.1) is refused: old speaks protocol 99")


def test_the_story_of_a_machine_leaves_the_others_out(bench: Bench) -> None:
    join(bench.core, b"q", 0.5)
    bench.core.receive(b"p", make_clip(offer(bench.core)), 1.0, b"sound")
    assert bench.story(machine="Q") == ["Q (e2a-swarm 1) is let in with 1 slot", "Q joined with 1 slot"]


def test_a_peer_whose_greeting_was_rotated_away_is_named_by_its_address(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    coordinate(path)
    kept = [line for line in path.read_bytes().splitlines(keepends=True) if b'"type":"Hello"' not in line]
    path.write_bytes(b"".join(kept))
    assert any("granted to a worker (cA==)" in line for line in told(path, (0, 0)))


def test_texts_of_the_book_are_no_part_of_the_story(tmp_path: Path) -> None:
    coordinate(tmp_path / "run.log")
    assert not any(TEXTS[0] in line for line in told(tmp_path / "run.log"))


def test_a_clip_of_which_pieces_are_on_their_way_is_no_event_yet(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    coordinate(path)
    kept = path.read_bytes().replace(b'"type":"Accepted"', b'"type":"Unheard"')
    path.write_bytes(kept)
    assert not any("has to say Hello" in line for line in told(path))


def test_a_lease_of_which_nothing_is_left_ends_without_a_line(bench: Bench) -> None:
    grant = offer(bench.core)
    for index in range(4):
        bench.core.receive(b"p", make_clip(grant, index), 1.0 + index, b"sound")
    bench.core.receive(b"p", Heartbeat((), (), (grant.lease,)), 6.0)
    assert not any("nothing" in line or "taken" in line for line in bench.story())
