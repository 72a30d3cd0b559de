"""Finds the elements that a book's style sheets hide or put on a line of their own.

Compiles their cheap selectors, and matches them within a budget.

Style sheets are hostile input, so their cost is bounded. Sheets over a bound hide nothing: if in doubt, text is shown.
Expensive selectors (`:has()`, `:nth-child()`, `~`, deep or long ones) are ignored.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import tinycss2
from cssselect2 import ElementWrapper, Matcher, SelectorError, compile_selector_list
from lxml import etree
from msgspec import Struct
from tinycss2.ast import AtRule, Declaration, IdentToken, LiteralToken, Node, QualifiedRule

from swarm.book.page.input_bounds import (
    MAX_HIDING_RULES,
    MAX_OWN_STYLE_CHARS,
    MAX_SELECTOR_DEPTH,
    MAX_SELECTOR_TOKENS,
    MAX_SHEET_BYTES,
    MAX_SHEETS_CHARS,
    MAX_STYLE_STEPS,
)
from swarm.book.page.markup import local, words

_CHEAP_PSEUDO_CLASSES = words("root empty first-child last-child only-child not is where")


def cheap_selectors(prelude: Sequence[Node]) -> Iterator[Any]:
    """Yield the compiled selectors of a rule that are cheap to match.

    A selector without a class, id or attribute is ignored: `aside {display: none}` hides notes only for the e-readers
    that show them in a pop-up.
    """
    for tokens in _split(prelude):
        if not _is_cheap(tokens):
            continue
        try:
            compiled = compile_selector_list(tokens)
        except (SelectorError, NotImplementedError, AttributeError):  # "a|" raises AttributeError
            continue
        yield from (each for each in compiled if any(each.specificity[:2]))


def _split(prelude: Sequence[Node]) -> Iterator[list[Node]]:
    """Yield the selectors of a rule, which commas separate."""
    part: list[Node] = []
    for token in prelude:
        if isinstance(token, LiteralToken) and token.value == ",":
            yield part
            part = []
        else:
            part.append(token)
    yield part


def _is_cheap(tokens: Sequence[Node]) -> bool:
    """Return whether a selector is short and shallow, and all its tokens are cheap to match."""
    layer, count = list(tokens), 0
    for _ in range(MAX_SELECTOR_DEPTH):
        count += len(layer)
        if count > MAX_SELECTOR_TOKENS or not all(map(_is_cheap_token, [None, *layer], layer)):
            return False
        layer = [inner for token in layer for inner in _inside(token)]
        if not layer:
            return True
    return False


def _is_cheap_token(before: Node | None, token: Node) -> bool:
    if isinstance(token, LiteralToken):
        return bool(token.value != "~")
    if isinstance(before, LiteralToken) and before.value == ":":
        name = getattr(token, "lower_name", None) or getattr(token, "lower_value", "")
        return name in _CHEAP_PSEUDO_CLASSES
    return True


def _inside(token: Node) -> Sequence[Node]:
    inside: Sequence[Node] = getattr(token, "content", None) or getattr(token, "arguments", None) or ()
    return inside


class TooCostly(Exception):
    """The budget for matching a book's selectors is spent."""


