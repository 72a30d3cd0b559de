import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO

import msgspec
import pytest
from msgspec import structs
from specs_for_tests import a_clip, a_job, a_key

from swarm.errors import StoreError, UsageError
from swarm.job.job_asset import MODEL, JobAsset
from swarm.job.record import (
    AnyRecord,
    ClipAccepted,
    ClipDiscarded,
    JobFinished,
    LatentsKept,
    RunStarted,
    SegmentReworded,
)
from swarm.job.state import JobState, apply
from swarm.job.store import parcel as parcels
from swarm.job.store.parcel import read_parcel, write_parcel
from swarm.job.store.store import JOB_NAME, DiskStore
from swarm.system.text import is_device_name

JOB = "moby-dick-1a2b"
BOOK, MODEL_FILE, LATENTS = b"PK book", b"a model", b"latents"
FRAMES = (b"Call me Ishmael, spoken", b"So, spoken")


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[DiskStore]:
    """Yield a store with a job of two spoken sentences, a model and latents."""
    book = tmp_path / "moby.epub"
    book.write_bytes(BOOK)
    job_file = JobAsset(f"{MODEL}config.json", digest(MODEL_FILE), len(MODEL_FILE))
    with closing(DiskStore(tmp_path / "here")) as store:
        store.create_job(structs.replace(a_job(), job_files=(job_file,)), book, {job_file.digest: MODEL_FILE})
        kept = LatentsKept(digest(LATENTS), len(LATENTS), "w1")
        store.commit([(JOB, RunStarted(1, 5.0), b""), (JOB, kept, LATENTS)])
        store.commit([(JOB, a_clip(index, frame), frame) for index, frame in enumerate(FRAMES)])
        yield store


@pytest.fixture
def there(tmp_path: Path) -> Iterator[DiskStore]:
    with closing(DiskStore(tmp_path / "there")) as store:
        yield store


@pytest.fixture
def parcel(here: DiskStore, tmp_path: Path) -> Path:
    target = tmp_path / "moby.e2a-job"
    write_parcel(here.state_dir, JOB, target)
    return target


