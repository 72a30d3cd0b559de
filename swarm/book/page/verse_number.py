"""Takes the numbers of verses off their texts: "1:1 In the beginning", "[2] And the earth"."""

import regex
from lxml import etree

from swarm.book.language.late_pattern import compile_later

_NUMBER = r"(?:\d{1,3}[:.]\d{1,3}|[\[({]\d{1,3}[:.]?\d{0,3}[\])}]|\d{1,3})"
_AT_START = compile_later(rf"(?m)^\s{{0,4}}{_NUMBER}\s{{1,4}}(?=[“‘\"'(¿¡«]?\p{{L}})")
_INSIDE = compile_later(r"(?<=[.!?:;,”’\"'»)\]]\s)[\[({]?\d{1,3}:\d{1,3}[\])}]?\s{1,4}(?=[“‘\"'(¿¡«]?\p{L})")

_ORNATE = compile_later(r"\s?(?:[﴾﴿]\s?\d{1,3}\s?[﴾﴿]|۝\s?\d{0,3})")
_CLASS = compile_later(r"(?:^|\s)(?:v|vn|vs|verse|verse[-_]?(?:num|number|no)|v[-_]?num)(?:\s|$)", regex.IGNORECASE)
_LONE = compile_later(r"\s?(\d{1,3})\s?")
_CAPITAL = compile_later(r"[“‘\"'(¿¡«]?\p{Lu}\p{Ll}")  # "<b>3</b>And": the number of a verse stands apart
_TAGS, _RAISED = frozenset(("span", "b", "strong", "small")), frozenset(("sup", "a"))


def verse_number(element: etree._Element, tag: str) -> str:
    """Return the number of a verse that an element is, by its class or by the capital behind it; "" if it is none."""
    if tag not in _TAGS and tag not in _RAISED:
        return ""
    number = None if len(element) else _LONE.fullmatch(element.text or "")
    if number is None:
        return ""
    told = _CLASS.search(element.get("class") or "") or (tag in _TAGS and _CAPITAL.match(element.tail or ""))
    return number[1] if told else ""


def without_verse_numbers(text: str) -> str:
    """Return a text without the numbers of its verses."""
    return str(_ORNATE.sub("", _INSIDE.sub("", _AT_START.sub("", text))))
