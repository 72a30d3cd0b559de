"""Mends what books made from printed pages have in their text: running heads and page numbers that recur and cut
sentences.
"""

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain

from swarm.book.language.pattern import compile_later
from swarm.book.model.book import TextTrace
from swarm.book.page.passage import Passage, visible_chars

RUNNING = "running head"
MIN_TIMES = 5  # occurrences of a running head
MAX_CHARS = 100
MIN_BEFORE_CHARS = 60  # most lines of verse are shorter
CUTTING_SHARE = 0.3  # share of a running head's occurrences that cut a sentence, at least
MIN_SITES = 2  # lines of a book that are nothing but the address of one site

# "www.example.com", "one.site, another.site": the stamp of who passed a file on.
_SITE = r"(?:https?://)?+[\p{L}\d-]{2,40}+(?:\.[\p{Ll}\d-]{2,40}+){1,4}+/?+"
_SITES = compile_later(rf"[\s(\[]*+{_SITE}(?:[\s,;|/-]++{_SITE}){{0,5}}+[\s)\].]*+")
_FIGURES = compile_later(r"\d+")
_OPEN_END = compile_later(r"[\p{L}\d,’'-]$")
_GOES_ON = compile_later(r"[“‘(]?\p{Ll}")


def mark_running_heads(passages: list[Passage], reason: str = RUNNING) -> None:
    """Leave out running heads and page numbers, and join the sentences that they cut."""
    groups: dict[str, list[int]] = defaultdict(list)
    for place, passage in enumerate(passages):
        if passage.text and len(passage.text) <= MAX_CHARS and not passage.left_out:
            groups[_FIGURES.sub("#", passage.text).casefold()].append(place)
    often = {key: places for key, places in groups.items() if _is_often(passages[places[0]].text, len(places))}
    recurring = {place for places in often.values() for place in places}
    before, after = _neighbours(len(passages), recurring) if often else ([], [])
    joints: set[tuple[int, int]] = set()
    for places in often.values():
        around = ((before[place], after[place]) for place in places)
        cuts = [cut for cut in around if min(cut) >= 0 and interrupted(passages[cut[0]], passages[cut[1]])]
        if len(cuts) < max(2, CUTTING_SHARE * len(places)) and not _SITES.fullmatch(passages[places[0]].text):
            continue
        for place in places:
            passages[place].left_out, passages[place].level = reason, 0
        joints.update(cuts)
    join_pairs(passages, sorted(joints), reason)


def _is_often(line: str, times: int) -> bool:
    """Tell whether a line that occurs so often may be a running head; the stamp of a site may be at once."""
    if _SITES.fullmatch(line):
        return times >= MIN_SITES
    return times >= MIN_TIMES and not line[:1].islower()


def join_pairs(passages: list[Passage], joints: Iterable[tuple[int, int]], reason: str = RUNNING) -> None:
    """Join each pair of places, in order, whose second paragraph goes on with the sentence of the first."""
    for places in _chains(joints):
        _join([passages[place] for place in places], reason)


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


def interrupted(before: Passage, after: Passage) -> bool:
    """Return whether a paragraph continues the sentence of another."""
    return not (before.level or after.level) and interrupts(before.text, after.text)


def _chains(joints: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Return the places of each paragraph that was cut: it may span many pages."""
    chains: list[list[int]] = []
    for first, second in joints:
        if not chains or chains[-1][-1] != first:
            chains.append([first])
        chains[-1].append(second)
    return chains


def _join(pieces: list[Passage], reason: str) -> None:
    """Append the rests of cut sentences to their beginnings."""
    begins = 0
    for end in range(1, len(pieces) + 1):
        if end == len(pieces) or pieces[end - 1].left_out or pieces[end].left_out or not pieces[end].text:
            if end - begins > 1:
                _append(pieces[begins], pieces[begins + 1 : end], reason)
            begins = end


def _append(first: Passage, rest: list[Passage], reason: str) -> None:
    pieces = (first, *rest)
    texts = [passage.text.removesuffix("-") for passage in pieces[:-1]] + [pieces[-1].text]
    first.trace = _joined([passage.trace for passage in pieces], [len(visible_chars(text)) for text in texts])
    glue = ["" if passage.text.endswith("-") else " " for passage in pieces[:-1]]
    first.text = "".join(chain.from_iterable(zip(texts, [*glue, ""], strict=True)))
    first.references = tuple(chain.from_iterable(passage.references for passage in pieces))
    for passage in rest:
        passage.text, passage.references, passage.left_out = "", (), reason


def _joined(traces: list[TextTrace | None], lengths: list[int]) -> TextTrace | None:
    """Return the trace of a joined text, as far as its pieces are of one document."""
    first = traces[0]
    if first is None:
        return None
    runs, texts, start = list(first.runs), [first.text], 0
    for trace, length in zip(traces[1:], lengths, strict=False):
        if trace is None or trace.document != first.document:
            break
        start += length
        runs += [(at + start, place, count) for at, place, count in trace.runs]
        texts.append(trace.text)
    return TextTrace(first.document, "".join(texts), tuple(runs))
