import os
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import epub_maker as maker
import pytest

from swarm.book.any_file import read_book
from swarm.book.package import archive
from swarm.book.package.archive import Archive, join
from swarm.errors import BookError, PageError

PAGES = {"one.xhtml": maker.page("<p>Some words.</p>")}
ENCRYPTION = (
    '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" '
    'xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData><enc:EncryptionMethod Algorithm="{how}"/>'
    '<enc:CipherData><enc:CipherReference URI="{what}"/></enc:CipherData></enc:EncryptedData></encryption>'
)


def refusal(path: Path) -> str:
    with pytest.raises(BookError) as caught:
        read_book(path)
    message = str(caught.value)
    assert str(path).replace(":/", "://") in message
    assert "\n" not in message
    return message


def test_what_is_no_epub_is_refused_with_what_to_do(tmp_path: Path) -> None:
    for name, remedy in [("LICENSE", "a text is read where its name ends in .txt"), ("a.EPUB", "fetch the file again")]:
        (tmp_path / name).write_text("Some words that no zip file begins with.")
        assert f"{name} is not an EPUB: it cannot be opened as a zip file; {remedy}" in refusal(tmp_path / name)


def test_what_is_no_epub_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "empty.epub").touch()
    maker.pack(tmp_path / "other.epub", {"word/document.xml": "<w/>"})
    for path, why in [
        (tmp_path / "gone.epub", "does not exist"),
        (Path("https://example.com/a.epub"), "https://example.com/a.epub is an address: download"),
        (tmp_path, "is a folder"),
        (tmp_path / "empty.epub", "is empty"),
        (Path(os.devnull), "device"),
        (tmp_path / "other.epub", "META-INF/container.xml"),
    ]:
        assert why in refusal(path)


def test_a_file_larger_than_any_book_is_refused_whatever_its_zip_says_of_itself(tmp_path: Path) -> None:
    book = maker.make(tmp_path, PAGES)
    with (tmp_path / "film.epub").open("wb") as film:
        film.truncate(1 << 40)
        film.seek(0, os.SEEK_END)
        film.write(book.read_bytes())
    assert "larger than 2 GiB" in refusal(tmp_path / "film.epub")


def test_a_download_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    whole = maker.make(tmp_path, PAGES).read_bytes()
    for share in (0.2, 0.5, 0.9):
        (tmp_path / "cut.epub").write_bytes(whole[: int(len(whole) * share)])
        assert "not an EPUB" in refusal(tmp_path / "cut.epub")


def test_a_damaged_entry_is_refused(tmp_path: Path) -> None:
    book = maker.make(tmp_path, {"one.xhtml": maker.page("<p>" + "Some words. " * 200 + "</p>")})
    data = bytearray(book.read_bytes())
    at = data.index(b"one.xhtml", data.index(b"content.opf") + 100) + 30
    data[at : at + 20] = b"\0" * 20
    book.write_bytes(data)
    assert "damaged" in refusal(book)


def test_papers_of_drm_or_an_encrypted_document_are_enough_to_refuse(tmp_path: Path) -> None:
    covered = ENCRYPTION.format(how="http://www.w3.org/2001/04/xmlenc#aes128-cbc", what="OEBPS/one%2Exhtml")
    for name, text in [*((lock, "<rights/>") for lock in archive.LOCKS), (archive.ENCRYPTION, covered)]:
        assert "DRM" in refusal(maker.make(tmp_path, PAGES, more={name: text})), name


def test_scrambled_fonts_lock_nothing(tmp_path: Path) -> None:
    for how, what in [
        ("http://www.idpf.org/2008/embedding", "OEBPS/one.xhtml"),
        ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "OEBPS/font.otf"),
    ]:
        more = {archive.ENCRYPTION: ENCRYPTION.format(how=how, what=what), "OEBPS/font.otf": b"font"}
        assert read_book(maker.make(tmp_path, PAGES, more=more)).chapters, how


def test_bounds_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = maker.make(tmp_path, {"one.xhtml": maker.page("<p>" + "a " * 50_000 + "</p>")})
    monkeypatch.setattr(archive, "MAX_DOCUMENT_BYTES", 20_000)
    assert "inflates beyond" in refusal(book)
    monkeypatch.setattr(archive, "MAX_INFLATED_BYTES", 10_000)
    assert "inflates beyond" in refusal(book)
    monkeypatch.setattr(archive, "MAX_FILES", 3)
    assert "more than 3 files" in refusal(book)


