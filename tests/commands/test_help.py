import subprocess
import sys
from pathlib import Path

import pytest

from swarm.commands.main import COMMANDS, main

ROOT = Path(__file__).resolve().parents[2]
ACTIONS = (("jobs", "remove"), ("jobs", "prune"), ("models", "fetch"), ("models", "remove"))
HEAVY = (
    "torch",
    "zmq",
    "numpy",
    "msgspec",
    "rich",
    "av",
    "asyncio",
    "zeroconf",
    "sqlite3",
    "platformdirs",
    "subprocess",
)

PROBE = """
import sys, time
began = time.perf_counter()
from swarm.commands.main import main
code = main(sys.argv[1:])
spent = time.perf_counter() - began
print(code, spent, *sorted(name for name in sys.modules if "." not in name), file=sys.stderr)
"""


def probe(*words: str) -> tuple[int, float, set[str]]:
    """Exit code, seconds and the modules imported by a command line in a process of its own."""
    done = subprocess.run([sys.executable, "-c", PROBE, *words], cwd=ROOT, capture_output=True, text=True, check=True)
    code, spent, *modules = done.stderr.split()
    return int(code), float(spent), set(modules)


@pytest.mark.parametrize("words", [("--help",), ("--version",), *((command, "--help") for command in COMMANDS)])
def test_help_imports_nothing_heavy(words: tuple[str, ...]) -> None:
    code, _, modules = probe(*words)
    assert code == 0
    assert modules.isdisjoint(HEAVY)


def test_help_is_quick() -> None:
    """Well under the 0.2 s of the design on an idle machine; the bound leaves room for a busy one."""
    assert min(probe("--help")[1] for _ in range(5)) < 1


def test_help_names_every_command_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    places = [text.index(f"\n  {command} ") for command in COMMANDS]
    assert places == sorted(places)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    text = capsys.readouterr().out
    assert "example" in text
    assert f"e2a-swarm {command}" in text.partition("example")[2]
    assert text.isascii()


@pytest.mark.parametrize(
    "words",
    [(), *((command,) for command in COMMANDS), *ACTIONS],
)
def test_help_fits_a_terminal_of_80_columns(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main([*words, "--help"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


@pytest.mark.parametrize("action", ["fetch", "remove"])
def test_actions_on_models_explain_themselves_with_examples(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", action, "--help"]) == 0
    assert f"e2a-swarm models {action} " in capsys.readouterr().out.partition("examples:")[2]
