"""Runs that write a log: its content, its secrecy, and its replay to the journaled state."""

import base64
from collections.abc import Callable
from pathlib import Path

from bookshelf_server import TOKEN, FakeBookshelf
from evidence import accepted
from household import FAST, SLOW, Machine

from swarm.errors import EXIT_INTERRUPTED
from swarm.job.record import ClipAccepted
from swarm.net.identity.keys import load_key
from swarm.net.identity.swarm_key import curve_keys
from swarm.watch.trace.log_file import read_log
from swarm.watch.trace.replay import Replay

Make = Callable[[str], Machine]


def replayed(path: Path) -> Replay:
    """Return the cores at the end of a log, after each call gave the same outcome again."""
    replay = Replay()
    assert list(replay.repeat_calls(read_log(path))) == []
    assert replay.headless == 0
    return replay


def journaled(home: Path) -> dict[tuple[int, int], ClipAccepted]:
    """Return the clips of the only job, as its journal has them."""
    return {(record.chapter, record.index): record for record in accepted(home)}


def test_a_run_that_was_interrupted_goes_on_in_the_same_log_which_replays(here: Machine, small_book: Path) -> None:
    first = here.start("convert", small_book, *SLOW, "--log", "run.log")
    first.says("The Lamp|spoken|%")
    first.signal()
    first.ends(EXIT_INTERRUPTED)
    assert here.run("convert", small_book, *FAST, "--log", "run.log").returncode == 0
    assert replayed(here.desk / "run.log").calls > 10


def test_machines_of_a_swarm_write_logs_that_replay_and_hold_no_secret(lan: Make, small_book: Path) -> None:
    laptop, desktop, tower = lan("laptop"), lan("desktop"), lan("tower")
    coordinator = laptop.start(
        "coordinate", small_book, *SLOW, "--verbose", E2A_SWARM_LOG=str(laptop.desk / "shared.log")
    )
    where = ("--cpu", "--coordinator", f"127.0.0.1:{coordinator.port}", "--exit-when-done", "--slots", "1", "--verbose")
    workers = [
        machine.start("work", *where, "--name", machine.name, E2A_SWARM_LOG=str(laptop.desk / "shared.log"))
        for machine in (desktop, tower)
    ]
    said = [running.ends() for running in (coordinator, *workers)]
    assert all("listening on port" in text or "connected" in text for text in said)

    logs = [laptop.desk / name for name in ("shared.log", "shared-2.log", "shared-3.log")]
    assert len(list(laptop.desk.glob("shared*.log"))) == len(logs)
    roles = sorted(name for log in logs for name in replayed(log).cores)
    assert roles == ["coordinator", "worker", "worker"]
    (job,) = replayed(logs[0]).cores["coordinator"].jobs.values()
    assert job.state.accepted == journaled(laptop.home)

    key = load_key(laptop.home)
    assert key
    pairs = curve_keys(key)
    written = b"".join(log.read_bytes() for log in logs) + "".join(said).encode()
    for secret in (key.secret, pairs.server_secret, pairs.worker_secret, pairs.server_public, pairs.worker_public):
        assert found_in(written, forms(secret, key.code)) == []


def forms(secret: bytes, code: str) -> set[bytes]:
    """Return the ways to write a secret down."""
    digits = code.removeprefix("e2a-")
    written = {secret, secret.hex().encode(), base64.b64encode(secret).rstrip(b"="), base64.urlsafe_b64encode(secret)}
    return written | {code.encode(), digits.encode(), digits.replace("-", "").encode()}


def found_in(text: bytes, secrets: set[bytes]) -> list[bytes]:
    """Return the secrets that stand in a text, in letters of any case."""
    return [secret for secret in secrets if secret.lower() in text.lower()]


def test_the_token_of_an_upload_is_in_no_log(here: Machine, small_book: Path) -> None:
    shelf = FakeBookshelf()
    try:
        told = ("--abs-server-url", shelf.url, "--abs-api-token", TOKEN)
        done = here.run("convert", small_book, *FAST, "--log", "run.log", *told)
    finally:
        shelf.close()
    assert done.returncode == 0, done.stderr
    written = (here.desk / "run.log").read_bytes()
    assert b"JobFinished" in written
    assert found_in(written, {TOKEN.encode(), b"Authorization", b"Bearer"}) == []
