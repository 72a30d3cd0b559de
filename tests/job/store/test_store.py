import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from memory_twins import MemoryStore
from msgspec import structs
from specs_for_tests import a_clip, a_job, a_key

from swarm.config import state_folder
from swarm.errors import StoreError
from swarm.job.record import (
    ClipAccepted,
    ClipDiscarded,
    JobFinished,
    JobPaused,
    LatentsKept,
    RunStarted,
    SegmentFailed,
    SegmentQuarantined,
    SegmentReworded,
)
from swarm.job.run import RunStats
from swarm.job.store.journal import Journal
from swarm.job.store.store import JOB_NAME, DiskStore, Tally, has_job, is_used, reworded_jobs
from swarm.system.disk import VERSION_FILE, part_of
from swarm.system.text import is_device_name

JOB = "moby-dick-1a2b"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    file = tmp_path / "moby.epub"
    file.write_bytes(b"PK book")
    return file


@pytest.fixture(params=["disk", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DiskStore]:
    store: DiskStore = DiskStore(tmp_path / "state") if request.param == "disk" else MemoryStore()
    yield store
    store.close()


@pytest.fixture
def disk(tmp_path: Path, book: Path) -> Iterator[DiskStore]:
    with contextlib.closing(DiskStore(tmp_path / "state")) as store:
        store.create_job(a_job(), book)
        yield store


# --- the contract of both twins


def test_a_job_is_what_it_was_made_as(store: DiskStore, book: Path) -> None:
    assert store.open_job(JOB) is None
    store.create_job(a_job(), book)
    assert store.open_job(JOB) == a_job()
    with pytest.raises(StoreError, match="exists already"):
        store.create_job(a_job(), book)


def test_records_come_back_in_order_and_of_their_kind(store: DiskStore, book: Path) -> None:
    store.create_job(a_job(), book)
    failed, finished = SegmentFailed(0, 1, "w1", "silent", "…"), JobFinished(9.0, ("a",))
    written = [RunStarted(1, 5.0), a_clip(0, b"one"), failed, finished]
    store.commit([(JOB, record, b"one" if index == 1 else b"") for index, record in enumerate(written)])
    store.commit([(JOB, ClipDiscarded(0, 0, "lost"), b"")])
    assert list(store.records(JOB)) == [*written, ClipDiscarded(0, 0, "lost")]


def test_a_clip_is_found_once_committed_and_not_after_it_is_discarded(store: DiskStore, book: Path) -> None:
    store.create_job(a_job(), book)
    assert store.find_clip(a_key(0)) is None
    store.commit([(JOB, a_clip(0, b"flac"), b"flac")])
    assert store.find_clip(a_key(0)) == store.clip_path(a_key(0))
    assert store.clip_keys() == {a_key(0)}
    assert store.lost_clips(JOB) == []
    store.discard_clip(a_key(0))
    store.discard_clip(a_key(0))
    assert store.find_clip(a_key(0)) is None
    assert store.clip_keys() == set()
    assert store.lost_clips(JOB) == [a_clip(0, b"flac")]
    store.commit([(JOB, ClipDiscarded(0, 0, "lost"), b"")])
    assert store.lost_clips(JOB) == []


def test_two_places_with_one_key_share_a_clip_of_either_size(store: DiskStore, book: Path) -> None:
    store.create_job(a_job(), book)
    store.commit([(JOB, a_clip(0, b"first", key=a_key("yes")), b"first")])
    store.commit([(JOB, a_clip(1, b"another", key=a_key("yes")), b"another")])
    assert store.lost_clips(JOB) == []


def test_nothing_of_a_commit_to_an_unknown_job_is_kept(store: DiskStore, book: Path) -> None:
    store.create_job(a_job(), book)
    with pytest.raises(StoreError):
        store.commit([(JOB, a_clip(0, b"flac"), b"flac"), ("unknown", a_clip(1, b"x"), b"x")])
    assert list(store.records(JOB)) == []


def test_what_the_runs_of_a_job_took_is_kept(store: DiskStore, book: Path) -> None:
    store.create_job(a_job(), book)
    assert store.run_stats(JOB) == RunStats()
    taken = RunStats(3, 2, 7.5, {"w1": 1.5}, {"w2": 0.5})
    store.save_run_stats(JOB, taken)
    taken.duplicates += 1
    assert store.run_stats(JOB) == RunStats(3, 2, 7.5, {"w1": 1.5}, {"w2": 0.5})
    store.save_run_stats(JOB, taken)
    assert store.run_stats(JOB).duplicates == 4


def test_jobs_are_listed_oldest_first_with_what_they_hold(store: DiskStore, book: Path) -> None:
    store.create_job(a_job("second", created_s=20.0), book)
    store.create_job(a_job("first", created_s=10.0), book)
    store.commit([("first", a_clip(0, b"flac"), b"flac"), ("first", a_clip(1, b"flic"), b"flic")])
    store.commit([("first", ClipDiscarded(0, 0, "lost"), b""), ("second", JobFinished(9.0, ("a.m4b",)), b"")])
    first, second = store.jobs()
    assert (first.job, first.title, first.source, first.accepted) == ("first", "Moby Dick", "/books/moby.epub", 1)
    assert first.disk_bytes >= 8
    assert (first.finished, second.finished) == (False, True)
    assert (first.files, second.files) == ((), ("a.m4b",))
    assert (first.engine, first.voice, first.language, first.speed) == ("metronome", "tick", "en", None)
    assert (first.chapters, first.sentences) == (("1. Loomings",), 2)


def test_a_removed_job_takes_only_its_own_clips_along(store: DiskStore, book: Path) -> None:
    for job in ("one", "two"):
        store.create_job(a_job(job), book)
        store.commit([(job, a_clip(0, b"shared", key=a_key("shared")), b"shared")])
        store.commit([(job, a_clip(1, job.encode(), key=a_key(job)), job.encode())])
    store.remove_jobs(["one"])
    assert [summary.job for summary in store.jobs()] == ["two"]
    assert store.open_job("one") is None
    assert store.find_clip(a_key("one")) is None
    assert store.lost_clips("two") == []
    with pytest.raises(StoreError, match="no job"):
        store.remove_jobs(["one"])


# --- the disk


def test_records_are_written_anew_all_or_none(disk: DiskStore) -> None:
    first, last = RunStarted(1, 5.0), RunStarted(2, 6.0)
    disk.commit([(JOB, first, b""), (JOB, SegmentFailed(0, 1, "w1", "silent", "…"), b"")])
    disk.rewrite_records(JOB, [last])
    assert list(disk.records(JOB)) == [last]
    with contextlib.closing(sqlite3.connect(disk.folder(JOB) / "journal.sqlite")) as database:
        database.execute("CREATE TRIGGER full BEFORE INSERT ON record BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(StoreError):
        disk.rewrite_records(JOB, [first])
    assert list(disk.records(JOB)) == [last]


def test_everything_is_there_after_a_restart(disk: DiskStore) -> None:
    disk.commit([(JOB, a_clip(0, b"flac"), b"flac")])
    disk.close()
    with contextlib.closing(DiskStore(disk.state_dir)) as again:
        assert again.open_job(JOB) == a_job()
        assert list(again.records(JOB)) == [a_clip(0, b"flac")]
        path = again.find_clip(a_key(0))
        assert path is not None
        assert path.read_bytes() == b"flac"
        assert (again.folder(JOB) / "book.epub").read_bytes() == b"PK book"


def test_what_the_runs_took_begins_anew_where_its_file_is_damaged_and_costs_nothing_else(disk: DiskStore) -> None:
    file = disk.folder(JOB) / "effort.json"
    deep, many = b'{"idle_s":' * 200_000, b",".join(b'"w%d":1' % number for number in range(1001))
    wrong = (b"", b"\xff{", b'{"duplicates": "many"}', deep, b"[" * 200_000)
    figures = (b'{"duplicates": -1}', b'{"reissued": 1e300}', b'{"idle_s": {' + many + b"}}")
    odd = (b'{"first_grant_s": -5}', b'{"idle_s": {"w": -1.5}}', b'{"wasted_s": {"w": 1e300}}', b'{"x":' + deep)
    for damage in (*wrong, *figures, *odd, b'{"duplicates": 1}' + b" " * (8 << 20)):
        file.write_bytes(damage)
        assert disk.run_stats(JOB) == RunStats(), damage[:40]
    file.unlink()
    file.mkdir()
    disk.save_run_stats(JOB, RunStats(duplicates=1))  # not to be written: it does not matter
    assert disk.run_stats(JOB) == RunStats()


def test_a_command_that_failed_takes_back_the_jobs_that_it_made_unless_they_hold_what_cost_work(
    disk: DiskStore, book: Path
) -> None:
    disk.commit([(JOB, RunStarted(1, 1.0), b"")])
    disk.close()
    with contextlib.closing(DiskStore(disk.state_dir)) as again:
        again.open_job(JOB)
        for job in ("empty", "begun", "spoken", "given-up", "prepared"):
            again.lock_job(job)
            again.create_job(a_job(job), book)
        again.commit([("begun", RunStarted(1, 1.0), b""), ("begun", SegmentFailed(0, 0, "w", "silent", ""), b"")])
        again.commit([("spoken", a_clip(0, b"flac"), b"flac"), ("given-up", SegmentQuarantined(0, 0, "silent"), b"")])
        again.commit([("prepared", LatentsKept("d", 3, "w"), b"")])
        assert again.forsake() == ["empty", "begun"]
        assert {summary.job for summary in again.jobs()} == {JOB, "spoken", "given-up", "prepared"}
        assert again.find_clip(a_key(0))


def test_a_second_coordinator_is_told_who_holds_the_job(disk: DiskStore) -> None:
    disk.lock_job(JOB)
    disk.lock_job(JOB)  # ours already
    with contextlib.closing(DiskStore(disk.state_dir)) as other:
        with pytest.raises(StoreError, match=rf"process {os.getpid()} on .* {JOB}"):
            other.lock_job(JOB)
        with pytest.raises(StoreError, match="already working"):
            other.remove_jobs([JOB])
        disk.close()
        other.lock_job(JOB)


def test_a_job_that_is_locked_has_no_part_of_a_process_that_died(disk: DiskStore, tmp_path: Path) -> None:
    folder = disk.folder(JOB)
    folder.mkdir(parents=True, exist_ok=True)
    part = part_of(folder / "claims.json")
    torn = part.with_name(part.name.replace(f".{os.getpid()}.", ".999999."))
    torn.touch()
    disk.lock_job(JOB)
    assert not torn.exists()


def test_whatever_stands_in_the_way_is_named(disk: DiskStore, tmp_path: Path) -> None:
    def refused(act: Callable[[], object], path: Path, words: str) -> None:
        with pytest.raises(StoreError, match=words) as raised:
            act()
        assert str(raised.value).startswith(f"{path} ")

    key = a_key(0)
    in_the_way = disk.state_dir / "clips" / key[:1]
    in_the_way.touch()
    refused(lambda: disk.commit([(JOB, a_clip(0, b"one"), b"one")]), in_the_way, "a file is where a folder")
    other = tmp_path / "other"
    other.mkdir()
    (other / "jobs").touch()
    refused(lambda: DiskStore(other), other / "jobs", "a file is where a folder")
    disk.close()
    journal = disk.folder(JOB) / "journal.sqlite"
    journal.rename(tmp_path / "away")
    journal.mkdir()
    refused(lambda: disk.open_job(JOB), journal, "a folder is where a file")


@pytest.mark.parametrize(("version", "why"), [(99, "newer"), (1, f"an older .* `e2a-swarm jobs remove {JOB}`")])
def test_a_journal_of_another_version_is_refused(disk: DiskStore, version: int, why: str) -> None:
    disk.close()
    with contextlib.closing(sqlite3.connect(disk.folder(JOB) / "journal.sqlite")) as database:
        database.execute(f"PRAGMA user_version = {version}")
    with contextlib.closing(DiskStore(disk.state_dir)) as again, pytest.raises(StoreError, match=why):
        again.open_job(JOB)


@pytest.mark.parametrize("offset", [0, 4096, 8192])
def test_a_damaged_journal_is_named_and_the_remedy_with_it(disk: DiskStore, offset: int) -> None:
    disk.commit([(JOB, a_clip(index, b"flac"), b"flac") for index in range(100)])
    disk.close()
    journal = disk.folder(JOB) / "journal.sqlite"
    with journal.open("r+b") as file:
        file.seek(offset)
        file.write(b"\xa5" * 4096)
    expected = pytest.raises(StoreError, match=r"journal\.sqlite .*damaged; move it away")
    with contextlib.closing(DiskStore(disk.state_dir)) as again, expected:
        again.open_job(JOB)
        list(again.records(JOB))


@pytest.mark.parametrize(("table", "column"), [("record", "body"), ("job", "body")])
def test_a_changed_letter_of_a_record_or_of_the_spec_is_noticed(disk: DiskStore, table: str, column: str) -> None:
    failed = SegmentFailed(0, 1, "Moby's worker", "error", "Moby is gone")
    disk.commit([(JOB, failed, b"")])
    disk.close()
    with contextlib.closing(sqlite3.connect(disk.folder(JOB) / "journal.sqlite")) as database:
        (body,) = database.execute(f"SELECT {column} FROM {table}").fetchone()
        assert b"Moby" in body
        database.execute(f"UPDATE {table} SET {column} = ?", (body.replace(b"Moby", b"Noby"),))
        database.commit()
    expected = pytest.raises(StoreError, match=r"journal\.sqlite .*damaged; move it away")
    with contextlib.closing(DiskStore(disk.state_dir)) as again, expected:
        again.open_job(JOB)
        list(again.records(JOB))


def test_a_state_folder_of_another_version_is_refused_by_a_sentence_that_names_the_way_out(disk: DiskStore) -> None:
    disk.close()
    assert (disk.state_dir / VERSION_FILE).read_text() == "2\n"
    (disk.state_dir / VERSION_FILE).write_text("3\n")
    with pytest.raises(StoreError, match=rf"{disk.state_dir} was written by a newer e2a-swarm; upgrade this one"):
        DiskStore(disk.state_dir)
    (disk.state_dir / VERSION_FILE).unlink()  # versions 0.1 and 0.2 wrote none
    for opened in (DiskStore, state_folder):
        with pytest.raises(StoreError) as older:
            opened(disk.state_dir)
        assert str(older.value) == (
            f"{disk.state_dir} is of an older e2a-swarm: finish its books with that version, or begin afresh with "
            "another folder: name one with --state-dir, or move this one away."
        )


def test_a_machine_that_owned_its_swarm_under_version_1_does_not_lose_that_in_silence(tmp_path: Path) -> None:
    assert state_folder(tmp_path) == tmp_path
    (tmp_path / "keeper.key").write_text("00" * 32)
    with pytest.raises(StoreError, match="is of an older e2a-swarm"):
        state_folder(tmp_path)


def test_a_damaged_journal_is_listed_and_can_be_removed_while_all_clips_stay(disk: DiskStore) -> None:
    disk.commit([(JOB, a_clip(0, b"flac"), b"flac")])
    disk.close()
    (disk.folder(JOB) / "journal.sqlite").write_bytes(b"not a database" * 1000)
    with contextlib.closing(DiskStore(disk.state_dir)) as again:
        assert "damaged" in again.jobs()[0].trouble
        again.remove_jobs([JOB])
        assert again.jobs() == []
        assert again.find_clip(a_key(0))


def test_jobs_can_be_listed_while_another_process_writes(disk: DiskStore) -> None:
    disk.commit([(JOB, a_clip(0, b"flac"), b"flac")])
    with contextlib.closing(DiskStore(disk.state_dir)) as other:
        assert other.jobs()[0].accepted == 1
    disk.commit([(JOB, a_clip(1, b"flac"), b"flac")])
    assert disk.jobs()[0].accepted == 2


@pytest.mark.parametrize("name", ["../clips", "a/b", "", ".hidden", "x" * 200])
def test_a_name_that_leads_elsewhere_is_no_job(disk: DiskStore, name: str) -> None:
    for call in (disk.open_job, lambda job: disk.remove_jobs([job]), disk.lock_job, disk.folder):
        with pytest.raises(StoreError, match="no job"):
            call(name)


def test_what_a_dead_process_left_half_written_is_cleared_but_not_what_a_living_one_writes(disk: DiskStore) -> None:
    living = disk.state_dir / "scratch"
    [mine] = [path for path in living.iterdir() if path.is_dir()]
    (mine / "half.part").write_bytes(b"x")
    dead = living / "0123456789abcdef"
    dead.mkdir()
    (dead / "torn.part").write_bytes(b"x")
    dead.with_suffix(".lock").touch()
    with contextlib.closing(DiskStore(disk.state_dir)):
        assert not dead.exists()
        assert (mine / "half.part").exists()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="may not write"):
        DiskStore(tmp_path / "state")


class NoIndex(sqlite3.Connection):
    """Reads a journal on a disk that has no room for the index of its log."""

    def execute(self, *_: object) -> sqlite3.Cursor:
        raise sqlite3.OperationalError("disk I/O error")


def test_a_journal_is_read_where_nothing_can_be_written_unless_its_log_would_be_left_out(
    disk: DiskStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, written = sqlite3.connect, [RunStarted(1, 5.0)]
    disk.commit([(JOB, written[0], b"")])

    def connect_there(name: str, **options: object) -> sqlite3.Connection:
        return connect(name, **options, **({} if "immutable" in name else {"factory": NoIndex}))  # type: ignore[call-overload]

    monkeypatch.setattr(sqlite3, "connect", connect_there)
    with pytest.raises(StoreError):
        Journal(disk.folder(JOB), read_only=True)
    disk.close()  # folds the log into the file
    with contextlib.closing(Journal(disk.folder(JOB), read_only=True)) as journal:
        assert list(journal.records()) == written


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if not sys.platform.startswith("linux") or os.geteuid() or not shutil.which("mount"):
        pytest.skip("mounting a small tmpfs needs root on Linux")
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)], check=False).returncode:
        pytest.skip("this machine does not let us mount")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_loses_nothing_that_was_committed(small_disk: Path, book: Path) -> None:
    with contextlib.closing(DiskStore(small_disk)) as store:
        store.create_job(a_job(), book)
        committed = 0
        with pytest.raises(StoreError, match=f"{small_disk}.* no space left"):
            for committed in range(100):
                store.commit([(JOB, a_clip(committed, bytes(60_000)), bytes(60_000))])
        assert [record.index for record in store.records(JOB)] == list(range(committed))  # type: ignore[union-attr]
        assert store.lost_clips(JOB) == []
        store.discard_clip(a_key(0))
        store.discard_clip(a_key(1))
        store.commit([(JOB, a_clip(committed, bytes(60_000)), bytes(60_000))])


