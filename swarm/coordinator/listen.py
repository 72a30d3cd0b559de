"""Listens to what a job has spoken already (`e2a-swarm verify`), and journals what may be wrong with it."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from swarm.audio.clip import ClipDamaged, Pcm, read_clip
from swarm.job.clip_info import MAX_DOUBT
from swarm.job.engine_text import read_engine_text
from swarm.job.record import ClipAccepted, ClipDoubted
from swarm.job.state import JobState, Place, apply
from swarm.store.store import Store
from swarm.voice.host.guard import Guard, Judgement, measure
from swarm.watch.text import clean

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


def open_spoken(store: Store, job: str) -> JobState | None:
    """Lock a job and replay its journal; None if there is no such job. Raises StoreError."""
    store.lock_job(job)
    spec = store.open_job(job)
    if spec is None:
        return None
    state = JobState(spec)
    for record in store.records(job):
        apply(state, record)
    return state


def listen(state: JobState, store: Store, judge: Judge) -> Iterator[Finding]:
    """Yield each sentence of a job that has a sound, once it was listened to; what is doubtful is journaled before.

    Sentences in another language than the job's are only measured. Raises StoreError.
    """
    for place, clip in sorted(state.accepted.items()):
        yield note_doubt(state, store, place, _judged(state, store, place, clip, judge))


def note_doubt(state: JobState, store: Store, place: Place, found: str) -> Finding:
    """Journal what may be wrong with a sentence, if that is news, and return all that may be. Raises StoreError."""
    clip = state.accepted[place]
    if found and found not in clip.doubt:
        doubt = "; ".join(filter(None, (clip.doubt, found)))[:MAX_DOUBT]
        record = ClipDoubted(*place, clip.key, doubt)
        store.commit([(state.job, record, b"")])
        apply(state, record)
    return Finding(place, state.accepted[place].doubt)


def _judged(state: JobState, store: Store, place: Place, clip: ClipAccepted, judge: Judge) -> str:
    path = store.find_clip(clip.key)
    try:
        pcm = read_clip(path, clip.digest, clip.samples, clip.sample_rate) if path else None
    except ClipDamaged:
        pcm = None
    if pcm is None:
        return "its sound is gone or damaged: the next run speaks it again"
    text = read_engine_text(state.engine_text(place))[0]
    heard = [Guard().judge(text, measure(pcm, clip.sample_rate, clip.length_s))]
    if state.segment(place).language in ("", state.spec.recipe.language):
        heard.append(judge(text, pcm, clip.sample_rate))
    return "; ".join(judgement.doubt for judgement in heard if judgement.doubt)
