"""The queue of a resident coordinator on the disk."""

import errno
import json
from pathlib import Path

import pytest
from resident_bench import add_to_queue, end_book

from swarm.errors import StoreError, UsageError
from swarm.server import queue as queue_module
from swarm.server.queue import FILE, BookState, Queue, safe_name
from swarm.standby.queue_copy import FILE_PATH


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.epub"
    path.write_bytes(b"a book")
    return path


def reopened(queue: Queue, state: Path) -> Queue:
    queue.release_queue()
    return Queue(state)


def test_books_keep_their_order_options_and_copies_over_a_restart(tmp_path: Path, book: Path) -> None:
    queue = Queue(tmp_path)
    first = add_to_queue(queue, book, "one.epub", ["--voice", "heart"], 5.0)
    second = add_to_queue(queue, book, "two.epub", [], 6.0)
    book.unlink()
    queue = reopened(queue, tmp_path)
    assert queue.books == (first, second)
    assert (first.id, first.options, first.heading) == (1, ("--voice", "heart"), "one.epub")
    assert queue.path(second).read_bytes() == b"a book"
    assert [queue.begin_run(), queue.begin_run()] == [1, 2]
    assert reopened(queue, tmp_path).begin_run() == 3


def test_a_book_is_moved_among_those_that_wait(tmp_path: Path, book: Path) -> None:
    queue = Queue(tmp_path)
    for name in "abcd":
        add_to_queue(queue, book, name, [], 0.0)
    end_book(queue, 1, files=("a.m4b",))
    queue.move(4, 1)
    assert "".join(each.name for each in queue.books) == "adbc"
    queue.move(4, 99)
    assert "".join(each.name for each in queue.books) == "abcd"
    queue.move(2, 2)
    assert "".join(each.name for each in queue.books) == "acbd"


def test_a_number_is_never_used_again_and_an_unknown_one_is_named(tmp_path: Path, book: Path) -> None:
    queue = Queue(tmp_path)
    add_to_queue(queue, book, "a", [], 0.0)
    queue.remove_book(1)
    assert not queue.path(add_to_queue(queue, book, "b", [], 0.0)).parent.with_name("1").exists()
    assert queue.books[0].id == 2
    for act in (queue.find_book, queue.remove_book, queue.change):
        with pytest.raises(UsageError, match="no book 1 in the queue"):
            act(1)


def test_a_watched_file_is_known_until_it_changes(tmp_path: Path, book: Path) -> None:
    queue = Queue(tmp_path)
    add_to_queue(queue, book, "book.epub", [], 0.0, source=str(book))
    assert queue.has(book)
    book.write_bytes(b"another edition")
    assert not queue.has(book)


def test_one_process_has_the_queue_and_damage_is_told(tmp_path: Path) -> None:
    queue = Queue(tmp_path)
    with pytest.raises(StoreError, match="already working on the queue"):
        Queue(tmp_path)
    queue.begin_run()
    queue.release_queue()
    (tmp_path / "queue" / FILE).write_text('{"books": 5}')
    with pytest.raises(StoreError, match="add the books again"):
        Queue(tmp_path)


def test_a_strangers_file_name_is_made_harmless() -> None:
    for name, safe in [
        ("Emma.epub", "Emma.epub"),
        ("../../etc/passwd", "passwd"),
        ("C:\\books\\a:b?.epub", "a_b_.epub"),
        ("", "book"),
        ("...", "book"),
        ("Con.epub", "_Con.epub"),
        (".epub", "epub"),
        ("a\x1b[2J\u202e.epub", "a_[2J_.epub"),
        ("ü" * 200 + ".epub", "ü" * 60 + ".epub"),
        ("x." + "y" * 300, "x." + "y" * 20),
        ("Mr. Darcy of Pemberley again", "Mr. Darcy of Pemberley"),
        ("COM1." + "z" * 130 + ".epub", "_COM1." + "z" * 114 + ".epub"),
    ]:
        assert safe_name(name) == safe_name(safe) == safe
        assert FILE_PATH.fullmatch(f"queue/1/{safe}") and safe == safe.strip(" ."), "no copy of the queue can have it"


