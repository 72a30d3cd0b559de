"""What of a queue goes to standbys, and what a machine makes of a copy that it takes over."""

import hashlib
import json
import os
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from msgspec import msgpack, structs
from resident_bench import add_to_queue
from specs_for_tests import a_job

from swarm.commands.command_table import SERVE
from swarm.commands.main import main
from swarm.commands.option import option_parser
from swarm.commands.serve import files_named, kept_words, left_options
from swarm.config import CoordinateConfig, RenderConfig, ServeConfig
from swarm.errors import StoreError, TakenOver, UsageError
from swarm.job.run import lineage_of
from swarm.job.store.store import DiskStore
from swarm.lease.member_message import QueueList
from swarm.server.api.tokens import Doorkeeper, FeedTokens, obtain_token
from swarm.server.page.auth_middleware import obtain_secret
from swarm.server.page.log_in import hash_password, read_password
from swarm.server.queue import BookState, Queue
from swarm.server.queue_parts import QueueParts, latest_queues, queues_in, take_queue, token_digests
from swarm.server.stay import set_aside
from swarm.standby.adopt import note_taken_over


def config_of(home: Path, **fields: object) -> ServeConfig:
    render = RenderConfig(books=(), output_dir=home, state_dir=home)
    return ServeConfig(network=CoordinateConfig(render=render), **fields)  # type: ignore[arg-type]


def add(queue: Queue, folder: Path, *titles: str) -> None:
    for title in titles:
        (path := folder / f"{title}.epub").write_bytes(f"PK {title}".encode())
        add_to_queue(queue, path, path.name, ("--split=6h",), 1.0, title=title)


def served(home: Path, folder: Path, *titles: str, secrets: bool = True, **fields: object) -> QueueList:
    """Serve a queue of some books for a moment, and return what standbys are given of it."""
    queue = Queue(home)
    add(queue, folder, *titles)
    queue.begin_run()
    made, paths = (parts := QueueParts(queue, config_of(home, **fields), secrets=secrets)).offered()
    assert parts.offered()[0] is made, "nothing is made anew while nothing changes"
    assert all(hashlib.sha256(paths[file.digest].read_bytes()).hexdigest() == file.digest for file in made.files)
    queue.release_queue()
    return made


def copied(made: QueueList, home: Path, folder: Path) -> Path:
    """Write what a standby would of a list, and return the folder."""
    for path, content in made.small.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    for file in made.files:
        if (home / file.path).is_file():
            (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / file.path).write_bytes((home / file.path).read_bytes())
    return folder


def taken(home: Path, source: Path, *named: str) -> list[str]:
    [heritage] = queues_in(source, home / "none")
    said = list[str]()
    take_queue(home, heritage, named, home / "books", said.append)
    return said


def test_standbys_get_what_opens_the_page_as_hashes_and_in_an_open_swarm_not_at_all(tmp_path: Path) -> None:
    home = tmp_path / "hub"
    home.mkdir()
    token, secret = obtain_token(home), obtain_secret(home)
    (home / "web-password").write_text(hash_password("a long password", 2**4).stored)
    (home / "swarm.key").write_text("the code")
    feed = FeedTokens(home).make("phone", 0, 1.0)
    made = served(home, tmp_path, "Emma")
    everything = b"".join(made.small.values())
    assert feed.secret.encode() in everything
    assert not any(word in everything for word in (token.encode(), secret, b"a long password", b"the code"))
    assert served(home, tmp_path, secrets=False).small.keys() == {"queue/queue.json", "queue/settings.json"}
    folder = copied(made, home, tmp_path / "copy")
    taken(tmp_path / "new", folder)
    keeper = Doorkeeper(obtain_token(tmp_path / "new"), token_digests(tmp_path / "new"))
    assert keeper.knows(f"Bearer {token}") and not keeper.knows(f"Bearer {token_digests(home)[0]}")
    kept = read_password(tmp_path / "new")
    assert kept and kept.check("a long password")
    assert FeedTokens(tmp_path / "new").find_token(feed.secret)
    secrets = [tmp_path / "new" / name for name in ("feed-tokens.json", "web-password", "web-tokens-before")]
    assert os.name == "nt" or not any(path.stat().st_mode & 0o77 for path in secrets)


