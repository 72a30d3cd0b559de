"""A Slurm cluster lends its nodes: pilots of an array are cancelled, run out of time, and lose nothing."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from evidence import accepted, assert_complete, assert_spoken_once, only, report_of
from household import CLI, QUICK, Machine, await_that, wait_for
from slurm import Slurm, cluster, require_slurm

PILOTS = CLI.parent / "examples" / "slurm" / "pilots.sh"
# The book takes one engine two minutes: long enough for all that happens to the first array.
LASTING = (*QUICK, "cost_per_char=0.1")

pytestmark = [pytest.mark.slow, pytest.mark.chaos]


@pytest.fixture
def slurm() -> Iterator[Slurm]:
    """Yield a cluster in a folder with a short path, since slurmd has sockets there."""
    require_slurm()
    nodes = {"north": 2, "south": 2, "west": 2}
    with TemporaryDirectory(prefix="slurm-") as folder, cluster(Path(folder) / "house", nodes) as running:
        yield running
        running.tell("scancel", "--full", "--signal=KILL", "--user=root")


@pytest.fixture
def login(lan: Callable[[str], Machine]) -> Callable[[], Machine]:
    """Return a function that makes the login node, whose home folder all nodes share."""

    def make() -> Machine:
        node = lan("login")
        program = node.desk / "e2a-swarm"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{CLI}" "$@"\n')
        program.chmod(0o755)
        return node

    return make


def test_an_array_of_pilots_speaks_a_book_though_one_is_cancelled_one_runs_out_of_time_and_a_node_is_drained(
    slurm: Slurm, lan: Callable[[str], Machine], login: Callable[[], Machine], small_book: Path
) -> None:
    laptop = lan("laptop")
    node = login()
    env = node.environment()
    env["PATH"] = f"{node.desk}:{env['PATH']}"
    coordinator = laptop.start("coordinate", small_book, *LASTING)
    where = f"127.0.0.1:{coordinator.port}"

    def submit(array: str, *more: str) -> None:
        words = ("sbatch", "--parsable", f"--array={array}", "--time=10", PILOTS, where, "--cpu", "--slots", *more)
        slurm.tell(*words, env=env, cwd=node.desk)

    def log(task: int) -> str:
        return only(node.desk, f"e2a-swarm-*-{task}.log").read_text()

    def state(task: int) -> str:
        return slurm.jobs()[str(task)][0]

    def job(task: int) -> str:
        number = slurm.tell("squeue", "--array", "--noheader", "--format=%K %A").splitlines()
        return dict(row.split() for row in number)[str(task)]

    submit("1-3", "1")
    wait_for(lambda: len({record.worker for record in accepted(laptop.home)}) == 3, "clips of three pilots")
    drained = slurm.jobs()["3"][1]
    slurm.tell("scontrol", "update", f"nodename={drained}", "state=drain", "reason=a new disk")
    slurm.tell("scontrol", "update", f"jobid={job(2)}", "EndTime=now+1")  # checked every 30 s
    slurm.tell("scancel", job(1))
    await_that(lambda: state(1) == "CANCELLED")
    await_that(lambda: state(2) == "TIMEOUT", "the end of a pilot's time")
    assert "finishing the sentences under way" in log(1)
    assert "finishing the sentences under way" in log(2)
    assert "interrupted" not in log(1) + log(2)
    assert state(3) == "RUNNING"
    assert coordinator.process.poll() is None

    submit("4-5", "4")
    coordinator.ends()
    await_that(lambda: {slurm.jobs()[task][0] for task in "45"} == {"COMPLETED"}, "the end of all pilots")
    assert drained not in {slurm.jobs()[task][1] for task in "45"}
    assert state(3) == "COMPLETED"  # a drained node lets its jobs end
    assert_spoken_once(laptop.home)
    assert_complete(report_of(only(laptop.desk, "*.m4b")))


def test_jobs_that_scale_asks_for_speak_a_book(
    slurm: Slurm, lan: Callable[[str], Machine], login: Callable[[], Machine], small_book: Path
) -> None:
    pytest.importorskip("parsl")
    laptop = lan("laptop")
    coordinator = laptop.start("coordinate", small_book, *QUICK, "cost_per_char=0.01")
    asking = ("scale", "--with", "slurm", "--most", "2", "--coordinator", f"127.0.0.1:{coordinator.port}")
    asking += (
        "--program",
        login().desk / "e2a-swarm",
        "--work=--cpu --slots 1",
        "--provider-option",
        "exclusive=false",
    )
    scaling = laptop.start(*asking, **slurm.environment)
    coordinator.ends()
    assert "asking slurm for 2 workers" in scaling.ends()
    report = report_of(only(laptop.desk, "*.m4b"))
    assert_complete(report)
    assert all(worker["name"].startswith("slurm-") for worker in report["workers"])
    names = slurm.tell("squeue", "--noheader", "--states=all", "--format=%j").splitlines()
    assert len(names) == 2 and all(name.startswith("slurm-") for name in names)
