"""The last edition of a book under a name: whether a new one takes its place, and what of it is left over. Pure."""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec
from msgspec import Struct

from swarm.job.recipe import Recipe
from swarm.job.spec import JobSpec

# Files with these endings belong to those of the sound.
BESIDE = frozenset({"vtt", "srt", "lrc", "epub", "cue", "opf", "jpg", "png"})

Replaces = Callable[["Head"], bool]


class HeadBook(Struct, frozen=True):
    """The book of a report or of a claim; a claim has the marks alone."""

    job: str
    title: str = ""
    authors: tuple[str, ...] = ()
    language: str = ""
    identifier: str = ""
    source: str = ""
    marks: tuple[str, ...] = ()


class HeadRecipe(Struct, frozen=True):
    """The recipe of a report, as far as it tells voices apart."""

    engine: str
    voice: str
    language: str = ""
    model: str = ""
    cast: bool = False


class Head(Struct, frozen=True):
    """What has to be known of the report at a name, whole or only a claim, of this version or 0.1."""

    book: HeadBook
    files: tuple[str, ...] = ()
    totals: msgspec.Raw = msgspec.Raw()
    recipe: HeadRecipe | None = None  # only a report has one

    @property
    def is_whole(self) -> bool:
        """Whether the report is of a finished edition."""
        return bool(self.totals)

    @property
    def marks(self) -> frozenset[str]:
        """The marks of the book."""
        book = self.book
        if book.marks:
            return frozenset(book.marks)
        return _marks(book.title, book.authors, book.language, book.identifier, book.source)


def read_head(data: bytes) -> Head | None:
    """Return the head of a report or claim; None if the data is neither."""
    try:
        return msgspec.json.decode(data, type=Head)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None


def is_another_voice(recipe: Recipe, last: Head) -> bool:
    """Tell whether a finished edition has another voice than a recipe, or another language: both are wanted.

    Settings such as the speed do not count, and a claim has nothing that could be lost.
    """
    names = HeadRecipe.__struct_fields__
    ours = HeadRecipe(**{name: getattr(recipe, name) for name in names})
    return last.is_whole and last.recipe != ours


def book_marks(spec: JobSpec) -> frozenset[str]:
    """Return the marks of a job's book. Jobs that have one in common are editions of the same book."""
    book = spec.book
    return _marks(book.title, book.authors, book.language, book.identifier, spec.source)


def _marks(title: str, authors: Sequence[str], language: str, identifier: str, source: str) -> frozenset[str]:
    """Return a mark for the book's identifier and one for its file, each with title, authors and language.

    Two translations have one title and author, but neither of these two in common.
    """
    known = [(kind, value) for kind, value in (("identifier", identifier), ("source", source)) if value]
    digests = (hashlib.sha256(repr((title, tuple(authors), language, each)).encode(errors="replace")) for each in known)
    return frozenset(digest.hexdigest()[:16] for digest in digests)


class PossibleName(NamedTuple):
    """A name that an edition could have, `stem` or `stem (2)`, with what is there."""

    stem: str
    head: Head | None
    has_file: bool  # whether a file has the name of the audiobook
    is_free: bool


def choose_name(names: Iterable[PossibleName], job: str, ending: str, replaces: Replaces) -> PossibleName:
    """Choose the name of a job's audiobook: the one it has, or that of an edition it replaces, or the first free one.

    A job that `replaces` itself gives up a later name of its own for that of an edition it replaces.
    A file that the report at its name does not list is the user's own, and is never replaced.
    """
    replaced: PossibleName | None = None
    for name in names:
        if name.head and name.head.book.job == job:
            return replaced if replaced and replaces(name.head) else name
        if name.head and not replaced and replaces(name.head):
            is_ours = not name.has_file or f"{name.stem}.{ending}" in names_of(name.head.files, name.stem)
            replaced = name if is_ours else None
        if name.is_free:
            return replaced or name
    raise AssertionError("there is always another number")


def names_of(files: Sequence[str], stem: str) -> list[str]:
    """Return the names of an edition's files, from the folder of its report, wherever that was when they were written.

    A name is `stem.ending`, or `stem/file` for those of one file for each chapter; all others are passed over.
    """
    names = []
    for file in files:
        *folders, name = re.split(r"[/\\]", file)
        if folders[-1:] == [stem] and name not in ("", ".", ".."):
            names.append(f"{stem}/{name}")
        elif name.startswith(f"{stem}."):
            names.append(name)
    return names


def replaces_another(old: Head | None, job: str) -> bool:
    """Tell whether a name has another job's finished edition until that of `job` is whole."""
    return old is not None and old.is_whole and old.book.job != job


def leftovers(old: Head | None, job: str, files: Sequence[str], target: str, *, page: bool) -> list[str]:
    """Return the names of an earlier edition's files that a new one of `job` with these files has not overwritten.

    `target` is the name of the audiobook, and `page` tells whether it has a report as a page. Sound in another format
    stays, because it may be wanted for another player; so does what lies beside the sound, if the job is the same.
    """
    if old is None:
        return []
    stem, _, ending = target.rpartition(".")
    another, present = replaces_another(old, job), set(names_of(files, stem))
    kinds = {ending, *BESIDE} if another else {ending}
    pages = [f"{stem}.report.html"] if another and not page else []
    return pages + [
        name for name in names_of(old.files, stem) if name not in present and name.rpartition(".")[2] in kinds
    ]
