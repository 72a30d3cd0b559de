"""A job's durable state: what its journal says. Replay and live code change it with the same function."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from msgspec import structs

from swarm.book.model.book import Segment, WordTime
from swarm.book.model.engine_text import read_engine_text, split_manner, split_voice
from swarm.book.model.reading_choice import NARRATOR
from swarm.job.clip_info import heard_words
from swarm.job.job_asset import LATENTS, JobAsset
from swarm.job.record import (
    OTHERWISE,
    AnyRecord,
    ClipAccepted,
    ClipDiscarded,
    ClipDoubted,
    GainFixed,
    JobFinished,
    JobPaused,
    LatentsKept,
    LatentsLost,
    RunStarted,
    SegmentFailed,
    SegmentQuarantined,
    SegmentReworded,
    WorkerSeen,
)
from swarm.job.spec import JobSpec, clip_key

Place = tuple[int, int]  # chapter and index of a segment, both from 0


@dataclass
class JobState:
    """The journaled state of one job: which places have a clip, which failed, which are quarantined."""

    spec: JobSpec
    accepted: dict[Place, ClipAccepted] = field(default_factory=dict)
    failures: dict[Place, list[SegmentFailed]] = field(default_factory=dict)
    quarantined: dict[Place, SegmentQuarantined] = field(default_factory=dict)
    workers: set[str] = field(default_factory=set)
    settled: list[int] = field(default_factory=list)  # places accepted or quarantined, by chapter
    characters_settled: int = 0
    audio_s: float = 0.0  # accepted clips only
    sample_rate: int = 0  # Hz, of all clips; 0 before the first where the spec does not say it
    first_takes: dict[Place, int] = field(default_factory=dict)  # places whose earlier takes are not wanted
    former: dict[Place, ClipAccepted] = field(default_factory=dict)  # clips of places that wait for another take
    wordings: dict[Place, str] = field(default_factory=dict)  # engine texts that the user gave in place of the book's
    speakers: dict[Place, str] = field(default_factory=dict)  # names that the user gave those who say something
    given: set[Place] = field(default_factory=set)  # lines that the user gave to somebody, one by one
    epoch: int = 0
    began_s: float = 0.0  # start of the first run
    gains_db: dict[str, float] = field(default_factory=dict)  # gains of the voice, by level
    latents: LatentsKept | None = None
    finished: JobFinished | None = None
    paused: bool = False

    def __post_init__(self) -> None:
        self.settled = [0] * len(self.spec.chapters)
        self._lengths = [len(chapter.segments) for chapter in self.spec.chapters]
        self.sample_rate = self.spec.sample_rate
        self._recurring: dict[str, list[Place]] | None = None
        self._latest_key = ((-1, -1), 0, "")

    @property
    def job(self) -> str:
        """The name of the job."""
        return self.spec.job

    @property
    def awaits_latents(self) -> bool:
        """Whether a worker has yet to compute the latents, before anything can be spoken."""
        return self.spec.has_latents and self.latents is None

    @property
    def job_files(self) -> tuple[JobAsset, ...]:
        """The job files, with the latents once they are known."""
        if self.latents is None or not self.latents.digest:
            return self.spec.job_files
        return (*self.spec.job_files, JobAsset(LATENTS, self.latents.digest, self.latents.size))

    @property
    def complete(self) -> bool:
        """Whether nothing is left to speak: each place is accepted or quarantined."""
        return self.settled == self._lengths

    def chapter_complete(self, chapter: int) -> bool:
        """Tell whether each place of a chapter is accepted or quarantined."""
        return self.settled[chapter] == self._lengths[chapter]

    def is_settled(self, place: Place) -> bool:
        """Tell whether a place needs no more work."""
        return place in self.accepted or place in self.quarantined

    def exists(self, place: Place) -> bool:
        """Tell whether the job has such a place."""
        chapter, index = place
        return chapter < len(self.spec.chapters) and index < len(self.spec.chapters[chapter].segments)

    @property
    def places(self) -> Iterator[Place]:
        """The places of all segments, in order."""
        return ((number, index) for number, length in enumerate(self._lengths) for index in range(length))

    def segment(self, place: Place) -> Segment:
        """Return the segment at a place, with the user's own wording and name for its speaker if there are any."""
        segment = self.spec.chapters[place[0]].segments[place[1]]
        return mended(segment, self.wordings.get(place, ""), self.speakers.get(place, ""))

    def said(self, place: Place) -> str:
        """Return the words that the user gave a sentence; "" for the book's, also where only the voice is another."""
        spoken = self.segment(place).spoken
        return "" if spoken == self.spec.chapters[place[0]].segments[place[1]].spoken else spoken

    def words(self, place: Place) -> tuple[WordTime, ...]:
        """Return when the written words of an accepted sentence begin in its clip, as far as that is known."""
        return heard_words(self.segment(place), self.accepted[place]) if place in self.accepted else ()

    def engine_text(self, place: Place) -> str:
        """Return the text that the engine is sent for a place."""
        return self.segment(place).engine_text

    def next_take(self, place: Place) -> int:
        """Return the take to try next: a new one after each failure."""
        return self.first_takes.get(place, 0) + len(self.failures.get(place, ()))

    def twins(self, place: Place, take: int) -> list[Place]:
        """Return the other places of the same text that have no clip yet and where this take has not failed."""
        if self._recurring is None:
            self._recurring = self._find_recurring()
        places = self._recurring.get(self.engine_text(place), ())
        return [p for p in places if p not in self.accepted and self.next_take(p) <= take]

    def key(self, place: Place, take: int) -> str:
        """Return the key of the clip for a take at a place."""
        if self._latest_key[:2] != (place, take):  # a clip that arrives asks for its key several times
            self._latest_key = place, take, clip_key(self.engine_text(place), self.spec.recipe, take)
        return self._latest_key[2]

    def reword(self, record: SegmentReworded) -> None:
        """Give a place the user's own wording, or with "" that of the book, and another speaker's name if it is one."""
        place, said = (record.chapter, record.index), record.said
        if record.speaker:
            self.speakers[place] = record.speaker
        if record.given:
            self.given.add(place)
        if said == self.wordings.get(place, ""):
            return
        if said:
            self.wordings[place] = said
        else:
            self.wordings.pop(place, None)
        self.former.pop(place, None)
        self._recurring, self._latest_key = None, ((-1, -1), 0, "")

    def _find_recurring(self) -> dict[str, list[Place]]:
        """Return the places of each text that occurs more than once ("Yes.")."""
        places: dict[str, list[Place]] = {}
        for number, chapter in enumerate(self.spec.chapters):
            for index in range(len(chapter.segments)):
                places.setdefault(self.engine_text((number, index)), []).append((number, index))
        return {text: found for text, found in places.items() if len(found) > 1}


