"""The copy of a queue on a standby, over real sockets and disks: what is copied, kept, refused, and set aside."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from msgspec import structs

from swarm.errors import StoreError
from swarm.job.run import RUNS
from swarm.job.store.store import DiskStore
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.member_message import Content, Copied, Copy, Epochs, QueuedFile, QueueHead, QueueList
from swarm.net.transport import RouterSocket
from swarm.standby import copier as standby
from swarm.standby.copier import Copier, Copies
from swarm.standby.copy_server import CopyServer
from swarm.standby.queue_copy import MAX_COPIES, MAX_OF_HOST, QueueCopies, latest_copies

ID = "queue-0123456789abcdef"
Offered = tuple[QueueList, dict[str, Path]]


def offered(folder: Path, *titles: str, epoch: int = 1, **fields: object) -> Offered:
    """Return the list of a queue of some books, which are written to a folder, and their paths."""
    paths, files = dict[str, Path](), list[QueuedFile]()
    for number, title in enumerate(titles, 1):
        content = f"PK {title}".encode() * 1000
        digest = hashlib.sha256(content).hexdigest()
        (folder / title).parent.mkdir(parents=True, exist_ok=True)
        (folder / title).write_bytes(content)
        files.append(QueuedFile(f"queue/{number}/{title}", digest, len(content)))
        paths[digest] = folder / title
    made = QueueList(ID, epoch, "hub", len(titles), {"queue/queue.json": b"{}"}, tuple(files))
    return structs.replace(made, **fields), paths


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DiskStore]:
    """Yield the store of a coordinator without jobs."""
    with closing(DiskStore(tmp_path / "hub")) as made:
        yield made


class Hub:
    """A coordinator's socket and copy server with a queue; `offer` may be exchanged, `tamper` changes what leaves."""

    def __init__(self, store: DiskStore, offer: Offered) -> None:
        self.offer = offer
        self.router, self.questions, self.told = RouterSocket(), list[Copy | Fetch](), list[Epochs]()
        self.tamper: Callable[[Any, bytes], tuple[Any, bytes]] = lambda answer, body: (answer, body)
        through: Any = SimpleNamespace(
            send=lambda peer, answer, body: self.router.send(peer, *self.tamper(answer, body)),
            unread=self.router.unread,
        )
        self.server = CopyServer(store, through, {}, time.monotonic)
        self.server.offer_queue(lambda: self.offer)
        self.port = self.router.bind("127.0.0.1", 0)

    async def listen(self) -> None:
        while True:
            peer, message, _ = await self.router.receive()
            if isinstance(message, Epochs):
                self.told.append(message)
            elif isinstance(message, Copy | Fetch):
                self.questions.append(message)
                self.server.take_question(peer, message)


async def follow(
    home: Path, hubs: list[Hub], until: Callable[[], object], meanwhile: Callable[[], None] = lambda: None
) -> list[str]:
    """Let a standby follow coordinators until something holds; return what it said."""
    said, copies = list[str](), Copies(home)
    tasks: list[asyncio.Future[None]] = []
    for hub in hubs:
        copier = Copier(f"127.0.0.1:{hub.port}", None, "tower", copies)
        loops = (hub.listen(), hub.server.answer_questions(), copier.keep_copies(said.append))
        tasks += [asyncio.ensure_future(loop) for loop in loops]
    try:
        async with asyncio.timeout(60):
            while not until() and not said:
                assert not [task.result() for task in tasks if task.done()]
                meanwhile()
                await asyncio.sleep(0.02)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        copies.store.close()
        for hub in hubs:
            hub.router.close()
    return said


def books_of(home: Path) -> list[str]:
    """Return the names of the books that the latest copy of the queue has."""
    return sorted(path.name for copy in latest_copies(home) for path in (copy.folder / "queue").glob("*/*"))


def is_told(hub: Hub, books: int) -> Callable[[], bool]:
    """Return whether the coordinator knows that a standby has the whole queue."""
    return lambda: (
        [(each.books, each.of_books, each.lag_s is None) for each in hub.server.standbys()] == [(books, books, False)]
    )


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standby, "INTERVAL_S", 0.05)