def test_a_file_that_hides_its_size_is_not_inflated(tmp_path: Path) -> None:
    path = maker.pack(tmp_path / "a.epub", {archive.CONTAINER: "<c/>", "a.xhtml": " " * (64 << 20)})
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, data.rindex(b"PK\x01\x02") + 24, 100)  # the size in the zip file's directory
    path.write_bytes(data)
    tracemalloc.start()
    try:
        with Archive(path) as opened, pytest.raises(PageError, match=r"a\.xhtml in it cannot be unpacked"):
            opened.read("a.xhtml")
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_what_no_epub_is_packed_by_is_not_unpacked(tmp_path: Path) -> None:
    for method in [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]:
        with zipfile.ZipFile(tmp_path / "a.epub", "w", method) as made:
            made.writestr(archive.CONTAINER, "<c/>")
        with Archive(tmp_path / "a.epub") as opened, pytest.raises(PageError, match=r"container\.xml in it is packed"):
            opened.read(archive.CONTAINER)


def test_all_documents_together_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = maker.make(tmp_path, {f"{n}.xhtml": maker.page("<p>" + "a " * 5_000 + "</p>") for n in range(20)})
    monkeypatch.setattr(archive, "MAX_READ_BYTES", 100_000)
    assert "its pages inflate beyond" in refusal(book)


def test_names_are_found_however_they_are_written(tmp_path: Path) -> None:
    path = maker.pack(tmp_path / "a.epub", {archive.CONTAINER: "<c/>", "OEBPS/Été & co.xhtml": "text"})
    with Archive(path) as opened:
        for spelling in ("OEBPS/Été & co.xhtml", "OEBPS/%C3%89t%C3%A9%20&%20co.xhtml", "oebps/x/../été & CO.xhtml"):
            assert opened.read(spelling) == b"text"
        assert opened.find_file("OEBPS/other.xhtml") is None


def test_references_stay_inside_the_archive() -> None:
    assert join("OEBPS/text", "../images/a%20b.jpg") == "OEBPS/images/a b.jpg"
    assert join("", "../../etc/passwd") == "etc/passwd"
    assert join("", "100%25%zz//./a") == "100%%zz/a"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_called_so(tmp_path: Path) -> None:
    path = maker.make(tmp_path, {"1.xhtml": maker.page("<p>x</p>")})
    path.chmod(0)
    with pytest.raises(BookError, match="cannot be read: Permission denied"):
        Archive(path)


def test_a_file_that_the_system_withholds_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = maker.make(tmp_path, {"1.xhtml": maker.page("<p>x</p>")})

    def withheld(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(zipfile, "ZipFile", withheld)
    with pytest.raises(BookError, match="cannot be read: Permission denied; give yourself the right"):
        Archive(path)


def with_many_names(path: Path, count: int, *, said: int, is_zip64: bool) -> Path:
    """Make a zip file whose directory has so many names, and whose end record says how many it has."""
    name = b"abc"
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", *[20, 0, 20, 0], *[0] * 7, len(name), *[0] * 6) + name
    size = len(entry) * count
    wide = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, size, 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, said, said, 0xFFFFFFFF if is_zip64 else size, 0, 0)
    with path.open("wb") as file:
        for _ in range(100):
            file.write(entry * (count // 100))
        file.write(wide + locator + end if is_zip64 else end)
    return path


@pytest.mark.parametrize("is_zip64", [False, True])
def test_a_zip_with_very_many_names_is_refused_before_they_fill_the_memory(tmp_path: Path, is_zip64: bool) -> None:
    path = with_many_names(tmp_path / "a.epub", 1_000_000, said=3, is_zip64=is_zip64)
    program = (
        "import sys; from pathlib import Path; from swarm.book.any_file import read_book\n"
        "from swarm.errors import BookError; from swarm.system.platform import peak_bytes\n"
        "try: read_book(Path(sys.argv[1]))\n"
        "except BookError as fault: print(peak_bytes() >> 20, fault)"
    )
    told = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True).stdout
    peak, why = told.split(" ", 1)
    assert "is refused: it holds more than 20000 files" in why
    assert int(peak) < 200  # measured: 40; 500 with an object for each name
    small = with_many_names(tmp_path / "b.epub", 25_000, said=3, is_zip64=is_zip64)
    assert "more than 20000 files" in refusal(small)
