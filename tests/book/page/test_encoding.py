import pytest
from prose import PROSE

from swarm.book.page.markup import ODD, as_text, as_utf_8, encoding_of, parse


@pytest.mark.parametrize(
    ("language", "coding"),
    [
        ("pl", "cp1250"), ("pl", "iso8859_2"), ("ru", "cp1251"), ("ru", "koi8_r"), ("ru", "cp866"), ("el", "cp1253"),
        ("ja", "shift_jis"), ("ja", "euc_jp"), ("zh", "gb18030"), ("fr", "cp1252"), ("es", "cp1252"), ("pt", "cp1252"),
        ("de", "latin-1"), ("fr", "mac_roman"), ("ru", "utf-16"), ("hi", "utf-8"),
    ],
)  # fmt: skip
def test_a_text_is_decoded_whatever_its_encoding_is(language: str, coding: str) -> None:
    assert as_text(PROSE[language].encode(coding)) == PROSE[language]


@pytest.mark.parametrize(
    ("declared", "coding", "language"),
    [
        ("utf-16", "utf-8", "zh"), ("iso-8859-1", "utf-8", "fr"), ("utf-8", "cp1252", "fr"), ("utf-8", "cp1251", "ru"),
        ("windows-1252", "cp1251", "ru"), ("us-ascii", "utf-8", "ja"), ("no-such-thing", "cp1250", "pl"),
    ],
)  # fmt: skip
def test_a_wrongly_declared_encoding_is_seen_and_told(declared: str, coding: str, language: str) -> None:
    page = f"<?xml version='1.0' encoding='{declared}'?><html><body><p>{PROSE[language]}</p></body></html>"
    root = parse(page.encode(coding), "a page")
    assert "".join(root.itertext()) == PROSE[language]
    assert root.get(ODD, "").startswith(f"it says that it is in {declared}, but it is in ")


@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1252", "latin1"])
def test_one_western_encoding_for_another_is_nothing_odd(declared: str) -> None:
    page = f'<html><head><meta charset="{declared}"/></head><p>{PROSE["fr"]}</p></html>'
    text, odd = as_utf_8(page.encode("cp1252", "replace"))
    assert (PROSE["fr"] in text.decode(), odd) == (True, "")


def test_few_bytes_are_western() -> None:
    assert encoding_of("café".encode("latin-1")) == "windows-1252"