async def test_a_standby_has_all_books_of_a_queue_and_says_how_many(store: DiskStore, tmp_path: Path) -> None:
    hub = Hub(store, offered(tmp_path / "books", "Emma", "Persuasion", "Sanditon"))
    assert not await follow(tmp_path, [hub], is_told(hub, 3))
    [copy] = latest_copies(tmp_path)
    assert (copy.books, copy.lacking, copy.list) == (3, [], hub.offer[0])
    assert (copy.folder / "queue" / "2" / "Persuasion").read_bytes() == b"PK Persuasion" * 1000
    assert (copy.folder / "queue" / "queue.json").stat().st_mode & 0o77 == 0
    again = Hub(store, hub.offer)
    await follow(tmp_path, [again], is_told(again, 3))
    assert not any(isinstance(question, Fetch) for question in again.questions), "nothing has to come again"


async def test_a_book_that_leaves_the_queue_leaves_the_copy_and_a_new_one_comes(
    store: DiskStore, tmp_path: Path
) -> None:
    hub = Hub(store, offered(tmp_path / "books", "Emma", "Persuasion"))
    later = offered(tmp_path / "books", "Emma", "Sanditon")

    def change() -> None:
        if is_told(hub, 2)():
            hub.offer = later

    await follow(tmp_path, [hub], lambda: books_of(tmp_path) == ["Emma", "Sanditon"] and is_told(hub, 2)(), change)
    assert len(list((tmp_path / "standby" / "queues").iterdir())) == 1


async def test_a_restored_backup_takes_no_book_from_the_copy(store: DiskStore, tmp_path: Path) -> None:
    first = Hub(store, offered(tmp_path / "books", "Emma", "Persuasion", epoch=9))
    await follow(tmp_path, [first], is_told(first, 2))
    restored = Hub(store, offered(tmp_path / "books", "Emma", epoch=4))
    await follow(tmp_path, [restored], is_told(restored, 1))
    assert books_of(tmp_path) == ["Emma"]
    [aside] = (tmp_path / "standby" / "queues").glob("*.before-*")
    assert (aside / "queue" / "2" / "Persuasion").is_file()
    fetched = [question for question in restored.questions if isinstance(question, Fetch)]
    assert len(fetched) == 1, "what is set aside needs not come again"


async def test_a_restored_backup_takes_no_book_by_another_one_of_its_name_and_size(
    store: DiskStore, tmp_path: Path
) -> None:
    made, paths = offered(tmp_path / "books", "Emma", epoch=9)
    first = Hub(store, (made, paths))
    await follow(tmp_path, [first], is_told(first, 1))
    body = next(iter(paths.values())).read_bytes()[::-1]
    (other := tmp_path / "other").write_bytes(body)
    digest = hashlib.sha256(body).hexdigest()
    file = structs.replace(made.files[0], digest=digest)
    restored = Hub(store, (structs.replace(made, epoch=4, files=(file,)), {digest: other}))
    await follow(tmp_path, [restored], is_told(restored, 1))
    [aside] = (tmp_path / "standby" / "queues").glob("*.before-*")
    assert (aside / file.path).read_bytes() == body[::-1]
    assert (aside.parent / aside.name.partition(".before-")[0] / file.path).read_bytes() == body


async def test_of_two_coordinators_of_one_queue_a_copy_follows_one(store: DiskStore, tmp_path: Path) -> None:
    hubs = [Hub(store, offered(tmp_path / "a", "Emma")), Hub(store, offered(tmp_path / "b", "Persuasion"))]
    said = await follow(tmp_path, hubs, lambda: False)
    assert said[0].startswith("two coordinators serve one queue: the copy here follows the other one")
    assert not list((tmp_path / "standby" / "queues").glob("*.before-*"))


async def test_the_old_coordinator_of_a_queue_that_was_taken_over_is_told_so(store: DiskStore, tmp_path: Path) -> None:
    new = Hub(store, offered(tmp_path / "books", "Emma", epoch=RUNS + 1))
    await follow(tmp_path, [new], is_told(new, 1))
    old = Hub(store, offered(tmp_path / "books", "Emma", "Persuasion", epoch=5))
    await follow(tmp_path, [old], lambda: old.told)
    assert old.told[0] == Epochs(((ID, RUNS),))
    assert books_of(tmp_path) == ["Emma"]


def listed(**fields: object) -> Callable[[Path], Offered]:
    return lambda folder: offered(folder, "Emma", **fields)


def with_path(path: str) -> Callable[[Path], Offered]:
    def make(folder: Path) -> Offered:
        made, paths = offered(folder, "Emma")
        return structs.replace(made, files=(structs.replace(made.files[0], path=path),)), paths

    return make


