"""A machine is put out in the middle of a book; the others go on without doing anything, those that were away too."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import assert_complete, only, report_of
from household import SLOW, Machine, Running, await_that, wait_for
from library import CHAPTERS

from swarm.errors import EXIT_ENVIRONMENT
from swarm.net.addresses import known_places
from swarm.net.identity.identity import Identity
from swarm.net.identity.keys import load_key
from swarm.net.identity.swarm_key import swarm_id

Make = Callable[[str], Machine]
MEMBERS = "members.json"


def work(worker: Machine, coordinator: Running, *more: object) -> Running:
    where = f"127.0.0.1:{coordinator.port}"
    return worker.start("work", "--cpu", "--slots", "1", "--name", worker.name, "--coordinator", where, *more)


def rests() -> tuple[str, str]:
    """Return words by which a worker is there, and speaks nothing for an hour."""
    hour = time.localtime().tm_hour
    return "--hours", f"{(hour + 2) % 24}-{(hour + 3) % 24}"


def order(seat: Machine, coordinator: Running, what: str, machine: str) -> None:
    done = seat.run(what, machine, "--coordinator", f"127.0.0.1:{coordinator.port}")
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_a_member_is_put_out_in_mid_book_and_the_others_go_on(
    lan: Make, machine: Make, write_book: Callable[..., Path]
) -> None:
    book = write_book({title: text * 16 for title, text in CHAPTERS.items()})
    laptop, attic, guest, away = (lan(name) for name in ("laptop", "attic", "guest", "away"))
    coordinator = laptop.start("coordinate", book, *SLOW)
    absent = work(away, coordinator, *rests())
    wait_for(lambda: (away.home / MEMBERS).exists(), "its membership")
    absent.kill()
    stays = work(attic, coordinator)
    stays.says("speaking")
    order(laptop, coordinator, "pause", "attic")  # all this has to happen before the book's end, on any machine
    leaves = work(guest, coordinator)
    leaves.says("speaking")
    order(laptop, coordinator, "pause", "guest")
    before = laptop.run("key", "--code").stdout.strip()
    await_that(lambda: "guest" in attic.run("members").stdout, "the attic knows the guest")

    refused = attic.run("members", "remove", "guest")
    assert refused.returncode == EXIT_ENVIRONMENT
    assert "no owner" in refused.stderr
    removed = laptop.run("members", "remove", "guest")
    assert (removed.returncode, removed.stderr) == (0, "")
    assert "This machine was removed from the swarm" in leaves.ends(EXIT_ENVIRONMENT)
    stays.says("a machine was removed from the swarm")

    returned = work(away, coordinator, *rests())
    returned.says("serving")
    key = load_key(laptop.home)
    assert key and Identity(laptop.home, key).applicants.apply(b"\x07" * 32, "newbie")
    seen = attic.run("status", "--coordinator", f"127.0.0.1:{coordinator.port}").stdout
    assert "newbie (fingerprint 0707070707070707) waits" in seen, "each member's machine can approve it"
    for words in (("work",), ("status",), ("members",), ("add", book)):
        again = guest.run(*words)
        assert (again.returncode, "was removed from the swarm by" in again.stderr) == (EXIT_ENVIRONMENT, True), words
    stranger = lan("stranger")  # it joins with the code of before
    late = work(stranger, coordinator)
    late.says("another key than this machine")
    invite = laptop.run("key", "--invite", "15m", "--code").stdout.strip()
    newcomer = machine("newcomer")
    assert newcomer.run("join", invite).returncode == 0
    work(newcomer, coordinator).says("this machine was invited(.|\\n)*serving")
    second = machine("second").run("join", invite, "--coordinator", f"127.0.0.1:{coordinator.port}")
    assert (second.returncode, "This invite was used already" in second.stderr) == (EXIT_ENVIRONMENT, True)
    named = swarm_id(load_key(laptop.home))
    wait_for(lambda: known_places(newcomer.home, [named]), "the address that it served, by the swarm's own name")
    order(laptop, coordinator, "resume", "attic")
    coordinator.ends()
    assert_complete(report_of(only(laptop.desk, "*.m4b")))
    after = laptop.run("key", "--code").stdout.strip()
    assert before != after == attic.run("key", "--code").stdout.strip() == away.run("key", "--code").stdout.strip()
    assert guest.run("key", "--code").stdout.strip() == before
    assert "guest" not in laptop.run("members").stdout
