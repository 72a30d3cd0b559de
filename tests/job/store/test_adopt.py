"""A job of another state folder is taken as it is, or united with the job that is here."""

import hashlib
import os
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from msgspec import structs
from specs_for_tests import a_job

from swarm.errors import StoreError
from swarm.job.record import (
    AnyRecord,
    ClipAccepted,
    ClipDiscarded,
    GainFixed,
    LatentsKept,
    RunStarted,
    SegmentReworded,
)
from swarm.job.run import RUNS
from swarm.job.spec import clip_key
from swarm.job.store.journal import Journal
from swarm.job.store.store import DiskStore
from swarm.standby import adopt
from swarm.standby.adopt import Adopted, adopt_job

SPEC = a_job()
JOB = SPEC.job
TEXTS = [segment.engine_text for segment in SPEC.chapters[0].segments]


def frame(index: int) -> bytes:
    return f"sound of {index}".encode()


def spoken(index: int) -> ClipAccepted:
    key, digest = clip_key(TEXTS[index], SPEC.recipe, 0), hashlib.sha256(frame(index)).hexdigest()
    facts = {"samples": 100, "sample_rate": 24000, "digest": digest, "work_s": 0.5}
    return ClipAccepted(0, index, 0, key, len(frame(index)), "w", 1.0, 2.0, **facts)  # type: ignore[arg-type]


def a_folder(root: Path, epoch: int, *indices: int, latents: bytes = b"") -> Path:
    """Make a state folder with the job and some of its sentences."""
    book = root.parent / "moby.epub"
    book.write_bytes(b"PK book")
    with closing(DiskStore(root)) as store:
        store.create_job(SPEC, book)
        store.commit([(JOB, RunStarted(epoch, 5.0), b"")])
        if latents:
            kept = LatentsKept(hashlib.sha256(latents).hexdigest(), len(latents), "w")
            store.commit([(JOB, kept, latents)])
        store.commit([(JOB, spoken(index), frame(index)) for index in indices])
    return root


def adopted(home: Path, source: Path) -> tuple[Adopted, list[AnyRecord]]:
    with closing(DiskStore(home)) as store:
        result = adopt_job(store, source, JOB)
        assert not store.lost_clips(JOB)
        return result, list(store.records(JOB))


def test_a_job_is_taken_with_its_clips_its_latents_and_its_book(tmp_path: Path) -> None:
    source = a_folder(tmp_path / "old", 1, 0, 1, latents=b"latents")
    result, records = adopted(tmp_path / "new", source)
    assert (result.sentences, result.clips, result.lost) == (2, 2, 0)
    assert [type(record) for record in records] == [RunStarted, LatentsKept, ClipAccepted, ClipAccepted]
    assert (tmp_path / "new" / "jobs" / JOB / "book.epub").read_bytes() == b"PK book"
    with closing(DiskStore(tmp_path / "new")) as store:
        assert store.read_asset(JOB, hashlib.sha256(b"latents").hexdigest(), 0) == b"latents"
    assert adopted(tmp_path / "new", source) == (result, records), "once more changes nothing"


@pytest.mark.parametrize("epochs", [(1, RUNS), (RUNS, 1)])
def test_two_journals_are_united_whichever_is_higher(tmp_path: Path, epochs: tuple[int, int]) -> None:
    a_folder(tmp_path / "new", epochs[0], 0)
    result, records = adopted(tmp_path / "new", a_folder(tmp_path / "old", epochs[1], 1))
    assert result.clips == 2
    assert [record.epoch for record in records if isinstance(record, RunStarted)] == [RUNS]


def test_a_damaged_clip_on_another_disk_is_lost_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = a_folder(tmp_path / "old", 1, 0, 1)
    clip = next(path for path in (source / "clips").rglob("*.flac") if path.read_bytes() == frame(0))
    clip.write_bytes(frame(0)[::-1])

    def refuse(*names: object) -> None:
        raise OSError("another disk")

    monkeypatch.setattr(os, "link", refuse)
    with closing(DiskStore(tmp_path / "new")) as store:
        result = adopt_job(store, source, JOB)
        assert [(clip.chapter, clip.index) for clip in store.lost_clips(JOB)] == [(0, 0)]
    assert (result.clips, result.lost) == (1, 1)


