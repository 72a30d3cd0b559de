"""The book of a job as an EPUB that sound can be put into: the job's own file, or one made of a page or text."""

import shutil
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

from swarm.audiobook.sound.cover import choose_cover
from swarm.audiobook.style import Style
from swarm.book.any_file import read_page
from swarm.book.epub import read_epub
from swarm.book.kinds import FOREIGN, PAGES, converted
from swarm.book.model.book import Book, Chapter
from swarm.book.model.reading_choice import Wording
from swarm.book.read_along.publish import CoverFile, publish
from swarm.book.read_along.spot import with_origins
from swarm.book.speech.lexicon import NO_LEXICON, read_lexicon
from swarm.book.speech.script import make_script, spoken_credits
from swarm.job.spec import JobSpec
from swarm.system.disk import guarded
from swarm.voice.host.fallback_voices import guests_of
from swarm.voice.host.registry import recipe_card

MIMETYPE = "application/epub+zip"
COVERS = {"mjpeg": "cover.jpg", "png": "cover.png"}


@contextmanager
def as_epub(
    copy: Path, room: Path, spec: JobSpec, wording: Wording, style: Style
) -> Iterator[tuple[Path, tuple[Chapter, ...]]]:
    """Give an EPUB, and the job's chapters with the origins of their segments in that EPUB.

    `copy` is the job's copy of the book's file, `room` a folder for files made here. The script is made again where the
    EPUB is.
    Raises BookError, StoreError, UsageError, EnvironmentFault.
    """
    source = PurePath(spec.source)
    if source.suffix.lower() not in PAGES | FOREIGN:
        yield copy, spec.chapters
        return
    named = room / source.name  # readers need the ending, and the name if a page has no title
    with guarded(named):
        room.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(copy, named)
    if source.suffix.lower() in FOREIGN:
        with converted(named) as made:
            yield made, _found_again(read_epub(made, wording.reading), spec, wording)
    else:
        made = room / "book.epub"
        yield made, _found_again(_make(made, read_page(named, wording.reading), spec, style), spec, wording)


def _found_again(book: Book, spec: JobSpec, wording: Wording) -> tuple[Chapter, ...]:
    """Return a job's chapters with the origins that they have in a book read again."""
    lexicon = NO_LEXICON if wording.lexicon is None else read_lexicon(wording.lexicon)
    card, language = recipe_card(spec.recipe), spec.recipe.language
    around = spoken_credits(wording.credits, book, spec.recipe.narrator, language)
    guests = guests_of(spec.chapters)
    script = make_script(book, card, language, wording.selection, lexicon, around, fallbacks=guests)
    return with_origins(spec.chapters, script)


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
    picture, _ = choose_cover(style.cover, style.tags.title, style.tags.authors)
    return CoverFile(COVERS[picture.codec], picture.mime, picture.data) if picture else None
