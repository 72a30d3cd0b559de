"""Takes the numbers of verses off their texts: "1:1 In the beginning", "[2] And the earth"."""

from swarm.book.language.late_pattern import compile_later

_NUMBER = r"(?:\d{1,3}[:.]\d{1,3}|[\[({]\d{1,3}[:.]?\d{0,3}[\])}]|\d{1,3})"
_AT_START = compile_later(rf"(?m)^\s{{0,4}}{_NUMBER}\s{{1,4}}(?=[“‘\"'(¿¡«]?\p{{L}})")
_INSIDE = compile_later(r"(?<=[.!?:;,”’\"'»)\]]\s)[\[({]?\d{1,3}:\d{1,3}[\])}]?\s{1,4}(?=[“‘\"'(¿¡«]?\p{L})")


def without_verse_numbers(text: str) -> str:
    """Return a text without the numbers of its verses."""
    return str(_INSIDE.sub("", _AT_START.sub("", text)))
