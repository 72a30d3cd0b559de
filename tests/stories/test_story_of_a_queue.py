"""A coordinator that stays: books come from other machines, orders too, and a restart goes on."""

import io
import json
import wave
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from evidence import accepted, assert_complete, assert_spoken_once, report_of
from household import FAST, SLOW, Machine, Running, descendants, is_alive, wait_for

Make = Callable[[str], Machine]


class Queue:
    """A machine that serves a queue into its folder `out`, and a seat somewhere else."""

    def __init__(self, lan: Make, *options: object) -> None:
        self.server, self.seat = lan("server"), lan("seat")
        self.out = self.server.desk / "out"
        self.options = options
        self.serving = self.start()
        self.port = self.serving.port

    def start(self) -> Running:
        return self.server.start("serve", "--output-dir", self.out, *self.options)

    def work(self, machine: Machine, *more: str) -> Running:
        where = ("--coordinator", f"127.0.0.1:{self.port}")
        return machine.start("work", "--cpu", "--slots", "1", "--name", machine.name, *where, *more)

    def say(self, *words: object, code: int = 0, at: Machine | None = None) -> str:
        """Run a command at the seat or another machine, and return what it said."""
        done = (at or self.seat).run(*words, "--coordinator", f"127.0.0.1:{self.port}")
        said = done.stdout + done.stderr
        assert (done.returncode, "Traceback" in said) == (code, False), said
        return said

    def status(self) -> dict[str, object]:
        [reply] = json.loads(self.say("status", "--json"))
        assert isinstance(reply, dict)
        return reply

    def states(self) -> list[str]:
        queue = self.status()["queue"]
        assert isinstance(queue, list)
        return [book["state"] for book in queue]


def books(write_book: Callable[..., Path], *titles: str, sentences: int = 3) -> list[Path]:
    return [
        write_book({"One": " ".join(f"Sentence {n} of {title}." for n in range(sentences))}, title) for title in titles
    ]


@pytest.mark.slow
def test_books_come_from_another_machine_and_each_has_its_own_options(
    lan: Make, write_book: Callable[..., Path]
) -> None:
    queue = Queue(lan, *FAST)
    queue.work(lan("attic"))
    emma, persuasion = books(write_book, "Emma", "Persuasion")
    assert "number 1 of the queue of" in queue.say("add", emma, "--output-format", "flac")
    assert "number 2 of the queue" in queue.say("add", persuasion)
    emma.unlink()  # the seat is not needed any more
    wait_for(lambda: queue.states() == ["finished"] * 2)
    assert sorted(path.suffix for path in queue.out.iterdir() if path.suffix != ".json") == [".flac", ".m4b"]
    for report in queue.out.glob("*.report.json"):
        assert_complete(json.loads(report.read_bytes()))
    assert "finished" in queue.say("status")
    assert "is finished" in queue.say("resume", 1, code=64)
    queue.serving.signal()
    assert "goes on with the queue" in queue.serving.ends()


def test_one_machine_with_a_page_needs_one_command(lan: Make, write_book: Callable[..., Path]) -> None:
    queue = Queue(lan, "--speak", *FAST)
    [emma] = books(write_book, "Emma")
    queue.say("add", emma)
    wait_for(lambda: queue.states() == ["finished"])
    queue.serving.says("this machine: serving")
    children = descendants(queue.serving.pid)
    assert children
    queue.serving.kill()
    wait_for(lambda: not any(map(is_alive, children)), "the worker ends even with a server that is killed")
    queue.serving = queue.start()
    queue.serving.says("this machine: serving")
    queue.serving.signal()
    assert "goes on with the queue" in queue.serving.ends()


@pytest.mark.slow
def test_a_killed_server_goes_on_with_its_queue_and_speaks_nothing_again(
    lan: Make, write_book: Callable[..., Path], free_port: int
) -> None:
    queue = Queue(lan, *SLOW, "--port", free_port)
    queue.work(lan("attic"))
    queue.say("add", *books(write_book, "Emma", "Persuasion", sentences=8))
    clips = queue.server.home / "clips"
    wait_for(lambda: len(list(clips.rglob("*.flac"))) > 3)
    queue.serving.kill()
    queue.serving = queue.start()
    assert queue.serving.port == free_port
    wait_for(lambda: queue.states() == ["finished"] * 2)
    for name in ("Emma", "Persuasion"):
        assert_complete(report_of(next(queue.out.glob(f"{name}*.m4b"))))
        assert_spoken_once(queue.server.home, f"{name.lower()}*")


@pytest.mark.slow
def test_books_obey_who_added_them_machines_their_own_users_and_the_owner_of_the_swarm_orders_all(
    lan: Make, write_book: Callable[..., Path]
) -> None:
    queue = Queue(lan, *FAST)
    queue.say("add", *books(write_book, "Emma", "Persuasion", "Sanditon"))
    assert "Emma is paused" in queue.say("pause", "emma")
    assert "moved" in queue.say("move", 3, 1)
    assert "cancelled" in queue.say("cancel", "Persuasion")
    attics, server = lan("attic"), queue.server
    attic = queue.work(attics)
    cellar = queue.work(lan("cellar"), "--no-orders")
    wait_for(lambda: queue.states() == ["finished", "paused", "cancelled"])
    assert "told to pause" in queue.say("pause", "attic", at=attics)
    attic.says("paused from this machine")
    queue.say("pause", "cellar", at=server)
    cellar.says("it does not, because of --no-orders")
    queue.say("resume", "attic", at=server)
    attic.says("goes on, as")
    refused = queue.say("drain", "attic", code=64)
    assert "attic is not told to drain: only a user of that machine itself and the owner of the swarm" in refused
    assert "Emma stays as it is: only" in queue.say("remove", "Emma", code=64, at=attics)
    queue.say("drain", "attic", at=server)
    attic.ends(0)
    assert "goes on" in queue.say("resume", "Emma", at=server)
    wait_for(lambda: queue.states() == ["finished", "finished", "cancelled"])
    assert "no longer in the queue" in queue.say("remove", "Persuasion")
    assert "no book or machine 'Persuasion'" in queue.say("pause", "Persuasion", code=64)


