"""What can be heard of the books of a queue: of those that are being spoken, and of those that were.

A listener's player loads media segments of about a minute, each of which has the segments of a reel; it can be heard
once each of these is spoken.
"""

import asyncio
import hashlib
import struct
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from msgspec import Struct, structs

from swarm.audiobook.sound.clip import ClipDamaged, Pcm, read_clip
from swarm.audiobook.sound.cover import UnusablePicture, draw_cover, fit_cover, small_cover, square_cover
from swarm.audiobook.sound.reel import Layout, Reel, lay_reel, plan_reels
from swarm.audiobook.style import make_style
from swarm.book.model.book import Pause, Segment, picture_kind
from swarm.config import RedoConfig
from swarm.coordinator.mending import mendings
from swarm.errors import NotThere, UsageError
from swarm.job.record import ClipAccepted
from swarm.job.spec import BookFacts, Recipe
from swarm.job.state import JobState, Place, apply
from swarm.job.store.journal import Journal
from swarm.server.finished_books import HeardSpan
from swarm.server.queue import QueuedBook
from swarm.server.resident import Resident
from swarm.system.disk import replace_file
from swarm.voice.host.registry import recipe_card

PauseAfter = Callable[[Segment, Place], float]
Decode = Callable[[ClipAccepted], Pcm]
State = Literal["spoken", "missing", "waiting"]
LEAD_S = 0.0  # encoders need a lead, and WAV has none
MAX_STRETCHES = 100_000
MAX_DOUBTFUL = 1000  # sentences that are listed
MAX_CAST = 100  # persons
MAX_HEARD = 3  # sentences of each
WITHIN = (Pause.CLAUSE, Pause.SENTENCE)  # the other pauses end a paragraph, a heading or more


class Sentence(Struct, frozen=True):
    """One sentence, and when it is heard in its stretch."""

    sentence: int  # the number of the sentence in its chapter, from 1, as `redo` takes it
    text: str
    state: State
    at_s: float = 0.0
    end_s: float = 0.0
    doubt: str = ""
    said: str = ""  # the user's own wording, if there is one
    speaker: str = ""  # who says it, in a book with a cast
    ends_paragraph: bool = False  # whether a paragraph or a heading ends here


class Stretch(Struct, frozen=True):
    """A minute or so of a chapter; it has a sound once it can be heard."""

    stretch: int  # counts from 1
    sound: str  # a digest that changes with the sound, "" until it is there
    length_s: float
    sentences: tuple[Sentence, ...]
    file_s: float = 0.0  # where it begins in the chapter's file, if there is one


class ChapterStretches(Struct, frozen=True):
    """A chapter's stretches from a number on; `length_s` is what can be heard of all of it."""

    chapter: int
    title: str
    stretches: tuple[Stretch, ...]
    count: int  # all stretches of the chapter
    file: str = ""  # the address of the finished file that has the chapter, below that of the book
    kind: str = ""  # its media type


class ChapterOverview(Struct, frozen=True):
    """How much of a chapter can be heard."""

    chapter: int
    title: str
    sentences: int
    spoken: int
    is_whole: bool


class SentenceToHear(Struct, frozen=True):
    """A sentence to listen to: its place, what may be wrong, and where it is heard."""

    chapter: int
    stretch: int
    sentence: Sentence


class CastMember(Struct, frozen=True):
    """A person of a book that speaks with a voice of its own."""

    name: str
    voice: str  # the voice of most of its sentences
    sentences: int
    heard: tuple[SentenceToHear, ...]  # some of these, those with a sound first


class _Plan(NamedTuple):
    reel: Reel
    records: tuple[ClipAccepted | None, ...]
    pauses_s: tuple[float, ...]
    layout: Layout
    ready: bool


