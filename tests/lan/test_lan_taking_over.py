"""A coordinator's machine is switched off for good, and its swarm goes on without it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import accepted, assert_complete, assert_spoken_once, only, report_of
from host import Host, write_book
from household import wait_for

pytestmark = [pytest.mark.lan, pytest.mark.slow]
Swarm = Callable[..., dict[str, Host]]
SENTENCES = 162  # the book has so many, headings included
LAG = 40  # sentences that a copy may lack: two slots speak about ten a second


def test_a_standby_finishes_the_book_of_a_machine_that_is_switched_off_at_half(swarm: Swarm, tmp_path: Path) -> None:
    hosts = swarm("laptop", "tower", "attic")
    laptop, tower = hosts["laptop"], hosts["tower"]
    old = laptop.coordinate(write_book(tmp_path, characters=8000), 0.004, 0.01, "--min-workers", 2)
    standby, worker = tower.work("--standby"), hosts["attic"].work()
    wait_for(lambda: laptop.count >= SENTENCES // 2, "half of the book")
    laptop.lan.unplug("laptop")  # first, so that it says no farewell
    old.kill()
    at_loss = {clip.key: clip for clip in accepted(laptop.home)}

    said = tower.start("take-over", "--output-dir", "books").ends()
    copied = int(re.search(r"(\d+) of \d+ sentences are in the copy", said).group(1))  # type: ignore[union-attr]
    report = report_of(only(tower.desk / "books", "*.m4b"))
    assert_complete(report)
    assert report["totals"]["segments"] == SENTENCES
    assert_spoken_once(tower.home)
    now = {clip.key: clip for clip in accepted(tower.home)}
    again = [key for key, clip in at_loss.items() if now[key].work_s != clip.work_s]
    print(f"{len(at_loss)} were accepted, {copied} copied, {len(again)} spoken again, {report['totals']}")
    assert len(again) <= len(at_loss) - copied <= LAG
    assert standby.process.poll() is None
    assert worker.process.poll() is None
