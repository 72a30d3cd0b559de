"""A coordinator dies in mid-book: another machine takes the book over from a copy, and the old one stands back."""

import json
import re
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from evidence import accepted, assert_complete, assert_spoken_once, only, records, report_of
from household import SLOW, Machine, Running, wait_for

from swarm.job.record import AnyRecord, JobFinished, RunStarted
from swarm.job.run import taken_over
from swarm.job.store.store import DiskStore
from swarm.server.page.log_in import hash_password

Make = Callable[[str], Machine]


@pytest.mark.slow
def test_a_copied_folder_takes_over_and_the_old_coordinator_stands_back(lan: Make, small_book: Path) -> None:
    laptop, tower, desktop = lan("laptop"), lan("tower"), lan("desktop")
    slower = (*SLOW, "--engine-option", "cost_per_char=0.02")
    old = laptop.start("coordinate", small_book, *slower)
    worker = desktop.start("work", "--cpu", "--slots", "2")
    wait_for(lambda: len(accepted(laptop.home)) >= 6, "six sentences")
    old.kill()
    shutil.copytree(laptop.home, tower.desk / "rescued", ignore=shutil.ignore_patterns("locks", "scratch"))
    before = {clip.key: clip for clip in accepted(tower.desk / "rescued")}

    new = tower.start("take-over", "--from", "rescued")
    wait_for(lambda: len(accepted(tower.home)) > len(before), "the worker follows")
    back = laptop.start("coordinate", small_book, *slower)
    assert "another coordinator has taken this book over" in back.ends(69)
    new.ends()
    assert worker.process.poll() is None
    worker.kill()
    again = laptop.start("coordinate", small_book, *slower)
    assert "another coordinator has taken this book over" in again.ends(69), "no worker need say it again"

    assert f"{len(before)} of 33 sentences are in the copy" in new.output
    assert not list(laptop.desk.glob("*.m4b")), "an audiobook beside the new one"
    assert_complete(report_of(only(tower.desk, "*.m4b")))
    now = {clip.key: clip for clip in accepted(tower.home)}
    assert {key: now[key].accepted_s for key in before} == {key: before[key].accepted_s for key in before}


def test_a_standby_takes_over_when_the_coordinator_and_its_disk_are_gone(lan: Make, small_book: Path) -> None:
    laptop, tower, desktop = lan("laptop"), lan("tower"), lan("desktop")
    slower = (*SLOW, "--engine-option", "cost_per_char=0.06")
    old = laptop.start("coordinate", small_book, *slower)
    tower.start("work", "--cpu", "--slots", "1", "--standby", "--name", "tower")
    desktop.start("work", "--cpu", "--slots", "1")
    wait_for(lambda: len(accepted(tower.home / "standby")) >= 8, "eight sentences at the standby")
    assert re.search(r"standby tower: \d+ s behind", laptop.run("status").stdout)
    old.kill()
    at_loss = {clip.key: clip for clip in accepted(laptop.home)}
    shutil.rmtree(laptop.home)

    new = tower.start("take-over")
    said = new.ends()
    copy = int(re.search(r"(\d+) of 33 sentences are in the copy", said).group(1))  # type: ignore[union-attr]
    assert 8 <= copy <= len(at_loss)
    assert_complete(report_of(only(tower.desk, "*.m4b")))
    assert_spoken_once(tower.home)
    now = {clip.key: clip for clip in accepted(tower.home)}
    again = [key for key, clip in at_loss.items() if now[key].work_s != clip.work_s]
    assert len(again) <= len(at_loss) - copy, "more was spoken again than the copy lagged behind"


