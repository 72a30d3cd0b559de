"""Finds what is said in a chapter, and who says it, by quotation marks, dashes and the words beside them. No model.

When in doubt, words in quotation marks are no dialogue (a title, a term), and a speaker is not named.
"""

from collections.abc import Iterator, Sequence

import regex

from swarm.book.language.known import find_quotes
from swarm.book.language.pattern import compile_later
from swarm.book.speech.attribution import Utterance, attribute, find_speaker

PAIRS = ("“”", "«»", "„“", "„”", "»«", "「」", "‘’", "‚‘", "›‹", '""')
MIN_WORDS = 8  # a quotation so long is dialogue even if it begins and ends like a part of a sentence
MAX_TERM_WORDS = 3  # a longer quotation is no term inside a sentence

_DASH = compile_later(r"\s*[—–―-]\s*(?=\S)")
_DASHED = "bg ca cs da el es fi fr gl hu it lt lv nb pl pt ro ru sk sv tr uk"
_BREAK = compile_later(r"(?<=[\s,.!?…])[—–―](?=\s?\p{Ll})")
_RESUME = compile_later(r"[—–―](?=[\s\p{L}.,¿¡])")
_ENDING = compile_later(r"[.,!?…—–;:。！？、-]\Z")
_WORD = compile_later(r"[\p{L}\p{N}]++(?:[’'-][\p{L}\p{N}]++)*+")


def find_utterances(texts: Sequence[str], language: str) -> list[tuple[Utterance, ...]]:
    """Return the utterances of each block of a chapter, in order. `language` is a primary subtag."""
    pair, dashes = _marks(texts, language)
    found: list[tuple[Utterance, ...]] = []
    runs_on = False  # the last paragraph's quotation was not closed
    for text in texts:
        if dashes and _DASH.match(text):
            spoken, runs_on = list(_dashed(text)), False
        else:
            spoken, runs_on = _quoted(text, pair, language, runs_on=runs_on)
        found.append(tuple(spoken))
    return attribute(texts, found, language)


def _marks(texts: Sequence[str], language: str) -> tuple[str, bool]:
    """Return the pair of marks that most quotations of a chapter have, and whether its dialogue begins with dashes."""
    own = find_quotes(language)
    pairs = [own[at : at + 2] for at in range(0, len(own), 2)] + list(PAIRS)
    whole = "\n".join(texts)
    counts = {pair: _count(whole, pair) for pair in dict.fromkeys(pairs)}
    best = max(counts, key=lambda pair: counts[pair])
    dashed = sum(bool(_DASH.match(text)) for text in texts) if language in _DASHED.split() else 0
    return best, dashed > counts[best] / 4


def _count(text: str, pair: str) -> float:
    """Return how often quotations in a pair of marks begin; single marks count less, since they are nested."""
    opening, closing = pair[0], pair[1]
    if opening == closing:
        return text.count(opening) / 2
    begins = len(regex.findall(rf"(?<![\p{{L}}\p{{N}}]){regex.escape(opening)}(?=\S)", text))
    both = min(begins, text.count(closing))
    return both * (0.9 if closing in "’‘‹" else 1.0)


def _quoted(text: str, pair: str, language: str, *, runs_on: bool) -> tuple[list[Utterance], bool]:
    """Return the dialogue of a block in quotation marks, and whether its last quotation is not closed."""
    spoken: list[Utterance] = []
    at = 0
    while (start := text.find(pair[0], at)) >= 0:
        end = _closing(text, start + 1, pair)
        is_open = end < 0
        end = len(text) if is_open else end + 1
        if is_open or _is_dialogue(text, start, end, language) or (runs_on and not text[:start].strip()):
            spoken.append(Utterance(start, end))
        if is_open:
            return spoken, True
        at = end
    return spoken, False


def _closing(text: str, start: int, pair: str) -> int:
    """Return where a quotation is closed, -1 if it is not; a closing mark that may be an apostrophe needs a sign."""
    opening, closing = pair[0], pair[1]
    depth = 1
    for at in range(start, len(text)):
        sign = text[at]
        if sign == opening != closing:
            depth += 1
        elif sign == closing and not (closing == "’" and _is_apostrophe(text, at)):
            depth -= 1
            if not depth:
                return at
    return -1


def _is_apostrophe(text: str, at: int) -> bool:
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return after.isalnum() or (before.isalnum() and after == " " and text[at + 2 : at + 3].islower())


def _is_dialogue(text: str, start: int, end: int, language: str) -> bool:
    """Tell whether a quotation is something that is said, and no title, term or word that is spoken of."""
    inner, before, after = text[start + 1 : end - 1].strip(), text[:start].rstrip(), text[end:].lstrip()
    words = len(_WORD.findall(inner))
    ended = bool(_ENDING.search(inner)) or after[:1] in tuple(",.;!?") or not after
    opens = not before or before[-1] in ":,—–.!?…;”»“)"
    if not words:
        return bool(inner) and not before
    if find_speaker(before, after, language) is not None:
        return True
    if not opens and words <= MAX_TERM_WORDS and inner[-1:] not in tuple("!?…"):
        return False
    if opens and (ended or words > MAX_TERM_WORDS):
        return True
    return words >= MIN_WORDS or (bool(_ENDING.search(inner)) and inner[:1].isupper())


def _dashed(text: str) -> Iterator[Utterance]:
    """Yield the dialogue of a block that begins with a dash; what stands between later dashes is the narrator's."""
    begun = _DASH.match(text)
    at = begun.end() if begun else 0
    start = 0
    while stop := _BREAK.search(text, at):
        yield Utterance(start, len(text[: stop.start()].rstrip()))
        resumed = _RESUME.search(text, stop.end())
        if not resumed:
            return
        start = at = resumed.end()
    yield Utterance(start, len(text))
