"""A standby and a coordinator's copy server, over real sockets and disks: what is copied and what is refused."""

import asyncio
import hashlib
import os
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import reduce
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from msgspec import structs

from swarm.book.model.book import Chapter, Pause, Segment
from swarm.job.job_asset import PIECE_BYTES
from swarm.job.record import (
    AnyRecord,
    ClipAccepted,
    ClipDiscarded,
    JobFinished,
    LatentsKept,
    RunStarted,
    journal_digest,
)
from swarm.job.run import RUNS
from swarm.job.spec import BookFacts, JobSpec, Recipe, clip_key
from swarm.job.state import JobState, apply
from swarm.job.store.journal import Journal
from swarm.job.store.store import DiskStore
from swarm.lease.envelope import Message
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.member_message import (
    MAX_STANDBYS,
    Claim,
    Content,
    Copied,
    CopiedJob,
    Copy,
    Epochs,
    SuccessionCandidate,
    Voters,
)
from swarm.net.identity.identity import Identity
from swarm.net.identity.swarm_key import CurveKeys, curve_keys, make_key
from swarm.net.transport import DealerSocket, RouterSocket
from swarm.standby import copier as standby
from swarm.standby import copy_server
from swarm.standby.adopt import adopt_job, note_copied, replayed, was_copied
from swarm.standby.copier import Copier, Copies
from swarm.standby.copy_server import CopyServer, leave_voters
from swarm.system.event_loop import cancel

JOB = "moby-dick-1a2b"
TEXTS = [f"Sentence {index}." for index in range(30)]
RECIPE = Recipe("metronome", "tick", "en")
SPEC = JobSpec(
    JOB,
    "/books/moby.epub",
    BookFacts("Moby Dick", (), "en"),
    RECIPE,
    (Chapter("One", tuple(Segment(text, Pause.SENTENCE) for text in TEXTS)),),
    0.0,
)
LATENTS = b"latents"
BOOK = b"PK book" * 100_000
Tamper = Callable[[Message, bytes], tuple[Message, bytes]]


def frame(index: int) -> bytes:
    return f"sound of {index}".encode() * 100


def spoken(index: int) -> ClipAccepted:
    key, digest = clip_key(TEXTS[index], RECIPE, 0), hashlib.sha256(frame(index)).hexdigest()
    facts = {"samples": 100, "sample_rate": 24000, "digest": digest, "work_s": 0.5}
    return ClipAccepted(0, index, 0, key, len(frame(index)), "w", 1.0, 2.0, **facts)  # type: ignore[arg-type]


RECORDS = Fetch("", 0, "records", JOB)
SOUND = b"sound of another book"
OF_ANOTHER = hashlib.sha256(SOUND).hexdigest()


def part(message: Message) -> str:
    """Return the part of a job that a question or an answer is about."""
    if not isinstance(message, Fetch | Piece):
        return "jobs"
    clips = dict.fromkeys((spoken(index).digest for index in range(30)), "clip")
    contents = {hashlib.sha256(msgspec.msgpack.encode(SPEC)).hexdigest(): "spec"}
    contents |= {hashlib.sha256(BOOK).hexdigest(): "book", hashlib.sha256(LATENTS).hexdigest(): "file", **clips}
    return "records" if message.kind == "records" else contents[message.digest]


@pytest.fixture
def source(tmp_path: Path) -> Iterator[DiskStore]:
    """Yield a coordinator's store: a job with latents and twenty sentences."""
    book = tmp_path / "moby.epub"
    book.write_bytes(BOOK)
    with closing(DiskStore(tmp_path / "coordinator")) as store:
        store.create_job(SPEC, book)
        kept = LatentsKept(hashlib.sha256(LATENTS).hexdigest(), len(LATENTS), "w")
        store.commit([(JOB, RunStarted(1, 5.0), b""), (JOB, kept, LATENTS)])
        store.commit([(JOB, spoken(index), frame(index)) for index in range(20)])
        yield store


def copy_server_of(
    source: DiskStore, state: JobState | None = None, now: Callable[[], float] = time.monotonic
) -> CopyServer:
    """Return the copy server of a coordinator that serves the job."""
    editions: Any = {JOB: SimpleNamespace(state=state or replayed(SPEC, []))}
    return CopyServer(source, SimpleNamespace(), editions, now)  # type: ignore[arg-type]


