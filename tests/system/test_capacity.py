import os
import subprocess
import sys
import time
from collections.abc import Iterator
from math import inf
from pathlib import Path

import psutil
import pytest

from swarm.system import capacity
from swarm.system.capacity import (
    SLOT_BYTES,
    Allowance,
    Capacity,
    CoreUse,
    default_cpu_slots,
    read_allowance,
    read_capacity,
)


def test_slots_go_by_the_cores_and_by_the_memory() -> None:
    for cores, engines_that_fit, slots in [(4, inf, 4), (4, 2.5, 2), (4, 4, 4), (16, 0.5, 1), (1, 9, 1)]:
        assert Capacity(cores, engines_that_fit * SLOT_BYTES).slots == slots


@pytest.mark.parametrize(("quota", "cores"), [(0.25, 1), (1, 1), (1.5, 2), (3, 3), (64, 8), (inf, 8)])
def test_a_quota_below_the_cores_counts_and_a_part_of_a_core_is_one(
    monkeypatch: pytest.MonkeyPatch, quota: float, cores: int
) -> None:
    monkeypatch.setattr(psutil.Process, "cpu_affinity", lambda _self: list(range(8)), raising=False)
    monkeypatch.setattr(capacity, "read_allowance", lambda: Allowance(quota, inf))
    assert read_capacity().cores == cores


def test_free_memory_is_the_machine_s_or_what_the_group_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "read_allowance", lambda: Allowance(inf, inf))
    assert 0 < read_capacity().free_bytes <= psutil.virtual_memory().total
    monkeypatch.setattr(capacity, "read_allowance", lambda: Allowance(inf, 1000.0))
    assert read_capacity() == Capacity(read_capacity().cores, 1000.0)
    assert default_cpu_slots() == 1


def test_a_system_that_pins_no_processes_counts_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(psutil.Process, "cpu_affinity", raising=False)
    monkeypatch.setattr(psutil, "cpu_count", lambda: 6)
    monkeypatch.setattr(capacity, "read_allowance", lambda: Allowance(inf, inf))
    assert read_capacity().cores == 6
    monkeypatch.setattr(psutil, "cpu_count", lambda: None)
    assert read_capacity().cores == 1


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux pins processes to cores")
def test_cores_that_this_process_may_not_use_do_not_count() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert default_cpu_slots() == 1
    finally:
        os.sched_setaffinity(0, before)


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


GB = 10**9


