"""Wraps stretches of a document's text in elements with ids. Text and markup remain as they are.

A stretch that begins or ends inside inline markup, or that spans blocks, becomes several fragments.
"""

from array import array
from collections.abc import Sequence

from lxml import etree
from msgspec import Struct

from swarm.book.page.bare_text import AUDIBLE
from swarm.book.page.markup import local, words
from swarm.book.page.passage import visible_chars, visible_offsets

XHTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"
PHRASING = words(
    "a abbr acronym b bdi bdo big br cite code data del dfn em font i img ins kbd mark math q ruby rb rt rp rtc s samp "
    "small span strike strong sub sup svg time tt u var wbr"
)
WHOLE = frozenset(("math", "svg"))  # phrasing content regardless of their children
# Elements that may not have a span as a child.
CLOSED = words(
    "html head ul ol dl table thead tbody tfoot tr colgroup select optgroup option datalist textarea title script "
    "style menu dir iframe audio video canvas object template rtc hgroup"
)

Stretch = tuple[int, int]  # visible characters of a document before its start and before its end


class Fragment(Struct, frozen=True):
    """A part of a stretch that is in one element."""

    name: str  # the element's id
    visible_chars: int


class _Text(Struct):
    """A text in an element; `start` and `end` count visible characters of the document."""

    text: str
    start: int
    end: int


class _Child(Struct):
    """An element in another; `start` and `end` count visible characters of the document."""

    element: etree._Element
    start: int
    end: int
    index: int = -1  # the place among the document's elements, comments and the like
    phrasing: bool = True


_Item = _Text | _Child


def wrap(root: etree._Element, stretches: Sequence[Stretch], prefix: str) -> list[tuple[Fragment, ...]]:
    """Wrap stretches, which are in order and do not overlap; return the fragments of each.

    A stretch has no fragments where no element is allowed. An id is `prefix`, the number of the stretch and, from its
    second fragment on, "-" and the number of the fragment.
    """
    wrapper = _Wrapper(root, stretches, prefix)
    wrapper.walk(_Child(root, 0, 0, 0))
    return wrapper.finish()


def free_prefix(root: etree._Element, wanted: str) -> str:
    """Return a prefix that no id of a document begins with."""
    names = [name for element in root.iter("*") for name in (element.get("id"), element.get("name")) if name]
    while any(name.startswith(wanted) for name in names):
        wanted += "x"
    return wanted


class _Measures:
    """For each element in document order: its visible characters, its elements, and whether a span may hold it."""

    def __init__(self, root: etree._Element) -> None:
        self.lengths, self.sizes, self.phrasing = array("q"), array("q"), bytearray()
        place = 0
        open_ones: list[int] = []
        for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
            if event == "end":
                index = open_ones.pop()
                self.lengths[index] += place
                self.sizes[index] += len(self.sizes)
                if open_ones and not self.phrasing[index] and local(element.getparent()) not in WHOLE:
                    self.phrasing[open_ones[-1]] = False
            else:
                is_element = event == "start"
                self.lengths.append(-place if is_element else 0)
                self.sizes.append(-len(self.sizes) if is_element else 1)
                self.phrasing.append(not is_element or local(element) in PHRASING)
                if is_element:
                    open_ones.append(len(self.sizes) - 1)
                    place += len(visible_chars(element.text or ""))
            if event != "start" and element is not root:
                place += len(visible_chars(element.tail or ""))


class _Wrapper:
    """Wraps the stretches of one document, in a walk through its tree."""

    def __init__(self, root: etree._Element, stretches: Sequence[Stretch], prefix: str) -> None:
        self.measures = _Measures(root)
        self.stretches = stretches
        self.prefix = prefix
        self.next = 0  # the first stretch that does not end before the current element
        # For each stretch, the list has its new elements with their places.
        self.made: list[list[tuple[int, etree._Element]]] = [[] for _ in stretches]

    def walk(self, child: _Child) -> None:
        """Wrap the stretches in an element and its descendants."""
        items = self._items(child)
        if items and self._touches(items[0].start, items[-1].end):
            self._arrange(child.element, items)

    def _items(self, child: _Child) -> list[_Item]:
        """Return the texts and children of an element, in order."""
        items: list[_Item] = []
        index = child.index + 1
        place = _take_text(items, child.element.text, child.start)
        for element in child.element:
            end = place + self.measures.lengths[index]
            items.append(_Child(element, place, end, index, bool(self.measures.phrasing[index])))
            index += self.measures.sizes[index]
            place = _take_text(items, element.tail, end)
        return items

    def _touches(self, start: int, end: int) -> bool:
        """Return whether a stretch overlaps these places, which must not go backwards from call to call."""
        while self.next < len(self.stretches) and self.stretches[self.next][1] <= start:
            self.next += 1
        return self.next < len(self.stretches) and self.stretches[self.next][0] < end

    def _arrange(self, element: etree._Element, items: list[_Item]) -> None:
        """Wrap the stretches in an element's items."""
        row = _WrappedRow(element)
        for item in items:
            for part, number in self._cut(item):
                if number >= 0:
                    row.take(part, number)
                else:
                    row.pass_over(part)
                    if isinstance(part, _Child) and isinstance(part.element.tag, str):
                        self.walk(part)
        for number, place, made in row.finish():
            self.made[number].append((place, made))

    def _cut(self, item: _Item) -> list[tuple[_Item, int]]:
        """Cut an item into pieces, each with the number of the stretch that holds it wholly, or -1."""
        if item.start == item.end or not self._touches(item.start, item.end):
            return [(item, -1)]
        if isinstance(item, _Text):
            return _cut_text(item, self.stretches, self.next)
        start, end = self.stretches[self.next]
        return [(item, self.next if start <= item.start and item.end <= end and item.phrasing else -1)]

    def finish(self) -> list[tuple[Fragment, ...]]:
        """Set the ids of the new elements; unwrap those with punctuation alone if their stretch has others."""
        found = []
        for number, placed in enumerate(self.made, 1):
            elements = [element for _, element in sorted(placed, key=lambda each: each[0])]
            heard = [element for element in elements if AUDIBLE.search("".join(element.itertext()))]
            fragments = []
            for part, element in enumerate(heard or elements, 1):
                name = f"{self.prefix}{number}" if part == 1 else f"{self.prefix}{number}-{part}"
                element.set("id", name)
                fragments.append(Fragment(name, len(visible_chars("".join(element.itertext())))))
            for element in elements:
                if element.get("id") is None:
                    _unwrap(element)
            found.append(tuple(fragments))
        return found


