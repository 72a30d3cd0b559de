"""More than one coordinator on a network; strangers, and hostile peers."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from evidence import accepted, records
from host import Host, assert_undisturbed, write_book
from household import wait_for

from swarm.job.record import RunStarted

pytestmark = [pytest.mark.lan, pytest.mark.slow]
Swarm = Callable[..., dict[str, Host]]

NOISE = Path(__file__).with_name("noise.py")
GROWN_KIB = 32 * 1024  # more than that after the noise is a leak


def test_two_coordinators_share_two_workers_fairly(swarm: Swarm, tmp_path: Path) -> None:
    hosts = swarm("laptop", "kitchen", "attic", "tower")
    coordinators = [
        hosts[name].coordinate(write_book(tmp_path, title, 12, 8000), 0.004, 0.01, "--min-workers", 2)
        for name, title in (("laptop", "One"), ("kitchen", "Two"))
    ]
    for coordinator in coordinators:
        coordinator.says("waiting for workers")  # a book that is finished before the other begins shows nothing
    workers = [hosts[name].work("--exit-when-done", slots=2) for name in ("attic", "tower")]
    owners = [hosts["laptop"], hosts["kitchen"]]
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(Host.finished, owners, coordinators))
    for coordinator, report in zip(coordinators, reports, strict=True):
        assert_undisturbed(coordinator, report)
    for worker in workers:
        worker.ends()
        assert worker.output.count("serving laptop") == worker.output.count("serving kitchen") == 1

    times = [moments(owner.home) for owner in owners]
    both_s, first_end_s = max(min(moments_s) for moments_s in times), min(max(moments_s) for moments_s in times)
    spoken = [sum(both_s <= moment_s <= first_end_s for moment_s in moments_s) for moments_s in times]
    print("spoken of each book while there were two:", spoken)
    assert min(spoken) > max(spoken) / 3  # neither waited for the other's end


def moments(home: Path) -> list[float]:
    """Return when each clip of a machine's only job was accepted, by the wall clock."""
    began_s = next(record.at_s for record in records(home) if isinstance(record, RunStarted))
    return [began_s + clip.accepted_s for clip in accepted(home)]


def test_noise_at_the_port_disturbs_nobody(swarm: Swarm, tmp_path: Path) -> None:
    laptop, attic, _ = swarm("laptop", "attic", "stranger").values()
    coordinator = laptop.coordinate(write_book(tmp_path, characters=4000), 0.004)
    worker = attic.work("--exit-when-done")
    wait_for(lambda: laptop.count >= 20, what="some sentences")
    before_kib, count = memory_kib(coordinator.pid), laptop.count
    noise = laptop.lan.run(
        "stranger", [sys.executable, str(NOISE), laptop.lan.address["laptop"], "5847"], stdout=subprocess.PIPE
    )
    said, _ = noise.communicate()
    grown_kib = memory_kib(coordinator.pid) - before_kib
    print(said, f"coordinator grew by {grown_kib} KiB from {before_kib}; spoken meanwhile: {laptop.count - count}")
    assert "200 half-open" in said
    assert grown_kib < GROWN_KIB
    assert laptop.count > count
    report = laptop.finished(coordinator)
    assert_undisturbed(coordinator, report)
    worker.ends()


def memory_kib(pid: int) -> int:
    """Return the present memory of a process in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])
