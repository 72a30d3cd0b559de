"""A parcel: one job in one file, to be taken to another machine. It is a tar archive of the job's spec and records,
its book, its job files and its clips, each of which is checked by digest when the parcel is opened.

A parcel is hostile until checked: only members that its own records name are read, and none by a path of its own.
"""

import hashlib
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack, closing, contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import IO, TypeVar

import msgspec
from msgspec import Struct, structs

from swarm.errors import StoreError, UsageError
from swarm.job.job_asset import MAX_BYTES as MAX_JOB_FILE
from swarm.job.job_asset import Digest, digests_of
from swarm.job.record import (
    AnyRecord,
    ClipAccepted,
    ClipDiscarded,
    ClipDoubted,
    JobFinished,
    LatentsKept,
    RunStarted,
    SegmentFailed,
    SegmentQuarantined,
    SegmentReworded,
)
from swarm.job.run import MAX_EPOCH
from swarm.job.spec import JobSpec
from swarm.job.state import Place
from swarm.job.store.clips import ENDING, clip_name
from swarm.job.store.journal import Journal
from swarm.job.store.store import BOOK, BROUGHT, COPY_BYTES, JOB_NAME, DiskStore, digest_of, file_path
from swarm.job.store.summary import KEY, standing_of
from swarm.system.disk import clear_parts, guarded, part_of
from swarm.system.platform import sync_file, sync_folder

Kind = TypeVar("Kind")

FORMAT = 2
SUFFIX = ".e2a-job"
MAX_CONTENTS = 1 << 20  # bytes of the first member
MAX_SPEC = 256 << 20  # bytes
MAX_RECORDS = 1 << 30  # bytes
MAX_RECORDS_OF_JOB, MAX_RECORDS_OF_SENTENCE = 10_000, 50  # runs, and takes of each sentence with what became of them
MAX_RECORD = 16 << 10  # bytes, with the times of the words of a long sentence
MAX_BOOK = 2 << 30  # bytes
MAX_CLIP = 8 << 20  # bytes
CLIPS_AT_A_TIME = 64  # one sync covers this many

DIGEST = re.compile(r"[0-9a-f]{64}")

CONTENTS, SPEC, RECORDS = "parcel.json", "job.msgpack", "records.msgpack"
CLIP_FOLDER, FILE_FOLDER = "clips/", "assets/"


class Contents(Struct, frozen=True):
    """The first member of a parcel: what it is, and the digests of what no record has a digest of."""

    job: str
    spec: Digest
    records: Digest
    book: Digest
    format: int = 1  # the first format did not always say it


class Packed(Struct, frozen=True):
    """What came of writing a parcel."""

    clips: int
    lost: int  # clips that the journal names and the clip folder does not have
    bytes: int


class Unpacked(Struct, frozen=True):
    """What came of reading a parcel."""

    job: str
    title: str
    sentences: int
    clips: int  # whole clips of the parcel
    lost: int  # clips that the records name and the parcel lacks or has damaged
    is_new: bool  # whether the job is new here; otherwise only its clips were taken


# --- out of a state folder


def write_parcel(state_dir: Path, job: str, target: Path) -> Packed:
    """Write a job into a new file, whole or not at all, while others may work on the job.

    Raises StoreError, and UsageError if the file exists already.
    """
    folder = state_dir / "jobs" / job
    with closing(Journal(folder, read_only=True)) as journal:
        spec, records = journal.spec(), _condensed(list(journal.records()))
    with guarded(folder / BOOK):
        book = digest_of(folder / BOOK)
    with _new_file(target) as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as tar:
            _add_job(tar, folder, book, spec, records)
            clips, lost = _add_clips(tar, (state_dir / BROUGHT / job, state_dir / "clips"), records)
        return Packed(clips, lost, file.tell())


@contextmanager
def _new_file(target: Path) -> Iterator[IO[bytes]]:
    """Yield a file that gets its name when it is whole and durable."""
    clear_parts(target.parent, target.name)
    part = part_of(target)
    try:
        with guarded(target, "--to"):
            if target.exists():
                raise UsageError(f"{target} exists already; move it away, or name another file with --to.")
            with part.open("xb") as file:
                yield file
                file.flush()
                sync_file(file.fileno())
            part.replace(target)
            sync_folder(target.absolute().parent)
    finally:
        with suppress(OSError):
            part.unlink()


