"""Signs between figures and variables as words: "x < 3" is "x is less than 3", "±5" is "plus or minus 5"."""

from swarm.book.language.language import Language
from swarm.book.language.late_pattern import compile_later

SIGNS = "<>≤≥≠≈±√∞÷"
# Only single letters and figures stand beside < and >, which are also brackets.
_BESIDE = compile_later(r"(?<=(?<!\p{L})(?:\p{L}|\d|\d%|\))\s?)([<>])(?=\s?(?:[\d(−-]|\p{L}(?![\p{L}>])))")
_BETWEEN = compile_later(r"(?<=[\p{L}\d)%°])\s?([≤≥≠≈÷])\s?(?=[\p{L}\d(√−-])")
_BEFORE = compile_later(r"([±√≤≥≈])\s?(?=[\d(]|\p{L}(?!\p{L}))")
_SLASH = compile_later(r"(?<=\p{L}{2})/(?=\p{L}{2})|(?<=(?<![\d/.,])24)/(?=7(?![\d/.,]\d|\d))")  # "he/she", "24/7"
_ALONE = compile_later(r"∞")


def say_relations(text: str, language: Language) -> str:
    """Return a sentence with such signs as words, if the language has words for them; numbers remain figures.

    A slash between words is not said.
    """
    text = _SLASH.sub(" ", text) if "/" in text else text
    said = language.numbers.relations if language.numbers else {}
    if not said or not any(sign in text for sign in SIGNS):
        return text
    for pattern in (_BESIDE, _BETWEEN, _BEFORE):
        text = pattern.sub(lambda match: f" {said[match[1]]} ", text)
    return _ALONE.sub(said["∞"], text).replace("  ", " ").strip()