def test_a_disk_that_became_read_only_is_named(small_disk: Path, book: Path) -> None:
    with contextlib.closing(DiskStore(small_disk)) as store:
        store.create_job(a_job(), book)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StoreError, match=f"{small_disk}.* read-only"):
        DiskStore(small_disk)


WRITER = """
import sys
from pathlib import Path
from specs_for_tests import a_clip
from swarm.job.store.store import DiskStore
store = DiskStore(Path(sys.argv[1]))
start = sum(1 for _ in store.records("moby-dick-1a2b"))
for number in range(start, start + 10_000, 4):
    frames = [bytes([index % 251]) * 20_000 for index in range(number, number + 4)]
    store.commit([("moby-dick-1a2b", a_clip(number + i, frame), frame) for i, frame in enumerate(frames)])
    print(number + 4, flush=True)
"""


@pytest.mark.chaos
def test_every_commit_that_returned_survives_kill_9(disk: DiskStore) -> None:
    disk.close()
    here, root = Path(__file__).parent, Path(__file__).resolve().parents[3]
    for attempt in range(5):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(here), str(root)])}
        command = [sys.executable, "-c", WRITER, str(disk.state_dir)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as writer:
            assert writer.stdout
            acknowledged = int(writer.stdout.readline())
            time.sleep(random.Random(attempt).uniform(0.0, 0.2))
            writer.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
            acknowledged = max([acknowledged, *map(int, writer.stdout.read().split("\n")[:-1])])
        with contextlib.closing(DiskStore(disk.state_dir)) as again:
            records = list(again.records(JOB))
            assert len(records) >= acknowledged
            assert again.lost_clips(JOB) == []
            for record in records[-20:]:
                content = again.clip_path(record.key).read_bytes()  # type: ignore[union-attr]
                assert content == bytes([record.index % 251]) * 20_000  # type: ignore[union-attr]
            assert len([path for path in (disk.state_dir / "scratch").iterdir() if path.is_dir()]) == 1


def test_a_large_book_is_copied_a_piece_at_a_time(disk: DiskStore, tmp_path: Path) -> None:
    large = tmp_path / "large.epub"
    with large.open("wb") as file:
        file.truncate(64 << 20)
    tracemalloc.start()
    disk.create_job(structs.replace(a_job(), job="large-1a2b"), large)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (disk.folder("large-1a2b") / "book.epub").stat().st_size == 64 << 20
    assert most < 16 << 20


def test_a_job_whose_journal_was_moved_away_begins_anew_with_all_its_clips(disk: DiskStore, book: Path) -> None:
    disk.commit([(JOB, a_clip(0, b"flac"), b"flac")])
    disk.close()
    (disk.folder(JOB) / "journal.sqlite").unlink()
    with contextlib.closing(DiskStore(disk.state_dir)) as again:
        assert "is missing; run the same command again" in again.jobs()[0].trouble
        assert again.open_job(JOB) is None
        again.create_job(a_job(), book)
        assert again.open_job(JOB) == a_job()
        assert list(again.records(JOB)) == []
        assert again.find_clip(a_key(0))


def test_jobs_with_wordings_are_found_by_their_books_slug_newest_first(tmp_path: Path) -> None:
    book = tmp_path / "book.epub"
    book.write_bytes(b"book")
    store = DiskStore(tmp_path / "state")
    for number, name in enumerate(("moby-dick-01", "moby-dick-02", "moby-dick-03", "moby-04")):
        store.create_job(a_job(name, created_s=float(number)), book)
    for name, said in (("moby-dick-01", "A."), ("moby-dick-02", "B."), ("moby-dick-02", ""), ("moby-04", "D.")):
        store.commit([(name, SegmentReworded(0, 1, said), b"")])
    store.commit([("moby-dick-03", SegmentReworded(0, 0, "C."), b"")])
    store.close()
    store = DiskStore(tmp_path / "state")
    for record in (SegmentReworded(0, 3, "E.", "Ann"), SegmentReworded(0, 3, "")):
        store.commit([("moby-dick-01", record, b"")])
    store.close()
    found = [(spec.job, mends) for spec, mends in reworded_jobs(tmp_path / "state", "moby-dick")]
    own = {(0, 1): SegmentReworded(0, 1, "A."), (0, 3): SegmentReworded(0, 3, "", "Ann")}
    assert found == [("moby-dick-03", {(0, 0): SegmentReworded(0, 0, "C.")}), ("moby-dick-01", own)]


def test_a_damaged_journal_has_none(tmp_path: Path) -> None:
    (tmp_path / "jobs" / "moby-dick-01").mkdir(parents=True)
    (tmp_path / "jobs" / "moby-dick-01" / "journal.sqlite").write_bytes(b"no database")
    assert reworded_jobs(tmp_path, "moby-dick") == []


def test_a_job_is_used_while_a_store_has_locked_it(tmp_path: Path) -> None:
    book = tmp_path / "book.epub"
    book.write_bytes(b"book")
    store, job = DiskStore(tmp_path), a_job().job
    assert not has_job(tmp_path, job)
    store.create_job(a_job(), book)
    assert (has_job(tmp_path, job), is_used(tmp_path, job)) == (True, False)
    store.lock_job(job)
    assert is_used(tmp_path, job)
    store.close()
    assert not is_used(tmp_path, job)


def test_a_name_that_no_job_can_have_is_of_none(tmp_path: Path) -> None:
    assert not has_job(tmp_path, "../jobs/x")
    assert not is_used(tmp_path, "x" * 5000)


def clip(takes: int, *, reused: bool = False) -> ClipAccepted:
    facts = {"samples": 48_000, "sample_rate": 24_000, "digest": "0" * 64, "work_s": 0.5, "takes": takes}
    return ClipAccepted(0, 0, 0, "key", 100, "w1", 1.0, 1.5, reused, **facts)  # type: ignore[arg-type]


def test_clips_that_were_spoken_count_and_kept_ones_do_not() -> None:
    tally = Tally()
    tally.commit([clip(1), clip(3), JobPaused(True, 1.0)])
    tally.commit([clip(1, reused=True)])
    assert tally == Tally(commits=2, clips=2, clip_bytes=200, sound_s=4.0, work_s=1.0, retakes=2)


@pytest.mark.parametrize("name", ["CON", "nul", "Aux.txt", "com1", "LPT9.a"])
def test_no_job_is_called_as_a_device_of_windows(name: str) -> None:
    assert not JOB_NAME.fullmatch(name) and JOB_NAME.fullmatch(f"a{name}")
    assert is_device_name(name) and not is_device_name(f"a{name}")
