"""Finds the places of a block's sentences in the document."""

from swarm.book.page.trace import rewritten, span, visible_chars
from swarm.job.book import Block

Place = tuple[str, int, int]  # name of the document, visible characters before the start and before the end


class SentencePlaces:
    """Finds the places of the sentences of one block, one by one in order."""

    def __init__(self, block: Block) -> None:
        self._text = block.text
        trace = block.trace
        self._trace = trace if trace is None or trace.text == block.text else rewritten(trace, block.text)
        self._offset = 0  # characters before the rest of the block
        self._visible = 0  # visible characters among these

    def find(self, sentence: str, start: int) -> Place | None:
        """Return the place of the next sentence, at offset `start` of the block or after it; None if it has none."""
        if self._trace is None:
            return None
        first = self._text.find(sentence, max(start, self._offset))
        if first < 0:
            return None
        self._visible += len(visible_chars(self._text[self._offset : first]))
        first_visible = self._visible
        self._offset = first + len(sentence)
        self._visible += len(visible_chars(sentence))
        found = span(self._trace, first_visible, self._visible)
        return (self._trace.document, *found) if found else None


def join_places(one: Place | None, other: Place | None) -> Place | None:
    """Return the place that covers both; the first one if they are in different documents."""
    if one is None or other is None or one[0] != other[0]:
        return one or other
    return one[0], min(one[1], other[1]), max(one[2], other[2])
