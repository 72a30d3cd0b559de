"""Orders from a seat to every coordinator that it can see."""

import os
import sys
from pathlib import Path

import pytest

from swarm.errors import EnvironmentFault, UsageError
from swarm.lease.envelope import Message
from swarm.lease.member_message import NewBook, Obeyed
from swarm.lease.message import StatusReply
from swarm.net.client import Answer, Conversation, Seat, bring_book, give_order
from swarm.net.identity.keys import obtain_key
from swarm.net.wire import pack


def seat_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **answers: str) -> Seat:
    """Return a seat that sees coordinators of these names: "silent", or what they say to an order."""

    async def coordinators(seat: Seat, say: object, *, everywhere: bool = False) -> list[Answer]:
        found = [Answer(name, StatusReply(name, name, "0.2.0", 1, (), ()), is_own=name == "own") for name in answers]
        return found[:1] if found[0].is_own and not everywhere else found

    async def answer(conversation: Conversation, message: Message, frame: bytes = b"") -> Obeyed:
        said = answers[conversation._address]
        if said == "silent":
            raise EnvironmentFault(f"{conversation._address} gave no answer")
        return Obeyed(said == "done", said)

    monkeypatch.setattr(Seat, "coordinators", coordinators)
    monkeypatch.setattr(
        Seat,
        "connect",
        lambda seat, answer: Conversation(answer.address, Line()),  # type: ignore[arg-type]
    )
    monkeypatch.setattr(Conversation, "say", answer)
    obtain_key(tmp_path)
    return Seat(tmp_path)


class Line:
    """A stand-in for a socket."""

    def connect(self, addresses: object) -> None:
        pass

    def close(self) -> None:
        pass


async def test_a_coordinator_that_says_nothing_keeps_no_other_from_obeying(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = list[str]()
    seat = seat_before(monkeypatch, tmp_path, b="silent", c="done", d="no such book")
    assert await give_order(seat, "pause", "Emma", 0, said.append) == "done"
    assert said == ["b gave no answer"]


async def test_what_the_queue_of_this_machine_does_not_know_may_be_another_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for own, other, did in (("done", "no such book", "done"), ("no such book", "done", "done")):
        seat = seat_before(monkeypatch, tmp_path, own=own, other=other)
        assert await give_order(seat, "pause", "Emma", 0, print) == did
    seat = seat_before(monkeypatch, tmp_path, own="no such book", other="none here either")
    with pytest.raises(UsageError, match="no such book"):
        await give_order(seat, "pause", "Emma", 0, print)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
async def test_a_book_whose_name_is_no_utf_8_can_be_brought(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seat, sent = seat_before(monkeypatch, tmp_path, a="done"), list[Message]()

    async def take(conversation: Conversation, message: Message, frame: bytes = b"") -> Obeyed:
        sent.append(message)
        pack(message)
        return Obeyed(True, book=7)

    monkeypatch.setattr(Conversation, "say", take)
    book = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.epub"))
    book.write_bytes(b"a book")
    [queue] = await seat.coordinators(lambda line: None)
    assert await bring_book(seat, queue, book, (), lambda have, size: None) == 7
    [told] = sent
    assert isinstance(told, NewBook)
    assert told.name == "caf?.epub"


@pytest.mark.parametrize("words", [("--title", "W" * 2001), ("--tag", "a=b") * 51, ("W" * 2000,) * 40])
async def test_options_that_no_message_holds_are_refused_before_they_are_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...]
) -> None:
    seat = seat_before(monkeypatch, tmp_path, a="done")
    (book := tmp_path / "book.txt").write_bytes(b"a book")
    [queue] = await seat.coordinators(lambda line: None)
    with pytest.raises(UsageError, match="shorter"):
        await bring_book(seat, queue, book, words, lambda have, size: None)


async def test_an_order_that_nobody_obeys_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seat = seat_before(monkeypatch, tmp_path, d="no such book")
    with pytest.raises(UsageError, match="no such book"):
        await give_order(seat, "pause", "Emma", 0, lambda line: None)
    with pytest.raises(EnvironmentFault):
        await give_order(seat_before(monkeypatch, tmp_path, b="silent"), "pause", "Emma", 0, lambda line: None)
