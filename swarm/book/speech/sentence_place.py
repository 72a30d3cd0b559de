"""Finds the places of a block's sentences in the document."""

from swarm.book.page.trace import rewritten, span, visible_chars
from swarm.job.book import Block

Place = tuple[str, int, int]  # name of the document, first sign, sign behind the last


class SentencePlaces:
    """Finds the sentences of one block, which are asked for in order."""

    def __init__(self, block: Block) -> None:
        self._text = block.text
        trace = block.trace
        self._trace = trace if trace is None or trace.text == block.text else rewritten(trace, block.text)
        self._at = self._signs = 0  # characters passed, and the signs among them

    def find(self, sentence: str, start: int) -> Place | None:
        """Find the next sentence, at character `start` of the block or behind; None where it stands nowhere."""
        if self._trace is None:
            return None
        first = self._text.find(sentence, max(start, self._at))
        if first < 0:
            return None
        self._signs += len(visible_chars(self._text[self._at : first]))
        first_sign = self._signs
        self._at = first + len(sentence)
        self._signs += len(visible_chars(sentence))
        found = span(self._trace, first_sign, self._signs)
        return (self._trace.document, *found) if found else None


def join_places(one: Place | None, other: Place | None) -> Place | None:
    """Return the stretch of both places, or the first of them where they stand in two documents."""
    if one is None or other is None or one[0] != other[0]:
        return one or other
    return one[0], min(one[1], other[1]), max(one[2], other[2])
