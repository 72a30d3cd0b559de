"""Finds what a book's style sheets hide, or set on a line of its own, by the selectors and the cascade of CSS.

A sheet is hostile input: the cost of one book's sheets is bounded, and beyond that they hide nothing. In doubt text is
shown.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import tinycss2
from lxml import etree
from msgspec import Struct
from tinycss2.ast import AtRule, Declaration, IdentToken, Node, QualifiedRule

from swarm.book.page.limits import (
    MAX_HIDING_RULES,
    MAX_OWN_STYLE_CHARS,
    MAX_SHEET_BYTES,
    MAX_SHEETS_CHARS,
    MAX_STYLE_STEPS,
)
from swarm.book.page.markup import local, words
from swarm.book.page.selector import Budget, BudgetedMatcher, TooCostly, WrappedPage, cheap_selectors

LINE = "e2a-line"  # the attribute that marks an inline element which a style sets on a line of its own
INLINE = words("span a b strong i em small cite q code font label")
MAX_MEDIA_DEPTH = 4  # of @media in @media

_BLOCK = words("block table list-item flex grid")
_SIDES = words("left right")
_PROPERTIES = words("display visibility float")
_EVERY_SCREEN = frozenset(("all", "screen", "all , screen", "screen , all"))

Style = dict[str, tuple[str, bool]]  # a property's value, and whether it is important


class StyleRule(Struct, frozen=True):
    """A compiled selector, and what it declares of the properties that are looked at."""

    selector: Any  # cssselect2's
    style: Style


class Cascade:
    """The style sheets of a page, in their order."""

    def __init__(self, rules: Iterable[StyleRule], budget: Budget) -> None:
        self._budget = budget
        self._matcher = BudgetedMatcher()
        self._styles: list[Style] = []
        for rule in rules:
            self._matcher.add_selector(rule.selector, rule.style)
            self._styles.append(rule.style)

    def mark(self, root: etree._Element) -> int:
        """Set the attributes that say what is hidden and what is a line; return how many words are hidden."""
        if not any(_hides(style) or _is_block(style) for style in self._styles):
            return 0
        try:
            styled = list(self._styled(root))
        except TooCostly:
            return 0
        return sum(_mark(element, style) for element, style in styled)

    def _styled(self, root: etree._Element) -> Iterator[tuple[etree._Element, Style]]:
        """Yield the elements that a sheet says something of, each with its style. Raises TooCostly."""
        page = WrappedPage(root, self._budget)
        for element in root.iter("*"):
            matches = self._matcher.match(page.wrapped(element)) if self._may_match(element) else ()
            if matches:
                yield element, _cascaded([*(style for *_, style in matches), _own_style(element)])

    def _may_match(self, element: etree._Element) -> bool:
        """Return whether any selector ends in what an element is: few elements are worth wrapping."""
        matcher = self._matcher
        return bool(
            matcher.other_selectors
            or matcher.lang_attr_selectors
            or matcher.namespace_selectors
            or element.get("id") in matcher.id_selectors
            or local(element) in matcher.lower_local_name_selectors
            or not matcher.class_selectors.keys().isdisjoint((element.get("class") or "").split())
        )


class SheetReader:
    """Reads the style sheets of one book, each of them once."""

    def __init__(self) -> None:
        self._chars = MAX_SHEETS_CHARS
        self._budget = Budget(MAX_STYLE_STEPS)
        self._known: dict[str, list[StyleRule]] = {}

    def read(self, sheets: Iterable[str]) -> Cascade:
        """Return what these sheets say together; nothing at all where they are too long or have too many rules."""
        rules: list[StyleRule] = []
        for sheet in sheets:
            if sheet not in self._known:
                self._chars -= len(sheet) if _may_matter(sheet) else 0
                self._known[sheet] = list(_rules(sheet)) if self._chars >= 0 else []
            rules += self._known[sheet]
        kept = rules if len(rules) <= MAX_HIDING_RULES and self._chars >= 0 else []
        return Cascade(kept, self._budget)


def is_line(element: etree._Element) -> bool:
    """Return whether an inline element stands on a line of its own, by a sheet or by its own style."""
    if element.get(LINE) is not None:
        return True
    return local(element) in INLINE and _is_block(_own_style(element))


def _mark(element: etree._Element, style: Style) -> int:
    """Set an element's attribute; return how many words it newly hides."""
    if _hides(style):
        inside = any(step.get("hidden") for step in element.iterancestors())
        element.set("hidden", "hidden")
        return 0 if inside else len("".join(element.itertext()).split())
    if _is_block(style) and local(element) in INLINE:
        element.set(LINE, "line")
    return 0