class Playback:
    """What can be heard of a job now. It keeps nothing but the cuts, so it may be asked again at any time."""

    def __init__(self, state: JobState, pause_after: PauseAfter) -> None:
        self._state, self._pause_after = state, pause_after
        self._reels: dict[int, tuple[Reel, ...]] = {}

    def chapters(self) -> list[ChapterOverview]:
        """Return all chapters, in order."""
        spoken = [0] * len(self._state.spec.chapters)
        for number, _ in self._state.accepted:
            spoken[number] += 1
        return [
            ChapterOverview(
                number + 1, chapter.title, len(chapter.segments), spoken[number], self._state.chapter_complete(number)
            )
            for number, chapter in enumerate(self._state.spec.chapters)
        ]

    def chapter(self, number: int, first: int = 1, count: int = MAX_STRETCHES) -> ChapterStretches | None:
        """Return `count` stretches of a chapter from a number on, from 1; None if there is no such chapter."""
        if not 1 <= number <= len(self._state.spec.chapters):
            return None
        reels = self._cuts(number - 1)
        places = range(max(1, first), min(len(reels), first + count - 1) + 1)
        found = tuple(self._stretch(place, reels[place - 1]) for place in places)
        return ChapterStretches(number, self._state.spec.chapters[number - 1].title, found, len(reels))

    def doubtful(self) -> list[SentenceToHear]:
        """Return the sentences that may be wrong or are missing, in reading order."""
        doubted = {place for place, clip in self._state.accepted.items() if clip.doubt}
        return [self._heard(place) for place in sorted(doubted | self._state.quarantined.keys())[:MAX_DOUBTFUL]]

    def cast(self) -> list[CastMember]:
        """Return the persons of a book that has a cast, those who say most first.

        At the end are those whose lines were all given to others, so that one can be given back.
        """
        said: defaultdict[str, list[Place]] = defaultdict(list)
        silent: dict[str, str] = {}
        for place in self._state.places:
            made = self._state.spec.chapters[place[0]].segments[place[1]]
            if speaker := self._state.segment(place).speaker:
                said[speaker].append(place)
            if place not in self._state.given:
                said.setdefault(made.speaker, [])  # if it says nothing now, all of it was renamed
            elif made.speaker:
                silent[made.speaker] = made.voice
        found = [self._member(name, places) for name, places in said.items() if places]
        gone = [CastMember(name, voice, 0, ()) for name, voice in silent.items() if name not in said]
        return [*sorted(found, key=lambda member: (-member.sentences, member.name))[:MAX_CAST], *gone[:MAX_CAST]]

    def _member(self, name: str, places: Sequence[Place]) -> CastMember:
        voices = Counter(self._state.segment(place).voice for place in places)
        spoken_first = sorted(places, key=lambda place: place not in self._state.accepted)
        heard = [self._heard(place) for place in spoken_first[:MAX_HEARD]]
        shown = tuple(each if self.sound(each.chapter, each.stretch) else _unheard(each) for each in heard)
        return CastMember(name, voices.most_common(1)[0][0], len(places), shown)

    def _heard(self, place: Place) -> SentenceToHear:
        number, index = place
        reels = self._cuts(number)
        stretch = next(stretch for stretch, reel in enumerate(reels, 1) if index < reel.end)
        sentences = self._stretch(stretch, reels[stretch - 1]).sentences
        return SentenceToHear(number + 1, stretch, sentences[index - reels[stretch - 1].first])

    def sound(self, number: int, place: int) -> "StretchSound | None":
        """Return the sound of a stretch; None if there is none, or if it cannot be heard yet."""
        if not 1 <= number <= len(self._state.spec.chapters):
            return None
        reels = self._cuts(number - 1)
        if not 1 <= place <= len(reels):
            return None
        plan = self._plan(reels[place - 1])
        return StretchSound(plan.records, plan.layout, self._state.sample_rate, _digest(plan)) if plan.ready else None

    def _cuts(self, chapter: int) -> tuple[Reel, ...]:
        if chapter not in self._reels:
            self._reels[chapter] = plan_reels(chapter, self._state.spec.chapters[chapter])
        return self._reels[chapter]

    def _plan(self, reel: Reel) -> _Plan:
        segments = self._state.spec.chapters[reel.chapter].segments
        places = [(reel.chapter, index) for index in range(reel.first, reel.end)]
        records = tuple(self._state.accepted.get(place) for place in places)
        pauses_s = tuple(self._pause_after(segments[place[1]], place) for place in places)
        samples = [record.samples if record else 0 for record in records]
        layout = lay_reel(samples, pauses_s, self._state.sample_rate or 1, LEAD_S)
        ready = any(records) and all(map(self._state.is_settled, places))
        return _Plan(reel, records, pauses_s, layout, ready)

    def _stretch(self, place: int, reel: Reel) -> Stretch:
        plan = self._plan(reel)
        rate = self._state.sample_rate or 1
        sentences = tuple(self._sentences(plan, rate))
        return Stretch(place, _digest(plan) if plan.ready else "", plan.layout.samples / rate, sentences)

    def _sentences(self, plan: _Plan, rate: int) -> Iterator[Sentence]:
        for position, (record, start) in enumerate(zip(plan.records, plan.layout.starts, strict=True)):
            place = (plan.reel.chapter, plan.reel.first + position)
            segment = self._state.segment(place)
            said = self._state.said(place)
            if record is None:
                why = self._state.quarantined.get(place)
                state: State = "missing" if why else "waiting"
                at_s, end_s, doubt = 0.0, 0.0, why.why if why else ""
            else:
                state = "spoken"
                at_s, end_s, doubt = start / rate, (start + record.samples) / rate, record.doubt
            is_end = segment.pause not in WITHIN
            yield Sentence(place[1] + 1, segment.written, state, at_s, end_s, doubt, said, segment.speaker, is_end)