class Machine:
    """A machine made of files: its mounted hierarchies, and the groups of one process."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.mounts, self.groups = folder, ["22 1 8:1 / / rw - ext4 /dev/sda rw"], [""]

    def mount(self, name: str, kind: str, options: str, path: str, root: str = "/") -> Path:
        mount = self.folder / name
        mount.mkdir(parents=True, exist_ok=True)
        self.mounts.append(f"31 22 0:28 {root} {str(mount).replace(' ', chr(92) + '040')} rw - {kind} cgroup {options}")
        names = "" if kind == "cgroup2" else options.removeprefix("rw,")
        self.groups.append(f"{len(self.groups)}:{names}:{path}")
        return mount

    def v2(self, path: str, root: str = "/") -> Path:
        return self.mount("unified", "cgroup2", "rw,nsdelegate", path, root)

    def allowance(self) -> Allowance:
        (self.folder / "mountinfo").write_text("\n".join(self.mounts))
        (self.folder / "cgroup").write_text("\n".join(self.groups))
        return read_allowance(self.folder)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def put(group: Path, **files: str) -> None:
    group.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (group / name.replace("__", ".")).write_text(f"{text}\n")


def test_a_machine_without_groups_sets_no_limit(tmp_path: Path, machine: Machine) -> None:
    assert read_allowance(tmp_path / "absent") == (inf, inf)
    assert machine.allowance() == (inf, inf)
    machine.v2("/user.slice/session-1.scope")
    assert machine.allowance() == (inf, inf)


def test_a_container_of_version_2_sees_its_own_group_at_the_top(machine: Machine) -> None:
    put(machine.v2("/"), cpu__max="150000 100000", memory__max=str(2 * GB), memory__current=str(GB))
    assert machine.allowance() == (1.5, GB)


def test_the_narrowest_of_nested_groups_counts(machine: Machine) -> None:
    mount = machine.v2("/system.slice/e2a.service/child")
    put(mount / "system.slice", cpu__max="200000 100000", memory__max=str(4 * GB), memory__current=str(GB))
    put(mount / "system.slice/e2a.service", cpu__max="400000 100000", memory__high=str(3 * GB), memory__max="max")
    put(mount / "system.slice/e2a.service/child", cpu__max="max 100000", memory__max="max")
    assert machine.allowance() == (2, 3 * GB)


def test_a_hierarchy_of_version_1_gives_quota_and_memory(machine: Machine) -> None:
    cpu = machine.mount("cpu", "cgroup", "rw,cpu,cpuacct", "/docker/abc")
    memory = machine.mount("memory", "cgroup", "rw,memory", "/docker/abc")
    machine.mount("systemd", "cgroup", "rw,name=systemd", "/docker/abc")
    put(cpu, cpu__cfs_quota_us="-1", cpu__cfs_period_us="100000")
    put(cpu / "docker/abc", cpu__cfs_quota_us="50000", cpu__cfs_period_us="100000")
    put(memory, memory__limit_in_bytes="9223372036854771712", memory__usage_in_bytes="5")
    put(memory / "docker/abc", memory__limit_in_bytes=str(GB), memory__usage_in_bytes="0")
    assert machine.allowance() == (0.5, GB)


def test_a_container_of_version_1_is_found_where_only_its_own_group_is_mounted(machine: Machine) -> None:
    put(
        machine.mount("cpu", "cgroup", "rw,cpu", "/docker/abc", root="/docker/abc"),
        cpu__cfs_quota_us="300000",
        cpu__cfs_period_us="100000",
    )
    assert machine.allowance().cores == 3


@pytest.mark.parametrize(("path", "root"), [("/../elsewhere", "/"), ("/elsewhere", "/docker/abc"), ("/", "/..")])
def test_a_group_outside_what_is_mounted_leaves_the_mount_itself(machine: Machine, path: str, root: str) -> None:
    put(machine.folder / "elsewhere", cpu__max="100000 100000")
    put(machine.v2(path, root), cpu__max="200000 100000")
    assert machine.allowance().cores == 2


def test_both_versions_side_by_side_count(machine: Machine) -> None:
    put(machine.v2("/a"), memory__max=str(2 * GB), memory__current="0")
    put(machine.mount("cpu", "cgroup", "rw,cpu", "/a"), cpu__cfs_quota_us="200000", cpu__cfs_period_us="100000")
    assert machine.allowance() == (2, 2 * GB)


@pytest.mark.parametrize("names", ["inactive_file {}\nactive_file 7", "inactive_file 5\ntotal_inactive_file {}"])
def test_cached_files_that_the_system_can_drop_are_free_memory(machine: Machine, names: str) -> None:
    put(machine.v2("/"), memory__max=str(2 * GB), memory__current=str(2 * GB), memory__stat=names.format(GB))
    assert machine.allowance().free_bytes == GB


def test_a_full_group_has_nothing_free_and_one_without_figures_all_of_its_limit(machine: Machine) -> None:
    mount = machine.v2("/")
    put(mount, memory__max=str(GB), memory__current=str(3 * GB))
    assert machine.allowance().free_bytes == 0
    (mount / "memory.current").unlink()
    assert machine.allowance().free_bytes == GB


@pytest.mark.parametrize("quota", ["", "max", "x y", "100000 0", "100000", "0 100000", "-5 100000", "1 2 3"])
def test_an_odd_quota_limits_to_what_it_says_or_to_nothing(machine: Machine, quota: str) -> None:
    put(machine.v2("/"), cpu__max=quota)
    assert machine.allowance().cores in (inf, 0.5)


def test_a_mount_with_a_space_and_odd_lines_are_read(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "a folder")
    machine.mounts += ["", "31 22 - cgroup2", "1 2 3 / /nowhere rw - cgroup"]
    machine.groups += ["9", "9:", "x:y"]
    put(machine.v2("/deep"), cpu__max="100000 100000")
    assert machine.allowance().cores == 1


@pytest.fixture
def real_group() -> Iterator[list[Path]]:
    """Make groups of the kernel with one and a half cores and 1.5 GB; skip if they cannot be made here."""
    name = f"e2a-swarm-test-{os.getpid()}"
    made: list[Path] = []
    try:
        for limits in _limits(Path("/sys/fs/cgroup")):
            for file, text in limits.items():
                folder = file.parent / name
                if folder not in made:
                    folder.mkdir()
                    made.append(folder)
                (folder / file.name).write_text(text)
        yield made
    except OSError as error:
        pytest.skip(f"needs root and cgroups that can be written: {error}")
    finally:
        for folder in made:
            folder.rmdir()


def _limits(top: Path) -> list[dict[Path, str]]:
    if (top / "cgroup.controllers").exists():
        return [{top / "cpu.max": "150000 100000", top / "memory.max": "1500000000"}]
    cpu, memory = top / "cpu", top / "memory"
    quota = {cpu / "cpu.cfs_period_us": "100000", cpu / "cpu.cfs_quota_us": "150000"}
    return [quota, {memory / "memory.limit_in_bytes": "1500000000"}]


def test_limits_of_the_kernel_are_found_by_a_process_in_them(real_group: list[Path]) -> None:
    script = "from swarm.system.capacity import read_allowance; print(*read_allowance())"
    enter = "".join(f"echo $$ > {group}/cgroup.procs && " for group in real_group)
    done = subprocess.run(
        ["sh", "-c", f'{enter}exec "$0" -c "{script}"', sys.executable], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    cores, free = map(float, done.stdout.split())
    assert cores == 1.5
    assert 1e9 < free <= 1.5e9
