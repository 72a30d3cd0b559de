import subprocess
import sys
from pathlib import Path

from swarm.errors import EXIT_USAGE

ROOT = Path(__file__).resolve().parents[1]


def cli(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "cli.py", *words], cwd=ROOT, capture_output=True, text=True)


def test_a_checkout_runs_without_being_installed() -> None:
    done = cli("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("e2a-swarm ")


def test_the_exit_code_reaches_the_shell() -> None:
    done = cli("fly")
    assert (done.returncode, done.stdout) == (EXIT_USAGE, "")
    assert done.stderr.startswith("e2a-swarm: there is no command 'fly'")
