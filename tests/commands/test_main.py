import argparse
import errno
import logging
import os
import sys
from pathlib import Path

import pytest

from swarm.commands.command_table import ALL
from swarm.commands.main import main, parse
from swarm.errors import (
    EXIT_BOOK,
    EXIT_ENVIRONMENT,
    EXIT_GAPS,
    EXIT_INTERRUPTED,
    EXIT_SOFTWARE,
    EXIT_USAGE,
    BookError,
    StoreError,
    SwarmError,
    UsageError,
)
from swarm.system.disk import STATE_VERSION, VERSION_FILE


@pytest.fixture
def convert(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[argparse.Namespace]:
    """Replace the work of `convert` by a list of the arguments that it got."""
    monkeypatch.setenv("E2A_SWARM_HOME", str(tmp_path / "state"))
    told: list[argparse.Namespace] = []

    def run(arguments: argparse.Namespace) -> int:
        told.append(arguments)
        return 0

    monkeypatch.setattr("swarm.commands.convert.run", run)
    return told


def raising(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: BaseException) -> None:
    def run(_arguments: argparse.Namespace) -> int:
        raise error

    monkeypatch.setenv("E2A_SWARM_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("swarm.commands.jobs.run", run)


def test_the_word_help_is_taken_for_the_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "convert"]) == 0
    assert "usage: e2a-swarm convert" in capsys.readouterr().out
    assert main(["help"]) == 0
    assert "COMMAND" in capsys.readouterr().out


@pytest.mark.parametrize("empty", ["", "  "])
def test_serve_and_work_take_options_from_the_environment(monkeypatch: pytest.MonkeyPatch, empty: str) -> None:
    monkeypatch.setenv("E2A_SWARM_WORK_OPTIONS", "--slots 1 --name 'my box' --hours 22-7")
    monkeypatch.setenv("E2A_SWARM_SERVE_OPTIONS", empty)
    given = parse(["work", "--cpu", "--slots", "2"])
    assert (given.slots, given.name, given.hours, given.cpu) == ("2", "my box", "22-7", True)
    assert parse(["serve"]).split == ""
    assert parse(["models"]).command == "models", "no other command has them"
    monkeypatch.setenv("E2A_SWARM_WORK_OPTIONS", "--name 'my box")
    with pytest.raises(UsageError, match="E2A_SWARM_WORK_OPTIONS cannot be read: no closing quotation"):
        parse(["work"])


def test_no_command_shows_the_help_and_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == EXIT_USAGE
    assert "convert BOOK       make an audiobook" in capsys.readouterr().err


def test_dashes_and_underscores_mean_the_same_in_options_and_values_stay_as_they_are(
    convert: list[argparse.Namespace],
) -> None:
    assert main(["convert", "my_book.epub", "--output_dir", "my_out", "--engine_option=cost_per_char=0.1"]) == 0
    assert main(["convert", "my_book.epub", "--output-dir=my_out", "--engine-option", "cost_per_char=0.1"]) == 0
    for arguments in convert:
        assert arguments.books == ["my_book.epub"]
        assert arguments.output_dir == "my_out"
        assert arguments.engine_option == ["cost_per_char=0.1"]


def test_books_may_stand_anywhere_between_options(convert: list[argparse.Namespace]) -> None:
    assert main(["convert", "--speed", "1", "a.epub", "--language", "en", "b.epub", "--headless", "c.epub"]) == 0
    assert convert[0].books == ["a.epub", "b.epub", "c.epub"]


def test_a_slip_is_one_line_with_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    for words, sentence in [
        (["covnert", "x"], "there is no command 'covnert' (did you mean convert?)"),
        (["fly"], "there is no command 'fly'; try e2a-swarm --help"),
        (["list"], "`e2a-swarm jobs` lists the jobs of this machine, `e2a-swarm status` what"),
        (["stop"], "Ctrl-C ends a command, and `e2a-swarm cancel BOOK` a book of the queue"),
        (["standby"], "there is no command 'standby': `e2a-swarm work --standby` keeps copies"),
        (["invite"], "`e2a-swarm key --invite 15m` makes an invite"),
        (["members", "invite"], "members does not know 'invite': `e2a-swarm key --invite 15m` makes an invite."),
        (["page"], "`e2a-swarm serve --speak` has a page"),
        (["fetch"], "`e2a-swarm models fetch NAME`"),
        (["upgrade"], "docs/install.md"),
        (["version"], "there is no command 'version': say `e2a-swarm --version`"),
        (["convert", "-o", "x", "a.epub"], "does not know the option -o (here it is --output-dir)"),
        (["convert", "a.epub", "--mp3"], "does not know the option --mp3 (here it is --output-format mp3)"),
        (["models", "--state-dir", "X"], "models does not know the option --state-dir (did you mean --models-dir?)"),
        (["Book.EPUB"], "the command is missing before Book.EPUB: e2a-swarm convert Book.EPUB"),
        (["--ebook", "a.epub"], "the command must come first: e2a-swarm convert --ebook a.epub"),
        (["doctor", "--jsn"], "doctor does not know the option --jsn (did you mean --json?)"),
        (["convert", "a.epub", "--out-dir", "x"], "does not know the option --out-dir (did you mean --output-dir?)"),
        (["serve", "--speak", "--cpu"], "give it to `e2a-swarm work`, here in place of --speak"),
        (["work", "--workers", "1"], "--workers is not supported: say --slots N"),
        (["convert", "a.epub", "--slots=2"], "--slots is not supported: say --workers N"),
        (["doctor", "now"], "doctor does not know the word now; try e2a-swarm doctor --help"),
        (["jobs", "--state-dir"], "argument --state-dir: expected one argument; try e2a-swarm jobs --help"),
    ]:
        assert main(words) == EXIT_USAGE
        captured = capsys.readouterr()
        assert captured.out == "", words
        assert captured.err.startswith("e2a-swarm: "), words
        assert captured.err.count("\n") == 1, words
        assert sentence in captured.err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
