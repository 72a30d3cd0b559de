import subprocess
import sys
import time

import pytest

from swarm.system import core_use
from swarm.system.core_use import CoreUse

BURN = "import time\nwhile time.process_time() < 0.6: pass\nprint(flush=True)\ninput()"


def burner() -> "subprocess.Popen[bytes]":
    """Start a child that computes for a while, and return it once it has."""
    child = subprocess.Popen([sys.executable, "-c", BURN], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    return child


def test_cores_that_children_use_count_but_for_those_that_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_use, "LOOK_S", 0.0)
    use = CoreUse()
    assert use.share() == 0
    began_s, own_s = time.monotonic(), time.process_time()
    children = [burner(), burner()]
    share, cores = use.share(without={children[1].pid}), use._cores
    used_s = share * cores * (time.monotonic() - began_s) - (time.process_time() - own_s)
    for child in children:
        child.communicate(b"\n")
    assert 0 < share <= 1
    assert used_s == pytest.approx(0.6, abs=0.4)


def test_processes_are_not_looked_at_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = list[float]()
    monkeypatch.setattr(core_use, "_used_s", lambda without: looks.append(time.monotonic()) or {1: float(len(looks))})
    use = CoreUse()
    assert [use.share() for _ in range(5)] == [0] * 5
    assert len(looks) == 1
