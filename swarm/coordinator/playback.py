"""The sound of a book as a listener's player loads it, while it is spoken: stretches of about a minute. Pure.

A stretch has the segments of a reel. It can be heard once each of its sentences is spoken or given up; its sound is
the clips themselves, to the sample, with the pauses of the edition between them.
"""

import hashlib
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from msgspec import Struct

from swarm.audio.clip import Pcm
from swarm.audio.reel import Layout, Reel, lay_reel, plan_reels
from swarm.job.book import Pause, Segment
from swarm.job.record import ClipAccepted
from swarm.job.state import JobState, Place

PauseAfter = Callable[[Segment, Place], float]
Decode = Callable[[ClipAccepted], Pcm]
State = Literal["spoken", "missing", "waiting"]
LEAD_S = 0.0  # encoders need a lead, and WAV has none
MAX_STRETCHES = 100_000
MAX_DOUBTFUL = 1000  # sentences that are listed
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
    ends_paragraph: bool = False  # whether a paragraph or a heading ends here


class Stretch(Struct, frozen=True):
    """A minute or so of a chapter; it has a sound once it can be heard."""

    stretch: int  # counts from 1
    sound: str  # a digest that changes with the sound, "" until it is there
    length_s: float
    sentences: tuple[Sentence, ...]


class ChapterStretches(Struct, frozen=True):
    """A chapter's stretches from a number on; `length_s` is what can be heard of all of it."""

    chapter: int
    title: str
    stretches: tuple[Stretch, ...]
    count: int  # all stretches of the chapter


class ChapterOverview(Struct, frozen=True):
    """How much of a chapter can be heard."""

    chapter: int
    title: str
    sentences: int
    spoken: int
    is_whole: bool


class DoubtfulSentence(Struct, frozen=True):
    """A sentence to listen to: its place, what may be wrong, and where it is heard."""

    chapter: int
    stretch: int
    sentence: Sentence


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

    def doubtful(self) -> list[DoubtfulSentence]:
        """Return the sentences that may be wrong or are missing, in reading order."""
        doubted = {place for place, clip in self._state.accepted.items() if clip.doubt}
        found = []
        for number, index in sorted(doubted | self._state.quarantined.keys())[:MAX_DOUBTFUL]:
            reels = self._cuts(number)
            place = next(place for place, reel in enumerate(reels, 1) if index < reel.end)
            stretch = self._stretch(place, reels[place - 1])
            found.append(DoubtfulSentence(number + 1, place, stretch.sentences[index - reels[place - 1].first]))
        return found

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
            said = segment.spoken if self._state.wordings.get(place) else ""
            if record is None:
                why = self._state.quarantined.get(place)
                state: State = "missing" if why else "waiting"
                at_s, end_s, doubt = 0.0, 0.0, why.why if why else ""
            else:
                state = "spoken"
                at_s, end_s, doubt = start / rate, (start + record.samples) / rate, record.doubt
            is_end = segment.pause not in WITHIN
            yield Sentence(place[1] + 1, segment.written, state, at_s, end_s, doubt, said, is_end)


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
