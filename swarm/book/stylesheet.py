"""What a book's stylesheets hide: rules that say `display: none` of a class, an id or a class of one element."""

from collections.abc import Iterable, Iterator

import regex
from lxml import etree
from msgspec import Struct

from swarm.book.limits import MAX_HIDING_RULES
from swarm.book.markup import local

_COMMENT = regex.compile(r"/\*.*?\*/", regex.DOTALL)
_AT_BLOCK = regex.compile(r"@([\w-]+[^{};]*)\{((?:[^{}]*+\{[^{}]*+\})*+[^{}]*+)\}")
_EVERY_SCREEN = frozenset(("media all", "media screen", "media all, screen", "media screen, all"))
_RULE = regex.compile(r"([^{}@;]+)\{([^{}]*)\}")
_HIDES = regex.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)\b", regex.IGNORECASE)
_SHOWS = regex.compile(r"(?:^|;)\s*display\s*:\s*(?!none)\w", regex.IGNORECASE)
_SELECTOR = regex.compile(r"([a-z][a-z0-9]*)?([.#])(-?[_\p{L}][\w-]*)", regex.IGNORECASE)


class Hidden(Struct, frozen=True):
    """Which elements are not shown: (element or "", "." or "#", name)."""

    rules: frozenset[tuple[str, str, str]] = frozenset()

    def mark(self, root: etree._Element) -> int:
        """Give what is hidden the attribute that says so; how many words that are."""
        words = 0
        for element in root.iter("*") if self.rules else ():
            names = [(".", name) for name in (element.get("class") or "").split()]
            names += [("#", element.get("id"))] if element.get("id") else []
            tag = local(element)
            if any((tag, sign, name) in self.rules or ("", sign, name) in self.rules for sign, name in names):
                inside = any(step.get("hidden") for step in element.iterancestors())
                words += 0 if inside else len("".join(element.itertext()).split())
                element.set("hidden", "hidden")
        return words


def read_stylesheets(sheets: Iterable[str]) -> Hidden:
    """What these sheets hide, in their order; a later rule may show again what an earlier one hid."""
    found: set[tuple[str, str, str]] = set()
    for sheet in sheets:
        plain = _AT_BLOCK.sub(_shown, _COMMENT.sub("", sheet))
        for selectors, body in _RULE.findall(plain):
            hides, shows = _HIDES.search(body), _SHOWS.search(body)
            if hides or shows:
                rules = {_rule(selector) for selector in selectors.split(",")} - {None}
                named = {rule for rule in rules if rule}
                found = (found | named) if hides else (found - named)
            if len(found) > MAX_HIDING_RULES:
                return Hidden()
    return Hidden(frozenset(found))


def _shown(block: "regex.Match[str]") -> str:
    """What an @-block holds, if it is for every screen; nothing if it is for paper or for some devices."""
    return block[2] if " ".join(block[1].split()).lower() in _EVERY_SCREEN else ""


def sheets_of(root: etree._Element) -> Iterator[str]:
    """The references of the sheets that a page is always shown with."""
    for link in root.iter("{*}link"):
        relation, media = (link.get("rel") or "").lower().split(), (link.get("media") or "all").lower()
        if "stylesheet" in relation and "alternate" not in relation and ("all" in media or "screen" in media):
            yield link.get("href") or ""


def _rule(selector: str) -> tuple[str, str, str] | None:
    simple = _SELECTOR.fullmatch(selector.strip())
    return ((simple[1] or "").lower(), simple[2], simple[3]) if simple else None
