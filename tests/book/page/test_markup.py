import pytest
from hypothesis import given
from hypothesis import strategies as st
from prose import PROSE

from swarm.book.page.input_bounds import MAX_DEPTH
from swarm.book.page.markup import as_text, local, parse, types
from swarm.errors import BookError


def said(data: bytes) -> str:
    return " ".join("".join(parse(data, "a page").itertext()).split())


def test_no_word_of_a_page_is_lost() -> None:
    for data, expected in [
        (b"<p>caf&eacute;&nbsp;&mdash;&hellip; &amp; &lt;</p>", "café —… & <"),  # entities of HTML in XML
        # What is not well-formed is read as a browser would, with what stands behind its end.
        (b"<html><head><title/></head><body><p>a & b<br>c<p>d <i/>e &eacute;</body></html>", "a & bcd e é"),
        (b"<html><body><p>one </p></body></html><p>two</p>", "one two"),
        ("<p>déjà “vu”</p>".encode("windows-1252"), "déjà “vu”"),  # an old encoding that is not declared
    ]:
        assert said(data) == expected


def test_encodings() -> None:
    for encoding in ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"]:
        declared = "utf-8" if encoding == "utf-8-sig" else encoding
        markup = f'<?xml version="1.0" encoding="{declared}"?><p>déjà vu</p>'
        assert said(markup.encode(encoding)) == "déjà vu"


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 100_000])
@pytest.mark.parametrize("opening", [b"", b"<br>"])  # the unclosed <br> is no XML
def test_deep_nesting_is_refused(depth: int, opening: bytes) -> None:
    with pytest.raises(BookError, match="a page is refused"):
        parse(
            b"<html>" + opening + b"<div>" * depth + b"x" + (b"" if opening else b"</div>" * depth + b"</html>"),
            "a page",
        )


def test_entities_that_multiply_are_refused() -> None:
    steps = b"".join(b'<!ENTITY e%d "%s">' % (n + 1, b"&e%d;" % n * 10) for n in range(9))
    with pytest.raises(BookError, match="refused"):
        parse(b'<!DOCTYPE p [<!ENTITY e0 "aaaaaaaaaa">' + steps + b"]><p>&e9;</p>", "a page")


def test_nothing_is_fetched_from_outside(tmp_path: "pytest.TempPathFactory") -> None:
    data = b'<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/hostname">]><p>hello &x;</p>'
    assert "".join(parse(data, "a page").itertext()).endswith("hello &x;")


def test_nothing_at_all_ends_in_words() -> None:
    for data in [b"", b"   ", b"\0\0"]:
        try:
            assert "".join(parse(data, "a page").itertext()).strip("\ufffd \0") == ""
        except BookError as error:
            assert "a page" in str(error)


@given(st.binary(max_size=300))
def test_any_bytes_end_in_a_tree_or_in_words(data: bytes) -> None:
    try:
        assert local(parse(data, "a page")) is not None
    except BookError as error:
        assert "a page" in str(error)


def test_types_are_read_from_both_kinds_of_markup() -> None:
    as_xml = b'<p xmlns:epub="http://www.idpf.org/2007/ops" epub:type="Chapter x" role="doc-noteref"/>'
    assert types(parse(as_xml, "a page")) == {"chapter", "x", "noteref"}
    as_html = parse(b'<p epub:type="toc">a<br>', "a page")
    assert {"toc"} in [set(types(element)) for element in as_html.iter("p")]


def test_a_text_is_decoded_whatever_its_encoding_is() -> None:
    for language, coding in [
        ("pl", "cp1250"),
        ("pl", "iso8859_2"),
        ("ru", "cp1251"),
        ("ru", "koi8_r"),
        ("ru", "cp866"),
        ("el", "cp1253"),
        ("ja", "shift_jis"),
        ("ja", "euc_jp"),
        ("zh", "gb18030"),
        ("fr", "cp1252"),
        ("es", "cp1252"),
        ("pt", "cp1252"),
        ("de", "latin-1"),
        ("fr", "mac_roman"),
        ("ru", "utf-16"),
        ("hi", "utf-8"),
    ]:
        assert as_text(PROSE[language].encode(coding)) == PROSE[language]


def test_a_wrongly_declared_encoding_is_seen() -> None:
    for declared, coding, language in [
        ("utf-16", "utf-8", "zh"),
        ("iso-8859-1", "utf-8", "fr"),
        ("utf-8", "cp1252", "fr"),
        ("utf-8", "cp1251", "ru"),
        ("windows-1252", "cp1251", "ru"),
        ("us-ascii", "utf-8", "ja"),
        ("no-such-thing", "cp1250", "pl"),
    ]:
        page = f"<?xml version='1.0' encoding='{declared}'?><html><body><p>{PROSE[language]}</p></body></html>"
        root = parse(page.encode(coding), "a page")
        assert "".join(root.itertext()) == PROSE[language]


def test_western_encodings_are_one_and_few_bytes_are_of_it() -> None:
    for declared in ["iso-8859-1", "windows-1252", "latin1"]:
        page = f'<html><head><meta charset="{declared}"/></head><p>{PROSE["fr"]}</p></html>'
        assert PROSE["fr"] in said(page.encode("cp1252", "replace")), declared
    assert as_text("café".encode("latin-1")) == "café"
