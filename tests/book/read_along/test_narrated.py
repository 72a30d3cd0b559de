import zipfile
from pathlib import Path

from epub_maker import CONTAINER, METADATA, make, nav, ncx, opf, pack, page
from lxml import etree

from swarm.book.any_file import read_book
from swarm.book.read_along.narrated import NarratedChapter, Narration, narrate
from swarm.book.read_along.spot import find_spots
from swarm.book.speech.script import make_script
from swarm.voice.host.registry import find_card

PAGES = {"a.xhtml": page("<h1>One</h1><p>It <i>rained</i>. We left.</p>"), "b.xhtml": page("<h1>Two</h1><p>Sun.</p>")}


def narrated(book: Path) -> tuple[zipfile.ZipFile, tuple[str, ...]]:
    """Make a read-along book with a second of sound for each segment. The sound files are dummies of a few bytes."""
    script = make_script(read_book(book), find_card("metronome"), "en")
    spots = list(find_spots(script))
    sound = book.with_name("sound")
    sound.write_bytes(b"a stand-in for sound")
    spoken = [
        NarratedChapter(
            f"chapter-{number}.m4a",
            sound,
            float(len(chapter.segments)),
            tuple((float(spot.first), spot) for spot in spots if spot.chapter == number),
        )
        for number, chapter in enumerate(script)
    ]
    path = book.with_name("made.epub")
    with zipfile.ZipFile(path, "w") as made:
        _, notes = narrate(book, made, Narration(spoken, "audio/mp4", "Voice", "2026-01-01T00:00:00Z"))
    return zipfile.ZipFile(path), notes


def test_what_has_no_words_is_carried_byte_for_byte(tmp_path: Path) -> None:
    more: dict[str, str | bytes] = {"OEBPS/pic.jpg": bytes(range(256)) * 99, "OEBPS/odd name é.css": "p {}"}
    made, notes = narrated(make(tmp_path, PAGES, contents=nav(("a.xhtml", "One"), ("b.xhtml", "Two")), more=more))
    assert {name: made.read(name) for name in more} == {
        name: data if isinstance(data, bytes) else data.encode() for name, data in more.items()
    }
    assert made.read("OEBPS/nav.xhtml").decode() == nav(("a.xhtml", "One"), ("b.xhtml", "Two"))
    assert notes == ()


def test_a_signature_of_files_that_are_changed_is_not_carried(tmp_path: Path) -> None:
    made, _ = narrated(make(tmp_path, PAGES, more={"META-INF/signatures.xml": "<signatures/>"}))
    assert "META-INF/signatures.xml" not in made.namelist()


def test_a_file_that_cannot_be_unpacked_is_left_out_and_named(tmp_path: Path) -> None:
    book = make(tmp_path, PAGES, more={"OEBPS/pic.jpg": b"MARK" * 50})
    with zipfile.ZipFile(book, "a") as archive:
        archive.writestr("OEBPS/stored.jpg", b"STORED-PICTURE")
    book.write_bytes(book.read_bytes().replace(b"STORED-PICTURE", b"DAMAGED-PICTUR"))
    made, notes = narrated(book)
    assert "OEBPS/stored.jpg" not in made.namelist()
    assert len(notes) == 1
    assert notes[0].startswith("OEBPS/stored.jpg is left out")


def test_a_page_whose_markup_is_damaged_is_carried_as_it_is_and_named(tmp_path: Path) -> None:
    broken = PAGES["b.xhtml"].replace("</p>", "</b>")
    made, notes = narrated(make(tmp_path, {**PAGES, "b.xhtml": broken}))
    assert made.read("OEBPS/b.xhtml").decode() == broken
    assert any(note.startswith("OEBPS/b.xhtml is carried as it is") for note in notes)


def test_nothing_is_written_outside_the_book_whatever_its_files_are_called(tmp_path: Path) -> None:
    made, _ = narrated(make(tmp_path, PAGES, more={"../../evil.txt": "x", "/abs.txt": "y", "a\\b.txt": "z"}))
    names = made.namelist()
    assert {"evil.txt", "abs.txt", "a/b.txt"} <= set(names)
    assert not [name for name in names if name.startswith("/") or ".." in name or "\\" in name]


def test_new_files_take_the_place_of_none(tmp_path: Path) -> None:
    more = {"OEBPS/read-along/active.css": "theirs", "OEBPS/Read-Along-/x": "theirs"}
    made, _ = narrated(make(tmp_path, PAGES, more=more))
    assert made.read("OEBPS/read-along/active.css") == b"theirs"
    assert "OEBPS/read-along--/active.css" in made.namelist()


def test_a_book_with_a_narration_of_its_own_gets_the_new_one(tmp_path: Path) -> None:
    manifest = '<item id="old" href="old.smil" media-type="application/smil+xml"/>'
    made, _ = narrated(make(tmp_path, PAGES, manifest=manifest, more={"OEBPS/old.smil": "<smil/>"}))
    assert "OEBPS/old.smil" not in made.namelist()
    package = etree.fromstring(made.read("OEBPS/content.opf"))
    overlays = [item.get("href") for item in package.iter("{*}item") if item.get("href").endswith(".smil")]
    assert overlays == ["read-along/document-0001.smil", "read-along/document-0002.smil"]


def test_an_older_book_gets_a_nav_document_of_its_ncx(tmp_path: Path) -> None:
    package = opf(PAGES, metadata=METADATA, toc="ncx").replace('version="3.0"', 'version="2.0"')
    guide = '<guide><reference type="text" title="Begin" href="a.xhtml"/></guide>'
    package = package.replace("</package>", f"{guide}</package>")
    files: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/content.opf": package,
    }
    files |= {f"OEBPS/{name}": text for name, text in PAGES.items()}
    files["OEBPS/toc.ncx"] = ncx(("a.xhtml", "One &amp; only"), ("b.xhtml#x", "Two"))
    made, _ = narrated(pack(tmp_path / "old.epub", files))
    root = etree.fromstring(made.read("OEBPS/read-along/nav.xhtml"))
    assert [(link.text, link.get("href")) for link in root.iter("{*}a")] == [
        ("One & only", "../a.xhtml"),
        ("Two", "../b.xhtml#x"),
        ("Begin", "../a.xhtml"),
    ]


def test_sound_that_belongs_nowhere_is_left_out_and_named(tmp_path: Path) -> None:
    broken = PAGES["b.xhtml"].replace("</p>", "</b>")
    made, notes = narrated(make(tmp_path, {**PAGES, "b.xhtml": broken}))
    assert "OEBPS/read-along/chapter-1.m4a" not in made.namelist()
    assert any(note.startswith("chapter-1.m4a is left out") for note in notes)


def test_pages_that_are_drawings_have_their_words_marked(tmp_path: Path) -> None:
    drawing = (
        '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title>Not read</title>'
        '<text x="1">It rained. We left.</text></svg>'
    )
    manifest = '<item id="d" href="d.svg" media-type="image/svg+xml"/>'
    more: dict[str, str | bytes] = {"OEBPS/d.svg": drawing}
    made, _ = narrated(make(tmp_path, {}, manifest=manifest, spine='<itemref idref="d"/>', more=more))
    page = made.read("OEBPS/d.svg").decode()
    assert '<text x="1"><tspan id="s-1">It rained.</tspan> <tspan id="s-2">We left.</tspan></text>' in page
    assert "-epub-media-overlay-active" in page
    assert "DOCTYPE" not in page
    assert "d.svg#s-2" in made.read("OEBPS/read-along/document-0001.smil").decode()
