"""Options without meaning and books that cannot be read: one sentence, the right exit code, nothing left behind."""

from pathlib import Path

import epub_maker
import pytest
from evidence import assert_complete, listen, only, report_of
from household import FAST, Machine

from swarm.errors import EXIT_BOOK, EXIT_ENVIRONMENT, EXIT_USAGE

DRM = (
    '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" xmlns:enc="http://www.w3.org/2001/04/xmlenc#">'
    '<enc:EncryptedData><enc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes256-cbc"/>'
    '<enc:CipherData><enc:CipherReference URI="OEBPS/c1.xhtml"/></enc:CipherData></enc:EncryptedData></encryption>'
)


def text_file(folder: Path) -> Path:
    (folder / "novel.epub").write_text("It was a dark and stormy night.")
    return folder / "novel.epub"


def empty_file(folder: Path) -> Path:
    (folder / "empty.epub").touch()
    return folder / "empty.epub"


def missing(folder: Path) -> Path:
    return folder / "nowhere.epub"


def protected(folder: Path) -> Path:
    content = b"\x13\x37" * 500  # encrypted: not XML at all
    return epub_maker.make(folder, {"c1.xhtml": content}, more={"META-INF/encryption.xml": DRM})  # type: ignore[dict-item]


BAD = [text_file, missing, protected]


@pytest.mark.parametrize("make", BAD, ids=lambda make: make.__name__)
def test_a_file_that_is_no_readable_book(here: Machine, tmp_path: Path, make) -> None:
    book = make(tmp_path)
    done = here.run("coordinate" if make is text_file else "convert", book, *FAST, "--output-dir", here.desk / "new")
    assert_refused(done, EXIT_BOOK, book.name)
    assert not list((here.home / "jobs").glob("*"))
    assert not list(here.desk.iterdir())
    if make is protected:
        assert "protected" in done.stderr or "DRM" in done.stderr


def test_one_bad_book_among_good_ones_stops_before_anything_is_spoken(
    here: Machine, small_book: Path, tmp_path: Path
) -> None:
    done = here.run("convert", small_book, text_file(tmp_path), *FAST)
    assert_refused(done, EXIT_BOOK, "novel.epub")
    assert_nothing_left(here)


def assert_nothing_left(here: Machine) -> None:
    """Check that there is no job, no sound, and no claimed name beside the user's files."""
    assert not list((here.home / "jobs").iterdir())
    assert not list((here.home / "clips").rglob("*.flac"))
    assert not list(here.desk.rglob("*.report.json"))


def test_a_command_that_fails_before_anything_is_spoken_leaves_no_job_and_keeps_one_that_was_there(
    here: Machine, small_book: Path, tmp_path: Path
) -> None:
    def fails() -> None:
        assert_refused(here.run("convert", small_book, *FAST, "--cover", "no.jpg"), EXIT_USAGE, "no.jpg")
        assert_refused(here.run("convert", small_book, *FAST, "--output-dir", "file/below"), EXIT_ENVIRONMENT, "file")

    (here.desk / "file").touch()
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['TTS'] = None\n")  # no Coqui here
    coqui = here.run("convert", small_book, "--tts-engine", "vits", "--quiet", PYTHONPATH=str(tmp_path))
    assert_refused(coqui, EXIT_ENVIRONMENT, "engines install coqui")
    fails()
    assert_nothing_left(here)
    assert here.run("convert", small_book, *FAST).returncode == 0
    job = [path.name for path in (here.home / "jobs").iterdir()]
    fails()
    assert [path.name for path in (here.home / "jobs").iterdir()] == job


def test_of_a_folder_the_books_that_can_be_read_are_made_and_the_others_named(here: Machine, small_book: Path) -> None:
    shelf = here.desk / "shelf"
    shelf.mkdir()
    (shelf / "a scan.pdf").write_bytes(b"%PDF")
    small_book.rename(shelf / "good.epub")
    bad = [text_file(shelf), empty_file(shelf)]
    for _ in range(2):  # the second time nothing is left to do
        done = here.run("convert", "--ebooks-dir", "shelf", *FAST, PATH=str(shelf))
        assert done.returncode == EXIT_BOOK
        assert all(f"left out: shelf/{path.name}" in done.stdout for path in (*bad, shelf / "a scan.pdf"))
        assert_complete(report_of(only(here.desk, "*.m4b")))
    assert "nothing is left to do" in done.stdout


def test_a_folder_without_a_book_that_can_be_read_is_refused(here: Machine) -> None:
    shelf = here.desk / "shelf"
    shelf.mkdir()
    text_file(shelf), empty_file(shelf)
    done = here.run("convert", "shelf", *FAST)
    assert done.returncode == EXIT_BOOK
    assert "shelf/novel.epub" in done.stdout
    assert "shelf/empty.epub" in done.stderr
    assert not list((here.home / "jobs").glob("*"))


@pytest.mark.parametrize(
    "words",
    [
        ["--voice", "nobody"],
        ["--chapters", "9"],
        ["--gpu", "7"],
    ],
    ids=" ".join,
)
def test_a_word_that_cannot_be_meant(here: Machine, small_book: Path, words: list[str]) -> None:
    done = here.run("convert", small_book, *words)
    code = EXIT_ENVIRONMENT if words[0] == "--gpu" else EXIT_USAGE
    assert_refused(done, code, words[-1].partition("=")[0].removeprefix("--"))
    assert not list(here.desk.iterdir())
    assert not list((here.home / "jobs").glob("*"))


def assert_refused(done, code: int, named: str) -> None:
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("e2a-swarm: ")
    assert done.stderr.count("\n") == 1, done.stderr
    assert named in done.stderr
    assert len(done.stderr) < 400


@pytest.mark.slow
def test_a_french_book_is_spoken_in_french(here: Machine, books: Path) -> None:
    done = here.run("convert", books / "vingt-mille-lieues-fr.epub", "--chapters", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "espeak speaks French robotically; better: --tts-engine" in done.stdout
    path = only(here.desk, "*.m4b")
    assert_complete(report_of(path))
    recipe = report_of(path)["recipe"]
    assert (recipe["engine"], recipe["language"]) == ("espeak", "fr")
    book = listen(path)
    assert len(book.chapters) == 1
    assert book.duration_s > 8
