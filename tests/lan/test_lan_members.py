"""A machine of the network is removed from the swarm in the middle of a book."""

from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import records
from host import Host, write_book
from household import wait_for

from swarm.errors import EXIT_ENVIRONMENT
from swarm.job.record import ClipAccepted, WorkerSeen

pytestmark = [pytest.mark.lan, pytest.mark.slow]
Swarm = Callable[..., dict[str, Host]]


def by(name: str, laptop: Host) -> int:
    """Return how many accepted sentences a machine spoke."""
    told = records(laptop.home)
    ids = {record.worker for record in told if isinstance(record, WorkerSeen) and record.name == name}
    return sum(isinstance(record, ClipAccepted) and record.worker in ids for record in told)


def test_a_removed_machine_gets_nothing_more_and_the_others_finish_the_book_without_doing_anything(
    swarm: Swarm, tmp_path: Path
) -> None:
    hosts = swarm("laptop", "attic", "tower", "guest")
    laptop, guest = hosts["laptop"], hosts["guest"]
    coordinator = laptop.coordinate(write_book(tmp_path, characters=8000), 0.006, 0.01, "--min-workers", 3)
    others = [hosts[name].work("--exit-when-done") for name in ("attic", "tower")]
    leaves = guest.work()
    wait_for(lambda: laptop.count >= 30 and by("guest", laptop), "a part of the book, of all machines")
    code = laptop.run("key", "--code").stdout

    removed = laptop.run("members", "remove", "guest")
    assert removed.returncode == 0, removed.stderr
    assert "This machine was removed from the swarm by" in leaves.ends(EXIT_ENVIRONMENT)
    spoken, at_removal = by("guest", laptop), laptop.count
    (guest.home / "members.json").unlink()  # the guest pretends not to know it
    again = guest.work()
    again.says("another key than this machine, or removed it")

    report = laptop.finished(coordinator)
    assert at_removal < report["totals"]["segments"], "the book was spoken before the removal"
    assert by("guest", laptop) == spoken
    assert "speaking" not in again.output
    for other in others:
        said = other.ends()
        assert said.count("a machine was removed from the swarm, which has a new code") == 1
    assert guest.run("key", "--code").stdout == code
    assert (
        {hosts[name].run("key", "--code").stdout for name in ("attic", "tower")}
        == {laptop.run("key", "--code").stdout}
        != {code}
    )