class _WrappedRow:
    """The new content of an element, in which items wholly in a stretch are wrapped."""

    def __init__(self, element: etree._Element) -> None:
        self.element = element
        self.wrapping = _wrapping(element)
        self.content: list[_Item] = []
        self.run: list[_Item] = []  # items of the open stretch
        self.number = -1  # number of the open stretch, -1 if none is open
        self.made: list[tuple[int, int, etree._Element]] = []  # number of a stretch, place and new element

    def take(self, item: _Item, number: int) -> None:
        """Add the next item, which is in a stretch."""
        if number != self.number:
            self._close()
        self.number = number
        self.run.append(item)

    def pass_over(self, item: _Item) -> None:
        """Add the next item, which is in no stretch, unless it is white space or a picture between items of one."""
        if self.run and item.start == item.end and (isinstance(item, _Text) or item.phrasing):
            self.run.append(item)
        else:
            self._close()
            self.content.append(item)

    def finish(self) -> list[tuple[int, int, etree._Element]]:
        """Fill the element with its new content; return the new elements."""
        self._close()
        if self.made:
            _refill(self.element, self.content)
        return self.made

    def _close(self) -> None:
        """Wrap the run up to its last visible character."""
        if not self.run:
            return
        length = max(index for index, item in enumerate(self.run) if item.start < item.end) + 1
        run, rest = self.run[:length], self.run[length:]
        if self.wrapping:
            made = etree.Element(self.wrapping, nsmap={None: self.wrapping[1:].partition("}")[0]})
            _refill(made, run)
            self.made.append((self.number, run[0].start, made))
            run = [_Child(made, run[0].start, run[-1].end)]
        self.content += [*run, *rest]
        self.run, self.number = [], -1


def _take_text(items: list[_Item], text: str | None, place: int) -> int:
    if not text:
        return place
    end = place + len(visible_chars(text))
    items.append(_Text(text, place, end))
    return end


def _wrapping(element: etree._Element) -> str:
    """Return the tag of wrappers in an element; "" if none is allowed there."""
    tag = str(element.tag)
    if tag.startswith(XHTML):
        return "" if local(element) in CLOSED else f"{XHTML}span"
    return f"{SVG}tspan" if tag in (f"{SVG}text", f"{SVG}tspan") else ""


def _cut_text(item: _Text, stretches: Sequence[Stretch], number: int) -> list[tuple[_Item, int]]:
    """Cut a text into pieces in and outside stretches; white space at the ends of a stretch is outside."""
    offsets = visible_offsets(item.text)
    found: list[tuple[_Item, int]] = []
    done, place = 0, item.start
    while number < len(stretches) and stretches[number][0] < item.end:
        start, end = max(stretches[number][0], item.start), min(stretches[number][1], item.end)
        first, after = offsets[start - item.start], offsets[end - 1 - item.start] + 1
        if done < first:
            found.append((_Text(item.text[done:first], place, start), -1))
        found.append((_Text(item.text[first:after], start, end), number))
        done, place, number = after, end, number + 1
    if done < len(item.text):
        found.append((_Text(item.text[done:], place, item.end), -1))
    return found


def _refill(element: etree._Element, content: Sequence[_Item]) -> None:
    """Fill an element with content; children that it already has remain in place."""
    element.text = None
    for child in element:
        child.tail = None
    last: etree._Element | None = None
    for item in content:
        if isinstance(item, _Text):
            if last is None:
                element.text = (element.text or "") + item.text
            else:
                last.tail = (last.tail or "") + item.text
            continue
        if item.element.getparent() is not element:
            item.element.tail = None
            if last is None:
                element.insert(0, item.element)
            else:
                last.addnext(item.element)
        last = item.element


def _unwrap(element: etree._Element) -> None:
    """Replace an element by its content."""
    parent, tail = element.getparent(), element.tail or ""
    at = parent.index(element)
    children = list(element)
    element.tail = None
    parent.remove(element)
    _add_text(parent, at, element.text or "")
    for offset, child in enumerate(children):
        parent.insert(at + offset, child)
    _add_text(parent, at + len(children), tail)


def _add_text(parent: etree._Element, at: int, text: str) -> None:
    """Add text before the child at an index."""
    if at:
        parent[at - 1].tail = (parent[at - 1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text
