"""What a book's stylesheets hide, or set on a line of its own: rules of classes and ids, by the cascade of CSS."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import regex
from lxml import etree
from msgspec import Struct

from swarm.book.page.limits import MAX_HIDING_RULES, MAX_SHEET_BYTES
from swarm.book.page.markup import local, words

LINE = "e2a-line"  # the attribute that marks what stands on a line of its own though it is no block by its name
INLINE = words("span a b strong i em small cite q code font label")
MAX_STEPS = 6  # of a selector: ".book .part p"

_COMMENT = regex.compile(r"/\*.*?\*/", regex.DOTALL)
_AT_BLOCK = regex.compile(r"@([\w-]+[^{};]*)\{((?:[^{}]*+\{[^{}]*+\})*+[^{}]*+)\}")
_EVERY_SCREEN = frozenset(("media all", "media screen", "media all, screen", "media screen, all"))
_RULE = regex.compile(r"([^{}@;]+)\{([^{}]*)\}")
_HIDES = regex.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)\b\s*(!\s*important)?", regex.IGNORECASE
)
_SHOWS = regex.compile(
    r"(?:^|;)\s*(?:display\s*:\s*(?!none)[\w-]+|visibility\s*:\s*visible)\s*(!\s*important)?", regex.IGNORECASE
)
_BLOCK = regex.compile(r"(?:^|;)\s*display\s*:\s*(?:block|table|list-item|flex|grid)\b", regex.IGNORECASE)
_FLOATS = regex.compile(r"(?:^|;)\s*float\s*:\s*(?:left|right)", regex.IGNORECASE)  # a drop cap is no line
_STEP = regex.compile(r"([a-z][a-z0-9]*|\*)?((?:[.#]-?[_\p{L}][\w-]*)*)", regex.IGNORECASE)
_NAME = regex.compile(r"([.#])([^.#]+)")


class Step(Struct, frozen=True):
    """One element of a selector."""

    tag: str  # empty: any
    classes: frozenset[str]
    name: str  # the id, empty: any
    child: bool = False  # of what the step before it means, not just somewhere in it

    def fits(self, element: etree._Element) -> bool:
        """Whether an element is such a one."""
        if (self.tag and local(element) != self.tag) or (self.name and element.get("id") != self.name):
            return False
        return self.classes <= set((element.get("class") or "").split())


class StyleRule(Struct, frozen=True):
    """What a selector does to the elements that it means."""

    steps: tuple[Step, ...]
    hides: bool
    block: bool
    weight: tuple[bool, int, int, int, int]  # important, ids, classes, elements, place

    def fits(self, element: etree._Element) -> bool:
        """Whether it means an element; in doubt it does not."""
        *above, last = self.steps
        child = last.child
        if not last.fits(element):
            return False
        place: etree._Element | None = element
        for step in reversed(above):
            place = place.getparent() if place is not None else None
            while place is not None and not child and not step.fits(place):
                place = place.getparent()
            if place is None or not step.fits(place):
                return False
            child = step.child
        return True


class Hidden(Struct, frozen=True):
    """The rules by their selectors."""

    rules: dict[str, StyleRule]

    def hiding(self) -> set[str]:
        """The selectors that hide."""
        return {selector for selector, rule in self.rules.items() if rule.hides}

    def mark(self, root: etree._Element) -> int:
        """Give what is hidden, and what is a line, the attribute that says so; how many words are hidden."""
        known: dict[str, list[StyleRule]] = defaultdict(list)
        for rule in self.rules.values() if any(rule.hides or rule.block for rule in self.rules.values()) else ():
            known[_key(rule.steps[-1])].append(rule)
        words = 0
        for element in root.iter("*") if known else ():
            strongest = _strongest(element, known)
            if strongest and strongest.hides:
                inside = any(step.get("hidden") for step in element.iterancestors())
                words += 0 if inside else len("".join(element.itertext()).split())
                element.set("hidden", "hidden")
            elif strongest and strongest.block and local(element) in INLINE:
                element.set(LINE, "line")
        return words


def is_line(element: etree._Element) -> bool:
    """Whether an element stands on a line of its own though it is no block by its name."""
    own = element.get("style")
    return element.get(LINE) is not None or bool(
        own and local(element) in INLINE and _BLOCK.search(own) and not _FLOATS.search(own)
    )


def _key(step: Step) -> str:
    return f".{min(step.classes)}" if step.classes else f"#{step.name}" if step.name else step.tag


def _strongest(element: etree._Element, known: dict[str, list[StyleRule]]) -> StyleRule | None:
    names = [f".{name}" for name in (element.get("class") or "").split()]
    names += [f"#{element.get('id')}"] if element.get("id") else []
    fitting = [rule for name in (*names, local(element)) for rule in known.get(name, ()) if rule.fits(element)]
    return max(fitting, key=lambda rule: rule.weight) if fitting else None


def read_stylesheets(sheets: Iterable[str]) -> Hidden:
    """What these sheets hide, in their order; a rule of more weight, or a later one, may show it again."""
    found: dict[str, StyleRule] = {}
    for sheet in sheets:
        plain = _AT_BLOCK.sub(_shown, _COMMENT.sub("", sheet))
        for selectors, body in _RULE.findall(plain):
            says = _HIDES.search(body) or _SHOWS.search(body)
            if says is None:
                continue
            block = bool(_BLOCK.search(body)) and not _FLOATS.search(body)
            for selector in selectors.split(","):
                _take(found, selector, says, block=block)
            if len(found) > MAX_HIDING_RULES:
                return Hidden({})
    return Hidden(found)


def _take(found: dict[str, StyleRule], selector: str, says: "regex.Match[str]", *, block: bool) -> None:
    steps = _steps(selector)
    if steps:
        counts = [sum(map(bool, parts)) for parts in zip(*((s.name, s.classes, s.tag) for s in steps), strict=True)]
        weight = (says[1] is not None, counts[0], sum(len(step.classes) for step in steps), counts[2], len(found))
        selector = " ".join(selector.split())
        before = found.pop(selector, None)
        if before is None or before.weight[0] <= weight[0]:
            found[selector] = StyleRule(steps, says.re is _HIDES, block, weight)
        else:
            found[selector] = before


def _steps(selector: str) -> tuple[Step, ...]:
    """A selector's steps; none where it is of another kind, or names no class and no id at all."""
    parts = regex.sub(r"\s*>\s*", " >", selector.strip()).split(" ")
    steps = [_step(part) for part in parts if part][: MAX_STEPS + 1]
    known = tuple(step for step in steps if step is not None)
    if len(known) < len(steps) or len(known) > MAX_STEPS or not any(step.classes or step.name for step in known):
        return ()
    return known


def _step(text: str) -> Step | None:
    match = _STEP.fullmatch(text.removeprefix(">"))
    if match is None or not match[0]:
        return None
    names = _NAME.findall(match[2])
    classes = frozenset(name for sign, name in names if sign == ".")
    name = next((name for sign, name in names if sign == "#"), "")
    return Step((match[1] or "").lower().replace("*", ""), classes, name, text.startswith(">"))


def _shown(block: "regex.Match[str]") -> str:
    """What an @-block holds, if it is for every screen; nothing if it is for paper or for some devices."""
    return block[2] if " ".join(block[1].split()).lower() in _EVERY_SCREEN else ""


def sheets_of(root: etree._Element) -> Iterator[tuple[str, str]]:
    """The sheets that a page is always shown with, in order: ("link", reference) or ("style", text)."""
    for element in root.iter("{*}link", "{*}style"):
        media, tag = (element.get("media") or "all").lower(), local(element)
        if "all" not in media and "screen" not in media:
            continue
        relation = (element.get("rel") or "").lower().split()
        if tag == "style":
            yield "style", (element.text or "")[:MAX_SHEET_BYTES]
        elif "stylesheet" in relation and "alternate" not in relation:
            yield "link", element.get("href") or ""