class Coordinator:
    """A coordinator's socket and copy server, without anything else; `tamper` changes what leaves, `times` as often."""

    def __init__(
        self,
        store: DiskStore,
        tamper: Tamper = lambda answer, body: (answer, body),
        times: int = 1,
        router: RouterSocket | None = None,
    ) -> None:
        self.router, self.questions, self.told = router or RouterSocket(), list[Copy | Fetch](), list[Epochs]()
        self.port = self.router.bind("127.0.0.1", 0)
        state = replayed(SPEC, list(store.records(JOB)))
        editions: Any = {JOB: SimpleNamespace(state=state)}

        def send(peer: bytes, answer: Message, body: bytes) -> None:
            for _ in range(times):
                self.router.send(peer, *tamper(answer, body))

        through: Any = SimpleNamespace(send=send, unread=lambda peer: 0)
        self.server = CopyServer(store, through, editions, time.monotonic)

    async def listen(self) -> None:
        while True:
            peer, message, _ = await self.router.receive()
            if isinstance(message, Epochs):
                self.told.append(message)
                continue
            assert isinstance(message, Copy | Fetch)
            self.questions.append(message)
            self.server.take_question(peer, message)


async def copies_until(
    coordinator: Coordinator, copier: Copier, done: Callable[[], bool], say: Callable[[str], object] = print
) -> None:
    """Let a standby copy until something holds."""
    loops = coordinator.listen(), coordinator.server.answer_questions(), copier.keep_copies(say)
    tasks = [asyncio.ensure_future(loop) for loop in loops]
    try:
        async with asyncio.timeout(60):
            while not done():
                await asyncio.sleep(0.02)
    finally:
        await cancel(tasks)


def copying(
    source: DiskStore, home: Path, until: Callable[[Copies], bool], **how: Any
) -> tuple[Coordinator, list[str]]:
    """Let a standby copy until something holds, and return the coordinator and what the standby said."""
    said: list[str] = []

    async def run() -> Coordinator:
        coordinator, copies = Coordinator(source, **how), Copies(home)
        copier = Copier(f"127.0.0.1:{coordinator.port}", None, "tower", copies)
        try:
            await copies_until(coordinator, copier, lambda: until(copies) or bool(said), said.append)
        finally:
            copies.store.close()
            coordinator.router.close()
        return coordinator

    return asyncio.run(run()), said


def is_whole(source: DiskStore) -> Callable[[Copies], bool]:
    """Return whether the copy has as many records as its source."""
    count = len(list(source.records(JOB)))
    return lambda copies: JOB in copies._have and copies.have(JOB)[0] == count


def copied(home: Path) -> list[AnyRecord]:
    """Read the copy as any command would, and check its clips and its book."""
    with closing(DiskStore(home / "standby")) as store:
        assert store.open_job(JOB) == SPEC
        assert not store.lost_clips(JOB)
        assert (store.folder(JOB) / "book.epub").read_bytes() == BOOK
        assert store.read_asset(JOB, hashlib.sha256(LATENTS).hexdigest(), 0) == LATENTS
        return list(store.records(JOB))