@pytest.mark.slow
def test_what_the_server_would_have_to_read_from_its_own_disk_is_refused(
    lan: Make, write_book: Callable[..., Path]
) -> None:
    queue = Queue(lan, *FAST)
    [emma] = books(write_book, "Emma")
    assert "names a file of this machine" in queue.say("add", emma, "--lexicon", "names.txt", code=64)
    bad = queue.seat.desk / "bad.epub"
    bad.write_bytes(b"no book")
    empty = queue.seat.desk / "empty.epub"
    empty.touch()
    said = queue.say("add", empty, bad, emma, code=64)  # the other is added
    assert "empty.epub: " in said and "bad.epub is not an EPUB" in said
    wait_for(lambda: queue.states() == ["waiting"])


@pytest.mark.slow
def test_a_program_adds_a_book_and_reads_what_became_of_it(lan: Make, write_book: Callable[..., Path]) -> None:
    queue = Queue(lan, *FAST)
    queue.work(lan("attic"))
    found = queue.serving.says(r"programs at (http://127\.0\.0\.1:\d+)/api/v1; its token is in (\S+)")
    headers = {"Authorization": f"Bearer {Path(found.group(2)).read_text().strip()}"}
    with httpx.Client(base_url=found.group(1), headers=headers, trust_env=False, timeout=60) as client:
        [emma] = books(write_book, "Emma")
        added = client.post("/api/v1/books", params={"name": emma.name}, content=emma.read_bytes())
        assert added.json()["title"] == "Emma"
        wait_for(lambda: client.get("/api/v1/books/1").json()["state"] == "finished")
        [file] = client.get("/api/v1/books/1").json()["files"]
        assert_complete(report_of(Path(file)))
        assert 'e2a_swarm_books{state="finished"} 1.0' in client.get("/metrics").text


@pytest.mark.slow
def test_a_listener_hears_a_book_and_has_one_sentence_spoken_in_other_words(
    lan: Make, write_book: Callable[..., Path]
) -> None:
    queue = Queue(lan, *FAST)
    queue.work(lan("attic"))
    found = queue.serving.says(r"programs at (http://127\.0\.0\.1:\d+)/api/v1; its token is in (\S+)")
    headers = {"Authorization": f"Bearer {Path(found.group(2)).read_text().strip()}"}
    with httpx.Client(base_url=found.group(1), headers=headers, trust_env=False, timeout=60) as client:
        queue.say("add", *books(write_book, "Emma"))
        wait_for(lambda: client.get("/api/v1/books/1").json()["state"] == "finished")
        place = "/api/v1/books/1/chapters/1"
        before = client.get(place).json()["stretches"][0]
        said = client.post("/api/v1/books/1/redo", json={"chapter": 1, "sentence": 2, "say": "Quite another sentence."})
        assert "spoken again" in said.json()["note"]
        wait_for(lambda: client.get("/api/v1/books/1").json()["state"] == "finished")
        after = client.get(place).json()["stretches"][0]
        assert [sentence["said"] for sentence in after["sentences"]].count("Quite another sentence.") == 1
        sounds = [sound_of(client, place, stretch) for stretch in (before, after)]
    assert sounds[0] is None  # the second sentence is another by now
    assert sounds[1] is not None
    taken = Counter(record.index for record in accepted(queue.server.home) if record.chapter == 0)
    assert set(taken.values()) == {1, 2}
    assert taken[1] == 2
    [file] = queue.out.glob("*.m4b")
    assert_complete(report_of(file))


def sound_of(client: httpx.Client, place: str, stretch: dict[str, object]) -> bytes | None:
    """Return the sound of a stretch if it is still the one of that name."""
    answer = client.get(f"{place}/1.wav", params={"sound": str(stretch["sound"])})
    with wave.open(io.BytesIO(answer.content)) as file:
        assert file.getnframes() > 0
    return answer.content if "immutable" in answer.headers["cache-control"] else None


@pytest.mark.slow
def test_whoever_has_the_code_alone_stops_no_machine_and_no_book(lan: Make, write_book: Callable[..., Path]) -> None:
    queue = Queue(lan, *SLOW)
    attic = queue.work(lan("attic"))
    queue.say("add", *books(write_book, "Emma", "Persuasion", sentences=8))
    attic.says("speaking")
    stranger = lan("stranger")
    for words in (("drain", "attic"), ("pause", "attic"), ("limit", "attic", 0)):
        assert "only a user of that machine itself and the owner of the swarm" in queue.say(
            *words, code=64, at=stranger
        )
    for words in (("pause", 1), ("cancel", 1), ("remove", 2), ("move", 2, 1)):
        said = queue.say(*words, code=64, at=stranger)
        assert "stays as it is: only" in said and f"may {words[0]} it, and this order came from " in said
    wait_for(lambda: queue.states() == ["finished"] * 2)
    assert "paused" not in attic.output and attic.process.poll() is None