@pytest.mark.parametrize(
    "record",
    [
        structs.replace(spoken(0), key="../../x"),
        structs.replace(spoken(0), key="A" * 32),
        structs.replace(spoken(0), index=7),
        structs.replace(spoken(0), chapter=-1),
        LatentsKept("../../outside", 5, "w"),
        ClipDiscarded(1, 0, "no such chapter"),
        GainFixed(float("nan")),
        GainFixed(1e300),
    ],
)
def test_a_journal_that_names_other_places_or_paths_is_refused(tmp_path: Path, record: AnyRecord) -> None:
    source = a_folder(tmp_path / "old", 1)
    with closing(DiskStore(source)) as store:
        store.commit([(JOB, record, b"")])
    with closing(DiskStore(tmp_path / "new")) as store, pytest.raises(StoreError, match="is not a copy of the job"):
        adopt_job(store, source, JOB)
    assert not (tmp_path / "new" / "jobs" / JOB).exists()


def test_more_or_longer_records_than_a_book_can_have_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = a_folder(tmp_path / "old", 1, 0, 1)
    with monkeypatch.context() as few, pytest.raises(StoreError, match="more records than its book can have"):
        few.setattr(adopt, "MAX_RECORDS_OF_JOB", 2)
        few.setattr(adopt, "MAX_RECORDS_OF_SENTENCE", 0)
        adopted(tmp_path / "new", source)
    with closing(DiskStore(source)) as store:
        store.commit([(JOB, ClipDiscarded(0, 0, "x" * adopt.MAX_RECORD_BYTES), b"")])
    with pytest.raises(StoreError, match="or longer ones"):
        adopted(tmp_path / "new", source)


def test_a_journal_with_a_view_in_place_of_a_table_is_refused(tmp_path: Path) -> None:
    source = a_folder(tmp_path / "old", 1, 0)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS number, 'x', '', 0 FROM n"
    with closing(sqlite3.connect(source / "jobs" / JOB / "journal.sqlite")) as database:
        database.executescript(f"DROP TABLE record; CREATE VIEW record AS {endless};")
    with pytest.raises(StoreError, match="damaged"):
        adopted(tmp_path / "new", source)


@pytest.mark.parametrize("name", ["book.epub", "parted", "journal.sqlite", "journal.sqlite-journal"])
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with a name")
def test_nobody_waits_for_a_pipe_in_a_folder_from_elsewhere(tmp_path: Path, name: str) -> None:
    source = a_folder(tmp_path / "old", 1, 0)
    path = source / "jobs" / JOB / name
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    if name == "parted":
        assert adopted(tmp_path / "new", source)[0].clips == 1
    else:
        with pytest.raises(StoreError, match=f"{name} (is missing|cannot be used)"):
            adopted(tmp_path / "new", source)


def with_row(source: Path, table: str, body: bytes) -> Path:
    """Put a body in place of the first one of a table, with its checksum."""
    with closing(sqlite3.connect(source / "jobs" / JOB / "journal.sqlite")) as database, database:
        row = database.execute(f"SELECT min(rowid) FROM {table}").fetchone()
        database.execute(f"UPDATE {table} SET body = ?, crc = ? WHERE rowid = ?", (body, zlib.crc32(body), *row))
    return source


@pytest.mark.parametrize("table", ["job", "record"])
def test_a_row_that_is_nested_without_end_is_damage(tmp_path: Path, table: str) -> None:
    body = msgspec.msgpack.encode(SPEC if table == "job" else RunStarted(1, 5.0))
    size, more = body[0] + 1, b"\xa3zzz" + b"\x91" * 50_000 + b"\x01"
    source = with_row(a_folder(tmp_path / "old", 1, 0), table, bytes([size]) + body[1:] + more)
    with pytest.raises(StoreError, match="damaged"):
        adopted(tmp_path / "new", source)


@pytest.mark.parametrize("created_s", [1e300, float("nan"), -1e15])
def test_a_job_from_no_time_of_ours_is_refused(tmp_path: Path, created_s: float) -> None:
    source = a_folder(tmp_path / "old", 1, 0)
    with_row(source, "job", msgspec.msgpack.encode(structs.replace(SPEC, created_s=created_s)))
    with pytest.raises(StoreError, match="is not a copy of the job"):
        adopted(tmp_path / "new", source)


