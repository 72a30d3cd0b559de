"""The manual page has what `--help-all` has, and the programs that show such pages find no fault in it."""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from swarm.commands.main import COMMANDS, make_parser
from swarm.commands.parser import parsers_below

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "packaging"))

from manual import escaped, is_shown, manual  # noqa: E402


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("manual") / "e2a-swarm.1"
    path.write_text(manual(make_parser(), "1.2.3"), encoding="utf-8")
    return path


def section(page: Path, command: str) -> str:
    _, _, rest = page.read_text(encoding="utf-8").partition(f'.SH "{escaped(command.upper())}"\n')
    return rest.partition("\n.SH")[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_has_every_option_of_a_command_and_no_hidden_one(page: Path, command: str) -> None:
    parser, text = parsers_below(make_parser())[command], section(page, command)
    every = [parser, *parsers_below(parser).values()]
    options = {name for each in every for action in each._actions for name in action.option_strings if is_shown(action)}
    hidden = {name for each in every for action in each._actions for name in action.option_strings} - options
    named = set(re.findall(r"\\fB(-.*?)\\fR", text.replace(r"\-", "-")))
    assert options <= named
    assert not hidden & named
    assert escaped(parser.description or "") in text


def test_the_page_has_the_examples_line_by_line(page: Path) -> None:
    text = section(page, "completions")
    assert ".nf\n  e2a\\-swarm completions bash >> ~/.bash_completion\n" in text


def test_words_that_would_steer_the_page_are_printed() -> None:
    assert escaped(r".so C:\new 5 %%") == r"\&.so C:\enew 5 %"
    parser = argparse.ArgumentParser(prog="x", description="'quoted' -- it is", epilog="examples:\n  x\n.TH")
    text = manual(parser, "1")
    assert "\n\\&'quoted' \\-\\- it is\n" in text
    assert "\n\\&.TH\n" in text


@pytest.mark.skipif(not shutil.which("man"), reason="there is no man here")
def test_man_shows_the_page_without_a_warning(page: Path) -> None:
    done = subprocess.run(["man", "--warnings", "-l", str(page)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--output-format FORMAT" in done.stdout


@pytest.mark.skipif(not shutil.which("mandoc"), reason="there is no mandoc here")
def test_mandoc_finds_no_fault_but_the_missing_date(page: Path) -> None:
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", str(page)], capture_output=True, text=True)
    found = [line.partition(": ")[2] for line in (done.stdout + done.stderr).splitlines()]
    assert [line for line in found if "missing date" not in line] == []
