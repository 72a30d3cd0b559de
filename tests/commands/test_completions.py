"""Shells complete what is typed at the Tab key; PowerShell's script is only printed, since no test machine has one."""

import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from swarm.commands.command_table import SHELLS
from swarm.commands.main import COMMANDS, main
from swarm.errors import EXIT_USAGE

pty = pytest.importorskip("pty", reason="Windows has no such terminals")
PROGRAM = Path(sys.executable).with_name("e2a-swarm")
PATIENCE_S = 60
QUIET_SHELLS = {"bash": ("bash", "--norc", "-i"), "zsh": ("zsh", "-f", "-i")}

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason="needs the program beside the Python, as pip installs it")


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Return a folder with a book and a folder, where shells are started."""
    (tmp_path / "green book.epub").touch()
    (tmp_path / "shelf").mkdir()
    return tmp_path


def env() -> dict[str, str]:
    return {**os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}", "TERM": "dumb", "PS1": "ready> "}


def answer(line: str, desk: Path) -> list[str]:
    """Return what the program answers to the script of bash."""
    asked = {"_ARGCOMPLETE": "1", "_ARGCOMPLETE_IFS": "\n", "_ARGCOMPLETE_STDOUT_FILENAME": str(desk / "answer")}
    asked |= {"COMP_LINE": line, "COMP_POINT": str(len(line))}
    subprocess.run([PROGRAM], env=env() | asked, cwd=desk, stdin=subprocess.DEVNULL, timeout=PATIENCE_S, check=False)
    return [word.strip() for word in (desk / "answer").read_text().split("\n")]


def test_every_command_comes_before_all_else(desk: Path) -> None:
    assert set(COMMANDS) <= set(answer("e2a-swarm ", desk))


def test_options_and_actions_come_behind_their_command(desk: Path) -> None:
    assert answer("e2a-swarm convert --output-f", desk) == ["--output-format"]
    assert "fetch" in answer("e2a-swarm models ", desk)


def test_paths_come_only_where_a_file_or_folder_is_meant(desk: Path) -> None:
    assert answer("e2a-swarm convert gre", desk) == ["green\\ book.epub"]
    assert answer("e2a-swarm convert --voice she", desk) == ["shelf/"]
    assert "shelf/" not in answer("e2a-swarm jobs remove ", desk)


@pytest.mark.parametrize("shell", QUIET_SHELLS)
def test_the_tab_key_completes(shell: str, desk: Path) -> None:
    if not shutil.which(shell):
        pytest.skip(f"there is no {shell} here")
    begin = "autoload -Uz compinit; compinit -u -D;" if shell == "zsh" else ""
    command = "e2a-swarm convert --output-f"
    shown = typed(
        QUIET_SHELLS[shell], f'{begin} eval "$(e2a-swarm completions {shell})"; PS1="load""ed> "', command, desk
    )
    assert "--output-format" in shown


def typed(shell: tuple[str, ...], setup: str, command: str, desk: Path) -> str:
    """Type a line, then a command with Tab, into a shell on a terminal; return what it shows after the Tab."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(desk)
        os.execvpe(shell[0], shell, env())
    try:
        os.write(terminal, f"{setup}\n".encode())
        shown_until(terminal, "loaded> ")
        os.write(terminal, f"{command}\t".encode())
        return shown_until(terminal, "--output-format")
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
        os.close(terminal)


def shown_until(terminal: int, words: str) -> str:
    """Read a terminal until it has shown some words; return all that it showed."""
    shown, end = "", time.monotonic() + PATIENCE_S
    while words not in shown.replace("\r", ""):
        assert select.select([terminal], [], [], end - time.monotonic())[0], shown
        shown += os.read(terminal, 4096).decode(errors="replace")
    return shown


@pytest.mark.skipif(not shutil.which("fish"), reason="there is no fish here")
def test_fish_completes(desk: Path) -> None:
    asked = 'e2a-swarm completions fish | source; complete -C "e2a-swarm convert --output-f"'
    done = subprocess.run(
        ["fish", "--no-config", "-c", asked], env=env(), cwd=desk, capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.stdout.startswith("--output-format\t")  # and its help


def test_each_script_names_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    for shell in SHELLS:
        assert main(["completions", shell]) == 0
        assert "e2a-swarm" in capsys.readouterr().out, shell


def test_another_shell_is_refused_with_those_that_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completions", "tcsh"]) == EXIT_USAGE
    assert "bash or zsh or fish or powershell" in capsys.readouterr().err


def test_a_command_line_that_no_shell_asks_about_goes_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["e2a-swarm", "--version"])
    assert main() == 0