def _hides(style: Style) -> bool:
    return _value(style, "display") == "none" or _value(style, "visibility") == "hidden"


def _is_block(style: Style) -> bool:
    """Return whether a style begins a line; a drop cap, which floats, does not."""
    return _value(style, "display") in _BLOCK and _value(style, "float") not in _SIDES


def _value(style: Style, name: str) -> str:
    return style[name][0] if name in style else ""


def _cascaded(styles: Iterable[Style]) -> Style:
    """Return the style that wins, of styles in rising order of weight: important values beat all others."""
    found: Style = {}
    for style in styles:
        for name, (value, important) in style.items():
            if important or not found.get(name, ("", False))[1]:
                found[name] = value, important
    return found


def _own_style(element: etree._Element) -> Style:
    """Return what an element's style attribute says."""
    own = element.get("style")
    return _declared(own) if own and _may_matter(own) else {}


def _may_matter(css: str) -> bool:
    """Return whether CSS can say anything of what is hidden or a line: most sheets do not and need no parser."""
    lower = css.lower()
    return "display" in lower or "visibility" in lower


@lru_cache(maxsize=256)  # converters write the same few on thousands of elements
def _declared(css: str) -> Style:
    if len(css) > MAX_OWN_STYLE_CHARS:
        return {}
    return _style(_parsed(css))


def _parsed(css: "str | Sequence[Node]") -> Sequence[Node]:
    """Return the declarations in a block or a style attribute."""
    try:
        nodes: Sequence[Node] = tinycss2.parse_blocks_contents(css, skip_comments=True, skip_whitespace=True)
    except ValueError:  # a number of thousands of digits
        return ()
    return nodes


def _style(nodes: Iterable[Node]) -> Style:
    declarations = (node for node in nodes if isinstance(node, Declaration) and node.lower_name in _PROPERTIES)
    return _cascaded({each.lower_name: (_first_word(each.value), each.important)} for each in declarations)


def _first_word(tokens: Iterable[Node]) -> str:
    return next((token.lower_value for token in tokens if isinstance(token, IdentToken)), "")


def _rules(sheet: str) -> Iterator[StyleRule]:
    """Yield the rules of a sheet that say something of what is hidden or a line; one more than the most at the most."""
    if not _may_matter(sheet):
        return
    try:
        nodes = tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True)
    except ValueError:  # a number of thousands of digits
        return
    count = 0
    for rule in _shown(nodes, MAX_MEDIA_DEPTH):
        style = _style(_parsed(rule.content))
        for selector in cheap_selectors(rule.prelude) if style else ():
            yield StyleRule(selector, style)
            count += 1
            if count > MAX_HIDING_RULES:
                return


def _shown(nodes: Iterable[Node], depth: int) -> Iterator[QualifiedRule]:
    """Yield the rules for every screen: those for paper or for some devices do not count."""
    for node in nodes:
        if isinstance(node, QualifiedRule):
            yield node
        elif isinstance(node, AtRule) and depth and node.content and _is_for_every_screen(node):
            inside = tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)
            yield from _shown(inside, depth - 1)


def _is_for_every_screen(rule: AtRule) -> bool:
    said = (getattr(token, "lower_value", getattr(token, "value", "")) for token in rule.prelude[:8])
    return rule.lower_at_keyword == "media" and " ".join(filter(str.strip, said)) in _EVERY_SCREEN


def sheets_of(root: etree._Element) -> Iterator[tuple[str, str]]:
    """Yield the sheets that a page is always shown with, in order: ("link", reference) or ("style", text)."""
    for element in root.iter("{*}link", "{*}style"):
        media, tag = (element.get("media") or "all").lower(), local(element)
        if "all" not in media and "screen" not in media:
            continue
        relation = (element.get("rel") or "").lower().split()
        if tag == "style":
            yield "style", (element.text or "")[:MAX_SHEET_BYTES]
        elif "stylesheet" in relation and "alternate" not in relation:
            yield "link", element.get("href") or ""