def _add_job(tar: tarfile.TarFile, folder: Path, book: str, spec: JobSpec, records: list[AnyRecord]) -> None:
    spec_body, records_body = msgspec.msgpack.encode(spec), msgspec.msgpack.encode(records)
    contents = Contents(spec.job, _digest(spec_body), _digest(records_body), book, FORMAT)
    _add(tar, CONTENTS, msgspec.json.encode(contents))
    _add(tar, SPEC, spec_body)
    _add(tar, RECORDS, records_body)
    _add(tar, BOOK, folder / BOOK)
    for digest in sorted(_file_digests(spec, records)):
        if file_path(folder, digest).is_file():
            _add(tar, f"{FILE_FOLDER}{digest}", file_path(folder, digest))


def _condensed(records: Sequence[AnyRecord]) -> list[AnyRecord]:
    """Leave out what nothing depends on: earlier mends of a place, and sounds that gave way to other voices or words.

    A person may have had many voices, and a parcel with too many records for its book is refused. The last sound that
    gave way stays: since it was discarded, the job is not finished.
    """
    gone = set[int]()
    mends: dict[Place, tuple[int, SegmentReworded]] = {}
    sounds: dict[Place, int] = {}
    discarded: dict[Place, tuple[int, ...]] = {}
    for number, record in enumerate(records):
        match record:
            case SegmentReworded(chapter=chapter, index=index):
                before, mend = mends.get((chapter, index), (-1, None))
                gone.add(before)
                mends[chapter, index] = number, record.after(mend)
            case ClipAccepted(chapter=chapter, index=index):
                sounds.setdefault((chapter, index), number)
            case ClipDiscarded(chapter=chapter, index=index, retake=retake):
                sound = sounds.pop((chapter, index), None)
                if sound is not None and not retake:
                    gone.update(discarded.get((chapter, index), ()))
                    discarded[chapter, index] = sound, number
    last = dict(mends.values())
    return [last.get(number, record) for number, record in enumerate(records) if number not in gone]


def _add_clips(tar: tarfile.TarFile, folders: Sequence[Path], records: list[AnyRecord]) -> tuple[int, int]:
    """Add the clips that stand; return how many there are, and how many are not whole in the first folder with them."""
    wanted = _standing(records)
    packed = 0
    for key, record in wanted.items():
        frame = next(filter(None, (_read(Path(clip_name(folder, key))) for folder in folders)), b"")
        if _digest(frame) == record.digest:
            _add(tar, f"{CLIP_FOLDER}{key}{ENDING}", frame)
            packed += 1
    return packed, len(wanted) - packed