def rewritten(parcel: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """Write the parcel again with changed members; one that becomes None is left out. Its digests are made true."""
    members = {}
    with tarfile.open(parcel) as tar:
        for member in tar:
            if (content := change(member.name, tar.extractfile(member).read())) is not None:  # type: ignore[union-attr]
                members[member.name] = content
    contents = json.loads(members["parcel.json"])
    contents["records"] = digest(members["records.msgpack"])
    members["parcel.json"] = json.dumps(contents).encode()
    other = parcel.with_suffix(".changed")
    with tarfile.open(other, "w", format=tarfile.GNU_FORMAT) as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return other


def with_record(parcel: Path, record: AnyRecord) -> Path:
    """Write the parcel again with one record more."""

    def change(name: str, content: bytes) -> bytes:
        if name != "records.msgpack":
            return content
        return msgspec.msgpack.encode([*msgspec.msgpack.decode(content, type=list[AnyRecord]), record])

    return rewritten(parcel, change)


def test_a_job_goes_to_another_store_whole(here: DiskStore, there: DiskStore, parcel: Path) -> None:
    found = read_parcel(there, parcel)
    assert (found.job, found.clips, found.lost, found.is_new) == (JOB, 2, 0, True)
    assert there.open_job(JOB) == here.open_job(JOB)
    assert list(there.records(JOB)) == list(here.records(JOB))
    assert there.lost_clips(JOB) == []
    assert (there.folder(JOB) / "book.epub").read_bytes() == BOOK
    for content in (MODEL_FILE, LATENTS):
        assert there.asset_path(JOB, digest(content)).read_bytes() == content
    assert [there.clip_path(a_key(index), JOB).read_bytes() for index in (0, 1)] == list(FRAMES)


def test_an_audiobook_stays_where_it_was_made(here: DiskStore, there: DiskStore, tmp_path: Path) -> None:
    here.commit([(JOB, JobFinished(9.0, (str(tmp_path / "Moby Dick.m4b"),)), b"")])
    write_parcel(here.state_dir, JOB, tmp_path / "finished")
    read_parcel(there, tmp_path / "finished")
    assert [record for record in there.records(JOB) if isinstance(record, JobFinished)] == [JobFinished(9.0, ())]


def test_a_person_whose_voice_was_changed_very_often_travels_with_all_that_counts(
    here: DiskStore, there: DiskStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parcels, "MAX_RECORDS_OF_JOB", 10)
    for number in range(40):
        for index, frame in enumerate(FRAMES):
            mend = SegmentReworded(0, index, f"⟦|@voice{number}⟧Yes.", "Ann" if number < 9 else "", given=number < 9)
            spoken = structs.replace(a_clip(index, frame), take=4)
            discarded = ClipDiscarded(0, index, "another voice", retake=4 if number == 7 else 0)
            here.commit([(JOB, mend, b""), (JOB, discarded, b""), (JOB, spoken, frame)])
    write_parcel(here.state_dir, JOB, tmp_path / "recast")
    read_parcel(there, tmp_path / "recast")
    made = [JobState(a_job()) for _ in range(2)]
    for store, state in zip((here, there), made, strict=True):
        for record in store.records(JOB):
            apply(state, record)
    before, after = made
    assert (after.wordings, after.speakers, after.given) == (
        before.wordings,
        {(0, 0): "Ann", (0, 1): "Ann"},
        {(0, 0), (0, 1)},
    )
    assert (after.accepted, after.first_takes) == (before.accepted, before.first_takes)
    assert (after.audio_s, after.settled, after.finished) == (before.audio_s, before.settled, None)
    assert there.lost_clips(JOB) == []


def test_a_job_that_is_there_takes_only_the_clips_that_it_lacks(there: DiskStore, parcel: Path) -> None:
    read_parcel(there, parcel)
    there.commit([(JOB, RunStarted(2, 6.0), b"")])
    before = list(there.records(JOB))
    there.discard_clip(a_key(1), JOB)
    found = read_parcel(there, parcel)
    assert (found.is_new, found.clips, found.lost) == (False, 2, 0)
    assert there.clip_path(a_key(1), JOB).read_bytes() == FRAMES[1]
    assert list(there.records(JOB)) == before


def test_discarded_clips_are_left_behind(here: DiskStore, there: DiskStore, tmp_path: Path) -> None:
    here.commit([(JOB, ClipDiscarded(0, 0, "not to my liking", 1), b"")])
    assert write_parcel(here.state_dir, JOB, tmp_path / "one").clips == 1
    assert read_parcel(there, tmp_path / "one").clips == 1
    assert there.clip_keys(JOB) == {a_key(1)}


def test_a_clip_that_is_damaged_here_is_not_packed(here: DiskStore, tmp_path: Path) -> None:
    here.clip_path(a_key(0)).write_bytes(b"noise")
    packed = write_parcel(here.state_dir, JOB, tmp_path / "one")
    assert (packed.clips, packed.lost) == (1, 1)


def test_no_file_is_overwritten_and_none_is_left_half_written(
    here: DiskStore, parcel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = parcel.read_bytes()
    with pytest.raises(UsageError, match="exists already"):
        write_parcel(here.state_dir, JOB, parcel)
    assert parcel.read_bytes() == before

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("swarm.job.store.parcel.sync_file", full)
    with pytest.raises(StoreError, match="no space left"):
        write_parcel(here.state_dir, JOB, parcel.with_name("full"))
    assert not list(parcel.parent.glob("*full*"))


def test_a_disk_that_is_full_before_the_last_clip_is_told(
    here: DiskStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = tarfile.TarFile.addfile

    def full(tar: tarfile.TarFile, info: tarfile.TarInfo, file: IO[bytes] | None = None) -> None:
        if a_key(1) in info.name:
            raise OSError(28, "No space left on device")
        add(tar, info, file)

    monkeypatch.setattr(tarfile.TarFile, "addfile", full)
    with pytest.raises(StoreError, match="no space left"):
        write_parcel(here.state_dir, JOB, tmp_path / "full")
    assert not list(tmp_path.glob("*full*"))


def test_a_parcel_that_was_cut_gives_what_it_has_or_nothing(there: DiskStore, parcel: Path) -> None:
    whole = parcel.read_bytes()
    last = whole.rindex(FRAMES[1])
    parcel.write_bytes(whole[: last + 3])
    found = read_parcel(there, parcel)
    assert (found.clips, found.lost) == (1, 1)
    assert [record.key for record in there.lost_clips(JOB)] == [a_key(1)]

    with closing(DiskStore(there.state_dir.parent / "another")) as other:
        for size in range(0, whole.index(BOOK), 512):
            parcel.write_bytes(whole[: size + 100])
            with pytest.raises((UsageError, StoreError), match=r"damaged|is no job"):
                read_parcel(other, parcel)
        assert not list((other.state_dir / "jobs").iterdir())
        assert other.clip_keys() == set()


def test_no_changed_byte_becomes_part_of_a_job(here: DiskStore, parcel: Path, tmp_path: Path) -> None:
    whole = parcel.read_bytes()
    for number, at in enumerate(range(40, len(whole), 997)):
        parcel.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        with closing(DiskStore(tmp_path / f"changed-{number}")) as store:
            try:
                read_parcel(store, parcel)
            except (UsageError, StoreError):
                assert store.open_job(JOB) is None
            else:
                assert store.open_job(JOB) == here.open_job(JOB)
                assert list(store.records(JOB)) == list(here.records(JOB))
                assert (store.folder(JOB) / "book.epub").read_bytes() == BOOK
            for index, frame in enumerate(FRAMES):
                path = store.find_clip(a_key(index), JOB)
                assert path is None or path.read_bytes() == frame


@pytest.mark.parametrize(
    "record",
    [
        structs.replace(a_clip(0, b"x"), key="../../../outside"),
        structs.replace(a_clip(0, b"x"), key="A" * 32),
        structs.replace(a_clip(0, b"x"), index=2),
        structs.replace(a_clip(0, b"x"), chapter=-1),
        LatentsKept("../../outside", 5, "w"),
        ClipDiscarded(1, 0, "no such chapter"),
    ],
)
def test_records_that_no_job_has_are_refused(there: DiskStore, parcel: Path, record: AnyRecord) -> None:
    with pytest.raises(UsageError, match="is no job that"):
        read_parcel(there, with_record(parcel, record))
    assert there.open_job(JOB) is None


def test_members_that_no_record_names_are_passed_by(there: DiskStore, parcel: Path, tmp_path: Path) -> None:
    with tarfile.open(parcel, "a", format=tarfile.GNU_FORMAT) as tar:
        for name in ("clips/../../../outside.flac", "/outside", f"clips/{'0' * 32}.flac"):
            info = tarfile.TarInfo(name)
            info.size = 5
            tar.addfile(info, io.BytesIO(b"wrong"))
    assert read_parcel(there, parcel).clips == 2
    assert not list(tmp_path.rglob("*outside*"))
    assert there.clip_keys(JOB) == {a_key(0), a_key(1)}


def test_a_member_that_is_no_plain_file_ends_the_parcel(there: DiskStore, parcel: Path) -> None:
    other = parcel.with_suffix(".link")
    with tarfile.open(parcel) as tar, tarfile.open(other, "w", format=tarfile.PAX_FORMAT) as changed:
        for member in tar:
            if member.name == "book.epub":
                member.type, member.linkname, member.size = tarfile.SYMTYPE, "/etc/hostname", 0
            changed.addfile(member, tar.extractfile(member) if member.isreg() else None)
    with pytest.raises(StoreError, match="is damaged"):
        read_parcel(there, other)


def test_another_kind_of_file_is_named(there: DiskStore, tmp_path: Path) -> None:
    book = tmp_path / "book.epub"
    book.write_bytes(b"PK\x03\x04" + b"x" * 5000)
    with pytest.raises(UsageError, match=r"book\.epub is no job that `e2a-swarm jobs export` wrote"):
        read_parcel(there, book)
    with pytest.raises(UsageError, match="No such file"):
        read_parcel(there, tmp_path / "gone")
    with pytest.raises(UsageError, match="Is a directory"):
        read_parcel(there, tmp_path)


@pytest.mark.parametrize(("version", "sentence"), [(1, "an older e2a-swarm: import it with"), (3, "a newer e2a-swarm")])
def test_a_parcel_of_another_version_is_refused(there: DiskStore, parcel: Path, version: int, sentence: str) -> None:
    def other(name: str, content: bytes) -> bytes:
        return json.dumps(json.loads(content) | {"format": version}).encode() if name == "parcel.json" else content

    with pytest.raises(UsageError, match=sentence):
        read_parcel(there, rewritten(parcel, other))


def test_a_parcel_with_facts_that_are_not_known_asks_for_an_upgrade(there: DiskStore, parcel: Path) -> None:
    def unknown(name: str, content: bytes) -> bytes:
        return msgspec.msgpack.encode([{"type": "Sung"}]) if name == "records.msgpack" else content

    with pytest.raises(UsageError, match="does not know"):
        read_parcel(there, rewritten(parcel, unknown))


def test_a_job_in_use_can_be_exported_but_not_imported_over(here: DiskStore, parcel: Path) -> None:
    here.lock_job(JOB)
    write_parcel(here.state_dir, JOB, parcel.with_name("in-use"))
    with closing(DiskStore(here.state_dir)) as another, pytest.raises(StoreError, match="is already working on"):
        read_parcel(another, parcel)


def test_clips_are_named_by_their_last_acceptance(here: DiskStore, there: DiskStore, tmp_path: Path) -> None:
    again: ClipAccepted = structs.replace(a_clip(0, FRAMES[0]), take=1, key=a_key("again"))
    here.commit([(JOB, ClipDiscarded(0, 0, "again", 1), b""), (JOB, again, FRAMES[0])])
    write_parcel(here.state_dir, JOB, tmp_path / "again")
    read_parcel(there, tmp_path / "again")
    assert there.clip_keys(JOB) == {a_key("again"), a_key(1)}


def test_the_clips_of_a_parcel_count_for_its_own_job_alone_until_somebody_listened(
    there: DiskStore, parcel: Path
) -> None:
    there.clips.add_clips({a_key(0): b"heard here"})
    assert read_parcel(there, parcel).clips == 2
    assert there.clip_keys() == {a_key(0)} and there.clip_path(a_key(0)).read_bytes() == b"heard here"
    assert there.clip_keys("another-job") == {a_key(0)} and not there.find_clip(a_key(1), "another-job")
    assert [there.clip_path(a_key(index), JOB).read_bytes() for index in (0, 1)] == list(FRAMES)
    for index in (0, 1):
        there.believe_clip(a_key(index), JOB)
    assert there.clip_path(a_key(0), "another-job").read_bytes() == b"heard here"
    assert there.clip_path(a_key(1), "another-job").read_bytes() == FRAMES[1]
    assert not there.lost_clips(JOB)


def test_a_parcel_changes_no_sound_that_its_job_has_here_already(here: DiskStore, parcel: Path, tmp_path: Path) -> None:
    with closing(DiskStore(tmp_path / "third")) as third:
        (tmp_path / "b.epub").write_bytes(BOOK)
        third.create_job(a_job(), tmp_path / "b.epub")
        third.commit([(JOB, a_clip(0, b"spoken here"), b"spoken here")])
        assert read_parcel(third, parcel).clips == 2
        assert third.clip_path(a_key(0), JOB).read_bytes() == b"spoken here"
        assert not third.lost_clips(JOB)


def test_what_came_with_a_job_goes_with_it_and_into_its_parcels(there: DiskStore, parcel: Path, tmp_path: Path) -> None:
    read_parcel(there, parcel)
    assert write_parcel(there.state_dir, JOB, tmp_path / "again").clips == 2
    there.remove_jobs([JOB])
    assert not list((there.state_dir / "brought").rglob("*.flac"))


def test_a_parcel_with_more_records_than_its_book_can_have_is_refused_before_they_are_read(
    there: DiskStore, parcel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentences = sum(len(chapter.segments) for chapter in a_job().chapters)
    most = parcels.MAX_RECORDS_OF_JOB + sentences * parcels.MAX_RECORDS_OF_SENTENCE
    record = msgspec.msgpack.encode(RunStarted(1, 5.0))

    def with_records(count: int) -> Path:
        body = b"\xdd" + count.to_bytes(4, "big") + record * count
        return rewritten(parcel, lambda name, content: body if name == "records.msgpack" else content)

    with monkeypatch.context() as patched:
        patched.setattr(parcels, "_decoded", lambda source, body, digest, kind: spec)
        spec = a_job()
        with pytest.raises(UsageError, match=f"more than {most:,} records"):
            read_parcel(there, with_records(most + 1))
    assert read_parcel(there, with_records(most)).clips == 0


@pytest.mark.parametrize("name", ["CON", "nul", "Aux.txt", "com1", "LPT9.a"])
def test_no_job_is_called_as_a_device_of_windows(there: DiskStore, parcel: Path, name: str) -> None:
    assert not JOB_NAME.fullmatch(name) and JOB_NAME.fullmatch(f"a{name}")
    assert is_device_name(name) and not is_device_name(f"a{name}")

    def renamed(member: str, content: bytes) -> bytes:
        return content.replace(JOB.encode(), name.encode()) if member == "parcel.json" else content

    with pytest.raises(UsageError, match="is no job that"):
        read_parcel(there, rewritten(parcel, renamed))