def test_the_next_start_reads_whatever_was_written(tmp_path: Path, book: Path) -> None:
    queue = Queue(tmp_path / "state")
    add_to_queue(queue, book, "x" * 300, (), 1.0, title="On " * 9000, source="/caf\udce9" * 5000)
    queue.change(1, why="because " * 9000, files=("/out/caf\udce9.m4b",))
    queue.release_queue()
    [again] = Queue(tmp_path / "state").books
    assert (again.files, again.why[:8]) == (("/out/caf?.m4b",), "because ")


@pytest.mark.parametrize(("said", "sentence"), [({}, "is of an older e2a-swarm"), ({"version": 3}, "newer e2a-swarm")])
def test_a_queue_of_another_version_is_refused(tmp_path: Path, said: dict[str, int], sentence: str) -> None:
    Queue(tmp_path).release_queue()
    (tmp_path / "queue" / FILE).write_text(json.dumps({**said, "books": []}))
    with pytest.raises(StoreError, match=sentence):
        Queue(tmp_path)


def test_a_list_of_more_books_than_a_queue_has_is_refused(tmp_path: Path) -> None:
    Queue(tmp_path).release_queue()
    (tmp_path / "queue" / FILE).write_text(json.dumps({"version": 2, "books": [{"id": 1, "name": "a"}] * 10_001}))
    with pytest.raises(StoreError, match="length <= 10000"):
        Queue(tmp_path)


def test_a_list_of_very_many_books_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FILE).write_text('{"version": 2, "books": [' + ",".join(['{"id": 1, "name": "a"}'] * 20_000) + "]}")
    monkeypatch.setattr(queue_module.msgspec.json, "decode", lambda *given, **more: pytest.fail("it is read"))
    with pytest.raises(StoreError, match="more than 10,000 books"):
        queue_module.read_queue(tmp_path / FILE)


def test_options_without_end_are_refused(tmp_path: Path, book: Path) -> None:
    queue = Queue(tmp_path / "state")
    with pytest.raises(UsageError, match="2,000 characters"):
        add_to_queue(queue, book, "book.epub", ["--title=" + "x" * 100] * 20, 1.0)
    assert queue.books == ()


def test_a_copy_that_cannot_be_finished_leaves_the_disk_as_it_was(
    tmp_path: Path, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, part: Path) -> None:
        part.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("swarm.server.queue.copy_synced", full)
    queue = Queue(tmp_path / "state")
    with pytest.raises(StoreError, match="no space"):
        add_to_queue(queue, book, "book.epub", (), 1.0)
    assert [path for path in (tmp_path / "state" / "queue").iterdir() if path.is_dir()] == []


def test_changes_of_a_block_are_written_once_when_it_ends(
    tmp_path: Path, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[bytes] = []
    queue = Queue(tmp_path)
    for name in "abcd":
        add_to_queue(queue, book, name, [], 0.0)
    monkeypatch.setattr("swarm.server.queue.replace_file", lambda path, data: written.append(data))
    with queue.together():
        for number in (2, 3, 4):
            queue.move(number, 1)
        queue.remove_book(1)
        assert (written, queue.path(queue.books[0]).exists()) == ([], True)
    assert len(written) == 1
    assert "".join(each.name for each in queue.books) == "dcb"
    assert not (tmp_path / "queue" / "1").exists()


def test_changes_of_a_block_that_the_disk_did_not_take_are_in_the_next_write(
    tmp_path: Path, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise StoreError("The disk is full.")

    queue = Queue(tmp_path)
    for name in "ab":
        add_to_queue(queue, book, name, [], 0.0)
    with monkeypatch.context() as patched:
        patched.setattr("swarm.server.queue.replace_file", full)
        with pytest.raises(StoreError, match="full"), queue.together():
            queue.move(2, 1)
            queue.remove_book(1)
    assert queue.path(queue.books[0]).exists()
    queue.change(2, state=BookState.PAUSED)
    assert [(each.name, each.state) for each in reopened(queue, tmp_path).books] == [("b", BookState.PAUSED)]
    assert not (tmp_path / "queue" / "1").exists()
