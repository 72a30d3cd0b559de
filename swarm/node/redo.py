"""Which sentences are to be spoken once more, and from which take on, so that they sound different."""

from swarm.config import RedoConfig
from swarm.errors import UsageError
from swarm.job.recipe import TAKES
from swarm.job.record import ClipDiscarded
from swarm.job.state import JobState, Place

WHY = "to be spoken again"


def redo_records(state: JobState, redo: RedoConfig) -> list[ClipDiscarded]:
    """Open the chosen places again; none where nothing is doubtful. Raises UsageError for places that do not exist."""
    chosen = {place for place, clip in state.accepted.items() if redo.doubtful and clip.doubt}
    for number in redo.chapters:
        chosen |= _span(state, number, 1, _length(state, number))
    for number, first, last in redo.segments:
        chosen |= _span(state, number, first, last)
    found = sorted(chosen & state.accepted.keys())
    if not found and not redo.doubtful:
        raise UsageError("Nothing of this book is to be spoken again: what was chosen has no sound.")
    return [ClipDiscarded(*place, WHY, _next_take(state.accepted[place].take)) for place in found]


def _next_take(take: int) -> int:
    """A worker that doubts a take goes on to the next ones by itself: those were heard too."""
    return (take // TAKES + 1) * TAKES


def _span(state: JobState, number: int, first: int, last: int) -> set[Place]:
    length = _length(state, number)
    if not 1 <= first <= last <= length:
        raise UsageError(f"Chapter {number} has sentences 1 to {length}; there is no {first}-{last}.")
    return {(number - 1, index) for index in range(first - 1, last)}


def _length(state: JobState, number: int) -> int:
    chapters = state.facts.chapters
    if not 1 <= number <= len(chapters):
        raise UsageError(f"There is no chapter {number}: this job has {len(chapters)}.")
    return len(chapters[number - 1].segments)
