"""Lines that a peer causes are shown within bounds."""

import io
import os
from pathlib import Path

import pytest

from swarm.watch.progress import make_progress
from swarm.watch.terminal import LineRateLimiter, Priority, cells, folded, is_journal, marked

LONG = "--chapters 99: this book has 12 chapters; `e2a-swarm inspect BOOK` lists them"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")


def test_a_line_breaks_between_words_on_a_terminal_and_nowhere_else() -> None:
    parts = folded(LONG, Terminal()).split("\n")
    assert len(parts) > 1
    assert max(map(len, parts)) <= 30
    assert " ".join(parts) == LONG
    assert folded(LONG, io.StringIO()) == LONG


def test_what_goes_on_stays_indented_and_what_fits_stays_as_it_is() -> None:
    assert folded("  once two three four five six seven", Terminal()) == "  once two three four five six\n  seven"
    for line in ("", "  a  b", "word" * 20, "two\nlines"):
        assert folded(line, Terminal()) == line


def test_a_line_that_names_a_file_stays_in_one_piece() -> None:
    line = f"{os.sep}books{os.sep}A Book With Spaces.epub: this is no book that can be read"
    assert folded(line, Terminal()) == line


def test_a_terminal_that_does_not_know_its_size_has_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS")
    assert max(map(len, folded("word " * 60, Terminal()).split("\n"))) in range(75, 81)


def test_lines_for_people_are_broken_and_those_for_programs_are_not() -> None:
    for mode in ["plain", "quiet"]:
        shown, told = Terminal(), Terminal()
        make_progress(mode, shown).end_progress(LONG)  # type: ignore[arg-type]
        assert max(map(len, shown.getvalue().splitlines())) <= 30, mode
        make_progress("json", told).end_progress(LONG)
        assert len(told.getvalue().splitlines()) == 1, mode


def test_a_terminal_that_was_closed_stops_nothing() -> None:
    """Check that no call raises, though all writes to a closed stream do."""
    stream = Terminal()
    progress = make_progress("plain", stream)
    stream.close()
    with pytest.raises(ValueError, match="closed"):
        stream.write("anything")
    progress.note(LONG)


def test_letters_that_take_two_columns_are_counted_as_two() -> None:
    parts = folded("他们 " * 20, Terminal()).split("\n")
    assert len(parts[0]) < 30
    assert max(map(cells, parts)) <= 30


def test_a_slash_alone_makes_no_path() -> None:
    for line in ["24 kbit/s and/or more, as https://a.example/b has it", "one, two/three and four, and so on"]:
        assert "\n" in folded(line, Terminal())


def test_paths_and_commands_stay_whole_to_be_copied() -> None:
    for line in ["cannot read ~/Books/A Book.epub: damaged", "  e2a-swarm join a-very-long-code"]:
        assert folded(line, Terminal()) == line


def test_what_follows_a_break_hangs_where_a_list_wants_it() -> None:
    assert folded("ok    one two three four five six", Terminal(), hang=6).split("\n")[1].startswith("      ")


def test_lines_for_the_journal_begin_with_their_priority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "journal").open("w") as stream:
        about = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{about.st_dev}:{about.st_ino}")
        assert marked("the disk is full", Priority.ERROR, stream) == "<3>the disk is full"
        assert marked("one\ntwo", Priority.INFO, stream) == "<6>one\n<6>two"


def test_a_stream_that_the_journal_does_not_read_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:12345")  # inherited from a service that started a shell
    with (tmp_path / "file").open("w") as stream:
        assert marked("the disk is full", Priority.ERROR, stream) == "the disk is full"


@pytest.mark.parametrize("told", [None, "", "8", "8:x"])
def test_without_a_journal_nothing_is_marked(told: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    if told is not None:
        monkeypatch.setenv("JOURNAL_STREAM", told)
    with (tmp_path / "file").open("w") as stream:
        assert not is_journal(stream)


def test_a_stream_that_is_no_file_or_closed_is_no_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:12345")
    assert not is_journal(io.StringIO())
    stream = (tmp_path / "file").open("w")
    stream.close()
    assert not is_journal(stream)


def test_so_many_lines_are_shown_then_one_says_that_there_are_more() -> None:
    limiter = LineRateLimiter(3, 5.0, "too many")
    assert [limiter.allow(f"{n}", 0.0) for n in range(6)] == ["0", "1", "2", "too many", "", ""]


def test_later_lines_are_shown_again_a_few_at_a_time() -> None:
    limiter = LineRateLimiter(3, 5.0, "too many")
    for n in range(9):
        limiter.allow(f"{n}", 0.0)
    assert [limiter.allow(f"{n}", 10.0) for n in range(4)] == ["0", "1", "too many", ""]