def mended(segment: Segment, said: str, speaker: str) -> Segment:
    """Return a segment with another engine text and another speaker, if these are any; readers see the same words."""
    if speaker:
        segment = structs.replace(segment, speaker="" if speaker == NARRATOR else speaker)
    if not said:
        return segment
    spoken, phonemes = read_engine_text(said)
    voice, words = split_voice(said)
    manner = split_manner(words)[0]
    return structs.replace(
        segment, spoken=spoken, phonemes=phonemes, written_otherwise=segment.written, voice=voice, manner=manner
    )


def apply(state: JobState, record: AnyRecord) -> None:
    """Apply one journaled fact to the state. Nothing else ever changes it, live or in replay."""
    match record:
        case ClipAccepted():
            _accept(state, record)
        case ClipDiscarded():
            _discard(state, record)
        case ClipDoubted():
            note_doubt(state.accepted, record)
        case SegmentReworded():
            state.reword(record)
        case SegmentFailed(chapter=chapter, index=index):
            state.failures.setdefault((chapter, index), []).append(record)
        case SegmentQuarantined(chapter=chapter, index=index):
            if not state.is_settled((chapter, index)):
                state.quarantined[chapter, index] = record
                _count(state, (chapter, index), 1)
        case RunStarted():
            _start_run(state, record)
        case WorkerSeen(worker=worker):
            state.workers.add(worker)
        case LatentsKept():
            state.latents = state.latents or record
        case LatentsLost():
            state.latents = None
        case GainFixed(gain_db=gain_db, level=level):
            state.gains_db.setdefault(level, gain_db)
        case JobFinished():
            state.finished = record
        case JobPaused(paused=paused):
            state.paused = paused


def note_doubt(accepted: dict[Place, ClipAccepted], record: ClipDoubted) -> None:
    """Give an accepted clip a doubt, unless another clip has its place by now."""
    place = (record.chapter, record.index)
    clip = accepted.get(place)
    if clip is not None and clip.key == record.key:
        accepted[place] = structs.replace(clip, doubt=record.doubt)


def _count(state: JobState, place: Place, by: int) -> None:
    state.settled[place[0]] += by
    state.characters_settled += by * len(state.segment(place).written)


def _accept(state: JobState, record: ClipAccepted) -> None:
    place = (record.chapter, record.index)
    if place in state.accepted:
        return  # the first clip wins
    if state.quarantined.pop(place, None) is None:
        _count(state, place, 1)
    state.accepted[place] = record
    state.former.pop(place, None)
    state.sample_rate = state.sample_rate or record.sample_rate
    state.audio_s += record.length_s


def _discard(state: JobState, record: ClipDiscarded) -> None:
    place, retake = (record.chapter, record.index), record.retake
    if retake > state.first_takes.get(place, 0):
        state.first_takes[place] = retake
    lost = state.accepted.pop(place, None)
    if lost is not None:
        _count(state, place, -1)
        if retake and record.why != OTHERWISE:
            state.former[place] = lost
        state.audio_s -= lost.length_s
        state.finished = None
    if not state.accepted:
        state.sample_rate = state.spec.sample_rate


def _start_run(state: JobState, record: RunStarted) -> None:
    """Begin a run and reopen quarantined places: the engine or the machine may have been mended."""
    state.epoch = record.epoch
    state.began_s = state.began_s or record.at_s
    for place in state.quarantined:
        _count(state, place, -1)
    state.quarantined.clear()
    state.failures.clear()