HOSTILE: dict[str, Callable[[Path], Offered]] = {
    "an id that is a path": listed(queue="../../etc"),
    "a secret of this machine": listed(small={"swarm.key": b"x"}),
    "a file above": listed(small={"../web-token": b"x"}),
    "a book above": with_path("queue/1/.."),
    "a book elsewhere": with_path("queue/../../swarm.key"),
    "the file of the queue": with_path("queue/queue.json"),
    "a folder of a job": with_path("jobs/1/journal.sqlite"),
    "a name that Windows shortens": with_path("queue/1/Emma."),
    "more bytes than any queue": lambda folder: (
        structs.replace(
            offered(folder, "Emma")[0],
            files=tuple(QueuedFile(f"queue/{n}/x", "0" * 64, 2 << 30) for n in range(1, 101)),
        ),
        {},
    ),
    "one path twice": lambda folder: (
        structs.replace(offered(folder, "Emma")[0], files=(QueuedFile("queue/1/x", "0" * 64, 1),) * 2),
        {},
    ),
}


@pytest.mark.parametrize("harm", HOSTILE)
async def test_a_queue_that_is_none_is_refused_with_a_sentence(store: DiskStore, tmp_path: Path, harm: str) -> None:
    hub = Hub(store, HOSTILE[harm](tmp_path / "books"))
    said = await follow(tmp_path, [hub], lambda: False)
    assert said[0].startswith("the copy of the queue is behind: ")
    assert not latest_copies(tmp_path)
    assert not [path for path in (tmp_path / "standby").rglob("*") if path.is_file() and "swarm.key" in path.name]


async def test_a_list_or_a_book_of_other_bytes_is_refused(store: DiskStore, tmp_path: Path) -> None:
    for kind in ("list", "book"):
        hub = Hub(store, offered(tmp_path / "books", "Emma"))
        size = len(msgspec.msgpack.encode(hub.offer[0]))

        def spoil(answer: Any, body: bytes, kind: str = kind, size: int = size) -> tuple[Any, bytes]:
            is_meant = isinstance(answer, Piece) and (answer.total == size) == (kind == "list")
            return answer, body[::-1] if is_meant else body

        hub.tamper = spoil
        assert "does not fit its size or its digest" in (await follow(tmp_path, [hub], lambda: False))[0]
        assert not books_of(tmp_path)


async def test_a_list_beyond_all_bounds_is_not_asked_for(store: DiskStore, tmp_path: Path) -> None:
    hub = Hub(store, offered(tmp_path / "books", "Emma"))

    def enlarge(answer: Any, body: bytes) -> tuple[Any, bytes]:
        if isinstance(answer, Copied) and answer.queue:
            large = Content(answer.queue.list.digest, 100 << 20)
            answer = structs.replace(answer, queue=structs.replace(answer.queue, list=large))
        return answer, body

    hub.tamper = enlarge
    assert "does not fit its size" in (await follow(tmp_path, [hub], lambda: False))[0]
    assert not any(isinstance(question, Fetch) for question in hub.questions)


def test_queues_without_end_get_no_folders(tmp_path: Path) -> None:
    def take(name: str, host: str) -> None:
        QueueCopies(tmp_path).copy_of(QueueHead(name, 1, Content("0" * 64, 1)), host)

    for number in range(MAX_OF_HOST):
        take(f"queue-{number:016x}", "10.0.0.7")
    with pytest.raises(StoreError, match=r"has 8 copies of queues, 8 of them from 10\.0\.0\.7"):
        take(ID, "10.0.0.7")
    take(ID, "10.0.0.8")
    for number in range(MAX_OF_HOST, MAX_COPIES - 1):
        take(f"queue-{number:016x}", f"10.0.1.{number}")
    with pytest.raises(StoreError, match="has 32 copies of queues, 0 of them from 10"):
        take("queue-ffffffffffffffff", "10.0.0.9")
    take(ID, "10.0.0.9")  # a machine that serves a queue on has its copy
    assert len(list((tmp_path / "queues").iterdir())) == MAX_COPIES


async def test_a_standby_gets_no_file_that_is_not_of_the_queue(store: DiskStore, tmp_path: Path) -> None:
    hub = Hub(store, offered(tmp_path / "books", "Emma"))
    hub.server._answer(Copy("tower"))
    (store.state_dir / "swarm.key").write_bytes(b"secret")
    for digest in (hashlib.sha256(b"secret").hexdigest(), "0" * 64, ""):
        answer, body = hub.server._answer(Fetch(digest, 0, "copy", ID)) or (None, b"")
        assert isinstance(answer, Piece) and (answer.total, body) == (0, b"")
    hub.router.close()
