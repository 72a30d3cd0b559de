"""Reads formulas of MathML as text: "x² + 1/2", "A = (1, 2; 3, 4)"."""

from collections.abc import Callable

import regex
from lxml import etree

from swarm.book.language.pattern import compile_later
from swarm.book.page.markup import local, words

MAX_FORMULA_CHARS = 2_000  # the rest of a longer one is not read

EXPONENT = compile_later(r"[-−+]?[0-9]{1,3}")
INDEX = compile_later(r"\p{L}{1,2}")  # an index is below a variable: x<sub>i</sub>
VARIABLE = compile_later(r"(?<!\p{L})\p{L}$")
RAISED = str.maketrans("0123456789-−+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁺")

_SILENT = words("annotation annotation-xml mspace mphantom none mprescripts maligngroup malignmark")
_TOKENS = words("mi mn mo mtext ms")
_INVISIBLE = compile_later("[\u2061-\u2064]")
_ACCENTS = frozenset("¯ˆ^~˜˙→⃗‾_")
_NO_SPACE_BEFORE = compile_later(r" (?=[,.;:!?)\]}′])")
_NO_SPACE_AFTER = compile_later(r"(?<=[(\[{]) ")
# Alternative texts that say nothing, and such as are in the language of a typesetter.
_EMPTY_ALTERNATIVE = compile_later(
    r"\W*(?:(?:alternative |alt )?(?:text|description)?(?: is)? ?not available|no (?:alternative |alt )?"
    r"(?:text|description)(?: available)?|image|formula|equation|math|mathml|null|none|todo)?[\s\d.]*",
    regex.IGNORECASE,
)
_TYPESETTING = compile_later(r"[\\{}^_$&]")


def alternative_of(math: etree._Element) -> str:
    """Return the alternative text of a formula if it is in words; "" if the formula itself tells more."""
    text = (math.get("alttext") or "").strip()
    return "" if _EMPTY_ALTERNATIVE.fullmatch(text) or _TYPESETTING.search(text) else text


def read_formula(math: etree._Element) -> str:
    """Return a formula as text, for any language: with the signs that its language has words for."""
    text = " ".join(_read(math, local(math)).split())[:MAX_FORMULA_CHARS]
    return str(_NO_SPACE_AFTER.sub("", _NO_SPACE_BEFORE.sub("", text)))


def _read(element: etree._Element, tag: str) -> str:
    """Return the text of an element whose bare name is `tag`."""
    if not tag or tag in _SILENT:
        return ""
    if tag in _TOKENS:
        text = "".join(element.itertext()) if len(element) else element.text or ""
        return text if text.isascii() else _INVISIBLE.sub("", text)
    parts = [*element.iterchildren("*")]
    special = _SPECIAL.get(tag)
    if special is not None:
        return special(element, [_read(part, local(part)) for part in parts])
    return _row_of(parts[:1] if tag == "semantics" else parts)


def _row_of(parts: list[etree._Element]) -> str:
    """Join parts by spaces, but the digits of a number, which some programs write one by one, without."""
    text = before = ""
    for part in parts:
        tag = local(part)
        text += ("" if before == tag == "mn" else " ") + _read(part, tag)
        before = tag
    return text


def _fraction(_: etree._Element, parts: list[str]) -> str:
    if len(parts) != 2:
        return " ".join(parts)
    over, under = (part.strip() for part in parts)
    return f"{_grouped(over)}/{_grouped(under)}"


def _grouped(text: str) -> str:
    return f"({text})" if " " in text else text


def _power(_: etree._Element, parts: list[str]) -> str:
    base, figures = "".join(parts[:1]).rstrip(), "".join(parts[1:]).replace(" ", "")
    return f"{base}{figures.translate(RAISED)}" if EXPONENT.fullmatch(figures) else f"{base} {' '.join(parts[1:])}"


def _both(_: etree._Element, parts: list[str]) -> str:
    base, below, above = (*parts, "", "", "")[:3]
    return f"{base} {below} {_power(_, ['', above])}".strip()


def _accented(_: etree._Element, parts: list[str]) -> str:
    return " ".join(part for part in parts if part.strip() not in _ACCENTS)


def _fenced(element: etree._Element, parts: list[str]) -> str:
    separator = (element.get("separators", ",").strip() or " ")[:1]
    return f"{element.get('open', '(')}{f'{separator} '.join(parts)}{element.get('close', ')')}"


def _table(_: etree._Element, rows: list[str]) -> str:
    return "; ".join(rows)


def _row(_: etree._Element, cells: list[str]) -> str:
    return ", ".join(cell for cell in cells if cell.strip())


def _root(_: etree._Element, parts: list[str]) -> str:
    return f"√ {_grouped(' '.join(parts).strip())}"


_SPECIAL: dict[str, Callable[[etree._Element, list[str]], str]] = {
    "mfrac": _fraction,
    "msup": _power,
    "msubsup": _both,
    "mover": _accented,
    "munder": _accented,
    "munderover": _accented,
    "mfenced": _fenced,
    "mtable": _table,
    "mtr": _row,
    "mlabeledtr": _row,
    "msqrt": _root,
}
