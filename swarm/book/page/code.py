"""Tells code listings from other text that keeps its lines, such as verse and letters."""

import regex
from lxml import etree

from swarm.book.language.late_pattern import compile_later
from swarm.book.page.markup import local

CODE = "code listing"  # the reason to leave one out
MAX_SAMPLE_CHARS = 4_000
MAX_PROSE_LINES = 0.3  # mails and letters keep their lines too, but have more prose
MIN_PROSE_WORDS = 5  # a line of fewer words is no prose
MIN_CODE_LINES = 0.4  # this share of an unmarked listing looks like code

_CODE_CLASS = compile_later(
    r"\b(?:program-?listing|source-?code|code(?:block|-block)?|highlight|prettyprint|language-\w+|brush)\b",
    regex.IGNORECASE,
)
_CODE_NAME = compile_later(
    r"(?:^|\s)(?:program-?listing|source-?code|code(?:-?block|-?line)?)(?:\s|$)", regex.IGNORECASE
)
_WORDS = compile_later(r"(?<![\w.$/<-])\p{L}{2,}+(?![\w(=/>-])")
_CODE_LINE = compile_later(
    r"[{};]\s*$|^\s*(?:[$#>%]\s|//|/\*|</?\w[^>]{0,80}>|(?:def|class|import|from|return|var|let|const|function|if|for|while|"
    r"public|private|static|void|int|SELECT|INSERT|sudo|git|npm|pip)\b[^.]{0,80}[(:={;]?\s*$)|\w\([^)\s]{0,60}\)|[=!<>]=|->|=>|::"
)


def may_be_code(element: etree._Element, tag: str) -> bool:
    """Tell whether a block may be a listing: one that keeps its lines, or a paragraph whose class says so."""
    if tag not in ("p", "div"):
        return tag == "pre"
    name = element.get("class")
    return bool(name) and ("code" in name or "listing" in name) and bool(_CODE_NAME.search(name))


def is_code(element: etree._Element) -> bool:
    """Return whether a block that keeps its lines is a code listing, by its markup or by its lines."""
    lines = [line for line in "".join(element.itertext())[:MAX_SAMPLE_CHARS].split("\n") if line.strip()]
    if sum(1 for line in lines if _is_prose(line)) > MAX_PROSE_LINES * len(lines):
        return False
    around = (element, element.getparent(), *element.iterchildren("*"))
    if any(local(step) == "code" or _CODE_CLASS.search(step.get("class") or "") for step in around if step is not None):
        return True
    return sum(1 for line in lines if _CODE_LINE.search(line)) >= max(1, MIN_CODE_LINES * len(lines))


def _is_prose(line: str) -> bool:
    return len(_WORDS.findall(line)) >= MIN_PROSE_WORDS and not _CODE_LINE.search(line)