def _unheard(found: SentenceToHear) -> SentenceToHear:
    """Return a sentence whose stretch has no sound yet."""
    return structs.replace(found, sentence=structs.replace(found.sentence, state="waiting"))


def in_file(found: ChapterStretches, spots: Mapping[int, HeardSpan], file: str, kind: str) -> ChapterStretches:
    """Return a chapter with the times at which its sentences are heard in a finished file, if that has all of them."""
    stretches = list[Stretch]()
    for stretch in found.stretches:
        spoken = [sentence.sentence for sentence in stretch.sentences if sentence.state == "spoken"]
        if not spoken or any(sentence not in spots for sentence in spoken):
            return found
        begin_s = spots[spoken[0]].at_s
        sentences = tuple(
            structs.replace(each, at_s=spots[each.sentence].at_s - begin_s, end_s=spots[each.sentence].end_s - begin_s)
            if each.state == "spoken"
            else each
            for each in stretch.sentences
        )
        length_s = spots[spoken[-1]].end_s - begin_s
        stretches.append(structs.replace(stretch, file_s=begin_s, length_s=length_s, sentences=sentences))
    for place, following in enumerate(stretches[1:]):
        stretches[place] = structs.replace(stretches[place], length_s=following.file_s - stretches[place].file_s)
    return structs.replace(found, stretches=tuple(stretches), file=file, kind=kind)


class StretchSound(NamedTuple):
    """The sound of a stretch that can be heard: its clips and where they begin, in samples."""

    records: Sequence[ClipAccepted | None]
    layout: Layout
    sample_rate: int
    digest: str

    def wav(self, decode: Decode) -> bytes:
        """Return it as a WAV file, mono, 16 bit."""
        pcm = np.zeros(self.layout.samples, "<i2")
        for record, start in zip(self.records, self.layout.starts, strict=True):
            if record is not None:
                pcm[start : start + record.samples] = decode(record)
        return wav_head(pcm.nbytes, self.sample_rate) + pcm.tobytes()


