import subprocess
import sys
import time

import pytest

from swarm.system import capacity
from swarm.system.capacity import CoreUse

BURN = "import time\nwhile time.process_time() < 0.6: pass\nprint(flush=True)\ninput()"


def burner(program: str = BURN) -> "subprocess.Popen[bytes]":
    """Start a child that computes for a while, and return it once it has."""
    child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    return child


def test_cores_that_children_use_count_but_for_those_that_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "LOOK_S", 0.0)
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


def test_children_of_those_that_are_left_out_are_left_out_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "LOOK_S", 0.0)
    # On Windows a launcher starts the real Python as its child.
    launcher = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BURN!r}])"
    use = CoreUse()
    use.share()
    began_s, own_s = time.monotonic(), time.process_time()
    child = burner(launcher)
    share, cores = use.share(without={child.pid}), use._cores
    used_s = share * cores * (time.monotonic() - began_s) - (time.process_time() - own_s)
    child.communicate(b"\n")
    assert used_s < 0.3


def test_only_what_a_process_used_since_the_last_look_counts_when_it_is_left_out_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(capacity, "LOOK_S", 0.0)
    use, child = CoreUse(), burner()
    use.share(without={child.pid})
    began_s, own_s = time.monotonic(), time.process_time()
    time.sleep(0.7)
    share, cores = use.share(), use._cores
    used_s = share * cores * (time.monotonic() - began_s) - (time.process_time() - own_s)
    child.communicate(b"\n")
    assert used_s < 0.3


def test_processes_are_not_looked_at_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = list[float]()

    def used_s(without: object) -> tuple[dict[int, float], set[int]]:
        looks.append(time.monotonic())
        return {1: float(len(looks))}, {1}

    monkeypatch.setattr(capacity, "_used_s", used_s)
    use = CoreUse()
    assert [use.share() for _ in range(5)] == [0] * 5
    assert len(looks) == 1
