"""Listens to what a job has spoken already (`e2a-swarm verify`), and journals what may be wrong with it.

A sample of its sentences is compared with how this machine speaks them: so a worker that speaks badly is found.
"""

import io
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from math import ceil
from random import Random
from typing import NamedTuple

import soundfile

from swarm.audiobook.sound.clip import ClipDamaged, Pcm, is_alike, read_clip
from swarm.book.model.engine_text import read_engine_text
from swarm.job.clip_info import MAX_DOUBT
from swarm.job.record import OTHERWISE, ClipAccepted, ClipDoubted
from swarm.job.spec import seeds_of
from swarm.job.state import JobState, Place, apply
from swarm.job.store.store import DiskStore
from swarm.lease.outcome import Comparison
from swarm.system.text import clean
from swarm.voice.host.clip_check import ClipCheck, Judgement, measure

Judge = Callable[[str, Pcm, int], Judgement]  # takes a text, its sound and the sound's rate in Hz


class Finding(NamedTuple):
    """A sentence that was listened to; `doubt` is empty if it sounds right."""

    place: Place
    doubt: str

    def line(self, state: JobState) -> str:
        """Return a line that names the sentence as `redo` takes it, and says what may be wrong."""
        chapter, index = self.place
        title, written = clean(state.spec.chapters[chapter].title), clean(state.segment(self.place).written)
        return f'{chapter + 1}:{index + 1}, {title}: "{written}": {self.doubt}'


def open_spoken(store: DiskStore, job: str) -> JobState | None:
    """Lock a job and replay its journal; None if there is no such job. Raises StoreError."""
    store.lock_job(job)
    spec = store.open_job(job)
    if spec is None:
        return None
    state = JobState(spec)
    for record in store.records(job):
        apply(state, record)
    return state


def listen(state: JobState, store: DiskStore, judge: Judge) -> Iterator[Finding]:
    """Yield each sentence of a job that has a sound, once it was listened to; what is doubtful is journaled before.

    Sentences in another language than the job's are only measured. A clip that came from elsewhere and is not doubtful
    counts for other jobs from then on. Raises StoreError.
    """
    for place, clip in sorted(state.accepted.items()):
        finding = note_doubt(state, store, place, _judged(state, store, place, clip, judge))
        if not finding.doubt and _is_heard(state, place) and clip.key == state.key(place, clip.take):
            store.believe_clip(clip.key, state.job)
        yield finding


def note_doubt(state: JobState, store: DiskStore, place: Place, found: str) -> Finding:
    """Journal what may be wrong with a sentence, if that is news, and return all that may be. Raises StoreError."""
    clip = state.accepted[place]
    if found and found not in clip.doubt:
        doubt = "; ".join(filter(None, (clip.doubt, found)))[:MAX_DOUBT]
        record = ClipDoubted(*place, clip.key, doubt)
        store.commit([(state.job, record, b"")])
        apply(state, record)
    return Finding(place, state.accepted[place].doubt)


def _is_heard(state: JobState, place: Place) -> bool:
    """Tell whether a sentence is listened to: those in another language are only measured."""
    return state.segment(place).language in ("", state.spec.recipe.language)


def _judged(state: JobState, store: DiskStore, place: Place, clip: ClipAccepted, judge: Judge) -> str:
    pcm = _sound(store, state.job, clip)
    if pcm is None:
        return "its sound is gone or damaged: the next run speaks it again"
    text = read_engine_text(state.engine_text(place))[0]
    heard = [ClipCheck().judge(text, measure(pcm, clip.sample_rate, clip.length_s))]
    if _is_heard(state, place):
        heard.append(judge(text, pcm, clip.sample_rate))
    return "; ".join(judgement.doubt for judgement in heard if judgement.doubt)


LEAST = 3  # sentences of each worker, where it spoke that many
BAD = 0.5  # a worker is named from this share of doubtful sentences on
# Takes an engine text and a seed; returns FLAC, b"" if it cannot be spoken.
Respeak = Callable[[str, int], Awaitable[bytes]]


def choose_sample(state: JobState, share: float, random: Random) -> list[Place]:
    """Draw a share of what each worker spoke, three sentences at least, in the order of the book."""
    spoken: dict[str, list[Place]] = {}
    for place, clip in sorted(state.accepted.items()):
        if not clip.reused:
            spoken.setdefault(clip.worker, []).append(place)
    drawn = [random.sample(each, min(len(each), max(LEAST, ceil(share * len(each))))) for each in spoken.values()]
    return sorted(place for each in drawn for place in each)


async def cross_check(
    state: JobState, store: DiskStore, places: list[Place], respeak: Respeak
) -> AsyncIterator[tuple[Finding, str]]:
    """Yield each sentence of a sample once it was compared, and its worker; what is doubtful is journaled before.

    Sentences that this machine cannot speak are left out. Raises StoreError.
    """
    for place in places:
        clip, text = state.accepted[place], state.engine_text(place)
        frame = await respeak(text, seeds_of(text, state.spec.recipe, clip.take)[0])
        theirs = _sound(store, state.job, clip)
        if frame and theirs is not None:
            ours = _decoded(frame)
            alike = ours is not None and is_alike(theirs, ours, clip.sample_rate)
            yield note_doubt(state, store, place, "" if alike else OTHERWISE), clip.worker


def _decoded(frame: bytes) -> Pcm | None:
    """Return a sound; None for one that cannot be decoded, as a liar may send."""
    try:
        pcm: Pcm = soundfile.read(io.BytesIO(frame), dtype="int16")[0]
    except (soundfile.SoundFileError, RuntimeError):
        return None
    return pcm


def _sound(store: DiskStore, job: str, clip: ClipAccepted) -> Pcm | None:
    path = store.find_clip(clip.key, job)
    try:
        return read_clip(path, clip.digest, clip.samples, clip.sample_rate) if path else None
    except ClipDamaged:
        return None


def bad_speakers(compared: list[tuple[Finding, str]]) -> dict[str, tuple[int, int]]:
    """Return the workers of which most was doubtful: how many of how many sentences that were compared."""
    all_of = Counter(worker for _, worker in compared)
    doubted = Counter(worker for finding, worker in compared if OTHERWISE in finding.doubt)
    return {worker: (doubted[worker], all_of[worker]) for worker in all_of if doubted[worker] > BAD * all_of[worker]}


def find_alike(store: DiskStore, clip: ClipAccepted, comparison: Comparison) -> tuple[int, ...]:
    """Return which of the earlier sounds a sound is like, the clip on the disk being 0; none is like a damaged one."""
    earlier = (_sound(store, comparison.job, clip), *map(_decoded, comparison.others))
    sound, rate = _decoded(comparison.frame), clip.sample_rate
    if sound is None:
        return ()
    return tuple(number for number, pcm in enumerate(earlier) if pcm is not None and is_alike(pcm, sound, rate))