class Budget:
    """The matching steps that one book has left."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def spend(self, steps: int) -> None:
        """Subtract steps. Raises TooCostly if too few are left."""
        self.steps -= steps
        if self.steps < 0:
            raise TooCostly


class BudgetedElement(ElementWrapper):  # type: ignore[misc]  # cssselect2 has no types
    """An element wrapped for matching. It charges the budget for each ancestor that is visited."""

    budget: Budget

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if self.parent is not None:
            self.budget = self.parent.budget

    @property
    def ancestors(self) -> tuple[ElementWrapper, ...]:
        """The wrapped ancestors of the element."""
        found: tuple[ElementWrapper, ...] = super().ancestors
        self.budget.spend(len(found))
        return found


class BudgetedMatcher(Matcher):  # type: ignore[misc]  # cssselect2 has no types
    """A matcher that charges the budget for each selector that it tests."""

    @staticmethod
    def add_relevant_selectors(element: BudgetedElement, selectors: Sequence[Any], found: list[Any]) -> None:
        """Add the selectors that match the element to `found`. Raises TooCostly."""
        element.budget.spend(len(selectors))
        Matcher.add_relevant_selectors(element, selectors, found)


class WrappedPage:
    """The wrapped elements of a page. Each is wrapped when it is first needed."""

    def __init__(self, root: etree._Element, budget: Budget) -> None:
        self._top: BudgetedElement = BudgetedElement.from_html_root(root)
        self._top.budget = budget
        self._children: dict[etree._Element, dict[etree._Element, BudgetedElement]] = {}

    def wrapped(self, element: etree._Element) -> BudgetedElement:
        """Return an element's wrapper; its ancestors and siblings are wrapped too."""
        above = element.getparent()
        if above is None or element is self._top.etree_element:
            return self._top
        if above not in self._children:
            children = self.wrapped(above).iter_children()
            self._children[above] = {child.etree_element: child for child in children}
        found: BudgetedElement = self._children[above][element]
        return found


BY_SHEET = "e2a-by-sheet"  # value of `hidden` where a style sheet hides an element
LINE = "e2a-line"  # attribute of an inline element that a style puts on a line of its own
INLINE = words("span a b strong i em small cite q code font label")
MAX_MEDIA_DEPTH = 4  # nested @media rules
MAX_MEDIA_TOKENS = 8  # more than the longest of _EVERY_SCREEN has

_BLOCK = words("block table list-item flex grid")
_SIDES = words("left right")
_PROPERTIES = words("display visibility float")
_EVERY_SCREEN = frozenset(("all", "screen", "all , screen", "screen , all"))

Style = dict[str, tuple[str, bool]]  # the value of each property, and whether it is `!important`


class StyleRule(Struct, frozen=True):
    """A compiled selector with the values that its rule declares for _PROPERTIES."""

    selector: Any  # a CompiledSelector of cssselect2
    style: Style


class Cascade:
    """The rules of a page's style sheets, in order."""

    def __init__(self, rules: Iterable[StyleRule], budget: Budget) -> None:
        self._budget = budget
        self._matcher = BudgetedMatcher()
        self._styles: list[Style] = []
        for rule in rules:
            self._matcher.add_selector(rule.selector, rule.style)
            self._styles.append(rule.style)

    def mark(self, root: etree._Element) -> int:
        """Set `hidden` or LINE on the elements that the sheets hide or put on a line; count the hidden words."""
        if not any(_hides(style) or _is_block(style) for style in self._styles):
            return 0
        try:
            styled = list(self._styled(root))
        except TooCostly:
            return 0
        return sum(_mark(element, style) for element, style in styled)

    def _styled(self, root: etree._Element) -> Iterator[tuple[etree._Element, Style]]:
        """Yield each element that a rule matches, with its style. Raises TooCostly."""
        page = WrappedPage(root, self._budget)
        for element in root.iter("*"):
            matches = self._matcher.match(page.wrapped(element)) if self._may_match(element) else ()
            if matches:
                yield element, _cascaded([*(style for *_, style in matches), _own_style(element)])

    def _may_match(self, element: etree._Element) -> bool:
        """Return whether the last part of any selector may match an element, because wrapping all elements is slow."""
        matcher = self._matcher
        return bool(
            matcher.other_selectors
            or matcher.lang_attr_selectors
            or matcher.namespace_selectors
            or local(element) in matcher.lower_local_name_selectors
            or element.get("id") in matcher.id_selectors
            or ((named := element.get("class")) and not matcher.class_selectors.keys().isdisjoint(named.split()))
        )


class SheetReader:
    """Reads the style sheets of one book, each once."""

    def __init__(self) -> None:
        self._chars = MAX_SHEETS_CHARS
        self._budget = Budget(MAX_STYLE_STEPS)
        self._known: dict[str, list[StyleRule]] = {}

    def read(self, sheets: Iterable[str]) -> Cascade:
        """Return the cascade of some sheets; it is empty if they are too long or have too many rules."""
        rules: list[StyleRule] = []
        for sheet in sheets:
            if sheet not in self._known:
                self._chars -= len(sheet) if _may_matter(sheet) else 0
                self._known[sheet] = list(_rules(sheet)) if self._chars >= 0 else []
            rules += self._known[sheet]
        kept = rules if len(rules) <= MAX_HIDING_RULES and self._chars >= 0 else []
        return Cascade(kept, self._budget)


