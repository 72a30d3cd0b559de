"""Cuts sentences into pieces that fit an engine's limit, at places where a reader would breathe."""

import math

from swarm.book.language.late_pattern import compile_later

_LONG = r"(?<!\b(?:Messrs|Lieut|approx|dept|dott|Mmes|Mlles))"  # abbreviations that look like the end of a sentence
# A full stop ends a sentence after four small letters, since "Mr." and "vol." are shorter.
_STOP = rf"(?:[!?…]|(?<=\p{{Ll}}{{4}}){_LONG}\.|\.(?=[\"”»]))[\"'”’»)\]]*"
_ENDED = compile_later(rf"(?:{_STOP}|[。！？][」』”’）]*)$")
_GOES_ON = compile_later(r"\P{L}*\p{Ll}")

MIN_FILL = 0.5  # a good place counts only if the piece before it has this share of the aimed length

# Places to cut, from best to worst: signs of which a text needs one, if any, and a pattern. The next piece begins
# where a match ends.
_PLACES = tuple(
    (frozenset(signs), compile_later(pattern))
    for signs, pattern in (
        ("!?….。！？", rf"{_STOP}\s+(?!\P{{L}}?\p{{Ll}})|[。！？][」』”’）]*"),
        (";:；：", r"[;:][\"'”’»)\]]*\s+|[；：]"),
        ("—–―-", r"(?:(?<!\s)\s++)?[—–―]++(?=\S)|\s[—–-]\s+"),
        (",，、،", r",[\"'”’»)\]]*\s+|[，、،]\s*"),
        (
            "",
            r"\s(?=(?:and|or|but|nor|for|that|which|who|when|while|because|if|as|et|ou|mais|que|qui|dont|car|und|oder|"
            r"aber|dass|weil|wenn|y|o|pero|porque|e|ma|che|perché|mas|en|of|maar|dat|omdat)\s)",
        ),
        ("", r"(?<!\d)\s+|\s+(?!\d)"),  # "20 000" is one number
        ("", r"\s+"),
        ("", r"(?<=[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])(?=\p{L})"),
    )
)
_GRAPHEME = compile_later(r"\X")


def cut(sentence: str, limit: int) -> list[str]:
    """Cut a sentence into pieces of about equal length, at most `limit` characters; cut no word that fits."""
    text, start = sentence.strip(), 0
    pieces = []
    while len(text) - start > limit:
        end = start + _best_place(text[start : start + limit + 1], limit, len(text) - start)
        pieces.append(text[start:end].strip())
        start = end
    return [piece for piece in (*pieces, text[start:].strip()) if piece]


def ends_sentence(piece: str, following: str) -> bool:
    """Return whether a piece ends a sentence, unlike "“Is it?”" before "he asked"."""
    return bool(_ENDED.search(piece)) and not _GOES_ON.match(following)


def _best_place(window: str, limit: int, left: int) -> int:
    """Return the offset at which to cut a text of `left` characters that begins with `window`."""
    aim = left / math.ceil(left / limit)
    for least in (aim * MIN_FILL, 1):
        for signs, places in _PLACES:
            if signs and signs.isdisjoint(window):
                continue
            ends = [match.end() for match in places.finditer(window)]
            good = [end for end in ends if end >= least and 0 < len(window[:end].rstrip()) <= limit]
            if good:
                return min(good, key=lambda end: abs(end - aim))
    return _inside_word(window, limit)


def _inside_word(text: str, limit: int) -> int:
    """Return the offset at which to cut a word longer than the limit, if possible not before a combining accent."""
    ends = [match.end() for match in _GRAPHEME.finditer(text[:limit])]
    return ends[-2] if len(ends) > 1 else limit
