import pytest

from swarm.book.markup import parse
from swarm.book.text import read_document


def texts(table: str) -> list[str]:
    page = f'<html xmlns="http://www.w3.org/1999/xhtml"><body><table>{table}</table></body></html>'
    return [passage.text for passage in read_document(parse(page.encode(), "a page"), set()).passages]


HEAD = "<thead><tr><th>Ship</th><th>Year:</th></tr></thead>"
ROWS = "<tr><td>Pequod</td><td>1841</td></tr><tr><td><p>Rachel</p></td><td></td></tr>"


def test_each_cell_is_said_with_the_heading_of_its_column() -> None:
    assert texts(HEAD + ROWS) == ["Ship: Pequod\nYear: 1841", "Ship: Rachel"]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (ROWS, ["Pequod\n1841", "Rachel"]),
        (HEAD + "<tr><td>Pequod</td><td>1841</td></tr>", ["Ship\nYear:", "Pequod\n1841"]),
        (HEAD + ROWS + "<tr><td colspan='2'>all lost</td></tr>", ["Ship\nYear:", "Pequod\n1841", "Rachel", "all lost"]),
        ("<tr><th>a</th><td>b</td></tr>" * 3, ["a\nb"] * 3),
    ],
)
def test_other_tables_are_read_as_they_stand(table: str, expected: list[str]) -> None:
    assert texts(table) == expected
