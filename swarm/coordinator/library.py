"""What can be heard of the books of a queue: of those that are being spoken, and of those that were."""

import asyncio
from collections import OrderedDict
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from swarm.audio.clip import ClipDamaged, Pcm, read_clip
from swarm.audio.cover import UnusablePicture, fit_cover, small_cover
from swarm.audio.drawn_cover import draw_cover
from swarm.config import RedoConfig
from swarm.coordinator.playback import Playback
from swarm.coordinator.prepare import mendings
from swarm.coordinator.resident import Resident
from swarm.edition.style import make_style
from swarm.errors import UsageError
from swarm.job.picture import picture_kind
from swarm.job.record import ClipAccepted
from swarm.job.spec import BookFacts
from swarm.job.state import JobState, apply
from swarm.store.journal import Journal
from swarm.store.queue import QueuedBook
from swarm.system.disk import replace_file

MAX_OPEN = 2  # journals of books that are not served; only so many are kept in memory
PICTURES = {"mjpeg": "image/jpeg", "png": "image/png"}
SMALL_COVER = "cover-small.jpg"  # lies in the folder of a job
MAX_SOUNDS = 6  # sounds of a minute that are kept in memory, since players ask for each in pieces


class OpenBook(NamedTuple):
    """A book that can be heard."""

    book: QueuedBook
    state: JobState
    playback: Playback


class Library:
    """Opens books of the queue to be heard."""

    def __init__(self, resident: Resident) -> None:
        self._resident, self._store = resident, resident.store
        self._open: OrderedDict[tuple[str, str, float], OpenBook] = OrderedDict()
        self._sounds: OrderedDict[str, bytes] = OrderedDict()
        self._opening, self._drawing = asyncio.Lock(), asyncio.Lock()

    async def open(self, number: int) -> OpenBook:
        """Return a book by its number. Raises UsageError for one of which nothing is spoken yet, StoreError."""
        book = self._begun(number)
        if edition := self._resident.served(book):
            key = (book.job, "served", 0.0)
            known = self._open.get(key)
            if known is None or known.state is not edition.state:
                playback = Playback(edition.state, edition.style.pause_after_s)
                known = self._keep(key, OpenBook(book, edition.state, playback))
            return known._replace(book=book)
        key = (book.job, book.state, book.ended_s)
        async with self._opening:
            return self._open.get(key) or self._keep(key, await asyncio.to_thread(self._read, book))

    def _keep(self, key: tuple[str, str, float], opened: OpenBook) -> OpenBook:
        self._open[key] = opened
        self._open.move_to_end(key)
        while len(self._open) > MAX_OPEN:
            self._open.popitem(last=False)
        return opened

    def _read(self, book: QueuedBook) -> OpenBook:
        with closing(Journal(self._store.folder(book.job), read_only=True)) as journal:
            state = JobState(journal.spec())
            for record in journal.records():
                apply(state, record)
        style = make_style(self._resident.config_of(book).style, state.spec)
        return OpenBook(book, state, Playback(state, style.pause_after_s))

    async def wav(self, number: int, chapter: int, stretch: int) -> tuple[str, bytes] | None:
        """Return the digest and the WAV file of a stretch; None while it cannot be heard. Raises as `open`."""
        sound = (await self.open(number)).playback.sound(chapter, stretch)
        if sound is None:
            return None
        if sound.digest not in self._sounds:
            try:
                self._remember(sound.digest, await asyncio.to_thread(sound.wav, self._decode))
            except ClipDamaged:  # the clip is spoken anew meanwhile, or its job was removed
                self._open.clear()
                return None
        self._sounds.move_to_end(sound.digest)
        return sound.digest, self._sounds[sound.digest]

    def _decode(self, record: ClipAccepted) -> Pcm:
        return read_clip(self._store.clip_path(record.key), record.digest, record.samples, record.sample_rate)

    async def cover(self, number: int) -> tuple[str, bytes] | None:
        """Return the media type and bytes of a book's cover; one is drawn for a book without a usable one.

        Return None where none can be drawn, since no font here has the letters of the title. Raises as `open`.
        """
        queued = self._begun(number)
        key = f"cover {queued.job}"
        if key not in self._sounds:
            self._remember(key, await asyncio.to_thread(_whole, await self._about(queued)))
        content = self._sounds[key]
        return (PICTURES[picture_kind(content)], content) if content else None

    async def small_cover(self, number: int) -> bytes | None:
        """Return a book's cover as a small JPEG for lists, made once and kept with the job. Raises as `open`."""
        queued = self._begun(number)
        path = self._store.folder(queued.job) / SMALL_COVER
        async with self._drawing:  # only one is drawn at a time: a list of many must not take all threads
            kept = await asyncio.to_thread(_read_file, path)
            if kept is None:
                kept = await asyncio.to_thread(_small, await self._about(queued))
                with suppress(OSError):  # a cover that is not kept is made again at the next look
                    await asyncio.to_thread(replace_file, path, kept)
        return kept or None

    def _begun(self, number: int) -> QueuedBook:
        book = self._resident.queue.find(number)
        if not book.job:
            raise UsageError(f"{book.heading} was not begun yet: there is nothing to hear.")
        return book

    async def _about(self, queued: QueuedBook) -> BookFacts:
        """Return what a job knows of its book, without reading its records."""
        if edition := self._resident.served(queued):
            return edition.state.spec.book
        return await asyncio.to_thread(self._read_book, queued)

    def _read_book(self, queued: QueuedBook) -> BookFacts:
        with closing(Journal(self._store.folder(queued.job), read_only=True)) as journal:
            return journal.spec().book

    def _remember(self, key: str, content: bytes) -> None:
        self._sounds[key] = content
        while len(self._sounds) > MAX_SOUNDS:
            self._sounds.popitem(last=False)

    async def redo(self, number: int, chapter: int, sentence: int, say: str | None) -> str:
        """Have one sentence spoken again, in other words for the voice if `say` is given; "" takes the book's own.

        Return what was done, in words. Raises UsageError, StoreError.
        """
        opened = await self.open(number)
        redo = RedoConfig(segments=((chapter, sentence, sentence),), say=say)
        notes = [line for mending in mendings(opened.state, redo) for line in mending.notes]
        if (chapter - 1, sentence - 1) not in opened.state.accepted and say is None:
            raise UsageError("This sentence has no sound yet: it is spoken anyway.")
        await self._resident.mend(opened.book, redo)
        return f"{'; '.join(notes)}: it is spoken again"


def _read_file(path: Path) -> bytes | None:
    with suppress(OSError):
        return path.read_bytes()
    return None


def _whole(book: BookFacts) -> bytes:
    """Return the cover of a book as JPEG or PNG; empty where none can be drawn."""
    with suppress(UnusablePicture):
        if book.cover:
            return fit_cover(book.cover.data).data
    return draw_cover(book.title, book.authors) or b""


def _small(book: BookFacts) -> bytes:
    """Return a book's cover, or one that is drawn for it, as a small JPEG; b"" if none can be drawn."""
    with suppress(UnusablePicture):
        if book.cover:
            return small_cover(book.cover.data)
    drawn = draw_cover(book.title, book.authors)
    return small_cover(drawn) if drawn else b""
