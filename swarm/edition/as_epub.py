"""The book of a job as an EPUB, which sound can be put into: itself, or made of what was read of it."""

import shutil
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

from swarm.audio.picture import picture_kind
from swarm.book.epub import read_book
from swarm.book.kinds import FOREIGN, PAGES
from swarm.book.single_page import read_page
from swarm.edition.style import Style
from swarm.job.book import Book
from swarm.job.reading import Wording
from swarm.job.spec import JobSpec
from swarm.read_along.publish import CoverFile, publish
from swarm.system.calibre import converted
from swarm.system.disk import guarded

MIMETYPE = "application/epub+zip"
COVERS = {"mjpeg": ("cover.jpg", "image/jpeg"), "png": ("cover.png", "image/png"), "gif": ("cover.gif", "image/gif")}


@contextmanager
def as_epub(copy: Path, room: Path, spec: JobSpec, wording: Wording, style: Style) -> Iterator[tuple[Path, Book]]:
    """An EPUB, and what was read of it, traced; `copy` is the job's own of the file, `room` a folder for what is made.

    Raises BookError, StoreError, UsageError, EnvironmentFault.
    """
    source = PurePath(spec.source)
    if source.suffix.lower() not in PAGES | FOREIGN:
        yield copy, read_book(copy, wording.reading, traced=True)
        return
    named = room / source.name  # readers go by the ending, and by the name where a page has no title
    with guarded(named):
        room.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(copy, named)
    if source.suffix.lower() in FOREIGN:
        with converted(named) as made:
            yield made, read_book(made, wording.reading, traced=True)
    else:
        made = room / "book.epub"
        yield made, _make(made, read_page(named, wording.reading), spec, style)


def _make(made: Path, page: Book, spec: JobSpec, style: Style) -> Book:
    tags = style.tags
    identifier = uuid.uuid5(uuid.NAMESPACE_OID, spec.job).urn
    published = publish(page, tags.title, tags.authors, identifier, _cover(style))
    with guarded(made), zipfile.ZipFile(made, "w") as archive:
        archive.writestr("mimetype", MIMETYPE)
        for name, data in published.files:
            archive.writestr(name, data)
    return published.book


def _cover(style: Style) -> CoverFile | None:
    data = style.cover
    if data is None:
        from swarm.audio.drawn_cover import draw_cover  # brings a library of pictures

        data = draw_cover(style.tags.title, style.tags.authors)
    kind = COVERS.get(picture_kind(data or b""))
    return CoverFile(*kind, data) if kind and data else None
