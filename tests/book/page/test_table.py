from swarm.book.page.document import read_document
from swarm.book.page.markup import parse


def texts(table: str) -> list[str]:
    page = f'<html xmlns="http://www.w3.org/1999/xhtml"><body><table>{table}</table></body></html>'
    return [passage.text for passage in read_document(parse(page.encode(), "a page"), set()).passages]


HEAD = "<thead><tr><th>Ship</th><th>Year:</th></tr></thead>"
ROWS = "<tr><td>Pequod</td><td>1841</td></tr><tr><td><p>Rachel</p></td><td></td></tr>"


def test_each_cell_is_said_with_the_heading_of_its_column() -> None:
    assert texts(HEAD + ROWS) == ["Ship: Pequod\nYear: 1841", "Ship: Rachel"]


def test_headings_reach_over_the_cells_that_they_span() -> None:
    for table, expected in [
        (
            HEAD + ROWS + "<tr><td colspan='2'>all lost</td></tr>",
            ["Ship: Pequod\nYear: 1841", "Ship: Rachel", "all lost"],
        ),
        (
            "<thead><tr><td>Ship</td><td>Port</td></tr></thead><tr><td rowspan='2'>Pequod</td><td>Nantucket</td></tr>"
            "<tr><td>Bedford</td></tr>",
            ["Ship: Pequod\nPort: Nantucket", "Port: Bedford"],
        ),
        (
            "<tr><th colspan='3'>Whalers</th></tr><tr><th rowspan='2'>Ship</th><th colspan='2'>Year</th></tr>"
            "<tr><th>in</th><th>out</th></tr><tr><th>Pequod</th><td>1</td><td>2</td></tr>"
            "<tr><th>Rachel</th><td colspan='2'>3</td></tr>",
            ["Whalers", "Pequod\nYear, in: 1\nYear, out: 2", "Rachel\nYear: 3"],
        ),
    ]:
        assert texts(table) == expected


def test_spans_without_end_cost_nothing() -> None:
    wide = "<tr><td colspan='9999' rowspan='9999'>a</td><td rowspan='99999999999'>b</td></tr>"
    assert texts(wide + ROWS)[0] == "a\nb"


def test_other_tables_are_read_as_they_stand() -> None:
    for table, expected in [
        (ROWS, ["Pequod\n1841", "Rachel"]),
        (HEAD + "<tr><td>Pequod</td><td>1841</td></tr>", ["Ship\nYear:", "Pequod\n1841"]),
        (HEAD.replace("Ship", "Ship " * 20) + ROWS, [f"{('Ship ' * 20).strip()}\nYear:", "Pequod\n1841", "Rachel"]),
        (HEAD + ROWS + "<tr><td>a</td><td>b</td><td>c</td></tr>", ["Ship\nYear:", "Pequod\n1841", "Rachel", "a\nb\nc"]),
        (HEAD + ROWS.replace("1841", "<table><tr><td>x</td></tr></table>"), ["Ship\nYear:", "Pequod", "x", "Rachel"]),
        ("<tr><th>a</th><td>b</td></tr>" * 3, ["a\nb"] * 3),
    ]:
        assert texts(table) == expected