@pytest.mark.parametrize(
    "words",
    [
        ("convert", "b.epub", "--lexicon"),
        ("convert", "b.epub", "--cast"),
        ("convert", "b.epub", "--cover"),
    ],
)
def test_a_pipe_in_place_of_a_file_is_refused_at_once(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert main([*words, str(tmp_path / "pipe")]) == EXIT_USAGE
    assert "pipe is a pipe: name a file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [("convert", "b", "--title"), ("convert", "b", "--tag"), ("redo", "b", "--segments", "1:2", "--say")]
)
def test_text_that_no_file_can_hold_is_refused(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "genre=\udcff"]) == EXIT_USAGE
    assert f"{words[-1]} 'genre=\\udcff' is no text that" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="homes are found otherwise there")
@pytest.mark.parametrize("words", [("convert", "~no-such-user/b.epub"), ("jobs", "--state-dir", "~no-such-user/x")])
def test_the_home_of_an_unknown_user_is_a_sentence(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(list(words)) == EXIT_USAGE
    assert "this machine knows no such user" in capsys.readouterr().err


def test_an_error_repeats_no_endless_value(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "b.epub", "--speed", "1" + "x" * 50_000]) == EXIT_USAGE
    assert len(capsys.readouterr().err) < 2500


@pytest.mark.parametrize(
    ("error", "code"),
    [(SwarmError("a. b"), EXIT_GAPS), (BookError("a. b"), EXIT_BOOK), (StoreError("a. b"), EXIT_ENVIRONMENT)],
)
def test_a_known_error_is_its_sentence_and_its_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], error: SwarmError, code: int
) -> None:
    raising(monkeypatch, tmp_path, error)
    assert main(["jobs"]) == code
    assert capsys.readouterr() == ("", "e2a-swarm: a. b\n")


def test_an_interruption_says_that_the_work_is_not_lost(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(monkeypatch, tmp_path, KeyboardInterrupt())
    assert main(["jobs"]) == EXIT_INTERRUPTED
    assert "run the same command again" in capsys.readouterr().err


def test_an_unforeseen_error_is_one_line_and_the_traceback_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(monkeypatch, tmp_path, RuntimeError("boom\nand more"))
    assert main(["jobs"]) == EXIT_SOFTWARE
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "RuntimeError: boom;" in said
    (kept,) = (tmp_path / "state" / "log").iterdir()
    assert str(kept) in said
    assert "raise error" in kept.read_text()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "this machine is out of memory"),
        (RuntimeError("can't start new thread"), "cannot start more threads"),
        (OSError(errno.EMFILE, "Too many open files"), "too many files are open"),
    ],
    ids=["memory", "threads", "files"],
)
def test_what_a_machine_lacks_is_no_surprise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], error: Exception, said: str
) -> None:
    raising(monkeypatch, tmp_path, error)
    assert main(["jobs"]) == EXIT_ENVIRONMENT
    told = capsys.readouterr().err
    assert said in told
    assert "run the same command again" in told
    assert told.count("\n") == 1


def test_a_verbose_command_leaves_the_logging_of_its_process_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger("swarm.net.discovery")
    assert main(["inspect", "/nowhere.epub", "--verbose"]) == EXIT_BOOK
    assert "e2a-swarm" in capsys.readouterr().err
    logger.debug("found a coordinator")
    assert capsys.readouterr().err == ""


def test_verbose_shows_the_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("E2A_SWARM_HOME", str(tmp_path))

    def run(_arguments: argparse.Namespace) -> int:
        raise RuntimeError("boom")

    monkeypatch.setattr("swarm.commands.convert.run", run)
    assert main(["convert", "a.epub", "--verbose"]) == EXIT_SOFTWARE
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_an_unforeseen_error_where_nothing_can_be_written_is_still_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(monkeypatch, tmp_path, RuntimeError("boom"))
    (tmp_path / "state").write_text("a file stands where the folder should be")
    assert main(["jobs"]) == EXIT_SOFTWARE
    assert capsys.readouterr().err == "e2a-swarm: this should not happen: RuntimeError: boom; --verbose shows where.\n"


def test_every_command_has_a_function_that_runs_it() -> None:
    commands = [each for one in ALL for each in (one, *(action.of(one) for action in one.actions))]
    assert all(callable(command.find_function()) for command in commands)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are others there")
def test_a_state_folder_of_another_user_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "theirs" / "jobs").mkdir(parents=True)
    (tmp_path / "theirs" / VERSION_FILE).write_text(str(STATE_VERSION))
    words = ["jobs", "--state-dir", str(tmp_path / "theirs")]
    assert main(words) == 0
    user = os.geteuid()
    (tmp_path / "theirs").chmod(0)
    try:
        if user == 0:
            os.seteuid(65534)
        assert main(words) == EXIT_ENVIRONMENT
    finally:
        os.seteuid(user)
        (tmp_path / "theirs").chmod(0o700)
    said = capsys.readouterr().err
    assert f"{tmp_path / 'theirs' / 'jobs'} cannot be used: it belongs to another user" in said
