"""Prepares tables for listening: each cell is read with its column's heading, if all columns have one."""

from lxml import etree
from msgspec import Struct

from swarm.book.language.late_pattern import compile_later
from swarm.book.page.markup import local

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
