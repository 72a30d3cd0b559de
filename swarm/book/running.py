"""Running heads and page numbers that a book made from pages carries in its text: what recurs, and cuts sentences."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import regex

from swarm.book.origin import Origin, signs
from swarm.book.passage import Passage

RUNNING = "running head"
MIN_TIMES = 5
MAX_CHARS = 100
MIN_BEFORE_CHARS = 60  # of the paragraph that is cut; lines of verse are shorter
CUTTING_SHARE = 0.3

_FIGURES = regex.compile(r"\d+")
_OPEN_END = regex.compile(r"[\p{L}\d,’'-]$")
_GOES_ON = regex.compile(r"[“‘(]?\p{Ll}")


def mark_running_heads(passages: list[Passage], reason: str = RUNNING) -> None:
    """Leave out what stands at the head or foot of every page, and join the sentences that it cut."""
    groups: dict[str, list[int]] = defaultdict(list)
    for place, passage in enumerate(passages):
        if passage.text and len(passage.text) <= MAX_CHARS and not passage.text[:1].islower() and not passage.left_out:
            groups[_FIGURES.sub("#", passage.text).casefold()].append(place)
    often = {key: places for key, places in groups.items() if len(places) >= MIN_TIMES}
    recurring = {place for places in often.values() for place in places}
    joints: set[tuple[int, int]] = set()
    for places in often.values():
        cuts = [cut for place in places for cut in _cut(passages, place, recurring)]
        if len(cuts) < max(2, CUTTING_SHARE * len(places)):
            continue
        for place in places:
            passages[place].left_out, passages[place].level = reason, 0
        joints.update(cuts)
    for before, after in sorted(joints, reverse=True):  # from the end, for a paragraph may go over several pages
        _join(passages[before], passages[after], reason)


def interrupts(before: str, after: str) -> bool:
    """Whether a sentence goes on from one paragraph to the next one."""
    return len(before) >= MIN_BEFORE_CHARS and bool(_OPEN_END.search(before) and _GOES_ON.match(after))


def _cut(passages: Sequence[Passage], place: int, recurring: set[int]) -> Iterator[tuple[int, int]]:
    """The paragraphs before and behind, if they are one that was cut here."""
    before, after = place - 1, place + 1
    while before in recurring:
        before -= 1
    while after in recurring:
        after += 1
    if before < 0 or after >= len(passages) or passages[before].level or passages[after].level:
        return
    if interrupts(passages[before].text, passages[after].text):
        yield before, after


def _join(before: Passage, after: Passage, reason: str) -> None:
    """Put the rest of a cut sentence where it belongs."""
    if before.left_out or after.left_out or not after.text:
        return
    parts = (before.text.removesuffix("-"), after.text)
    if before.origin and after.origin and before.origin.document == after.origin.document:
        before.origin = _joined(before.origin, after.origin, len(signs(parts[0])))
    before.text = ("" if before.text.endswith("-") else " ").join(parts)
    before.references += after.references
    after.text, after.references, after.left_out = "", (), reason


def _joined(first: Origin, second: Origin, length: int) -> Origin:
    runs = (*first.runs, *((at + length, place, count) for at, place, count in second.runs))
    return Origin(first.document, first.text + second.text, runs)
