"""Takes the numbers of verses off their texts: "1:1 In the beginning", "[2] And the earth"."""

from swarm.book.language import late_regex as regex

_NUMBER = r"(?:\d{1,3}[:.]\d{1,3}|[\[({]\d{1,3}[:.]?\d{0,3}[\])}]|\d{1,3})"
_AT_START = regex.compile(rf"(?m)^\s{{0,4}}{_NUMBER}\s{{1,4}}(?=[“‘\"'(¿¡«]?\p{{L}})")
_INSIDE = regex.compile(r"(?<=[.!?:;,”’\"'»)\]]\s)[\[({]?\d{1,3}:\d{1,3}[\])}]?\s{1,4}(?=[“‘\"'(¿¡«]?\p{L})")


def without_verse_numbers(text: str) -> str:
    """Return a text without the numbers of its verses."""
    return str(_INSIDE.sub("", _AT_START.sub("", text)))
