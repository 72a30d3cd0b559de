"""A command's loop leaves a pulse that the health check of a container reads."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from swarm.system import pulse
from swarm.system.platform import run_loop


def check(path: Path) -> subprocess.CompletedProcess[str]:
    """Run the health check as the image does."""
    words = [sys.executable, "-m", "swarm.system.pulse"]
    return subprocess.run(words, env={**os.environ, pulse.ENV_PULSE: str(path)}, capture_output=True, text=True)


def test_a_loop_that_turns_is_healthy_and_one_that_hangs_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pulse"
    monkeypatch.setattr(pulse, "INTERVAL_S", 0.01)
    monkeypatch.setenv(pulse.ENV_PULSE, str(path))

    async def turn() -> float:
        await asyncio.sleep(0)
        before = path.stat().st_mtime_ns
        while path.stat().st_mtime_ns == before:
            await asyncio.sleep(0.01)
        assert pulse.ENV_PULSE not in os.environ, "a child process would show that its parent lives"
        return path.stat().st_mtime

    last = run_loop(turn())
    assert pulse.ailment(path, last + pulse.MAX_AGE_S - 1) == ""
    assert "hangs" in pulse.ailment(path, last + pulse.MAX_AGE_S + 1)
    assert (check(path).returncode, check(path).stdout) == (0, "ok\n")


def test_the_health_check_says_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "pulse"
    never = check(path)
    assert never.returncode == 1
    assert str(path) in never.stdout
    path.touch()
    os.utime(path, (time.time() - 100, time.time() - 100))
    assert check(path).returncode == 1


def test_a_loop_without_a_place_for_its_pulse_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(pulse.ENV_PULSE, str(tmp_path / "missing" / "pulse"))

    async def work() -> str:
        await asyncio.sleep(0.02)
        return "done"

    assert run_loop(work()) == "done"
