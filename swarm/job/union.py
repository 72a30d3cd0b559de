"""The union of two journals of one job. It is a journal again: the one of the higher epoch, and what the other adds.

The rules, place by place:

- Of an accepted clip that both have, the higher journal's stands. Of a place that is open there, the other's clip is
  taken if the place still wants it: the same words, the same latents, no take that was refused since.
- A discard that asks for another take, or a user's own wording, is taken from the other if the higher journal says
  nothing of that place since the two parted. Otherwise the higher epoch decides.
- Quarantines and failures of the other are dropped: the next run tries those places again.
- The gain and the latents are the higher journal's. Where it has none, the other's are taken.
- Pauses, runs and finished files are the higher journal's alone.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, takewhile

from swarm.job.record import AnyRecord, ClipAccepted, ClipDiscarded, GainFixed, SegmentReworded, WorkerSeen
from swarm.job.spec import JobSpec
from swarm.job.state import JobState, Place, apply

Journal = Sequence[AnyRecord]


def replayed(spec: JobSpec, records: Journal) -> JobState:
    """Return the state that records lead to."""
    state = JobState(spec)
    for record in records:
        apply(state, record)
    return state


def unite(spec: JobSpec, one: Journal, other: Journal) -> list[AnyRecord]:
    """Return the union of two journals of a job, whichever comes first."""
    states = replayed(spec, one), replayed(spec, other)
    if _rank(states[0], one) >= _rank(states[1], other):
        return [*one, *_additions(states[0], one, states[1], other)]
    return [*other, *_additions(states[1], other, states[0], one)]


def _rank(state: JobState, records: Journal) -> tuple[int, int, int]:
    return state.epoch, len(state.accepted), len(records)


def _additions(state: JobState, higher: Journal, lower_state: JobState, lower: Journal) -> Iterator[AnyRecord]:
    """Yield what the lower journal adds to the higher one, and apply it to `state`."""
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(higher, lower, strict=False)))
    wishes = _wishes(state, higher[shared:], lower[shared:])
    for record in chain(wishes, _about_the_voice(state, lower_state, lower), _clips(state, lower_state)):
        apply(state, record)  # the next record depends on those before it
        yield record


def _wishes(state: JobState, higher: Journal, lower: Journal) -> Iterator[AnyRecord]:
    """Yield what the user wanted last of places of which the higher journal says nothing since the two parted."""
    decided = {place for record in higher if (place := _wished(record))}
    wishes = {(type(record), place): record for record in lower if (place := _wished(record)) and place not in decided}
    for (_, place), wish in wishes.items():
        if isinstance(wish, ClipDiscarded) and wish.retake > state.first_takes.get(place, 0):
            yield wish
        elif isinstance(wish, SegmentReworded) and wish.said != state.wordings.get(place, ""):
            yield wish
            yield ClipDiscarded(*place, "worded otherwise on another machine")


def _wished(record: AnyRecord) -> Place | None:
    """Return the place of which a user wanted something; None for any other record."""
    match record:
        case SegmentReworded(chapter=chapter, index=index):
            return chapter, index
        case ClipDiscarded(chapter=chapter, index=index, retake=retake) if retake:
            return chapter, index
    return None


def _about_the_voice(state: JobState, lower_state: JobState, lower: Journal) -> Iterator[AnyRecord]:
    """Yield the latents and gains that the higher journal lacks, and the names of further workers."""
    if state.latents is None and lower_state.latents is not None:
        yield lower_state.latents
    seen = set(state.workers)
    for record in lower:
        if isinstance(record, GainFixed) and record.level not in state.gains_db:
            yield record
        if isinstance(record, WorkerSeen) and record.worker not in seen:
            seen.add(record.worker)
            yield record


def _clips(state: JobState, lower: JobState) -> Iterator[ClipAccepted]:
    """Yield the clips of the lower journal that the higher one still wants."""
    if _latents(state) != _latents(lower):
        return  # the clips of the lower journal have another voice
    for place, clip in lower.accepted.items():
        if _is_wanted(state, place, clip):
            yield clip


def _latents(state: JobState) -> str | None:
    return state.latents.digest if state.latents else None


def _is_wanted(state: JobState, place: Place, clip: ClipAccepted) -> bool:
    """Tell whether a clip fits an open place: its words, its sound, and a take that was not refused."""
    if place in state.accepted or clip.take < state.first_takes.get(place, 0):
        return False
    return state.sample_rate in (0, clip.sample_rate) and state.key(place, clip.take) == clip.key