def is_line(element: etree._Element) -> bool:
    """Return whether a style sheet or a style attribute puts an inline element on a line of its own."""
    if element.get(LINE) is not None:
        return True
    return local(element) in INLINE and _is_block(_own_style(element))


def show(roots: Iterable[etree._Element]) -> None:
    """Take back what `_mark` hid."""
    for element in (element for root in roots for element in root.iter("*")):
        if element.get("hidden") == BY_SHEET:
            del element.attrib["hidden"]


def _mark(element: etree._Element, style: Style) -> int:
    """Set `hidden` or LINE on an element; count the words that this hides."""
    if _hides(style):
        inside = any(step.get("hidden") for step in element.iterancestors())
        element.set("hidden", BY_SHEET)
        return 0 if inside else len("".join(element.itertext()).split())
    if _is_block(style) and local(element) in INLINE:
        element.set(LINE, "line")
    return 0


def _hides(style: Style) -> bool:
    return _value(style, "display") == "none" or _value(style, "visibility") == "hidden"


def _is_block(style: Style) -> bool:
    """Return whether a style begins a new line; a drop cap floats and does not."""
    return _value(style, "display") in _BLOCK and _value(style, "float") not in _SIDES


def _value(style: Style, name: str) -> str:
    return style[name][0] if name in style else ""


def _cascaded(styles: Iterable[Style]) -> Style:
    """Merge styles in rising order of specificity; `!important` values win."""
    found: Style = {}
    for style in styles:
        for name, (value, important) in style.items():
            if important or not found.get(name, ("", False))[1]:
                found[name] = value, important
    return found


def _own_style(element: etree._Element) -> Style:
    """Return the style of an element's style attribute."""
    own = element.get("style")
    return _declared(own) if own and _may_matter(own) else {}


def _may_matter(css: str) -> bool:
    """Return whether CSS names a property that hides or breaks lines; other CSS needs no parsing."""
    lower = css.lower()
    return "display" in lower or "visibility" in lower


@lru_cache(maxsize=256)  # converters repeat a few style attributes on thousands of elements
def _declared(css: str) -> Style:
    if len(css) > MAX_OWN_STYLE_CHARS:
        return {}
    return _style(_parsed(css))


def _parsed(css: "str | Sequence[Node]") -> Sequence[Node]:
    """Return the declarations in a block or a style attribute."""
    try:
        nodes: Sequence[Node] = tinycss2.parse_blocks_contents(css, skip_comments=True, skip_whitespace=True)
    except ValueError:  # int() refuses a number with thousands of digits
        return ()
    return nodes


def _style(nodes: Iterable[Node]) -> Style:
    declarations = (node for node in nodes if isinstance(node, Declaration) and node.lower_name in _PROPERTIES)
    return _cascaded({each.lower_name: (_first_word(each.value), each.important)} for each in declarations)


def _first_word(tokens: Iterable[Node]) -> str:
    return next((token.lower_value for token in tokens if isinstance(token, IdentToken)), "")


def _rules(sheet: str) -> Iterator[StyleRule]:
    """Yield the rules of a sheet that declare one of _PROPERTIES, at most MAX_HIDING_RULES + 1."""
    if not _may_matter(sheet):
        return
    try:
        nodes = tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True)
    except ValueError:  # int() refuses a number with thousands of digits
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
    """Yield the rules for every screen, not those for paper or for some devices."""
    for node in nodes:
        if isinstance(node, QualifiedRule):
            yield node
        elif isinstance(node, AtRule) and depth and node.content and _is_for_every_screen(node):
            inside = tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)
            yield from _shown(inside, depth - 1)


def _is_for_every_screen(rule: AtRule) -> bool:
    tokens = rule.prelude[:MAX_MEDIA_TOKENS]  # numbers among them have values that are no text
    said = (str(getattr(token, "lower_value", getattr(token, "value", ""))) for token in tokens)
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
