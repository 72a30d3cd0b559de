"""What users of other machines may order and bring, and what is refused."""

import asyncio
import hashlib
import threading
from pathlib import Path

import pytest
from desk_bench import DeskBench
from msgspec import structs
from nacl.signing import SigningKey

from swarm.errors import UsageError
from swarm.job.job_asset import PIECE_BYTES
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.member_message import Action, NewBook, Obeyed, Order
from swarm.lease.message import PROTOCOL, StatusReply
from swarm.net.identity import membership
from swarm.net.identity.identity_file import server_key_of
from swarm.server.order_handler import MAX_BOOK_BYTES, MAX_BRINGERS
from swarm.system.machine import machine_name

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
    bench.order_handler.answer_user(b"q", bench.signed(Order("pause", "attic")), b"")
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
    assert await bench.say(Order("pause", "attic")) == Obeyed(True, "1 machine called attic: told to pause")
    limited = await bench.say(Order("limit", "attic", 2))
    assert isinstance(limited, Obeyed)
    assert "2 slots at most" in limited.note
    assert [order.action for order in bench.told] == ["pause", "limit"]


@pytest.mark.parametrize(("action", "noun"), [("pause", "book or machine"), ("drain", "machine"), ("move", "book")])
async def test_an_order_for_nobody_says_so(bench: DeskBench, action: str, noun: str) -> None:
    refused = await bench.say(Order(action, "cellar"))  # type: ignore[arg-type]
    assert isinstance(refused, Obeyed)
    assert (refused.done, f"no {noun} 'cellar'" in refused.note) == (False, True)


# --- who may order what: the table of docs/security.md


BOOK_ORDERS: list[Action] = ["pause", "resume", "move", "cancel", "remove"]
MACHINE_ORDERS: list[Action] = ["pause", "resume", "limit", "drain"]
BOSS, ADDER, OTHER, STRANGER = (SigningKey(bytes([number]) * 32) for number in (1, 2, 3, 4))
OWNER = SigningKey(b"o" * 32)
GUEST = b"\x07" * 32


async def swarm_of_many(bench: DeskBench) -> None:
    """Have another machine own the swarm; here are its members, a book that one of them added, and an applicant."""
    identity = bench.members.identity()
    known = membership.found(OWNER, server_key_of(identity.key), bytes(BOSS.verify_key))
    for name, key in (("boss", BOSS), ("adder", ADDER), ("other", OTHER), ("attic", bench.attic)):
        known = membership.admit(known, bytes(key.verify_key), name, 1, OWNER)
    identity.membership.take_membership(membership.admit(known, identity.card, "server", 1, OWNER))
    identity.applicants.apply(GUEST, "guest")
    here, bench.user = bench.user, ADDER
    await bench.bring(NewBook("Emma.txt", DIGEST, len(BOOK)), BOOK)
    bench.user = here
    await bench.settle()


async def obeyed(bench: DeskBench, user: SigningKey, action: Action, target: str) -> Obeyed:
    bench.user = user
    said = await bench.say(Order(action, target, 1))
    assert isinstance(said, Obeyed)
    return said


async def check_role(bench: DeskBench, user: SigningKey, *, book: bool, attic: bool, applicant: bool) -> None:
    """Check what a user may order: all orders are refused with a sentence, or none is."""
    for action in MACHINE_ORDERS:
        told = len(bench.told)
        said = await obeyed(bench, user, action, "attic")
        assert (len(bench.told) > told) == attic, (action, said.note)
        assert attic or "may order that" in said.note or "Only a member" in said.note
    for action in BOOK_ORDERS:
        before = bench.queue.books
        said = await obeyed(bench, user, action, "Emma")
        assert said.done == book, (action, said.note)
        assert book or (bench.queue.books == before and ("may" in said.note or "Only a member" in said.note))
    said = await obeyed(bench, user, "approve", "guest")
    assert said.done == applicant and (GUEST in bench.members.identity().membership.members) == applicant


async def test_the_owner_of_the_swarm_orders_all(bench: DeskBench) -> None:
    await swarm_of_many(bench)
    await check_role(bench, OWNER, book=True, attic=True, applicant=True)
    assert bench.told[0].signed and bench.told[0].signed.key == bytes(OWNER.verify_key)
    assert any("Emma: boss ordered to cancel it" in line for line in bench.said)


async def test_the_coordinators_own_machine_orders_its_books_and_no_other_machine(bench: DeskBench) -> None:
    await swarm_of_many(bench)
    await check_role(bench, bench.here, book=True, attic=False, applicant=True)