def test_a_queue_goes_on_in_its_order_and_a_book_without_its_file_says_so(tmp_path: Path) -> None:
    made = served(tmp_path / "hub", tmp_path, "Emma", "Persuasion", "Sanditon")
    folder = copied(made, tmp_path / "hub", tmp_path / "copy")
    (folder / made.files[1].path).unlink()
    taken(tmp_path / "new", folder)
    queue = Queue(tmp_path / "new")
    assert [(book.id, book.title, book.options) for book in queue.books] == [
        (1, "Emma", ("--split=6h",)), (2, "Persuasion", ("--split=6h",)), (3, "Sanditon", ("--split=6h",)),
    ]  # fmt: skip
    assert [book.state for book in queue.books] == [BookState.WAITING, BookState.FAILED, BookState.WAITING]
    assert "add the book again" in queue.books[1].why
    assert queue.path(queue.books[2]).read_bytes() == b"PK Sanditon"
    assert queue.id == made.queue and lineage_of(queue.epoch) > lineage_of(made.epoch)


def test_a_book_whose_job_is_copied_needs_no_file_of_the_queue(tmp_path: Path) -> None:
    made = served(tmp_path / "hub", tmp_path, "Emma")
    folder = copied(made, tmp_path / "none", tmp_path / "copy")
    job = a_job()
    content = json.loads(made.small["queue/queue.json"])
    content["books"][0] |= {"job": job.job}
    (folder / "queue" / "queue.json").write_text(json.dumps(content))
    with closing(DiskStore(tmp_path / "standby")) as store:
        store.create_job(job, tmp_path / "Emma.epub")
    [heritage] = queues_in(folder, tmp_path / "standby")
    take_queue(tmp_path / "new", heritage, (), tmp_path, print)
    queue = Queue(tmp_path / "new")
    assert queue.books[0].state is BookState.WAITING
    assert queue.path(queue.books[0]).read_bytes() == b"PK Emma"
    with closing(DiskStore(tmp_path / "new")) as store:
        assert store.open_job(job.job) == job


@pytest.mark.parametrize("name", ["../../swarm.key", "../x", "/etc/passwd", ".."])
def test_no_name_of_a_book_leads_out_of_the_queue(tmp_path: Path, name: str) -> None:
    made = served(tmp_path / "hub", tmp_path, "Emma")
    folder = copied(made, tmp_path / "hub", tmp_path / "copy")
    content = json.loads(made.small["queue/queue.json"])
    content["books"][0] |= {"name": name}
    (folder / "queue" / "queue.json").write_text(json.dumps(content))
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "swarm.key").write_text("mine")
    with pytest.raises(StoreError, match="a book has a name that no queue gives"):
        taken(tmp_path / "new", folder)
    assert (tmp_path / "new" / "swarm.key").read_text() == "mine"


def test_finished_audiobooks_are_known_below_the_output_folder_alone(tmp_path: Path) -> None:
    made = served(tmp_path / "hub", tmp_path, "Emma")
    folder = copied(made, tmp_path / "hub", tmp_path / "copy")
    content = json.loads(made.small["queue/queue.json"])
    books = tmp_path / "new" / "books"
    files = [str(books / "Emma.m4b"), str(tmp_path / "mine.m4b"), str(books / ".." / "x.m4b"), "books/y.m4b"]
    content["books"][0] |= {"files": files, "state": "finished"}
    (folder / "queue" / "queue.json").write_text(json.dumps(content))
    taken(tmp_path / "new", folder)
    assert Queue(tmp_path / "new").books[0].files == (str(books / "Emma.m4b"),)


def test_a_book_that_fails_moves_a_file_of_a_watched_folder_alone(tmp_path: Path) -> None:
    for folder in ("watched", "elsewhere"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.epub").touch()
    assert not set_aside([tmp_path / "watched"], tmp_path / "elsewhere" / "a.epub", "why")
    assert (tmp_path / "elsewhere" / "a.epub").exists()
    assert set_aside([tmp_path / "watched"], tmp_path / "watched" / "a.epub", "why")


def test_a_machine_with_a_queue_of_its_own_keeps_it(tmp_path: Path) -> None:
    made = served(tmp_path / "hub", tmp_path, "Emma")
    served(tmp_path / "new", tmp_path, "Persuasion")
    with pytest.raises(UsageError, match="a queue of its own with 1 book"):
        taken(tmp_path / "new", copied(made, tmp_path / "hub", tmp_path / "copy"))


def test_a_queue_that_was_taken_over_is_served_here_no_more_until_it_is_taken_back(tmp_path: Path) -> None:
    home = tmp_path / "hub"
    made = served(home, tmp_path, "Emma")
    assert not latest_queues(home), "its own machine serves it"
    note_taken_over(home / "queue", made.epoch + (1 << 20))
    queue = Queue(home)
    with pytest.raises(TakenOver, match="`e2a-swarm take-over` here takes it back"):
        queue.begin_run()
    queue.release_queue()
    [own] = latest_queues(home)
    take_queue(home, own, (), tmp_path, print)
    queue = Queue(home)
    assert lineage_of(queue.begin_run()) > 1


SAID = ("--voice", "tick", "--tts-engine", "metronome", "--port", "5900", "--split", "6h")


def served_with(*words: object) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, Path]]:
    arguments = option_parser(SERVE.sheets).parse_args(list(map(str, words)))
    return kept_words(arguments), left_options(arguments), files_named(arguments)