def test_one_of_two_standbys_takes_over_by_itself(lan: Make, small_book: Path) -> None:
    laptop, desktop, seats = lan("laptop"), lan("desktop"), [lan("tower"), lan("shed")]
    automatic = ("work", "--cpu", "--slots", "1", "--standby", "--automatic", "6s", "--output-dir", "books")
    running = [seat.start(*automatic, "--name", seat.name) for seat in seats]
    desktop.start("work", "--cpu", "--slots", "1")
    for each in running:
        each.says("looking for coordinators")
    old = laptop.start("coordinate", small_book, *SLOW, "--engine-option", "cost_per_char=0.06")
    wait_for(lambda: all("of 2" in each.output for each in running), "both standbys are among the voters")
    for seat in seats:
        wait_for(lambda home=seat.home: len(accepted(home / "standby")) >= 4, "some sentences at each standby")  # type: ignore[misc]
    old.kill()
    at_loss = {clip.key: clip for clip in accepted(laptop.home)}
    copied = min(len(accepted(seat.home / "standby")) for seat in seats)
    shutil.rmtree(laptop.home)

    wait_for(lambda: any("taking it over" in each.output for each in running), "a take-over")
    candidate, other = sorted(seats, key=lambda seat: "taking it over" not in running[seats.index(seat)].output)
    running[seats.index(candidate)].says("33 of 33 sentences spoken")
    assert_complete(report_of(only(candidate.desk / "books", "*.m4b")))
    assert_spoken_once(candidate.home)
    now = {clip.key: clip for clip in accepted(candidate.home)}
    again = [key for key, clip in at_loss.items() if now[key].work_s != clip.work_s]
    assert len(again) <= len(at_loss) - copied
    assert "taking it over" not in running[seats.index(other)].output
    assert not list((other.desk / "books").iterdir())


AUTOMATIC = ("work", "--cpu", "--slots", "1", "--standby", "--automatic", "6s")


def house_of_three(lan: Make, book: Path) -> tuple[Machine, Running, list[Machine], list[Running]]:
    """Start a coordinator with three standbys that take over by themselves, and wait until each has some sentences."""
    laptop, seats = lan("laptop"), [lan("tower"), lan("shed"), lan("attic")]
    running = []
    for number, seat in enumerate(seats):
        running.append(seat.start(*AUTOMATIC, "--output-dir", "nas/books", "--name", seat.name))
        running[-1].says("looking for coordinators")
        if not number:
            old = laptop.start("coordinate", book, *SLOW, "--engine-option", "cost_per_char=0.06")
        running[-1].says(f"as number {number + 1} of {number + 1}")
    for seat in seats:
        wait_for(lambda home=seat.home: len(accepted(home / "standby")) >= 2, "some sentences at each standby")  # type: ignore[misc]
        memory = seat.home / "succession.json"
        wait_for(lambda path=memory: path.read_text().count('"name"') == 3, "each remembers all three")  # type: ignore[misc]
    return laptop, old, seats, running


@pytest.mark.slow
def test_of_three_standbys_one_is_dead_one_restarts_and_the_disk_of_the_first_is_not_mounted(
    lan: Make, small_book: Path
) -> None:
    laptop, old, (tower, shed, _), (first, second, third) = house_of_three(lan, small_book)
    old.kill()
    shutil.rmtree(laptop.home)
    (tower.desk / "nas").rename(tower.desk / "away")
    third.kill()
    second.kill()  # after the coordinator: all that it knows of the others is on its disk
    second = shed.start(*AUTOMATIC, "--output-dir", "nas/books", "--name", shed.name)

    first.says("cannot take over from a coordinator that is gone: .*nas/books is gone. Mount its disk")
    second.says("taking it over")
    second.says("33 of 33 sentences spoken")
    assert_complete(report_of(only(shed.desk / "nas" / "books", "*.m4b")))
    assert_spoken_once(shed.home)
    assert "taking it over" not in first.output
    assert not (tower.desk / "nas").exists()


@pytest.mark.slow
def test_after_a_power_cut_of_the_whole_house_two_of_three_standbys_are_enough(lan: Make, small_book: Path) -> None:
    laptop, old, seats, running = house_of_three(lan, small_book)
    for each in (old, *running):
        each.kill()
    shutil.rmtree(laptop.home)

    tower, attic = seats[0], seats[2]
    again = tower.start(*AUTOMATIC, "--output-dir", "nas/books", "--name", tower.name)
    again.says("2 of 3 with --automatic have to agree, so far 1; no answer from shed, attic")
    assert "taking it over" not in again.output
    (attic.desk / "nas" / "books").rmdir()
    (attic.desk / "nas" / "books").touch()  # it agrees all the same
    other = attic.start(*AUTOMATIC, "--output-dir", "nas/books", "--name", attic.name)
    other.says("takes no book over by itself as long as its --output-dir cannot be used")
    again.says("taking it over")
    again.says("33 of 33 sentences spoken")
    assert_complete(report_of(only(tower.desk / "nas" / "books", "*.m4b")))
    assert_spoken_once(tower.home)


