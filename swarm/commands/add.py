"""`e2a-swarm add`: put books into the queue of a coordinator, from any machine of the swarm."""

import argparse
from collections.abc import Callable
from pathlib import Path

from swarm.commands.book_config import books_named
from swarm.commands.output import say, warn
from swarm.commands.queue_options import queued_words
from swarm.config import state_folder
from swarm.errors import EXIT_DONE, UsageError
from swarm.net.client import Seat, bring_book, find_queue
from swarm.system.platform import run_loop
from swarm.system.text import bytes_text, clean

LARGE_BYTES = 8 * 1024 * 1024  # a book whose way is told in tenths


def run(arguments: argparse.Namespace) -> int:
    """Add the books; return the exit code. Raises UsageError, EnvironmentFault."""

    words = queued_words(arguments)
    books, _ = books_named(arguments)
    seat = Seat(state_folder(arguments.state_dir), arguments.coordinator, arguments.open)
    return run_loop(_bring(seat, books, words))


async def _bring(seat: "Seat", books: tuple[Path, ...], words: tuple[str, ...]) -> int:

    queue = await find_queue(seat, warn)
    assert queue.reply is not None

    code = EXIT_DONE
    for book in books:
        try:
            number = await bring_book(seat, queue, book, words, tell_tenths(warn))
        except UsageError as refusal:  # the other books may do
            warn(f"{clean(book.name)}: {refusal}")
            code = refusal.exit_code
        else:
            say(f"{clean(book.name)} is number {number} of the queue of {queue.reply.name}")
    return code


def tell_tenths(tell: Callable[[str], None]) -> Callable[[int, int], None]:
    """Return a function that takes the bytes that are there and of all, and tells each tenth of a large book."""

    told = 0

    def moved(have: int, size: int) -> None:
        nonlocal told
        tenth = 10 * have // size if size > LARGE_BYTES else 0  # a picture book over a slow link takes a while
        if tenth > told:
            told = tenth
            tell(f"{bytes_text(have)} of {bytes_text(size)}")

    return moved
