"""Coordinators and workers on several mock machines, with real sockets between them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import carried_books
import pytest
from evidence import accepted, assert_complete, assert_spoken_once, clips, listen, only, report_of
from household import FAST, SLOW, Machine, Running, wait_for
from library import CHAPTERS, SENTENCES

Make = Callable[[str], Machine]


def join_in(worker: Machine, port: int, *more: object) -> Running:
    """Start a worker for one coordinator."""
    where = f"127.0.0.1:{port}"
    return worker.start("work", "--cpu", "--coordinator", where, "--exit-when-done", "--slots", "1", *more)


def test_two_machines_share_a_book(lan: Make, small_book: Path) -> None:
    laptop, desktop, tower = lan("laptop"), lan("desktop"), lan("tower")
    coordinator = laptop.start("coordinate", small_book, *SLOW, "--min-workers", "2")
    workers = [join_in(worker, coordinator.port, "--name", worker.name) for worker in (desktop, tower)]
    said = coordinator.ends()
    for worker in workers:
        worker.ends()

    assert "desktop joined" in said
    report = report_of(only(laptop.desk, "*.m4b"))
    assert_complete(report)
    assert_spoken_once(laptop.home)
    assert {row["name"] for row in report["workers"] if row["segments"] > 3} == {"desktop", "tower"}
    assert not (tower.home / "jobs").exists()  # a worker keeps nothing of the book


@pytest.mark.slow
def test_workers_are_called_for_a_spoken_book_only_if_some_of_its_sound_proves_damaged(
    lan: Make, small_book: Path
) -> None:
    laptop, desktop = lan("laptop"), lan("desktop")
    assert laptop.run("convert", small_book, *FAST).returncode == 0
    only(laptop.desk, "*.m4b").unlink()
    assert "waiting for" not in laptop.start("coordinate", small_book, *FAST).ends()
    assert only(laptop.desk, "*.m4b")

    clip = min((laptop.home / "clips").rglob("*.flac"))
    clip.write_bytes(clip.read_bytes()[::-1])
    coordinator = laptop.start("coordinate", small_book, *FAST, "--output-format", "flac")
    worker = join_in(desktop, coordinator.port)
    coordinator.ends()
    worker.ends()
    assert_complete(report_of(only(laptop.desk, "*.flac")))


def test_a_worker_outlives_its_coordinators(lan: Make, write_book: Callable[..., Path], free_port: int) -> None:
    laptop, desktop = lan("laptop"), lan("desktop")
    worker = desktop.start("work", "--cpu", "--coordinator", f"127.0.0.1:{free_port}")  # it was there first
    for title in ("One", "Another"):
        book = write_book({title: f"This is the book called {title}. It is short."}, title)
        laptop.start("coordinate", book, *FAST, "--port", free_port).ends()
        assert only(laptop.desk, f"{title} - *.m4b")
    assert worker.process.poll() is None
    assert worker.output.count("serving") == 2


def test_status_says_what_everybody_does(lan: Make, small_book: Path) -> None:
    laptop, desktop = lan("laptop"), lan("desktop")
    coordinator = laptop.start("coordinate", small_book, *SLOW, "--engine-option", "cost_per_char=0.05")
    port = coordinator.port
    join_in(desktop, port, "--name", "desktop")
    wait_for(lambda: accepted(laptop.home))

    asked = desktop.run("status", "--json", "--coordinator", f"127.0.0.1:{port}")
    (reply,) = json.loads(asked.stdout)
    assert reply["jobs"][0]["accepted"] >= 1
    assert [row["name"] for row in reply["workers"]] == ["desktop"]
    shown = laptop.run("status", "--coordinator", f"127.0.0.1:{port}")
    assert shown.returncode == 0
    assert "The Lamp" in shown.stdout and "desktop" in shown.stdout


@pytest.mark.slow
def test_two_books_by_one_coordinator(lan: Make, small_book: Path, write_book: Callable[..., Path]) -> None:
    laptop, desktop = lan("laptop"), lan("desktop")
    other = write_book(CHAPTERS | {"The End": "That was all."}, "The Other Book")
    coordinator = laptop.start("coordinate", small_book, other, *FAST)
    worker = join_in(desktop, coordinator.port)
    coordinator.ends()
    worker.ends()
    for title, chapters in (("The Lamp & the Letter", 3), ("The Other Book", 4)):
        path = only(laptop.desk, f"{title} - *.m4b")
        assert_complete(report_of(path))
        assert len(listen(path).chapters) == chapters


@pytest.mark.slow
def test_two_coordinators_and_two_workers_that_find_each_other(
    lan: Make, small_book: Path, write_book: Callable[..., Path]
) -> None:
    """Give nobody an address: all use mDNS on the loopback device."""
    machines = [lan(name) for name in ("laptop", "kitchen", "desktop", "tower")]
    workers = [machine.start("work", "--cpu", "--slots", "1", "--exit-when-done") for machine in machines[2:]]
    books = [small_book, write_book(CHAPTERS, "The Other Book")]
    coordinators = [
        machine.start("coordinate", book, *SLOW, "--min-workers", "2")
        for machine, book in zip(machines[:2], books, strict=True)
    ]
    for coordinator in coordinators:
        coordinator.ends()
    for worker in workers:
        worker.ends()
        assert worker.output.count("serving") >= 2
    for machine in machines[:2]:
        report = report_of(only(machine.desk, "*.m4b"))
        assert_complete(report)
        assert_spoken_once(machine.home)


def survive(lan: Make, book: Path, port: int, voice: tuple[object, ...], total: int) -> tuple[Machine, list[Running]]:
    """Run three workers; kill one half-way, then kill the coordinator and start it again."""
    laptop, *others = [lan(name) for name in ("laptop", "one", "two", "three")]
    command = ("coordinate", book, *voice, "--port", port)
    coordinator = laptop.start(*command)
    workers = [join_in(machine, port) for machine in others]
    wait_for(lambda: len(clips(laptop.home)) >= total * 0.4)
    workers[0].kill()
    wait_for(lambda: len(clips(laptop.home)) >= total * 0.6)
    coordinator.kill()
    before, taken = clips(laptop.home), accepted(laptop.home)

    laptop.start(*command).ends(0)
    for worker in workers[1:]:
        worker.ends()
    after = clips(laptop.home)
    assert {key: after[key] for key in before} == before
    assert accepted(laptop.home)[: len(taken)] == taken
    assert_spoken_once(laptop.home)
    report = report_of(only(laptop.desk, "*.m4b"))
    assert_complete(report)
    assert report["totals"]["runs"] == 2
    return laptop, workers


@pytest.mark.chaos
def test_a_worker_killed_and_then_the_coordinator(lan: Make, small_book: Path, free_port: int) -> None:
    survive(lan, small_book, free_port, (*SLOW, "--engine-option", "cost_per_char=0.01"), SENTENCES)


@pytest.mark.chaos
def test_a_coordinator_that_lost_its_disk_gets_back_what_its_worker_has(
    lan: Make, small_book: Path, free_port: int
) -> None:
    laptop, desktop = lan("laptop"), lan("desktop")
    line = ("coordinate", small_book, *SLOW, "--engine-option", "cost_per_char=0.01", "--port", free_port)
    first = laptop.start(*line)
    worker = join_in(desktop, first.port)
    wait_for(lambda: len(accepted(laptop.home)) >= 10)
    first.kill()
    before = {(clip.chapter, clip.index): clip.work_s for clip in accepted(laptop.home)}
    for folder in ("jobs", "clips"):
        shutil.rmtree(laptop.home / folder)

    laptop.start(*line).ends()
    worker.ends()
    assert_complete(report_of(only(laptop.desk, "*.m4b")))
    assert_spoken_once(laptop.home)
    after = {(clip.chapter, clip.index): clip.work_s for clip in accepted(laptop.home)}
    spoken_again = [place for place, work_s in before.items() if after[place] != work_s]
    assert len(spoken_again) < len(before) / 2  # the worker had begun some before its clips were asked for


@pytest.mark.chaos
@pytest.mark.slow
def test_a_real_book_and_a_real_voice_survive_two_kills(lan: Make, tmp_path: Path, free_port: int) -> None:
    laptop, _ = survive(lan, carried_books.write_beginning(tmp_path, 45), free_port, (), 55)
    book = listen(only(laptop.desk, "*.m4b"))
    assert [title for title, _ in book.chapters] == ["The Yellow Wallpaper"]
    assert book.duration_s > 5 * 60
