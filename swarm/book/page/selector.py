"""Compiles the cheap selectors of style sheets, and matches them within a budget.

Expensive selectors (`:has()`, `:nth-child()`, `~`, deep or long ones) are ignored.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from cssselect2 import ElementWrapper, Matcher, SelectorError, compile_selector_list
from lxml import etree
from tinycss2.ast import LiteralToken, Node

from swarm.book.page.limits import MAX_SELECTOR_DEPTH, MAX_SELECTOR_TOKENS
from swarm.book.page.markup import words

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