def test_the_options_of_serve_go_along_but_for_those_of_its_machine(tmp_path: Path) -> None:
    (cover := tmp_path / "cover.jpg").write_bytes(b"jpg")
    words, left, files = served_with(
        *SAID, "--cover", cover, "--output-dir", "/books", "--watch", "/in", "--web", "192.0.2.1:80", "--log", "x"
    )
    assert set(words) == {"--voice=tick", "--tts-engine=metronome", "--port=5900", "--split=6h"}
    assert set(left) == {"--watch", "--web"}
    assert files == {"--cover": cover}
    assert served_with("--web", "0.0.0.0:80")[0] == ("--web=0.0.0.0:80",)
    assert served_with("--web", "0.0.0.0:80", "--web-cert", "c", "--web-key", "k")[:2] == ((), ("--web", "--web-cert"))


def test_files_that_options_name_are_in_the_copy(tmp_path: Path) -> None:
    (cover := tmp_path / "cover.jpg").write_bytes(b"jpg")
    made = served(tmp_path / "hub", tmp_path, "Emma", given={"--cover": cover})
    [file] = [file for file in made.files if not file.is_book]
    assert made.books == 1
    folder = copied(made, tmp_path / "hub", tmp_path / "copy")
    (folder / file.path).parent.mkdir(parents=True)
    (folder / file.path).write_bytes(b"jpg")
    [heritage] = queues_in(folder, tmp_path / "none")
    settings = take_queue(tmp_path / "new", heritage, (), tmp_path, print)
    assert Path(settings.files["--cover"]).read_bytes() == b"jpg"
    assert Path(settings.files["--cover"]).is_relative_to(tmp_path / "new")


def test_the_voices_of_the_persons_of_a_series_go_along_unless_they_were_changed_here_later(tmp_path: Path) -> None:
    hub, new = tmp_path / "hub", tmp_path / "new"
    for home, name, text, at_s in (
        (hub, "the-inn-0123456789.txt", "Ann = tock\n", 50.0),
        (hub, "moby-0123456789.txt", "Ahab = tick\n", 50.0),
        (new, "moby-0123456789.txt", "Ahab = tack\n", 60.0),
        (new, "the-inn-0123456789.txt", "Ann = tick\n", 40.0),
    ):
        (path := home / "casts" / name).parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (at_s, at_s))
    taken(new, copied(served(hub, tmp_path, "Emma"), hub, tmp_path / "copy"))
    kept = {path.name: path.read_text() for path in (new / "casts").iterdir()}
    assert kept == {"the-inn-0123456789.txt": "Ann = tock\n", "moby-0123456789.txt": "Ahab = tack\n"}
    taken(tmp_path / "newer", hub)  # a state folder, not a copy
    assert (tmp_path / "newer" / "casts" / "moby-0123456789.txt").read_text() == "Ahab = tick\n"


@pytest.mark.parametrize(
    ("name", "at_s"),
    [("../x.txt", 5.0), ("/etc/x.txt", 5.0), ("a\\b.txt", 5.0), (".txt", 5.0), ("x.sh", 5.0), ("x.txt", 1e300)],
)
def test_a_cast_of_a_copy_leads_out_of_no_folder(tmp_path: Path, name: str, at_s: float) -> None:
    folder = copied(served(tmp_path / "hub", tmp_path, "Emma"), tmp_path / "hub", tmp_path / "copy")
    (folder / "queue" / "casts.json").write_text(json.dumps({name: (at_s, "Ann = x")}))
    taken(tmp_path / "new", folder)
    assert not (tmp_path / "new" / "casts").exists()