@pytest.mark.slow
def test_an_old_coordinator_that_has_every_sentence_hears_it_from_a_standby(lan: Make, small_book: Path) -> None:
    laptop, tower = lan("laptop"), lan("tower")
    old = laptop.start("coordinate", small_book, *SLOW)
    standby = tower.start("work", "--cpu", "--slots", "1", "--standby")
    old.ends()
    assert records(tower.home / "standby") == records(laptop.home), "its end is copied too"
    standby.kill()
    only(laptop.desk, "*.m4b").unlink()
    rewrite(laptop.home, lambda records: [each for each in records if not isinstance(each, JobFinished)])
    rewrite(tower.home / "standby", lambda records: [*records, RunStarted(taken_over(1, lambda most: 0), 0.0)])

    tower.start("work", "--cpu", "--slots", "1", "--standby")
    back = laptop.start("coordinate", small_book, *SLOW)
    assert "another coordinator has taken this book over" in back.ends(69)
    assert not list(laptop.desk.glob("*.m4b"))


def rewrite(home: Path, change: Callable[[list[AnyRecord]], list[AnyRecord]]) -> None:
    """Change the records of the only job of a state folder."""
    with closing(DiskStore(home)) as store:
        job = only(home / "jobs", "*").name
        store.lock_job(job)
        store.open_job(job)
        store.rewrite_records(job, change(list(store.records(job))))


@pytest.mark.slow
def test_one_of_two_standbys_serves_the_queue_by_itself(lan: Make, write_book: Callable[..., Path]) -> None:
    hub, seats = lan("hub"), [lan("tower"), lan("shed")]
    running = [seat.start(*AUTOMATIC, "--output-dir", "books", "--name", seat.name) for seat in seats]
    old = hub.start("serve", "--output-dir", "books", "--web", "off", *SLOW, "--engine-option", "cost_per_char=0.06")
    old.says("waiting for workers")
    wait_for(lambda: all("of 2" in each.output for each in running), "both standbys are among the voters")
    for title in ("Emma", "Persuasion", "Sanditon", "Lady Susan", "Evelina"):
        book = write_book({"One": " ".join(f"Sentence {n} of {title}." for n in range(4))}, title)
        assert hub.run("add", book, "--coordinator", f"127.0.0.1:{old.port}").returncode == 0

    def status() -> str:
        return hub.run("status", "--coordinator", f"127.0.0.1:{old.port}").stdout

    wait_for(lambda: status().count("5 of 5 books") == 2, "the whole queue at both")
    old.kill()
    written = len(list(hub.desk.rglob("*.m4b")))
    assert written < 5, old.output
    wait_for(lambda: any("taking it over" in each.output for each in running), "a take-over")
    heir = next(seat for seat, each in zip(seats, running, strict=True) if "taking it over" in each.output)
    wait_for(lambda: len(list(heir.desk.rglob("*.m4b"))) >= 5 - written, "the books that are left")
    assert sum("taking it over" in each.output for each in running) == 1
    for each in running:
        each.signal()
        each.ends()  # and with it what it took over


def api_of(serving: Running, token: str = "") -> httpx.Client:
    """Return a client of the interface for programs of a server, by its own token if none is given."""
    found = serving.says(r"programs at (http://127\.0\.0\.1:\d+)/api/v1; its token is in (\S+)")
    token = token or Path(found.group(2)).read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=found.group(1), headers=headers, trust_env=False, timeout=60)


