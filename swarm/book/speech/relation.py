"""Signs between figures and variables as words: "x < 3" is "x is less than 3", "±5" is "plus or minus 5"."""

from swarm.book.language.language import Language
from swarm.book.language.late_pattern import compile_later

SIGNS = "<>≤≥≠≈±√∞÷"
# Only single letters and figures stand beside < and >, which are also brackets.
_BESIDE = compile_later(r"(?<=(?<!\p{L})(?:\p{L}|\d|\d%|\))\s?)([<>])(?=\s?(?:[\d(−-]|\p{L}(?![\p{L}>])))")
_BETWEEN = compile_later(r"(?<=[\p{L}\d)%°])\s?([≤≥≠≈÷])\s?(?=[\p{L}\d(√−-])")
_BEFORE = compile_later(r"([±√≤≥≈])\s?(?=[\d(]|\p{L}(?!\p{L}))")
_ALONE = compile_later(r"∞")


def say_relations(text: str, language: Language) -> str:
    """Return a sentence with such signs as words, if the language has words for them; numbers remain figures."""
    said = language.numbers.relations if language.numbers else {}
    if not said or not any(sign in text for sign in SIGNS):
        return text
    for pattern in (_BESIDE, _BETWEEN, _BEFORE):
        text = pattern.sub(lambda match: f" {said[match[1]]} ", text)
    return _ALONE.sub(said["∞"], text).replace("  ", " ").strip()