@pytest.mark.parametrize(
    ("named", "files", "packed"),
    [
        ("model", ("model/config.json", "model/model.pth", "model/notes.txt"), ["config.json", "model.pth"]),
        ("voice.onnx", ("voice.onnx", "voice.onnx.json", "other.onnx"), ["config.json", "model.onnx"]),
    ],
)
def test_the_files_of_a_custom_model_are_in_the_copy_as_one(
    tmp_path: Path, named: str, files: tuple[str, ...], packed: list[str]
) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(f"{{}} {name}".encode())
    made = served(tmp_path / "hub", tmp_path, "Emma", given={"--custom-model": tmp_path / named})
    [file] = [file for file in made.files if not file.is_book]
    folder = copied(made, tmp_path / "hub", tmp_path / "copy")
    (folder / file.path).parent.mkdir(parents=True)
    (folder / file.path).write_bytes((tmp_path / "hub" / "queue" / "given" / f"{named}.zip").read_bytes())
    [heritage] = queues_in(folder, tmp_path / "none")
    settings = take_queue(tmp_path / "new", heritage, (), tmp_path, print)
    with zipfile.ZipFile(settings.files["--custom-model"]) as archive:
        assert archive.namelist() == packed
        assert archive.read(packed[1]) == f"{{}} {files[1] if named == 'model' else named}".encode()


def test_a_copy_that_is_no_queue_or_says_it_is_another_one_hides_no_other(tmp_path: Path) -> None:
    made = served(tmp_path / "hub", tmp_path, "Emma")
    copies = tmp_path / "new" / "standby" / "queues"
    others = {"queue-00000000000000ee": b"{", "queue-ffffffffffffffff": made.small["queue/queue.json"]}
    for name, content in ({made.queue: made.small["queue/queue.json"]} | others).items():
        small = made.small | {"queue/queue.json": content}
        folder = copied(structs.replace(made, small=small), tmp_path / "hub", copies / f"{name}.7")
        (folder / "list").write_bytes(msgpack.encode(structs.replace(made, queue=name, small=small)))
    [found] = latest_queues(tmp_path / "new")
    assert (found.name, found.source.name) == (made.queue, f"{made.queue}.7")


def test_a_file_that_is_nowhere_has_to_be_named_again(tmp_path: Path) -> None:
    (model := tmp_path / "model").mkdir()
    made = served(tmp_path / "hub", tmp_path, "Emma", given={"--custom-model": model})
    folder = copied(made, tmp_path / "hub", tmp_path / "copy")
    with pytest.raises(UsageError, match="--custom-model model, which is not here"):
        taken(tmp_path / "new", folder)
    taken(tmp_path / "new", folder, "--custom-model")


def test_a_copy_chooses_no_file_no_door_and_no_address_of_the_machine_that_takes_it_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("a secret of mine = x")
    made = served(tmp_path / "hub", tmp_path, "Emma", given={"--lexicon": tmp_path / "mine.txt"})
    folder = copied(made, tmp_path / "hub", tmp_path / "copy")
    named = [f"{option}={tmp_path / 'mine.txt'}" for option in ("--lexicon", "--cover", "--cast", "--custom-model")]
    theirs = ["--open", "--abs-server-url=http://x", "--notify=x", "--output-dir=s3://x", "--web=192.0.2.1:80"]
    settings = {"words": [*theirs, *named, "--speed=1.5", "--voice=tick"]}
    for files, code in (({"--lexicon": str(tmp_path / "mine.txt")}, 64), ({}, 0)):
        (folder / "queue" / "settings.json").write_text(json.dumps(settings | {"files": files}))
        given = list[object]()
        monkeypatch.setattr("swarm.commands.serve.run", lambda arguments: given.append(arguments) or 0)  # noqa: B023
        home = str(tmp_path / "new")
        assert main(["key", "--make", "--state-dir", home]) in (0, 64)
        assert main(["take-over", "--from", str(folder), "--state-dir", home, "--port", "5901"]) == code
        if code:
            assert "--lexicon mine.txt, which is not here" in capsys.readouterr().err
    [arguments] = map(vars, given)  # type: ignore[arg-type]
    assert (arguments["open"], arguments["abs_server_url"], arguments["notify"]) == (False, "", [])
    assert (arguments["voice"], arguments["speed"], arguments["output_dir"], arguments["port"]) == (
        "tick", "1.5", ".", "5901"
    )  # fmt: skip
    for option in ("lexicon", "cover", "cast", "custom_model"):
        assert arguments[option] == "", option
    assert not arguments["web"].startswith("192.0.2.1")
