import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import patience
import pytest
from patience import wait_for

STILL_S = 2.5
LONGER_S = 3 * STILL_S


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LOOK_S", 0.2)


def passes(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def test_a_wait_in_which_nothing_moves_is_given_up() -> None:
    with pytest.raises(AssertionError, match="in vain for the moon"):
        wait_for(lambda: passes(0.1), "the moon", still_s=0.5)


def test_a_wait_lasts_as_long_as_a_file_grows(tmp_path: Path) -> None:
    began_s = time.monotonic()
    log = tmp_path / "log"

    def grows() -> bool:
        with log.open("a") as file:
            file.write("more\n")
        return time.monotonic() - began_s > LONGER_S

    assert wait_for(grows, still_s=STILL_S, watched=lambda: [tmp_path])


def test_a_folder_that_is_removed_meanwhile_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    scan = os.scandir

    def too_late(place: os.PathLike[str] | str) -> Any:
        if Path(place) == tmp_path / "a":
            (tmp_path / "a").rmdir()
        return scan(place)

    monkeypatch.setattr(os, "scandir", too_late)
    assert patience.trace_of([tmp_path]) == ()


@pytest.mark.parametrize(("load", "seconds"), [(0.0, 3.0), (2.0, 3.0), (20.0, 30.0)])
def test_a_busy_machine_may_take_longer(monkeypatch: pytest.MonkeyPatch, load: float, seconds: float) -> None:
    monkeypatch.setattr(patience.psutil, "getloadavg", lambda: (load, load, 0.0))
    monkeypatch.setattr(patience.psutil, "cpu_count", lambda: 2)
    assert patience.in_time(3.0) == seconds


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell which processes run")
def test_a_wait_lasts_as_long_as_a_process_computes() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", f"import time\nend = time.monotonic() + {LONGER_S}\nwhile time.monotonic() < end: pass"]
    )
    assert wait_for(lambda: child.poll() is not None, still_s=STILL_S)
    assert child.returncode == 0