def test_rows_that_run_backwards_are_damage_and_not_read_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = a_folder(tmp_path / "old", 1, 0)
    monkeypatch.setattr(Journal, "_rows", lambda journal, after: [(3, b"", 0), (5, b"", 0)][:1] if after < 5 else [])
    monkeypatch.setattr(Journal, "_decoded", lambda journal, body, crc, decoder: RunStarted(1, 5.0))
    with closing(Journal(source / "jobs" / JOB, read_only=True)) as journal, pytest.raises(StoreError, match="damaged"):
        list(journal.records())


def test_a_job_whose_adoption_was_cut_off_is_taken_whole_the_next_time(tmp_path: Path) -> None:
    source, book = a_folder(tmp_path / "old", 1, 0), tmp_path / "moby.epub"
    with closing(DiskStore(tmp_path / "new")) as store:
        store.create_job(SPEC, book)
    with closing(DiskStore(tmp_path / "new")) as store:
        adopt_job(store, source, JOB, own_stands=True)
        assert [type(record) for record in store.records(JOB)] == [RunStarted, ClipAccepted]


def test_what_the_user_wants_next_on_the_other_machine_is_taken_as_was_what_came_before(tmp_path: Path) -> None:
    source = a_folder(tmp_path / "old", 1, 0)
    for said in ("one", "two", "one"):
        with closing(DiskStore(source)) as store:
            store.commit([(JOB, SegmentReworded(0, 0, said), b"")])
        with closing(DiskStore(tmp_path / "new")) as store:
            adopt_job(store, source, JOB, own_stands=True)
            assert adopt.replayed(SPEC, list(store.records(JOB))).wordings[0, 0] == said
    with closing(DiskStore(tmp_path / "new")) as store:
        store.commit([(JOB, SegmentReworded(0, 0, "mine"), b"")])
        adopt_job(store, source, JOB, own_stands=True)
        assert adopt.replayed(SPEC, list(store.records(JOB))).wordings[0, 0] == "mine"


def test_clips_from_elsewhere_count_for_their_own_job_alone_until_somebody_listened(tmp_path: Path) -> None:
    adopted(tmp_path / "new", a_folder(tmp_path / "old", 1, 0))
    key = spoken(0).key
    with closing(DiskStore(tmp_path / "new")) as store:
        assert store.find_clip(key, JOB) and not store.find_clip(key, "another-job")
        store.believe_clip(key, JOB)
        assert store.clip_path(key, "another-job").read_bytes() == frame(0)
        assert not store.lost_clips(JOB)


def test_what_came_with_a_job_goes_on_with_it_and_ends_with_it(tmp_path: Path) -> None:
    adopted(tmp_path / "new", a_folder(tmp_path / "old", 1, 0, 1))
    assert adopted(tmp_path / "third", tmp_path / "new")[0].clips == 2
    with closing(DiskStore(tmp_path / "new")) as store:
        store.remove_jobs([JOB])
    assert not list((tmp_path / "new" / "brought").rglob("*.flac"))


def test_a_store_from_elsewhere_changes_no_sound_that_its_job_has_here_already(tmp_path: Path) -> None:
    a_folder(tmp_path / "new", 1)
    sound = b"spoken here"
    own = structs.replace(spoken(0), digest=hashlib.sha256(sound).hexdigest(), bytes=len(sound))
    with closing(DiskStore(tmp_path / "new")) as store:
        store.commit([(JOB, own, sound)])
    source = a_folder(tmp_path / "old", RUNS, 0, 1)
    with closing(DiskStore(tmp_path / "new")) as store:
        assert adopt_job(store, source, JOB, own_stands=True).clips == 2
        assert store.clip_path(own.key, JOB).read_bytes() == sound


def test_a_job_in_use_can_be_copied_but_not_united(tmp_path: Path) -> None:
    source = a_folder(tmp_path / "old", 1, 0)
    with closing(DiskStore(source)) as busy:
        busy.lock_job(JOB)
        assert adopted(tmp_path / "new", source)[0].clips == 1
        with closing(DiskStore(source)) as another, pytest.raises(StoreError, match="is already working on"):
            adopt_job(another, tmp_path / "new", JOB)
