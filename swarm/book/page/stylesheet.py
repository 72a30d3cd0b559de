"""Finds the elements that a book's style sheets hide or put on a line of their own.

Style sheets are hostile input, so their cost is bounded. Sheets over a bound hide nothing: if in doubt, text is shown.
Selectors of other things than tags, classes, ids and what is around them hide nothing, but show what others hide.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import groupby, islice
from typing import Any

import tinycss2
from cssselect2 import SelectorError
from cssselect2.parser import (
    ClassSelector,
    CombinedSelector,
    IDSelector,
    LocalNameSelector,
    PseudoClassSelector,
    parse,
)
from lxml import etree
from msgspec import Struct, structs
from tinycss2.ast import AtRule, Declaration, IdentToken, Node, QualifiedRule

from swarm.book.page.input_bounds import (
    MAX_HIDING_RULES,
    MAX_OWN_STYLE_CHARS,
    MAX_SELECTOR_CHARS,
    MAX_SHEET_BYTES,
    MAX_SHEETS_CHARS,
    MAX_STEP_CHARS,
    MAX_STYLE_STEPS,
)
from swarm.book.page.markup import local, words

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


# Other pseudo-classes are for what readers do, as :hover is.
_STANDING = words("root empty first-child last-child only-child first-of-type last-of-type only-of-type link any-link")


class SelectorPart(Struct, frozen=True):
    """A tag, "" for any, with classes and ids as ".a" and "#b", and whether it is right below the part before it."""

    tag: str
    names: frozenset[str]
    below: bool


class StyleRule(Struct, frozen=True):
    """The parts of a selector, its specificity, and the values that its rule declares for _PROPERTIES."""

    parts: tuple[SelectorPart, ...]
    weight: tuple[int, int, int]
    style: Style
    is_wide: bool = False  # its selector had more conditions


def _rules_for(tokens: Iterable[Node], style: Style) -> Iterator[StyleRule]:
    """Yield the rule of one selector; a selector that is not understood whole may still show text.

    `aside {display: none}` yields none: it hides notes only for the e-readers that show them in a pop-up.
    """
    with suppress(SelectorError, AttributeError, RecursionError):  # "a|" raises AttributeError
        text = tinycss2.serialize(tokens)
        for selector in list(parse(text)) if len(text) <= MAX_SELECTOR_CHARS else ():
            parts, is_wide = _parts(selector.parsed_tree)
            matters = not _hides(style) if is_wide else any(part.names for part in parts)
            if parts and matters and not selector.pseudo_element:
                yield StyleRule(parts, selector.specificity, style, is_wide)


def _parts(tree: Any) -> tuple[tuple[SelectorPart, ...], bool]:
    """Return the parts of a selector and whether it has more conditions; no parts if one of these never holds."""
    parts: list[SelectorPart] = []
    is_wide = is_sibling = False
    while tree is not None:
        combined = isinstance(tree, CombinedSelector)
        each, combinator, tree = (tree.right, tree.combinator, tree.left) if combined else (tree, " ", None)
        tag, names = "", set[str]()
        for simple in each.simple_selectors:
            match simple:
                case LocalNameSelector():
                    tag = simple.lower_local_name
                case ClassSelector():
                    names.add(f".{simple.class_name}")
                case IDSelector():
                    names.add(f"#{simple.ident}")
                case PseudoClassSelector() if simple.name not in _STANDING:
                    return (), True
                case _:
                    is_wide = True
        parts[:0] = [] if is_sibling else [SelectorPart(tag, frozenset(names), below=False)]
        is_sibling = combinator in ("+", "~")
        is_wide = is_wide or is_sibling
        parts[0] = structs.replace(parts[0], below=parts[0].below or combinator == ">")
    return tuple(parts), is_wide


class TooCostly(Exception):
    """The budget for matching a book's selectors is spent."""


class Budget:
    """The matching steps that one book has left."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def match(self, element: etree._Element, parts: Sequence[SelectorPart]) -> bool:
        """Tell whether a selector matches an element. Raises TooCostly."""
        self.steps -= 1 + len(element.get("class") or "") // MAX_STEP_CHARS
        if self.steps < 0:
            raise TooCostly
        part = parts[-1]
        if (part.tag and part.tag != local(element)) or not part.names <= _names(element):
            return False
        if len(parts) == 1:
            return True
        above = element.iterancestors()
        return any(self.match(step, parts[:-1]) for step in (islice(above, 1) if part.below else above))


def _names(element: etree._Element) -> frozenset[str]:
    """Return the classes and the id of an element as a selector writes them."""
    classes, name = element.get("class"), element.get("id")
    return frozenset([*(f".{word}" for word in (classes or "").split()), *([f"#{name}"] if name else ())])


class Cascade:
    """The rules of a page's style sheets, in order."""

    def __init__(self, rules: Iterable[StyleRule], budget: Budget) -> None:
        self._budget = budget
        self._matters = False
        # By a name or the tag that an element must have, since most elements have none.
        self._rules: dict[str, list[tuple[int, StyleRule]]] = defaultdict(list)
        for number, rule in enumerate(rules):
            last = rule.parts[-1]
            self._rules[min(last.names, default=last.tag)].append((number, rule))
            self._matters = self._matters or _hides(rule.style) or _is_block(rule.style)

    def mark(self, root: etree._Element) -> int:
        """Set `hidden` or LINE on the elements that the sheets hide or put on a line; count the hidden words."""
        if not self._matters:
            return 0
        try:
            styled = list(self._styled(root))
        except TooCostly:
            return 0
        return sum(_mark(element, style) for element, style in styled)

    def _styled(self, root: etree._Element) -> Iterator[tuple[etree._Element, Style]]:
        """Yield each element that a rule matches, with its style. Raises TooCostly."""
        for element in root.iter("*"):
            keys = (*_names(element), local(element), "")
            found = [
                (rule.weight, number, rule)
                for key in keys
                for number, rule in self._rules.get(key, ())
                if self._budget.match(element, rule.parts)
            ]
            if found:
                found.sort(key=lambda each: each[:2])
                rules, own = [rule for *_, rule in found], _own_style(element)
                style = _cascaded([*(rule.style for rule in rules if not rule.is_wide), own])
                yield element, _cascaded([*(rule.style for rule in rules), own]) if _hides(style) else style


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
        for _, tokens in groupby(rule.prelude, lambda token: token == ",") if style else ():
            for made in _rules_for(tokens, style):
                yield made
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
