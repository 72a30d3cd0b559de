import argparse
import re
import subprocess
import sys
from pathlib import Path

import pytest

from swarm.commands.command_table import NOT_IN_PREVIEWS, ORDERS, PREVIEW
from swarm.commands.main import COMMANDS, main, make_parser
from swarm.commands.parser import Parser, names_of
from swarm.errors import EXIT_USAGE

ROOT = Path(__file__).resolve().parents[2]
ALSO = [order.name for order in ORDERS[1:]]  # the line of `pause` names them
ACTIONS = (("jobs", "remove"), ("jobs", "prune"), ("models", "fetch"), ("models", "remove"))
# commands with a short --help and a --help-all
MANY_OPTIONS = ("serve", "add", "convert", "coordinate", "take-over", "work", "preview", "redo")
SCREEN_LINES = 40
HEAVY = ("torch", "zmq", "numpy", "msgspec", "rich", "av", "asyncio", "zeroconf", "sqlite3", "platformdirs")

PROBE = """
import sys
calls = 0
def count(frame, event, argument):
    global calls
    calls += 1
sys.setprofile(count)
from swarm.commands.main import main
codes = [main(line.split()) for line in sys.argv[1:]]
sys.setprofile(None)
print(sum(codes), calls, *sorted(name for name in sys.modules if "." not in name), file=sys.stderr)
"""


def parser_of(command: str) -> Parser:
    found = next(a.choices for a in make_parser()._actions if isinstance(a, argparse._SubParsersAction))[command]
    assert isinstance(found, Parser)
    return found


def probe(*lines: str) -> tuple[int, int, set[str]]:
    """Return the exit code of command lines in a process of their own, its calls of functions, and what it imported."""
    done = subprocess.run([sys.executable, "-c", PROBE, *lines], cwd=ROOT, capture_output=True, text=True, check=True)
    code, calls, *modules = done.stderr.split()
    return int(code), int(calls), set(modules)


def test_help_imports_nothing_heavy_and_does_little() -> None:
    """Count calls in place of time, which a busy machine makes longer."""
    code, calls, modules = probe("--help", "--version", "redo --help", "convert --help-all")
    assert code == 0
    assert modules.isdisjoint(HEAVY)
    assert calls < 1_000_000  # 400,000 were measured


def test_help_fits_a_small_terminal_with_the_first_commands_on_top(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert text.count("\n") < 24 and max(map(len, text.splitlines())) <= 80
    assert [line.split()[0] for line in text.splitlines()[4:9]] == [
        "convert", "preview", "coordinate", "join", "work",
    ]  # fmt: skip
    assert set(COMMANDS) <= set(re.findall(r"[a-z-]+", text))


def test_all_help_names_every_command_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help-all"]) == 0
    text = capsys.readouterr().out
    places = [text.index(f"\n  {command} ") for command in COMMANDS if command not in ALSO]
    assert places == sorted(places)
    assert all(order in text for order in ALSO)


def test_help_explains_each_command_on_one_screen_in_one_layout(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check the required words in the first line, the one list with help at its end, and the examples."""
    monkeypatch.setenv("COLUMNS", "80")
    for words in [*((command,) for command in COMMANDS), *ACTIONS]:
        assert main([*words, "--help"]) == 0
        text = capsys.readouterr().out
        has_more, lines = words[0] in MANY_OPTIONS, text.splitlines()
        assert text.isascii() and max(map(len, lines)) <= 80
        assert len(lines) <= (23 if words == ("redo",) else SCREEN_LINES), words
        assert f"e2a-swarm {' '.join(words)}" in text.partition("example")[2]
        assert ("--help-all" in text) is has_more
        assert lines[0].startswith(f"usage: e2a-swarm {' '.join(words)} ") and "[OPTION...]" in lines[0]
        titles = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
        assert titles == ["common options:" if has_more else "options:", "examples:"]
        first, last = map(lines.index, titles)
        own = [line.split()[0] for line in lines[first:last] if line.startswith("  -")]
        assert own[-1] == ("--help-all" if has_more else "-h,")


def test_help_all_shows_every_option_in_a_group(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for command in MANY_OPTIONS:
        assert main([command, "--help-all"]) == 0
        text = capsys.readouterr().out
        assert text.isascii() and max(map(len, text.splitlines())) <= 80
        parser = parser_of(command)
        assert parser.common <= frozenset[str]().union(*map(names_of, parser._actions))
        shown = [action for action in parser._actions if action.help != argparse.SUPPRESS]
        assert all(f"  {name}" in text or f", {name}" in text for action in shown for name in names_of(action))
        titles = [line for line in text.splitlines() if line.endswith(":") and not line.startswith(" ")]
        assert len(titles) >= 5
        assert titles[-2:] == ["more:", "examples:"]
        assert not {"options:", "positional arguments:"} & set(titles)


def test_what_has_to_be_said_is_in_the_first_line_of_help(capsys: pytest.CaptureFixture[str]) -> None:
    for words, rest in (
        (["inspect"], "[OPTION...] BOOK"), (["join"], "[OPTION...] [CODE...]"), (["key"], "[OPTION...]"),
        (["jobs", "prune"], "--older AGE [OPTION...]"), (["models", "fetch"], "[OPTION...] NAME..."),
    ):  # fmt: skip
        assert main([*words, "--help"]) == 0
        assert capsys.readouterr().out.startswith(f"usage: e2a-swarm {' '.join(words)} {rest}\n")


def test_a_mistake_is_answered_with_the_help_that_has_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    for words in [("convert", "--loudnes", "x"), ("work", "--hours"), ("doctor", "--jsn")]:
        assert main(list(words)) == EXIT_USAGE
        whole = "--help-all" if words[0] in MANY_OPTIONS else "--help"
        assert capsys.readouterr().err.endswith(f"; try e2a-swarm {words[0]} {whole}\n")


def test_what_a_command_refuses_is_not_in_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["preview", "--help-all"], ["preview", "--help"]):
        assert main(words) == 0
        said = capsys.readouterr().out
        assert [name for name in NOT_IN_PREVIEWS if f"  {name} " in said] == []
    hidden = {option.name for sheet in PREVIEW.sheets for option in sheet.options if not option.help}
    assert set(NOT_IN_PREVIEWS) <= hidden


def test_a_terminal_with_fewer_rows_gets_a_pager(monkeypatch: pytest.MonkeyPatch) -> None:
    paged: list[str] = []
    monkeypatch.setattr("pydoc.pager", paged.append)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    for rows, pages in (("24", 1), ("99", 0)):
        monkeypatch.setenv("LINES", rows)
        paged.clear()
        assert main(["convert", "--help"]) == 0
        assert len(paged) == pages