def _read(path: Path) -> bytes:
    """Return a file's content, b"" if it is gone: another command may have discarded the clip since."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _add(tar: tarfile.TarFile, name: str, content: bytes | Path) -> None:
    info = tarfile.TarInfo(name)
    with ExitStack() as stack:
        file: IO[bytes] = BytesIO(content) if isinstance(content, bytes) else stack.enter_context(content.open("rb"))
        info.size = len(content) if isinstance(content, bytes) else content.stat().st_size
        tar.addfile(info, file)


# --- into a state folder


def read_parcel(store: DiskStore, source: Path) -> Unpacked:
    """Take the job of a parcel into a store; if the job is there already, take only the clips that it lacks.

    A clip that is damaged or missing is left out: the job speaks that sentence again. Raises StoreError for a disk
    that fails, UsageError for a file that is no parcel or damaged before its clips.
    """
    with _opened(source) as members, store.unpacking() as scratch:
        contents = _contents(source, members)
        spec = _decoded(source, members.body(SPEC, MAX_SPEC), contents.spec, JobSpec)
        most = MAX_RECORDS_OF_JOB + MAX_RECORDS_OF_SENTENCE * sum(len(chapter.segments) for chapter in spec.chapters)
        body = members.body(RECORDS, min(MAX_RECORDS, most * MAX_RECORD))
        if _array_size(body) > most:
            raise UsageError(f"{source} is refused: its book cannot have more than {most:,} records.")
        records = _decoded(source, body, contents.records, list[AnyRecord])
        if spec.job != contents.job or not all(fits(record, spec) for record in records):
            raise _no_parcel(source)
        book = members.copy(BOOK, MAX_BOOK, scratch / BOOK)
        if book != contents.book:
            raise _damaged(source)
        store.lock_job(spec.job)
        is_new = store.open_job(spec.job) is None
        files = _take_files(members, _file_digests(spec, records), scratch)
        own = {} if is_new else _standing(store.records(spec.job))
        lost = {record.key for record in store.lost_clips(spec.job)} if own else set[str]()
        clips = _take_clips(members, store, spec.job, _standing(records), own.keys() - lost)
        if is_new:
            store.create_job(spec, scratch / BOOK, files)
            store.commit([(spec.job, _without_paths(record), b"") for record in records])
            store.settle(spec.job)
    sentences = sum(len(chapter.segments) for chapter in spec.chapters)
    return Unpacked(spec.job, spec.title, sentences, clips, len(_standing(records)) - clips, is_new)


def _contents(source: Path, members: "_Members") -> Contents:
    try:
        contents = msgspec.json.decode(members.body(CONTENTS, MAX_CONTENTS), type=Contents)
    except ValueError as error:
        raise _no_parcel(source) from error
    if contents.format > FORMAT:
        raise UsageError(f"{source} was written by a newer e2a-swarm; upgrade this one to import it.")
    if contents.format < FORMAT:
        raise UsageError(
            f"{source} was written by an older e2a-swarm: import it with that one, and finish its book there."
        )
    if not JOB_NAME.fullmatch(contents.job):
        raise _no_parcel(source)
    return contents


def _decoded(source: Path, body: bytes, digest: str, kind: type[Kind]) -> Kind:
    if _digest(body) != digest:
        raise _damaged(source)
    try:
        return msgspec.msgpack.decode(body, type=kind)
    except ValueError as error:
        raise UsageError(
            f"{source} has facts that this e2a-swarm does not know; upgrade it to the version that exported the job."
        ) from error


def fits(record: AnyRecord, spec: JobSpec) -> bool:
    """Tell whether a record can be of this job, and names no file by a path of its own."""
    match record:
        case RunStarted(epoch=epoch):
            return 0 <= epoch <= MAX_EPOCH
        case LatentsKept(digest=digest):
            return not digest or DIGEST.fullmatch(digest) is not None
        case ClipAccepted(key=key) if not KEY.fullmatch(key):
            return False
        case (
            ClipAccepted(chapter=chapter, index=index)
            | ClipDiscarded(chapter=chapter, index=index)
            | ClipDoubted(chapter=chapter, index=index)
            | SegmentReworded(chapter=chapter, index=index)
            | SegmentFailed(chapter=chapter, index=index)
            | SegmentQuarantined(chapter=chapter, index=index)
        ):
            return 0 <= chapter < len(spec.chapters) and 0 <= index < len(spec.chapters[chapter].segments)
    return True


def _without_paths(record: AnyRecord) -> AnyRecord:
    """Leave out the audiobook's files, which lie on the machine that the parcel comes from."""
    return structs.replace(record, files=()) if isinstance(record, JobFinished) else record


def _take_files(members: "_Members", digests: frozenset[str], scratch: Path) -> dict[str, bytes | Path]:
    """Copy the job files that are whole; one that is missing is found or asked for when the job is opened."""
    found: dict[str, bytes | Path] = {}
    while (name := members.next_name()).startswith(FILE_FOLDER):
        digest = name.removeprefix(FILE_FOLDER)
        if digest not in digests:
            members.skip()
        elif members.copy(name, MAX_JOB_FILE, scratch / digest) == digest:
            found[digest] = scratch / digest
    return found