def test_a_copy_is_a_state_folder_like_any_other(source: DiskStore, tmp_path: Path) -> None:
    coordinator, said = copying(source, tmp_path, is_whole(source))
    assert copied(tmp_path) == list(source.records(JOB))
    assert not said
    asked = Counter(map(part, coordinator.questions))
    assert asked.keys() == {"jobs", "spec", "book", "records", "clip", "file"}
    assert asked["book"] == -(-len(BOOK) // PIECE_BYTES), "no piece is asked for twice"
    (status,) = coordinator.server.standbys()
    assert (status.name, status.title) == ("tower", "Moby Dick")


def test_a_standby_that_was_away_asks_for_what_it_lacks_alone(source: DiskStore, tmp_path: Path) -> None:
    copying(source, tmp_path, is_whole(source))
    source.commit([(JOB, spoken(index), frame(index)) for index in range(20, 24)])
    coordinator, _ = copying(source, tmp_path, is_whole(source))
    assert copied(tmp_path) == list(source.records(JOB))
    assert (
        next(each.offset for each in coordinator.questions if isinstance(each, Fetch) and each.kind == "records") == 22
    )
    asked = Counter(map(part, coordinator.questions))
    assert asked["clip"] == 4
    assert asked.keys() == {"jobs", "records", "clip"}


def test_a_copy_that_has_parted_follows_its_coordinator_and_keeps_its_clips(source: DiskStore, tmp_path: Path) -> None:
    copying(source, tmp_path, is_whole(source))
    records = list(source.records(JOB))
    source.rewrite_records(JOB, [*records[:8], RunStarted(RUNS, 9.0), ClipDiscarded(0, 0, "lost")])
    coordinator, _ = copying(source, tmp_path, is_whole(source))
    assert copied(tmp_path) == list(source.records(JOB))
    assert "clip" not in map(part, coordinator.questions)
    with closing(DiskStore(tmp_path / "standby")) as store:
        assert store.find_clip(spoken(19).key)


def test_a_copy_that_parted_earlier_than_its_last_record_is_found_out(source: DiskStore, tmp_path: Path) -> None:
    copying(source, tmp_path, is_whole(source))
    records = list(source.records(JOB))
    changed = [*records[:5], ClipDiscarded(0, 0, "lost"), *records[6:]]
    source.rewrite_records(JOB, changed)
    wanted = len(changed), reduce(journal_digest, changed, "")
    copying(source, tmp_path, lambda copies: JOB in copies._have and copies.have(JOB) == wanted)
    assert copied(tmp_path) == list(source.records(JOB))


def test_the_copy_of_a_job_that_was_taken_over_does_not_follow_the_old_coordinator(
    source: DiskStore, tmp_path: Path
) -> None:
    copying(source, tmp_path, is_whole(source))
    with closing(DiskStore(tmp_path / "standby")) as store:
        store.commit([(JOB, RunStarted(RUNS, 9.0), b"")])
    before = copied(tmp_path)
    source.commit([(JOB, spoken(20), frame(20))])
    started_s = time.monotonic()
    coordinator, _ = copying(source, tmp_path, lambda copies: time.monotonic() - started_s > 1.5)
    assert set(map(part, coordinator.questions)) == {"jobs"}
    assert set(coordinator.told) == {Epochs(((JOB, RUNS),))}, "it was told that another leads the job"
    assert copied(tmp_path) == before


async def test_of_two_coordinators_of_one_job_a_copy_follows_one_and_throws_nothing_away(
    source: DiskStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standby, "INTERVAL_S", 0.05)
    with closing(DiskStore(tmp_path / "twin")) as twin:
        twin.create_job(SPEC, source.folder(JOB) / "book.epub")
        kept = LatentsKept(hashlib.sha256(LATENTS).hexdigest(), len(LATENTS), "w")
        twin.commit([(JOB, RunStarted(1, 6.0), b""), (JOB, kept, LATENTS)])
        twin.commit([(JOB, spoken(index), frame(index)) for index in range(25, 30)])
        begun, said, copies = list[str](), list[str](), Copies(tmp_path)
        monkeypatch.setattr(copies, "begin_anew", lambda job: (begun.append(job), Copies.begin_anew(copies, job)))
        coordinators = [Coordinator(source), Coordinator(twin)]
        copiers = [Copier(f"127.0.0.1:{each.port}", None, "tower", copies) for each in coordinators]
        tasks = [asyncio.ensure_future(each.server.answer_questions()) for each in coordinators]
        tasks += [asyncio.ensure_future(each.listen()) for each in coordinators]
        first = asyncio.ensure_future(copiers[0].keep_copies(said.append))
        async with asyncio.timeout(60):
            while not is_whole(source)(copies):
                await asyncio.sleep(0.02)
            second = asyncio.ensure_future(copiers[1].keep_copies(said.append))
            while list(map(part, coordinators[1].questions)).count("jobs") < 10:
                await asyncio.sleep(0.02)
            assert not begun
            assert said == [
                f"two coordinators speak Moby Dick: the copy here follows the other one "
                f"(at 127.0.0.1:{coordinators[1].port})"
            ]
            first.cancel()
            while not is_whole(twin)(copies):
                await asyncio.sleep(0.02)
        assert begun == [JOB], "the other one is followed once the first is gone"
        await cancel([*tasks, first, second])
        copies.store.close()
        for each in coordinators:
            each.router.close()
    with closing(DiskStore(tmp_path / "new")) as store:
        assert adopt_job(store, tmp_path / "standby", JOB).clips == 25, "what both have spoken is there"


def test_the_copy_of_a_restored_backup_keeps_what_was_spoken_after_it(source: DiskStore, tmp_path: Path) -> None:
    copying(source, tmp_path, is_whole(source))
    source.rewrite_records(JOB, [*list(source.records(JOB))[:10], RunStarted(2, 9.0)])
    copying(source, tmp_path, lambda copies: JOB in copies._have and copies.have(JOB)[0] == 11)
    assert copied(tmp_path) == list(source.records(JOB))
    with closing(DiskStore(tmp_path / "new")) as store:
        assert adopt_job(store, tmp_path / "standby", JOB).clips == 20
        assert not store.lost_clips(JOB)


def other(**fields: object) -> Tamper:
    return lambda answer, body: (structs.replace(answer, **fields), body)


def in_part(name: str, tamper: Tamper) -> Tamper:
    return lambda answer, body: tamper(answer, body) if part(answer) == name else (answer, body)


def with_body(make: Callable[[bytes], bytes]) -> Tamper:
    return lambda answer, body: (answer, make(body))


def of_records(make: Callable[[AnyRecord], AnyRecord]) -> Tamper:
    def tamper(answer: Message, body: bytes) -> tuple[Message, bytes]:
        records = msgspec.msgpack.decode(body, type=list[AnyRecord]) if body else []
        return answer, msgspec.msgpack.encode(list(map(make, records)))

    return tamper


def of_jobs(**fields: object) -> Tamper:
    def tamper(answer: Message, body: bytes) -> tuple[Message, bytes]:
        jobs = msgspec.msgpack.decode(body, type=list[CopiedJob])
        return answer, msgspec.msgpack.encode([structs.replace(job, **fields) for job in jobs])

    return tamper


def elsewhere(record: AnyRecord) -> AnyRecord:
    return structs.replace(record, index=77) if isinstance(record, ClipAccepted) else record


def at_a_path(record: AnyRecord) -> AnyRecord:
    return structs.replace(record, key="../../../etc/x") if isinstance(record, ClipAccepted) else record


HOSTILE = {
    "a job by a path": in_part("jobs", of_jobs(job="../x")),
    "an epoch beyond all": in_part("jobs", of_jobs(epoch=2**63)),
    "an epoch below all": in_part("jobs", of_jobs(epoch=-1)),
    "a list of jobs that is cut short": in_part("jobs", with_body(lambda body: body[:-1])),
    "records that are cut short": in_part("records", with_body(lambda body: body[:-1])),
    "no list of jobs": in_part("jobs", with_body(lambda body: b"\xc1")),
    "another spec": in_part("spec", with_body(lambda body: body[:-1] + b"x")),
    "a spec of another size": in_part("spec", other(total=2**33)),
    "a spec of any size": in_part("jobs", of_jobs(spec=Content("0" * 64, 2**33))),
    "a book that never ends": in_part("jobs", of_jobs(book=Content("0" * 64, 2**34))),
    "a book that is gone": in_part("book", lambda answer, body: (structs.replace(answer, total=0), b"")),
    "another book": in_part("book", with_body(lambda body: body[::-1])),
    "records of other places": in_part("records", of_records(elsewhere)),
    "records that name paths": in_part("records", of_records(at_a_path)),
}


@pytest.mark.parametrize("harm", HOSTILE)
def test_what_does_not_fit_is_refused_with_a_sentence(source: DiskStore, tmp_path: Path, harm: str) -> None:
    _, said = copying(source, tmp_path, lambda copies: False, tamper=HOSTILE[harm])
    assert len(said) == 1
    assert said[0].startswith("the copy of a book is behind: ")
    with closing(DiskStore(tmp_path / "standby")) as store:
        if store.open_job(JOB):
            assert not [record for record in store.records(JOB) if isinstance(record, ClipAccepted)]
        assert not store.clip_keys()


def test_a_clip_that_does_not_fit_its_digest_is_left_out(source: DiskStore, tmp_path: Path) -> None:
    first = spoken(0).digest

    def spoil(answer: Message, body: bytes) -> tuple[Message, bytes]:
        is_first = isinstance(answer, Piece) and answer.digest == first
        return answer, b"x" + body[1:] if is_first else body

    copying(source, tmp_path, is_whole(source), tamper=spoil)
    with closing(DiskStore(tmp_path / "standby")) as store:
        assert [(clip.chapter, clip.index) for clip in store.lost_clips(JOB)] == [(0, 0)]


def test_an_answer_that_comes_twice_is_not_taken_for_the_next_one(source: DiskStore, tmp_path: Path) -> None:
    copying(source, tmp_path, is_whole(source), times=2)  # a question that was asked again has this effect
    assert copied(tmp_path) == list(source.records(JOB))


async def test_a_finished_book_waits_for_a_standby_that_had_a_copy_and_for_no_other(
    source: DiskStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copy_server, "CONSULT_S", 0.3)  # what waits says so first
    said: list[str] = []

    async def waited_s(server: CopyServer) -> float:
        began_s = time.monotonic()
        await server.consult(JOB, said.append)
        return time.monotonic() - began_s

    await waited_s(copy_server_of(source))
    assert not said
    note_copied(source.folder(JOB))
    assert await waited_s(copy_server_of(source)) >= 0.3
    assert len(said) == 1
    server = copy_server_of(source)
    server.take_question(b"a", RECORDS)
    await waited_s(server)
    assert len(said) == 1


SILENCE_S = 180.0
CANDIDATES = [SuccessionCandidate(f"h{n}", f"machine {n}", f"10.0.0.{n}:1") for n in range(3)]


def claim_to(server: CopyServer, number: int) -> Voters:
    """Let a candidate claim its place twice, as it does each second, and return the voters."""
    voters = Voters("", 0)
    for _ in range(2):
        claim = Claim(CANDIDATES[number], voters.run, voters.revision, SILENCE_S)
        answer = server._answer(Copy(CANDIDATES[number].name, claim))
        assert answer
        assert isinstance(answer[0], Copied)
        assert answer[0].voters
        voters = answer[0].voters
    return voters


async def test_the_voters_outlive_the_coordinator_and_no_file_is_finished_while_most_of_them_may_follow_another(
    source: DiskStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copy_server, "TELL_S", 0.0)
    said: list[str] = []
    first = copy_server_of(source)
    for number in (0, 1, 2, 0, 1, 2):
        voters = claim_to(first, number)
    assert voters.ids == ["h0", "h1", "h2"]
    first.close()

    second = copy_server_of(source)
    await second.wait_for_voters(JOB, said.append)
    assert not said, "no standby ever had this book"
    note_copied(source.folder(JOB))
    waiting = asyncio.create_task(second.wait_for_voters(JOB, said.append))
    await asyncio.sleep(0.3)
    assert claim_to(second, 0) == voters
    await asyncio.sleep(0.3)
    assert not waiting.done(), "two of three may have given it up"
    assert claim_to(second, 2) == voters
    await waiting
    (line,) = said
    assert "waiting with its files for machine 0, machine 1, machine 2" in line

    monkeypatch.setattr(copy_server, "FORGET_S", 0.5)
    ill = Claim(CANDIDATES[1], voters.run, voters.revision, SILENCE_S, bound=True)
    second._voters._registry._claims.clear()
    second._answer(Copy("machine 1", ill))
    assert second._voters.awaited(time.monotonic())
    await second.wait_for_voters(JOB, said.append)  # no longer than that, whatever standbys say

    third = copy_server_of(source)  # another process of the same machine, while the second one runs
    assert claim_to(third, 0).run != voters.run
    second.close()
    leave_voters(source.state_dir, tuple(CANDIDATES[:2]))
    inherited = claim_to(copy_server_of(source), 0)
    assert inherited.ids == ["h0", "h1"]
    assert inherited.run != voters.run


def test_a_state_folder_that_was_put_back_begins_a_list_of_its_own(source: DiskStore) -> None:
    server = copy_server_of(source)
    voters = claim_to(server, 0)
    later = Copy("machine 0", Claim(CANDIDATES[0], voters.run, voters.revision + 5, SILENCE_S))
    answer = server._answer(later)
    assert answer
    assert isinstance(answer[0], Copied)
    assert answer[0].voters
    assert answer[0].voters.run != voters.run


def test_the_end_of_a_book_waits_until_the_standbys_that_are_there_have_its_last_records(
    source: DiskStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copy_server, "PRESENT_S", 2.0)
    monkeypatch.setattr(copy_server, "HAND_OVER_S", 600.0)

    async def run() -> float:
        coordinator, copies = Coordinator(source), Copies(tmp_path)
        copier = Copier(f"127.0.0.1:{coordinator.port}", None, "tower", copies)
        loops = coordinator.listen(), coordinator.server.answer_questions(), copier.keep_copies(print)
        tasks = [asyncio.ensure_future(loop) for loop in loops]
        while not is_whole(source)(copies):
            await asyncio.sleep(0.02)
        source.commit([(JOB, JobFinished(9.0, ("a.m4b",), 5), b"")])
        began_s = time.monotonic()
        await coordinator.server.hand_over(JOB)
        assert JOB in copies.finished
        tasks.pop().cancel()
        await coordinator.server.hand_over(JOB)
        await cancel(tasks)
        copies.store.close()
        coordinator.router.close()
        return time.monotonic() - began_s

    assert asyncio.run(run()) < copy_server.HAND_OVER_S, "one that is gone is waited for a moment only"


def test_that_a_standby_has_all_of_a_job_is_remembered_in_its_folder(source: DiskStore, tmp_path: Path) -> None:
    assert not was_copied(source.folder(JOB))
    copying(source, tmp_path, lambda copies: was_copied(source.folder(JOB)))
    assert was_copied(source.folder(JOB))


def test_copies_wait_while_little_of_the_disk_is_free(
    source: DiskStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standby, "free_bytes", lambda folder: standby.MIN_FREE_BYTES - 1)
    coordinator, said = copying(source, tmp_path, lambda copies: False)
    assert said == [f"the copy of a book is behind: {tmp_path / 'standby'} has only 1000 MB free. Trying on."]
    assert set(map(part, coordinator.questions)) == {"jobs"}, "a candidate hears its coordinator still"


def test_a_standby_gets_no_file_that_is_not_of_the_job(source: DiskStore) -> None:
    secret = source.folder(JOB) / "assets" / ("0" * 64)
    secret.parent.mkdir(exist_ok=True)
    secret.write_bytes(b"secret")
    server = copy_server_of(source)
    nothing = Piece("0" * 64, 0, 0, "copy", JOB), b""
    assert server._answer(Fetch("0" * 64, 0, "copy", JOB)) == nothing
    for job in ("../standby", "other", ""):
        assert server._answer(Fetch("0" * 64, 0, "copy", job)) is None
        assert server._answer(Fetch("", 0, "records", job)) is None


def test_a_standby_gets_no_clip_that_is_not_of_the_job(source: DiskStore) -> None:
    elsewhere, later = clip_key("A sentence of another book.", RECIPE, 0), spoken(20)
    source.clips.add_clips({elsewhere: SOUND, later.key: frame(20)})
    state = replayed(SPEC, list(source.records(JOB)))
    server = copy_server_of(source, state)

    def sent(digest: str) -> bytes:
        answer = server._answer(Fetch(digest, 0, "copy", JOB))
        assert answer is not None
        return answer[1]

    assert [sent(digest) for digest in (spoken(3).digest, OF_ANOTHER, later.digest)] == [frame(3), b"", b""]
    apply(state, later)
    assert [sent(digest) for digest in (later.digest, OF_ANOTHER)] == [frame(20), b""], "it was accepted since"


def test_what_a_member_asks_for_under_names_without_end_takes_no_memory(source: DiskStore) -> None:
    server = copy_server_of(source)
    for number in range(1000):
        question = Fetch(f"{number:064x}", number, "records", f"job-{number}")
        server.take_question(b"%d" % number, question)
        assert server._answer(question) is None
    assert len(server.standbys()) == MAX_STANDBYS
    assert not (server._asked or server._journals or server._points or server._jobs)


def test_nothing_is_kept_of_a_book_that_is_served_no_more(source: DiskStore) -> None:
    server = copy_server_of(source)
    assert server._answer(Copy("tower")) and server._answer(Fetch("", 0, "records", JOB))
    assert server._jobs and server._points and server._journals
    server._editions.clear()  # type: ignore[attr-defined]
    server._answer(Copy("tower"))
    assert not (server._jobs or server._points or server._journals)


def test_the_journal_that_answers_are_read_from_is_read_by_any_thread(source: DiskStore) -> None:
    with closing(Journal(source.folder(JOB), read_only=True)) as journal, ThreadPoolExecutor(1) as other:
        assert journal.page(0, 2) == other.submit(journal.page, 0, 2).result()


def test_answers_take_a_small_share_of_the_time_while_clips_come_in(source: DiskStore) -> None:
    now = [100.0]
    server = copy_server_of(source, now=lambda: now[0])
    assert server._pause_s(0.01) == 0
    server.note_commit()
    assert server._pause_s(0.01) == pytest.approx(0.19)
    assert server._pause_s(5.0) == 0.25
    now[0] += 1.1
    assert server._pause_s(0.01) == 0


def test_a_standby_that_is_silent_is_told_of_for_a_while(source: DiskStore) -> None:
    now = [0.0]
    server = copy_server_of(source, now=lambda: now[0])
    server.take_question(b"a", RECORDS)
    now[0] = 40.0
    (status,) = server.standbys()
    assert (status.lag_s, status.silent_s) == (None, 40.0)
    now[0] = 700.0
    assert not server.standbys()


KEY = make_key()


async def test_a_standby_that_waited_for_approval_copies_once_it_is_a_member(
    source: DiskStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standby, "ANSWER_S", 0.5)
    monkeypatch.setattr(standby, "INTERVAL_S", 0.1)
    own, members = Identity(tmp_path, KEY), set[bytes]()
    by_own_key = own.key_epochs.own_curve_keys(KEY)
    router = RouterSocket(curve_keys(KEY), lambda key: key in members)
    router.members_only = True
    coordinator, copies, rings = Coordinator(source, router=router), Copies(tmp_path), list[int]()

    def keyring() -> list[CurveKeys]:
        rings.append(len(members))
        return [by_own_key, curve_keys(KEY)] if members else [curve_keys(KEY)]

    copier = Copier(f"127.0.0.1:{coordinator.port}", keyring, "tower", copies)
    asyncio.get_running_loop().call_later(1.0, members.add, by_own_key.worker_public)
    await copies_until(coordinator, copier, lambda: is_whole(source)(copies))
    assert rings[0] == 0 and not any(isinstance(question, Copy) and not members for question in coordinator.questions)
    copies.store.close()
    router.close()


def lying(kind: str, port: int) -> socket.socket:
    """Connect as a stranger that says something of this kind, and reads nothing."""
    stranger = socket.create_connection(("127.0.0.1", port))
    greeting = b"\xff" + bytes(8) + b"\x7f\x03\x01CURVE".ljust(55, b"\0")
    said = {"nothing": b"", "cut short": greeting[:20], "noise": os.urandom(3000), "oversize": greeting + bytes(10**6)}
    with suppress(OSError):  # it may be closed already
        stranger.sendall(said[kind])
    return stranger


async def test_strangers_keep_no_standby_from_its_copy_and_a_session_that_is_played_again_asks_for_nothing(
    source: DiskStore, tmp_path: Path
) -> None:
    router = RouterSocket(curve_keys(KEY))
    coordinator, copies, heard = Coordinator(source, router=router), Copies(tmp_path), list[bytes]()

    async def listen_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, out = await asyncio.open_connection("127.0.0.1", coordinator.port)

        async def pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter, log: list[bytes]) -> None:
            while data := await source.read(65536):
                log.append(data)
                target.write(data)

        await asyncio.gather(pass_on(reader, out, heard), pass_on(inner, writer, []), return_exceptions=True)
        out.close()

    tap = await asyncio.start_server(listen_in, "127.0.0.1", 0)
    kinds = ("nothing", "cut short", "noise", "oversize")
    strangers = [await asyncio.to_thread(lying, kinds[number % 4], coordinator.port) for number in range(80)]
    other = DealerSocket(curve_keys(make_key()))
    other.connect([f"127.0.0.1:{coordinator.port}"])
    tapped = f"127.0.0.1:{tap.sockets[0].getsockname()[1]}"
    await copies_until(coordinator, Copier(tapped, curve_keys(KEY), "tower", copies), lambda: is_whole(source)(copies))
    assert not other.connected
    asked = len(coordinator.questions)
    again = await asyncio.to_thread(socket.create_connection, ("127.0.0.1", coordinator.port))
    with suppress(OSError):
        again.sendall(b"".join(heard))
    listening = asyncio.ensure_future(coordinator.listen())
    await asyncio.sleep(0.5)
    listening.cancel()
    assert len(coordinator.questions) == asked
    for stranger in (*strangers, again):
        stranger.close()
    tap.close()
    other.close()
    copies.store.close()
    router.close()