@pytest.mark.slow
def test_a_standby_serves_the_whole_queue_of_a_machine_that_is_gone(
    lan: Make, write_book: Callable[..., Path], free_port: int
) -> None:
    server, tower, desktop = lan("server"), lan("tower"), lan("desktop")
    (lexicon := server.desk / "names.lexicon").write_text("Highbury = high berry\n", encoding="utf-8")
    server.home.mkdir(exist_ok=True)
    (server.home / "web-password").write_text(hash_password("a long password", 2**4).stored)
    slower = (*SLOW, "--engine-option", "cost_per_char=0.06", "--lexicon", lexicon, "--output-format", "flac")
    web = ("--web-password", "--web", f"127.0.0.1:{free_port}")
    old = server.start("serve", "--output-dir", server.desk / "out", *web, *slower)
    titles = ["Emma", "Persuasion", "Sanditon", "Lady Susan", "The Watsons", "Evelina"]
    with api_of(old) as client:
        token = client.headers["Authorization"].split()[1]
        for title in titles:
            book = write_book({"One": " ".join(f"Sentence {n} of {title}." for n in range(3))}, title)
            client.post("/api/v1/books", params={"name": book.name}, content=book.read_bytes()).raise_for_status()
        feed = client.post("/api/v1/feeds", json={"name": "phone"}).json()
        for order in (("pause", "Sanditon"), ("cancel", "Evelina"), ("move", "The Watsons", 2)):
            done = server.run(*order, "--coordinator", f"127.0.0.1:{old.port}")
            assert done.returncode == 0, done.stderr
        before = [(book["book"], book["title"]) for book in client.get("/api/v1/books").json()]
        tower.start("work", "--cpu", "--slots", "1", "--standby", "--name", "tower")
        worker = desktop.start("work", "--cpu", "--slots", "1")

        def books_copied() -> list[tuple[int, int]]:
            return [(each["books"], each["of_books"]) for each in client.get("/api/v1/standbys").json()]

        wait_for(lambda: books_copied() == [(6, 6)], "the whole queue at the standby")
        clips = tower.home / "standby" / "clips"
        wait_for(lambda: len(list(clips.rglob("*.flac"))) >= 3, "some sentences at the standby")
        status = server.run("status", "--coordinator", f"127.0.0.1:{old.port}").stdout
        assert re.search(r"standby tower: .*, 6 of 6 books", status)
    old.kill()
    written = set(server.desk.rglob("*.flac"))

    said = tower.run("status")
    assert said.returncode == 69
    assert re.search(r"a copy of the queue of .+, 6 of 6 books, .+ old: `e2a-swarm take-over` goes on", said.stdout)
    new = tower.start("take-over", "--output-dir", tower.desk / "books")
    with api_of(new, token) as client:
        shown = client.get("/api/v1/books").json()
        assert [(book["book"], book["title"]) for book in shown] == before
        states = {book["title"]: book["state"] for book in shown}
        assert (states["Sanditon"], states["Evelina"]) == ("paused", "cancelled")
        path = httpx.URL(feed["podcast"]).path
        with httpx.Client(base_url=client.base_url, trust_env=False, timeout=60) as visitor:
            assert visitor.get(path).status_code == 200
            form = visitor.get("/log-in").text
            secret = re.search(r'name="form_token" value="([^"]+)"', form).group(1)  # type: ignore[union-attr]
            sent = {"password": "a long password", "form_token": secret}
            assert visitor.post("/log-in", data=sent, headers={"Origin": str(client.base_url)}).status_code == 303
        wait_for(lambda: list(tower.desk.rglob("Emma*.flac")), "the first book")
        back = server.start("serve", "--output-dir", server.desk / "out", *slower)
        assert "Another machine has taken this queue over" in back.ends(69)
        again = server.start("serve", "--output-dir", server.desk / "out", *slower)
        assert "`e2a-swarm take-over` here takes it back" in again.ends(69)
        assert set(server.desk.rglob("*.flac")) == written, "an audiobook beside the new one"
        spoken = {"Emma", "Persuasion", "Lady Susan", "The Watsons"}

        def finished() -> set[str]:
            return {book["title"] for book in client.get("/api/v1/books").json() if book["state"] == "finished"}

        wait_for(lambda: finished() == spoken, "all that waited")
    assert worker.process.poll() is None
    for report in (tower.desk / "books").glob("*.report.json"):
        assert_complete(json.loads(report.read_bytes()))
    for job in ("emma*", "the-watsons*", "persuasion*", "lady*"):
        assert_spoken_once(tower.home, job)
