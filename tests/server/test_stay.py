"""The start and end of a resident coordinator; the rest is in tests/stories/test_story_of_a_queue.py."""

import inspect
import io
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from resident_bench import ResidentBench

from swarm.config import CoordinateConfig, RenderConfig, ServeConfig
from swarm.errors import StoreError
from swarm.server.queue import BookState
from swarm.server.resident import Resident
from swarm.server.stay import OPTIONS_FILE, SET_ASIDE, WatchedFolder, set_aside, stay
from swarm.watch.progress import QuietProgress
from swarm.watch.service import Service


async def test_a_start_that_fails_leaves_no_loop_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(resident: Resident) -> None:
        raise StoreError("The disk is full.")

    async def beside() -> None:
        raise AssertionError

    def configure(book: Path, words: object) -> RenderConfig:
        return RenderConfig(books=(book,), output_dir=tmp_path / "out", state_dir=tmp_path)

    monkeypatch.setattr(Resident, "reopen", fail)
    loop = beside()
    config = ServeConfig(
        network=CoordinateConfig(render=configure(tmp_path, ()), bind="127.0.0.1", port=0, advertise=False),
        watched=(),
    )
    with pytest.raises(StoreError, match="full"):
        await stay(config, configure, QuietProgress(io.StringIO()), Service(), beside=lambda *room: (loop,))
    assert inspect.getcoroutinestate(loop) == inspect.CORO_CLOSED


@pytest.fixture
def bench(tmp_path: Path) -> ResidentBench:
    return ResidentBench(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "books"
    path.mkdir()
    return path


def queued(bench: ResidentBench) -> list[tuple[str, tuple[str, ...]]]:
    return [(book.name, book.options) for book in bench.queue.books]


async def test_a_book_is_added_once_it_is_at_rest_and_only_once(bench: ResidentBench, folder: Path) -> None:
    watch = WatchedFolder(folder, bench.resident, bench.said.append)
    (folder / "a.epub").write_bytes(b"half")
    (folder / "notes.txt").write_text("no book")
    await watch.scan_folder()
    (folder / "a.epub").write_bytes(b"half and more")
    await watch.scan_folder()
    assert queued(bench) == []  # it was still being copied
    for _ in range(3):
        await watch.scan_folder()
    assert queued(bench) == [("a.epub", ())]
    (folder / "a.epub").write_bytes(b"another edition of it")
    for _ in range(2):
        await watch.scan_folder()
    assert queued(bench) == [("a.epub", ())] * 2


async def test_texts_are_named_once_and_not_taken(bench: ResidentBench, folder: Path) -> None:
    watch = WatchedFolder(folder, bench.resident, bench.said.append)
    for name in ("b.md", "a.txt", "c.jpg", OPTIONS_FILE):
        (folder / name).write_text("no book")
    for _ in range(3):
        await watch.scan_folder()
    [line] = bench.said
    assert "a.txt, b.md: texts" in line and "e2a-swarm add" in line
    (folder / "d.html").write_text("no book")
    await watch.scan_folder()
    assert "a.txt" not in bench.said[1] and "d.html: " in bench.said[1]
    assert queued(bench) == []


async def test_a_folder_has_options_of_its_own(bench: ResidentBench, folder: Path) -> None:
    watch = WatchedFolder(folder, bench.resident, bench.said.append)
    (folder / OPTIONS_FILE).write_text("# for the car\n--split 6h\n--title 'My Book'\n")
    (folder / "a.epub").write_bytes(b"a book")
    for _ in range(2):
        await watch.scan_folder()
    assert queued(bench) == [("a.epub", ("--split", "6h", "--title", "My Book"))]


async def test_what_is_wrong_is_said_once_and_tried_again(bench: ResidentBench, folder: Path) -> None:
    watch = WatchedFolder(folder, bench.resident, bench.said.append)
    (folder / OPTIONS_FILE).write_text("--nonsense")
    (folder / "a.epub").write_bytes(b"a book")
    for _ in range(4):
        await watch.scan_folder()
    assert (len(bench.said), queued(bench)) == (1, [])
    assert bench.said[0] == f"{folder / OPTIONS_FILE}: There is no option --nonsense. It is tried again."
    (folder / OPTIONS_FILE).unlink()
    await watch.scan_folder()
    assert queued(bench) == [("a.epub", ())]
    gone = WatchedFolder(folder / "gone", bench.resident, bench.said.append)
    await gone.scan_folder()
    assert "cannot be read" in bench.said[-1]


async def test_a_book_that_fails_is_set_aside_with_its_reason(bench: ResidentBench, folder: Path) -> None:
    bench.resident._set_aside = partial(set_aside, [folder])
    watch = WatchedFolder(folder, bench.resident, bench.said.append)
    (folder / "bad.epub").write_bytes(b"no book")
    for _ in range(2):
        await watch.scan_folder()
    await bench.settle()
    assert bench.queue.find_book(1).state is BookState.FAILED
    assert (folder / SET_ASIDE / "bad.epub").read_bytes() == b"no book"
    assert "bad.epub" in (folder / SET_ASIDE / "bad.epub.why.txt").read_text()
    for _ in range(2):
        await watch.scan_folder()
    assert len(bench.queue.books) == 1
    (folder / SET_ASIDE / "bad.epub").rename(folder / "bad.epub")  # the user wants it to be tried again
    for _ in range(2):
        await watch.scan_folder()
    assert [book.state for book in bench.queue.books] == [BookState.FAILED, BookState.WAITING]


async def test_a_book_that_fails_and_cannot_be_moved_is_not_tried_for_ever(bench: ResidentBench, folder: Path) -> None:
    bench.resident._set_aside = partial(set_aside, [folder])
    (folder / SET_ASIDE).write_text("no folder")
    watch = WatchedFolder(folder, bench.resident, bench.said.append)
    (folder / "bad.epub").write_bytes(b"no book")
    for _ in range(4):
        await watch.scan_folder()
        await bench.settle()
    assert [book.state for book in bench.queue.books] == [BookState.FAILED]


async def test_one_file_that_cannot_be_read_keeps_no_other_back(
    bench: ResidentBench, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (folder / f"{name}.epub").write_bytes(b"a book")
    real = Path.open

    def forbidding(path: Path, *how: Any, **more: Any) -> Any:
        if path.name == "a.epub":
            raise PermissionError(13, "Permission denied")
        return real(path, *how, **more)

    monkeypatch.setattr(Path, "open", forbidding)
    watch = WatchedFolder(folder, bench.resident, bench.said.append)
    for _ in range(3):
        await watch.scan_folder()
    assert queued(bench) == [("b.epub", ())]
    [why] = [line for line in bench.said if "Permission" in line]
    assert why == f"{folder / 'a.epub'} cannot be read: Permission denied. It is tried again."


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
async def test_a_name_that_is_no_utf_8_does_no_harm(bench: ResidentBench, folder: Path) -> None:
    watch = WatchedFolder(folder, bench.resident, bench.said.append)
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9\x1b[2J.epub")).write_bytes(b"a book")
    for _ in range(4):
        await watch.scan_folder()
    assert queued(bench) == [("caf__[2J.epub", ())]
