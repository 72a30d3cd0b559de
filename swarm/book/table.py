"""Tables for the ear: each cell with the heading of its column, where a table has headings for all of them."""

from lxml import etree

from swarm.book.markup import local

HEADER = "e2a-header"  # the attribute that marks a cell: what its column is called
MAX_COLUMNS = 30
MIN_ROWS = 2  # of cells; a table of one row needs no headings


def mark_tables(root: etree._Element) -> None:
    """Mark the cells of plain tables, and hide the row of headings that is said with them."""
    for table in root.iter("{*}table"):
        rows = [_cells(row) for row in table.iter("{*}tr")]
        if len(rows) > MIN_ROWS and _is_plain(table, rows):
            headers = ["".join(cell.itertext()).strip().rstrip(":") for cell in rows[0]]
            for row in rows[1:]:
                for header, cell in zip(headers, row, strict=True):
                    if header and local(cell) == "td":
                        cell.set(HEADER, header)
            rows[0][0].getparent().set("hidden", "hidden")


def _cells(row: etree._Element) -> list[etree._Element]:
    return list(row.iterchildren("{*}td", "{*}th"))[: MAX_COLUMNS + 1]


def _is_plain(table: etree._Element, rows: list[list[etree._Element]]) -> bool:
    """Whether a table has one row of headings, as many cells in every row, and nothing that spans or nests."""
    columns = len(rows[0])
    if not 2 <= columns <= MAX_COLUMNS or any(len(row) != columns for row in rows):
        return False
    if any(local(cell) != "th" for cell in rows[0]) or next(table.iterdescendants("{*}table"), None) is not None:
        return False
    return not any(cell.get(key, "1") != "1" for row in rows for cell in row for key in ("colspan", "rowspan"))
