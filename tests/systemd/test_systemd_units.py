"""The units have only settings that systemd understands, and let a worker do no more than it needs."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from swarm import errors
from swarm.commands.main import parse

UNITS = Path(__file__).resolve().parents[2] / "systemd"
ALL = sorted(path.relative_to(UNITS).as_posix() for path in UNITS.glob("*/*") if path.suffix != ".conf")
PROGRAMS = [unit for unit in ALL if unit.endswith(".service") and re.search("-(work|coordinate|serve)", unit)]
# Tenths, of at most 100; "user": the limit that a user's systemd can enforce.
EXPOSURE = {"system": 15, "user": 25}


def version() -> int:
    """Return the version of systemd here; 0 if there is none."""
    if not shutil.which("systemd-analyze"):
        return 0
    said = subprocess.run(["systemd-analyze", "--version"], capture_output=True, text=True, check=False).stdout
    return int(said.split()[1].partition(".")[0])


needs_systemd = pytest.mark.skipif(
    version() < 254, reason="needs systemd-analyze of 254 or later, which knows RestartSteps= and RestartMaxDelaySec="
)


def settings(unit: str, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", (UNITS / unit).read_text(encoding="utf-8"), re.MULTILINE)


def analyze(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    env = {**os.environ, "XDG_RUNTIME_DIR": str(folder)}
    return subprocess.run(["systemd-analyze", *words], env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Return a folder with the units, changed to name a program that exists."""
    folder = tmp_path / "systemd"
    shutil.copytree(UNITS, folder)
    for path in folder.glob("*/*.service"):
        path.write_text(re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={shutil.which('true')}", path.read_text("utf-8")))
    return folder


@needs_systemd
@pytest.mark.parametrize("unit", ALL)
def test_systemd_understands_every_word(installed: Path, tmp_path: Path, unit: str) -> None:
    whose = ["--user"] if unit.startswith("user/") else ["--system"]
    said = analyze(tmp_path, "verify", "--man=no", *whose, str(installed / unit))
    assert (said.returncode, said.stderr) == (0, "")  # unknown words are no error to it, but told


@needs_systemd
@pytest.mark.parametrize("unit", PROGRAMS)
def test_a_service_can_do_little_else(installed: Path, tmp_path: Path, unit: str) -> None:
    threshold = f"--threshold={EXPOSURE[unit.partition('/')[0]]}"
    said = analyze(tmp_path, "security", "--offline=true", threshold, str(installed / unit))
    assert said.returncode == 0, said.stdout


@needs_systemd
@pytest.mark.parametrize("unit", [unit for unit in PROGRAMS if unit.startswith("user/")])
def test_a_user_unit_can_do_without_namespaces(installed: Path, tmp_path: Path, unit: str) -> None:
    drop_in = installed / f"{unit}.d"
    drop_in.mkdir()
    shutil.copy(installed / "examples" / "without-namespaces.conf", drop_in)
    said = analyze(tmp_path, "verify", "--man=no", "--user", str(installed / unit))
    assert (said.returncode, said.stderr) == (0, "")


@pytest.mark.parametrize("unit", PROGRAMS)
@pytest.mark.parametrize("device", ["0", "all", "cpu", "GPU-5a1e"])
def test_the_program_understands_what_the_units_say_to_it(unit: str, device: str) -> None:
    (line,) = settings(unit, "ExecStart")
    program, *words = line.replace("%i", device).replace("$E2A_SWARM_OPTIONS", "").split()
    assert Path(program).name == "e2a-swarm"
    assert callable(parse(words).run)


def test_a_worker_has_the_time_to_drain() -> None:
    for unit in [unit for unit in ALL if "-work@" in unit]:
        from swarm.worker.node import DRAIN_S

        (stop,) = settings(unit, "TimeoutStopSec")
        assert int(stop) > DRAIN_S + 10, unit
        assert settings(unit, "KillMode") == ["mixed"]


CODES = {name: code for name, code in vars(errors).items() if name.startswith("EXIT_")}
SYSEXITS = {64: "USAGE", 65: "DATAERR", 66: "NOINPUT", 69: "UNAVAILABLE", 70: "SOFTWARE", 75: "TEMPFAIL"}


def codes(unit: str, name: str) -> set[int]:
    return {int(code) for line in settings(unit, name) for code in line.split()}


@needs_systemd
@pytest.mark.parametrize("code", sorted(set(CODES.values()) - {errors.EXIT_DONE}))
def test_systemd_has_no_other_word_for_an_exit_code(tmp_path: Path, code: int) -> None:
    said = analyze(tmp_path, "exit-status", str(code))
    assert said.stdout.splitlines()[-1].split()[:1] == [SYSEXITS.get(code, "-")]


def test_a_worker_is_started_again_unless_its_command_line_has_no_meaning() -> None:
    for unit in [unit for unit in ALL if "-work@" in unit]:
        assert settings(unit, "Restart") == ["on-failure"]
        assert codes(unit, "RestartPreventExitStatus") == {errors.EXIT_USAGE}
        assert codes(unit, "SuccessExitStatus") == {errors.EXIT_INTERRUPTED, errors.EXIT_OUTDATED}
        assert codes(unit, "RestartForceExitStatus") == {errors.EXIT_OUTDATED}


def test_a_coordinator_is_started_again_after_a_crash_or_an_upgrade() -> None:
    for unit in [unit for unit in ALL if "-coordinate" in unit and unit.endswith(".service")]:
        assert settings(unit, "Restart") == ["on-failure"]
        harmless = {errors.EXIT_NO_BOOKS, errors.EXIT_OUTDATED, errors.EXIT_INTERRUPTED}
        assert codes(unit, "SuccessExitStatus") == harmless
        assert codes(unit, "RestartPreventExitStatus") == set(CODES.values()) - {errors.EXIT_DONE} - harmless
        assert codes(unit, "RestartForceExitStatus") == {errors.EXIT_OUTDATED}