async def test_the_page_and_programs_order_as_the_coordinators_own_machine(bench: DeskBench) -> None:
    await swarm_of_many(bench)
    with pytest.raises(UsageError, match="ATTIC is not told to drain: only a user of that machine itself and"):
        bench.order_handler.obey(Order("drain", "attic"))
    assert "Emma is paused" in bench.order_handler.obey(Order("pause", "Emma"))
    assert "member now" in bench.order_handler.obey(Order("approve", "guest"))


async def test_the_page_orders_every_machine_where_its_coordinator_is_on_the_owners_machine(bench: DeskBench) -> None:
    bench.members.identity().membership.found("server")
    assert "told to drain" in bench.order_handler.obey(Order("drain", "attic"))
    [order] = bench.told
    assert order.signed and order.signed.key == bench.members.identity().membership.owners_key


async def test_a_member_orders_the_books_that_it_added(bench: DeskBench) -> None:
    await swarm_of_many(bench)
    await check_role(bench, ADDER, book=True, attic=False, applicant=True)


async def test_a_machine_is_ordered_by_its_own_user(bench: DeskBench) -> None:
    await swarm_of_many(bench)
    await check_role(bench, bench.attic, book=False, attic=True, applicant=True)


async def test_another_member_orders_neither_books_nor_machines(bench: DeskBench) -> None:
    await swarm_of_many(bench)
    await check_role(bench, OTHER, book=False, attic=False, applicant=True)
    said = await obeyed(bench, OTHER, "cancel", "Emma")
    assert said.note.startswith("Emma stays as it is: only adder, which added it, a user of ")
    assert " and the owner of the swarm, boss may cancel it" in said.note
    assert said.note.endswith("may cancel it, and this order came from other.")


async def test_a_stranger_with_the_code_orders_nothing_and_is_told_who_may(bench: DeskBench) -> None:
    await swarm_of_many(bench)
    await check_role(bench, STRANGER, book=False, attic=False, applicant=False)
    assert bench.told == []
    unsigned = Order("drain", "attic", protocol=PROTOCOL)
    assert await bench.say(structs.replace(unsigned, signed=bench.signed(unsigned).signed)) != Obeyed(True)
    bench.order_handler.answer_user(b"p", unsigned, b"")
    assert bench.outbox.sent[-1] == Obeyed(False, "This order is not obeyed: it is not signed.")


async def test_an_order_that_is_played_again_changes_nothing(bench: DeskBench) -> None:
    await swarm_of_many(bench)
    order = bench.signed(Order("pause", "Emma"))
    assert (await bench.say(order)).done  # type: ignore[union-attr]
    assert (await obeyed(bench, bench.here, "resume", "Emma")).done
    for again in (order, structs.replace(order, signed=structs.replace(order.signed, number="7"))):
        said = await bench.say(again)
        assert isinstance(said, Obeyed) and not said.done and not bench.queue.find_book(1).state.is_paused
    bench.server.status = lambda: StatusReply("another run", "n", "1", 1, (), ())  # type: ignore[method-assign]
    said = await bench.say(bench.signed(Order("pause", "Emma")))
    assert isinstance(said, Obeyed) and "another run of this program" in said.note


async def test_in_an_open_swarm_the_coordinators_user_orders_all_and_others_their_own(tmp_path: Path) -> None:
    bench = DeskBench(tmp_path, is_open=True)
    bench.user = ADDER
    assert (await bench.bring(NewBook("Emma.txt", DIGEST, len(BOOK)), BOOK)).done
    await bench.settle()
    for user, book, attic in ((bench.here, True, True), (ADDER, True, False), (bench.attic, False, True)):
        assert (await obeyed(bench, user, "pause", "Emma")).done == book
        assert (await obeyed(bench, user, "drain", "attic")).done == attic
    for target in ("Emma", "attic"):
        said = await obeyed(bench, OTHER, "pause", target)
        assert not said.done and f"a user of {machine_name()}, which " in said.note
    assert "told to drain" in bench.order_handler.obey(Order("drain", "attic"))


async def test_a_machine_is_meant_by_its_fingerprint_though_a_book_is_called_so(bench: DeskBench) -> None:
    bench.members.identity().membership.found("server")
    fingerprint = bench.server.workers[0].fingerprint
    await bench.add(fingerprint)
    assert "1 machine called" in bench.order_handler.obey(Order("pause", fingerprint))