def wav_head(size: int, sample_rate: int) -> bytes:
    """Return the header of a WAV file with `size` bytes of sound, mono, 16 bit."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, sample_rate, 2 * sample_rate, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + form + struct.pack("<4sI", b"data", size)


def _digest(plan: _Plan) -> str:
    keys = [record.digest if record else "" for record in plan.records]
    return hashlib.sha256(repr((keys, plan.layout.starts, plan.layout.samples)).encode()).hexdigest()[:20]


MAX_OPEN = 2  # journals of books that are not served; only so many are kept in memory
PICTURES = {"mjpeg": "image/jpeg", "png": "image/png"}
# Covers that are made of a book's: the file in the folder of its job, and what makes it.
MADE_COVERS = {"small": ("cover-small.jpg", small_cover), "square": ("cover-square.jpg", square_cover)}
MAX_SOUNDS = 6  # sounds of a minute that are kept in memory, since players ask for each in pieces


class OpenBook(NamedTuple):
    """A book that can be heard."""

    book: QueuedBook
    state: JobState
    playback: Playback


class Listening:
    """Opens books of the queue to be heard."""

    def __init__(self, resident: Resident) -> None:
        self._resident, self._store = resident, resident.store
        self._open: OrderedDict[tuple[str, str, float], OpenBook] = OrderedDict()
        self._sounds: OrderedDict[str, bytes] = OrderedDict()
        self._opening, self._drawing = asyncio.Lock(), asyncio.Lock()

    async def open(self, number: int) -> OpenBook:
        """Return a book by its number. Raises NotThere for one of which nothing is spoken yet, StoreError."""
        book = self._begun(number)
        if edition := self._resident.served(book):
            key = (book.job, "served", 0.0)
            known = self._open.get(key)
            if known is None or known.state is not edition.state:
                playback = Playback(edition.state, edition.style.pause_after_s)
                known = self._keep(key, OpenBook(book, edition.state, playback))
            return known._replace(book=book)
        key = (book.job, book.state.value, book.ended_s)
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
        opened = await self.open(number)
        sound = opened.playback.sound(chapter, stretch)
        if sound is None:
            return None
        if sound.digest not in self._sounds:
            try:
                self._remember(
                    sound.digest, await asyncio.to_thread(sound.wav, partial(self._decode, opened.state.job))
                )
            except ClipDamaged:  # the clip is spoken anew meanwhile, or its job was removed
                self._open.clear()
                return None
        self._sounds.move_to_end(sound.digest)
        return sound.digest, self._sounds[sound.digest]

    def _decode(self, job: str, record: ClipAccepted) -> Pcm:
        path = self._store.clip_path(record.key, job)
        return read_clip(path, record.digest, record.samples, record.sample_rate)

    async def cover(self, number: int) -> tuple[str, bytes] | None:
        """Return the media type and bytes of a book's cover; one is drawn for a book without a usable one.

        Return None where none can be drawn, since no font here has the letters of the title. Raises as `open`.
        """
        queued = self._begun(number)
        key = f"cover {queued.job}"
        if key not in self._sounds:
            self._remember(key, await asyncio.to_thread(_made_cover, await self._about(queued), _fitted_cover))
        content = self._sounds[key]
        return (PICTURES[picture_kind(content)], content) if content else None

    async def made_cover(self, number: int, form: str) -> bytes | None:
        """Return a book's cover in a form of MADE_COVERS, made once and kept with the job. Raises as `open`."""
        queued, (name, make) = self._begun(number), MADE_COVERS[form]
        path = self._store.folder(queued.job) / name
        async with self._drawing:  # only one is drawn at a time: a list of many must not take all threads
            kept = await asyncio.to_thread(_read_file, path)
            if kept is None:
                kept = await asyncio.to_thread(_made_cover, await self._about(queued), make)
                with suppress(OSError):  # a cover that is not kept is made again at the next look
                    await asyncio.to_thread(replace_file, path, kept)
        return kept or None

    def _begun(self, number: int) -> QueuedBook:
        book = self._resident.queue.find_book(number)
        if not book.job:
            raise NotThere(f"{book.heading} was not begun yet: there is nothing to hear.")
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

    async def redo(self, number: int, chapter: int, sentence: int, say: str | None, speaker: str = "") -> str:
        """Have one sentence spoken again, in other words for the voice if `say` is given; "" takes the book's own.

        With `speaker`, another person of the book says it, or the narrator.
        Return what was done, in words. Raises UsageError, StoreError.
        """
        opened = await self.open(number)
        redo = RedoConfig(segments=((chapter, sentence, sentence),), say=say, speaker=speaker)
        notes = [line for mending in mendings(opened.state, redo) for line in mending.notes]
        if (chapter - 1, sentence - 1) not in opened.state.accepted and say is None and not speaker:
            raise UsageError("This sentence has no sound yet: it is spoken anyway.")
        await self._resident.mend(opened.book, redo)
        return f"{'; '.join(notes)}: it is spoken again"

    async def voices(self, number: int) -> list[tuple[str, str]]:
        """Return the voices that a person of a book may have, each with its description. Raises as `open`."""
        recipe = (await self.open(number)).state.spec.recipe
        return [(each.name, each.description) for each in recipe_card(recipe).voices_for(recipe.language)]

    async def sentence(self, number: int, chapter: int, sentence: int) -> tuple[Recipe, Segment]:
        """Return a sentence of a book, and the recipe of the book. Raises UsageError, and as `open`."""
        state, place = (await self.open(number)).state, (chapter - 1, sentence - 1)
        if min(place) < 0 or not state.exists(place):
            raise UsageError("The book has no such sentence.")
        return state.spec.recipe, state.segment(place)

    async def recast(self, number: int, name: str, voice: str) -> str:
        """Have all that a person says spoken by another voice; return what was done, in words.

        Raises UsageError, StoreError.
        """
        return await self._mend(number, RedoConfig(recast=(name, voice)))

    async def rename(self, number: int, name: str, other: str) -> str:
        """Call a person otherwise, or take it for another one of that name; return what was done, in words.

        Raises UsageError, StoreError.
        """
        return await self._mend(number, RedoConfig(rename=(name, other)))

    async def _mend(self, number: int, redo: RedoConfig) -> str:
        opened = await self.open(number)
        notes = [line for mending in mendings(opened.state, redo) for line in mending.notes]
        await self._resident.mend(opened.book, redo)
        return "; ".join(notes)


def _read_file(path: Path) -> bytes | None:
    with suppress(OSError):
        return path.read_bytes()
    return None


def _fitted_cover(data: bytes) -> bytes:
    return fit_cover(data).data


def _made_cover(book: BookFacts, make: Callable[[bytes], bytes]) -> bytes:
    """Make another form of a book's cover, or of one that is drawn for it; b"" if none can be drawn."""
    with suppress(UnusablePicture):
        if book.cover:
            return make(book.cover.data)
    drawn = draw_cover(book.title, book.authors)
    return make(drawn) if drawn else b""
