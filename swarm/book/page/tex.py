"""Reads formulas in TeX, which some books leave in their text, like those in MathML: "$x^2$" is "x²"."""

import regex
from lxml import etree

from swarm.book.language.late_pattern import compile_later
from swarm.book.page.formula import read_formula

MAX_TEX_CHARS = 600  # a longer formula is left as it is
MAX_DEPTH = 20  # a formula with deeper braces is not converted

_ANY = rf"(.{{1,{MAX_TEX_CHARS}}}?)"
_ENVIRONMENT = r"(?:equation|align|gather|multline|eqnarray|displaymath|math)"
_FORMULA = compile_later(
    rf"\\\({_ANY}\\\)|\\\[{_ANY}\\\]|\$\${_ANY}\$\$|\\begin\{{({_ENVIRONMENT}\*?)\}}{_ANY}\\end\{{\4\}}|"
    # "$5 and $6" are sums: a formula has no space inside its signs.
    rf"(?<![\\$\p{{L}}\d])\$(?![\s$])([^$\n]{{1,{MAX_TEX_CHARS}}}?)(?<![\s\\])\$(?![\d$])",
    regex.DOTALL,
)
_SURE = compile_later(r"[\\^_{}=+<>]|^\p{L}['’]?$")  # a formula has one of these, the text between two sums hardly
_COMMAND = compile_later(r"\\(?:[a-zA-Z]+|.)|[{}$^_&]")


def read_tex(text: str) -> str:
    """Return a text with its formulas as they are said; the text itself if it has none."""
    if "\\" not in text and text.count("$") < 2:
        return text
    return _FORMULA.sub(_read, text)


def _read(match: "regex.Match[str]") -> str:
    *sure, _, environment, single = (match[1], match[2], match[3], match[4], match[5], match[6])
    tex = next(filter(None, (*sure, environment, single)))
    if single and not _SURE.search(single):
        return match[0]
    return _said(tex.strip()) or match[0]


def _said(tex: str) -> str:
    """Return the words of a formula; without its commands if it is none that the library knows."""
    from latex2mathml.converter import convert

    if _depth(tex) <= MAX_DEPTH:
        try:
            return read_formula(etree.fromstring(convert(tex).encode()))
        except Exception:  # the library has no common error for what a book may write
            pass
    return " ".join(_COMMAND.sub(" ", tex).split())


def _depth(tex: str) -> int:
    deepest = depth = 0
    for char in tex:
        depth += (char == "{") - (char == "}")
        deepest = max(deepest, depth)
    return deepest
