"""Tells what the blocks of a document are by their elements, classes and texts: headings, lines of verse, code
listings.

Prepares tables for listening: each cell is read with its column's heading, if all columns have one.
"""

import regex
from lxml import etree
from msgspec import Struct

from swarm.book.language.pattern import compile_later
from swarm.book.page.markup import local, types, words

BLOCKS = words(
    "html body div p section article main header footer aside nav address blockquote pre figure figcaption hgroup "
    "h1 h2 h3 h4 h5 h6 ul ol dl li dt dd menu dir table caption thead tbody tfoot tr form fieldset legend details "
    "summary center dialog search"
)
MAX_HEADING_CHARS = 150
CLASS_HEADING_LEVEL = 2  # a class shows a chapter's heading, but no level
SUBTITLE_LEVEL = 9  # no chapter begins at a line under a heading

_STANZA = compile_later(r"\b(?:stanza|linegroup|line-group|strophe)\b", regex.IGNORECASE)
_HEADING_CLASS = compile_later(
    r"(?:^|\s)(?:chapter|chap|kapitel|chapitre)[-_]?(?:title|head|heading|name|number|num|no)\b", regex.IGNORECASE
)
_POEM = compile_later(r"\b(?:poem|poetry|verse|poème|gedicht|poesia|poesía)\b", regex.IGNORECASE)


def heading_level(element: etree._Element, tag: str, *, in_group: bool) -> int:
    """Return the level of the heading that a block is, 0 if it is none; `in_group` tells of a heading group."""
    if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
        return (
            SUBTITLE_LEVEL
            if in_group and local(element.getparent()) == "hgroup" and _follows_heading(element)
            else int(tag[1])
        )
    if tag in ("p", "div") and _HEADING_CLASS.search(element.get("class") or "") and _is_short(element):
        return CLASS_HEADING_LEVEL
    titles = types(element) & {"title", "subtitle", "fulltitle", "ordinal"}
    return SUBTITLE_LEVEL if tag == "p" and (in_group or titles) else 0


def is_stanza(element: etree._Element) -> bool:
    """Return whether the blocks in an element are lines of verse.

    The class tells: those of a stanza are, those of a poem are unless it has stanzas or `br` in it.
    """
    name = element.get("class") or ""
    if _STANZA.search(name):
        return True
    if not _POEM.search(name) or next(element.iter("{*}br"), None) is not None:
        return False
    return not any(_STANZA.search(below.get("class") or "") for below in element.iterdescendants("*"))


def _is_short(element: etree._Element) -> bool:
    """Return whether an element is like a heading: no blocks and little text."""
    if any(local(below) in BLOCKS for below in element.iterdescendants("*")):
        return False
    return sum(map(len, element.itertext())) <= MAX_HEADING_CHARS


def _follows_heading(element: etree._Element) -> bool:
    return any(True for _ in element.itersiblings("{*}h1", "{*}h2", "{*}h3", "{*}h4", "{*}h5", "{*}h6", preceding=True))


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


HEADER = "e2a-header"  # attribute of a cell: the name of its column
MAX_COLUMNS = 30
MAX_HEADER_CHARS = 60  # a longer heading is too long to repeat in every row
MIN_ROWS = 2  # a single row needs no headings

_SPAN = compile_later(r"\s*0*([1-9]\d{0,3})\s*")


class _Cell(Struct):
    element: etree._Element
    first: int  # first column that the cell fills
    end: int  # column after the last that the cell fills


def mark_tables(root: etree._Element) -> None:
    """Set HEADER on the cells of plain tables, and hide the rows of headings that are read with the cells."""
    for table in root.iter("{*}table"):
        rows = _grid(table)
        heads = _header_rows(table, rows)
        columns = max((cell.end for row in rows for cell in row), default=0)
        if not heads or len(rows) - heads < MIN_ROWS or not 2 <= columns <= MAX_COLUMNS:
            continue
        # A heading over all columns stays, because it is the title of the table.
        above = [row for row in rows[:heads] if row[0].end - row[0].first < columns]
        names = [_name(above, column) for column in range(columns)]
        if all(name is not None for name in names) and any(names):
            _mark(above, rows[heads:], [name or "" for name in names])


def _mark(above: list[list[_Cell]], rows: list[list[_Cell]], names: list[str]) -> None:
    for row in rows:
        for cell in row:
            own = list(dict.fromkeys(filter(None, names[cell.first : cell.end])))
            own = own if len(own) < 2 else list(dict.fromkeys(name.partition(", ")[0] for name in own))
            if own and local(cell.element) == "td" and cell.end - cell.first < len(names):
                cell.element.set(HEADER, ", ".join(own))
    for row in above:
        for cell in row:
            cell.element.set("hidden", "hidden")


def _grid(table: etree._Element) -> list[list[_Cell]]:
    """Return the rows of cells of a table, with the columns that each cell fills; none if it has a table inside."""
    if next(table.iterdescendants("{*}table"), None) is not None:
        return []
    rows: list[list[_Cell]] = []
    left: dict[int, int] = {}  # rows that a cell above still fills, by column
    for line in table.iter("{*}tr"):
        row: list[_Cell] = []
        taken = {column for column, count in left.items() if count}
        column = 0
        for element in line.iterchildren("{*}td", "{*}th"):
            while column in taken:
                column += 1
            end = column + min(_span(element, "colspan"), MAX_COLUMNS + 1)
            row.append(_Cell(element, column, end))
            column = end
            if column > MAX_COLUMNS:
                return []
        left = {column: count - 1 for column, count in left.items() if count > 1}
        for cell in row:
            below = _span(cell.element, "rowspan") - 1
            left |= dict.fromkeys(range(cell.first, cell.end), below) if below else {}
        rows += [row] if row else []
    return rows


def _span(element: etree._Element, name: str) -> int:
    found = _SPAN.fullmatch(element.get(name) or "")
    return int(found[1]) if found else 1


def _header_rows(table: etree._Element, rows: list[list[_Cell]]) -> int:
    """Count the rows of headings at the top of a table: those in `thead` or with only `th` cells."""
    count = 0
    for row in rows:
        above = row[0].element.getparent().getparent()
        if not (above is not None and local(above) == "thead") and any(local(cell.element) != "th" for cell in row):
            break
        count += 1
    return count


def _name(heads: list[list[_Cell]], column: int) -> str | None:
    """Return the joined headings of a column; None if it has no heading cell or they are too long."""
    cells = [cell for row in heads for cell in row if cell.first <= column < cell.end]
    texts = [" ".join("".join(cell.element.itertext()).split()).rstrip(":") for cell in cells]
    name = ", ".join(filter(None, texts))
    return name if cells and len(name) <= MAX_HEADER_CHARS else None
