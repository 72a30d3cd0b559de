"""Exponents and fractions of formulas as text: "²", "1/2"."""

import regex
from lxml import etree

from swarm.book.page.markup import local

EXPONENT = regex.compile(r"[-−+]?[0-9]{1,3}")
RAISED = str.maketrans("0123456789-−+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁺")


def in_formula(element: etree._Element, tag: str) -> str | None:
    """Return the text that replaces an element of MathML; None if its own text is read."""
    if tag == "mfrac":
        parts = ["".join(part.itertext()).strip() for part in element.iterchildren("*")]
        return f" {parts[0]}/{parts[1]}" if len(parts) == 2 and all(map(str.isdecimal, parts)) else None
    above = element.getparent()
    figures = "".join(element.itertext()).strip()
    raised = above is not None and local(above) == "msup" and element.getprevious() is not None
    return figures.translate(RAISED) if raised and EXPONENT.fullmatch(figures) else None
