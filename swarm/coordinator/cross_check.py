"""Compares a sample of a job's sentences with how this machine speaks them: so a worker that speaks badly is found."""

import io
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from math import ceil
from random import Random

import soundfile

from swarm.audio.clip import ClipDamaged, Pcm, read_clip
from swarm.audio.resemblance import LEAST_RESEMBLANCE, resemblance
from swarm.coordinator.listen import Finding, note_doubt
from swarm.job.recipe import seeds_of
from swarm.job.record import ClipAccepted
from swarm.job.state import JobState, Place
from swarm.store.store import Store

LEAST = 3  # sentences of each worker, where it spoke that many
BAD = 0.5  # a worker is named from this share of doubtful sentences on
OTHERWISE = "another machine speaks it otherwise"
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
    state: JobState, store: Store, places: list[Place], respeak: Respeak
) -> AsyncIterator[tuple[Finding, str]]:
    """Yield each sentence of a sample once it was compared, and its worker; what is doubtful is journaled before.

    Sentences that this machine cannot speak are left out. Raises StoreError.
    """
    for place in places:
        clip, text = state.accepted[place], state.engine_text(place)
        frame = await respeak(text, seeds_of(text, state.spec.recipe, clip.take)[0])
        theirs = _sound(store, clip)
        if frame and theirs is not None:
            ours, rate = soundfile.read(io.BytesIO(frame), dtype="int16")
            alike = rate == clip.sample_rate and resemblance(theirs, ours, rate) >= LEAST_RESEMBLANCE
            yield note_doubt(state, store, place, "" if alike else OTHERWISE), clip.worker


def _sound(store: Store, clip: ClipAccepted) -> Pcm | None:
    path = store.find_clip(clip.key)
    try:
        return read_clip(path, clip.digest, clip.samples, clip.sample_rate) if path else None
    except ClipDamaged:
        return None


def bad_speakers(compared: list[tuple[Finding, str]]) -> dict[str, tuple[int, int]]:
    """Return the workers of which most was doubtful: how many of how many sentences that were compared."""
    all_of = Counter(worker for _, worker in compared)
    doubted = Counter(worker for finding, worker in compared if OTHERWISE in finding.doubt)
    return {worker: (doubted[worker], all_of[worker]) for worker in all_of if doubted[worker] > BAD * all_of[worker]}