def _take_clips(
    members: "_Members", store: DiskStore, job: str, wanted: Mapping[str, ClipAccepted], own: Set[str]
) -> int:
    """Keep the clips that are whole for this job alone, and return how many of those that are wanted are there.

    Those of the keys in `own` are there already, as the job's own journal has them.
    """
    fresh: dict[str, bytes] = {}
    clips = store.brought_clips(job)
    taken = {key for key, record in wanted.items() if key in own or store.has_clip(record, job)}
    while name := members.next_name():
        key = name.removeprefix(CLIP_FOLDER).removesuffix(ENDING)
        if key not in wanted or key in taken:
            members.skip()
            continue
        frame = members.body(name, MAX_CLIP)
        if _digest(frame) == wanted[key].digest:
            fresh[key] = frame
            taken.add(key)
        if len(fresh) == CLIPS_AT_A_TIME:
            clips.add_clips(fresh)
            fresh = {}
    clips.add_clips(fresh)
    return len(taken)


class _PlainFile(tarfile.TarInfo):
    """A member that is a plain file. Other kinds, and long heads, are refused before they are read."""

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:  # newer Pythons pass by `frombuf`
        if self.type != tarfile.REGTYPE:
            raise tarfile.HeaderError("not a plain file")
        return super()._proc_member(tar)  # type: ignore[misc, no-any-return]


class _Members:
    """The members of a parcel, in the order in which they were written."""

    def __init__(self, source: Path, tar: tarfile.TarFile) -> None:
        self._source = source
        self._tar = tar
        self._next: tarfile.TarInfo | None = None

    def next_name(self) -> str:
        """Return the name of the next member, "" behind the last one. Raises EndsEarly."""
        if self._next is None:
            with suppress(tarfile.TarError):  # a parcel that ends early lacks what is missing
                self._next = self._tar.next()
            self._tar.members = []  # type: ignore[attr-defined]  # all members would fill the memory
        return self._next.name if self._next else ""

    def skip(self) -> None:
        """Go on to the member behind the next one."""
        self._next = None

    def body(self, name: str, most: int) -> bytes:
        """Return the content of the next member. Raises UsageError if it has another name or is too large."""
        with self._content(name, most) as file, suppress(tarfile.ReadError):
            return file.read()
        return b""

    def copy(self, name: str, most: int, target: Path) -> str:
        """Copy the content of the next member, and return its digest. Raises UsageError as `body` does."""
        found = hashlib.sha256()
        with self._content(name, most) as file, target.open("wb") as writing, suppress(tarfile.ReadError):
            while chunk := file.read(COPY_BYTES):
                found.update(chunk)
                writing.write(chunk)
        return found.hexdigest()

    @contextmanager
    def _content(self, name: str, most: int) -> Iterator[IO[bytes]]:
        """Yield the content of the next member; reading it raises ReadError where the parcel ends early."""
        found = self.next_name() == name and self._next is not None and self._next.size <= most
        file = self._tar.extractfile(self._next) if found and self._next else None
        if file is None:
            raise _damaged(self._source)
        yield file
        self._next = None


@contextmanager
def _opened(source: Path) -> Iterator[_Members]:
    try:
        file = source.open("rb")
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}.") from error
    with file, guarded(source):
        try:
            tar = tarfile.open(fileobj=file, mode="r:", tarinfo=_PlainFile)  # noqa: SIM115
        except tarfile.TarError as error:
            raise _no_parcel(source) from error
        with tar:
            yield _Members(source, tar)


# --- both ways


def _standing(records: Iterable[AnyRecord]) -> dict[str, ClipAccepted]:
    """Return the accepted clips that were not discarded since, by key."""
    return {record.key: record for record in standing_of(records).clips}


def _file_digests(spec: JobSpec, records: Iterable[AnyRecord]) -> frozenset[str]:
    latents = {record.digest for record in records if isinstance(record, LatentsKept) and record.digest}
    return digests_of(spec.job_files) | latents


def _array_size(body: bytes) -> int:
    """Return the length of an array as MessagePack begins it, before anything is made of it; 0 for no array."""
    kind = body[:1]
    if kind in (b"\xdc", b"\xdd"):
        return int.from_bytes(body[1 : 3 if kind == b"\xdc" else 5], "big")
    return body[0] & 0x0F if kind and body[0] & 0xF0 == 0x90 else 0


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _no_parcel(source: Path) -> UsageError:
    return UsageError(f"{source} is no job that `e2a-swarm jobs export` wrote.")


def _damaged(source: Path) -> StoreError:
    return StoreError(f"{source} is damaged; copy it once more from where it was exported.")
