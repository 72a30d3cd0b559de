"""Finds running heads and page numbers in books made from printed pages: lines that recur and cut sentences."""

from collections import defaultdict

import regex

from swarm.book.page.passage import Passage
from swarm.book.page.trace import visible_chars
from swarm.job.book import TextTrace

RUNNING = "running head"
MIN_TIMES = 5  # occurrences of a running head
MAX_CHARS = 100
MIN_BEFORE_CHARS = 60  # of a cut paragraph; lines of verse are shorter
CUTTING_SHARE = 0.3  # share of a running head's occurrences that cut a sentence, at least

_FIGURES = regex.compile(r"\d+")
_OPEN_END = regex.compile(r"[\p{L}\d,’'-]$")
_GOES_ON = regex.compile(r"[“‘(]?\p{Ll}")


def mark_running_heads(passages: list[Passage], reason: str = RUNNING) -> None:
    """Leave out running heads and page numbers, and join the sentences that they cut."""
    groups: dict[str, list[int]] = defaultdict(list)
    for place, passage in enumerate(passages):
        if passage.text and len(passage.text) <= MAX_CHARS and not passage.text[:1].islower() and not passage.left_out:
            groups[_FIGURES.sub("#", passage.text).casefold()].append(place)
    often = {key: places for key, places in groups.items() if len(places) >= MIN_TIMES}
    recurring = {place for places in often.values() for place in places}
    before, after = _neighbours(len(passages), recurring) if often else ([], [])
    joints: set[tuple[int, int]] = set()
    for places in often.values():
        around = ((before[place], after[place]) for place in places)
        cuts = [cut for cut in around if min(cut) >= 0 and _interrupted(passages[cut[0]], passages[cut[1]])]
        if len(cuts) < max(2, CUTTING_SHARE * len(places)):
            continue
        for place in places:
            passages[place].left_out, passages[place].level = reason, 0
        joints.update(cuts)
    for first, second in sorted(joints, reverse=True):  # backwards, because a paragraph may span several pages
        _join(passages[first], passages[second], reason)


def interrupts(before: str, after: str) -> bool:
    """Return whether a sentence continues from one paragraph to another."""
    return len(before) >= MIN_BEFORE_CHARS and bool(_OPEN_END.search(before) and _GOES_ON.match(after))


def _neighbours(count: int, recurring: set[int]) -> tuple[list[int], list[int]]:
    """Return for each place the nearest place before and after it that is not `recurring`, -1 if there is none."""
    before, after = [-1] * count, [-1] * count
    for place in range(1, count):
        before[place] = before[place - 1] if place - 1 in recurring else place - 1
    for place in reversed(range(count - 1)):
        after[place] = after[place + 1] if place + 1 in recurring else place + 1
    return before, after


def _interrupted(before: Passage, after: Passage) -> bool:
    return not (before.level or after.level) and interrupts(before.text, after.text)


def _join(before: Passage, after: Passage, reason: str) -> None:
    """Append the rest of a cut sentence to its beginning."""
    if before.left_out or after.left_out or not after.text:
        return
    parts = (before.text.removesuffix("-"), after.text)
    if before.trace and after.trace and before.trace.document == after.trace.document:
        before.trace = _joined(before.trace, after.trace, len(visible_chars(parts[0])))
    before.text = ("" if before.text.endswith("-") else " ").join(parts)
    before.references += after.references
    after.text, after.references, after.left_out = "", (), reason


def _joined(first: TextTrace, second: TextTrace, length: int) -> TextTrace:
    runs = (*first.runs, *((at + length, place, count) for at, place, count in second.runs))
    return TextTrace(first.document, first.text + second.text, runs)
