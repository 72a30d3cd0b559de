"""What users of other machines may order and bring, and what is refused."""

import asyncio
import hashlib
import threading
from pathlib import Path

import pytest
from desk_bench import DeskBench

from swarm.job.job_asset import PIECE_BYTES
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.member_message import NewBook, Obeyed, Order
from swarm.lease.message import PROTOCOL
from swarm.server.order_handler import MAX_BOOK_BYTES, MAX_BRINGERS

BOOK = b"A book of some words. " * 50
DIGEST = hashlib.sha256(BOOK).hexdigest()


@pytest.fixture
def bench(tmp_path: Path) -> DeskBench:
    return DeskBench(tmp_path)


async def test_a_book_comes_in_pieces_and_is_in_the_queue_when_its_bringer_is_told(bench: DeskBench) -> None:
    taken = await bench.bring(NewBook("Emma.txt", DIGEST, len(BOOK), ("--speed=1.5",)), BOOK)
    assert taken == Obeyed(True, book=1)
    book = bench.queue.find_book(1)
    assert (book.name, book.options, bench.queue.path(book).read_bytes()) == ("Emma.txt", ("--speed=1.5",), BOOK)
    assert list(bench.room.iterdir()) == []


async def test_a_piece_that_comes_twice_or_too_early_changes_nothing(bench: DeskBench) -> None:
    book = BOOK * 500
    digest, size, first = hashlib.sha256(book).hexdigest(), len(book), PIECE_BYTES
    assert await bench.say(NewBook("Emma.txt", digest, size)) == Fetch(digest, 0, "book")
    assert await bench.say(Piece(digest, 0, size, "book"), book[:first]) == Fetch(digest, first, "book")
    assert await bench.say(Piece(digest, 0, size, "book"), book[:first]) == Fetch(digest, first, "book")
    assert await bench.say(Piece(digest, 2 * first, size, "book"), book[2 * first :]) == Fetch(digest, first, "book")
    assert await bench.say(Piece(digest, first, size, "book"), book[first:] + b"more than it said") == Fetch(
        digest, first, "book"
    )
    assert await bench.say(Piece(digest, first, size, "book"), book[first : 2 * first]) == Fetch(
        digest, 2 * first, "book"
    )
    assert await bench.say(Piece(digest, 2 * first, size, "book"), book[2 * first :]) == Obeyed(True, book=1)


@pytest.mark.parametrize(
    ("book", "content", "why"),
    [
        (NewBook("Emma.txt", "0" * 64, len(BOOK)), BOOK, "arrived damaged"),
        (NewBook("Emma.txt", DIGEST, MAX_BOOK_BYTES + 1), BOOK, "at most"),
        (NewBook("Emma.txt", DIGEST, 0), b"", "is empty"),
        (NewBook("Emma.txt", DIGEST, len(BOOK), ("--nonsense",)), BOOK, "no option --nonsense"),
    ],
)
async def test_a_book_that_cannot_be_taken_is_refused_and_leaves_nothing(
    bench: DeskBench, book: NewBook, content: bytes, why: str
) -> None:
    assert why in (await bench.bring(book, content)).note
    assert (bench.queue.books, list(bench.room.iterdir())) == ((), [])
    piece = await bench.say(Piece(book.digest, 0, book.size, "book"), content)
    assert isinstance(piece, Obeyed)
    assert "run the same command again" in piece.note


async def test_many_bringers_that_never_finish_leave_no_pile(bench: DeskBench) -> None:
    for number in range(3 * MAX_BRINGERS):
        await bench.say(NewBook("Emma.txt", DIGEST, len(BOOK)), peer=b"%d" % number)
    assert len(list(bench.room.iterdir())) == MAX_BRINGERS


async def test_users_and_workers_are_answered_while_a_slow_disk_takes_a_book(
    bench: DeskBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = threading.Event()
    monkeypatch.setattr("swarm.server.queue.copy_synced", lambda source, part: free.wait(60) and part.write_bytes(BOOK))
    await bench.say(NewBook("Emma.txt", DIGEST, len(BOOK)))
    bench.order_handler.answer_user(b"p", Piece(DIGEST, 0, len(BOOK), "book"), BOOK)
    await asyncio.sleep(0)
    bench.order_handler.answer_user(b"q", Order("pause", "attic", protocol=PROTOCOL), b"")
    assert isinstance(bench.outbox.sent[-1], Obeyed)
    again = await asyncio.to_thread(bench.order_handler._begin, b"p", NewBook("Emma.txt", "0" * 64, 9))
    free.set()
    assert again.offset == 0  # it did not touch the file of the first one
    while bench.order_handler._adding:
        await asyncio.wait(bench.order_handler._adding)
    assert bench.outbox.sent[-1] == Obeyed(True, book=1)


async def test_an_order_of_0_2_is_refused_by_a_sentence(bench: DeskBench) -> None:
    for message in (Order("pause", "attic"), NewBook("Emma.txt", DIGEST, len(BOOK))):
        bench.order_handler.answer_user(b"p", message, b"")
        refused = bench.outbox.sent[-1]
        assert isinstance(refused, Obeyed)
        assert not refused.done
        assert "your machine speaks protocol 1 of e2a-swarm" in refused.note
        assert refused.note.endswith("update e2a-swarm on your machine.")


async def test_orders_reach_the_book_or_the_machine_that_they_name(bench: DeskBench) -> None:
    await bench.add("Emma")
    await bench.settle()
    done = await bench.say(Order("pause", "emma"))
    assert isinstance(done, Obeyed)
    assert (done.done, bench.queue.find_book(1).state.is_paused) == (True, True)
    assert await bench.say(Order("pause", "attic", by="laptop")) == Obeyed(
        True, "1 machine called attic: told to pause"
    )
    limited = await bench.say(Order("limit", "attic", 2))
    assert isinstance(limited, Obeyed)
    assert "2 slots at most" in limited.note
    assert [order.action for order in bench.told] == ["pause", "limit"]


@pytest.mark.parametrize(("action", "noun"), [("pause", "book or machine"), ("drain", "machine"), ("move", "book")])
async def test_an_order_for_nobody_says_so(bench: DeskBench, action: str, noun: str) -> None:
    refused = await bench.say(Order(action, "cellar"))  # type: ignore[arg-type]
    assert isinstance(refused, Obeyed)
    assert (refused.done, f"no {noun} 'cellar'" in refused.note) == (False, True)
