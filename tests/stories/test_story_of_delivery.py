"""Audiobooks that belong elsewhere: on another disk, at an address, on an Audiobookshelf server."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bookshelf_server import TOKEN, FakeBookshelf
from evidence import accepted, assert_complete, only, report_of
from household import FAST, SLOW, Machine, wait_for
from sftp_server import SftpServer

from swarm.config import ENV_ABS_TOKEN
from swarm.errors import EXIT_ENVIRONMENT, EXIT_INTERRUPTED


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Path]:
    """Mount another disk, as a network mount is one."""
    if sys.platform != "linux" or os.geteuid() or not shutil.which("mount"):
        pytest.skip("mounting needs Linux and root")
    folder = tmp_path / "nas"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], check=False).returncode:
        pytest.skip("this machine does not let us mount")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[SftpServer]:
    folder = tmp_path / "served"
    folder.mkdir()
    server = SftpServer(folder)
    server.make_known(tmp_path / "home")
    yield server
    server.close()


@pytest.fixture
def shelf() -> Iterator[FakeBookshelf]:
    server = FakeBookshelf()
    yield server
    server.close()


def outbox(here: Machine) -> Path:
    return only(here.home / "jobs", "*") / "outbox"


def test_a_book_is_made_here_and_taken_to_another_disk(here: Machine, small_book: Path, mount: Path) -> None:
    command = ("convert", small_book, *FAST, "--output-dir", mount / "books", "--keep-chapters", "--subtitles", "vtt")
    command += ("--beside", "cover,opf,cue")
    done = here.run(*command)
    assert (done.returncode, done.stderr) == (0, "")
    audiobook = only(mount / "books", "*.m4b")
    assert {path.name.removeprefix(audiobook.stem) for path in (mount / "books").glob("*.*")} == {
        ".m4b", ".vtt", ".cue", ".cover.jpg", ".metadata.opf", ".report.json"
    }  # fmt: skip
    assert len(list((mount / "books").glob("*/*.m4b"))) == len(list((mount / "books").glob("*/*.vtt"))) == 3
    report = report_of(audiobook)
    assert_complete(report)
    assert str(audiobook) in report["files"]
    assert not list((mount / "books").rglob(".*"))
    assert not outbox(here).exists()

    assert f"{audiobook} is finished already" in here.run(*command).stdout
    audiobook.unlink()
    sound = accepted(here.home)
    assert here.run(*command).returncode == 0
    assert audiobook.is_file()
    assert accepted(here.home) == sound


@pytest.mark.slow
def test_a_disk_that_is_full_at_the_end_costs_nothing_that_was_done(
    here: Machine, small_book: Path, mount: Path
) -> None:
    filler = mount / "filler"
    filler.write_bytes(bytes(8_200_000))
    command = ("convert", small_book, *FAST, "--engine-option", "seconds_per_char=0.1", "--output-dir", mount)
    done = here.run(*command)
    assert done.returncode == EXIT_ENVIRONMENT
    assert "The audiobook is finished but could not be delivered" in done.stderr
    assert f"It is in {outbox(here)}" in done.stderr
    sound, reels = only(outbox(here), "*.m4b").read_bytes(), outbox(here).with_name("reels")
    shutil.rmtree(reels)  # a reel that is encoded again would be there again
    assert not list(mount.glob("*.m4b"))

    filler.unlink()
    taken = accepted(here.home)
    again = here.run(*command)
    assert (again.returncode, again.stderr) == (0, "")
    delivered = only(mount, "*.m4b")
    assert delivered.read_bytes() == sound
    assert accepted(here.home) == taken
    assert_complete(report_of(delivered))
    assert "sentences spoken" in again.stdout
    assert not outbox(here).exists()
    assert not reels.exists()


def test_an_interrupt_leaves_no_claim_at_an_address(
    here: Machine, small_book: Path, sftp: SftpServer, tmp_path: Path
) -> None:
    running = here.start("convert", small_book, *SLOW, "--output-dir", f"{sftp.url}/books", HOME=str(tmp_path / "home"))
    wait_for(lambda: accepted(here.home))
    assert [path.name.partition(".")[2] for path in (sftp.folder / "books").iterdir()] == ["report.json"]
    running.signal()
    running.ends(EXIT_INTERRUPTED)
    assert not list((sftp.folder / "books").iterdir())


def test_a_book_is_taken_to_an_address_and_found_there_again(
    here: Machine, small_book: Path, sftp: SftpServer, tmp_path: Path
) -> None:
    command = ("convert", small_book, *FAST, "--output-dir", f"{sftp.url}/books", "--output-format", "mp3")
    sftp.break_after = 30_000
    done = here.run(*command, HOME=str(tmp_path / "home"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Trying again" in done.stdout
    audiobook = only(sftp.folder / "books", "*.mp3")
    report = report_of(audiobook)
    assert_complete(report)
    assert report["files"] == [f"sftp://reader@127.0.0.1:{sftp.port}/books/{audiobook.name}"]
    assert "s3cret" not in done.stdout
    assert not any(b"s3cret" in path.read_bytes() for path in here.home.rglob("*") if path.is_file())
    assert not list(here.desk.iterdir())

    assert "finished already" in here.run(*command, HOME=str(tmp_path / "home")).stdout
    mended = here.run("redo", f"{sftp.url}/books/{audiobook.name}", "--segments", "1:1", HOME=str(tmp_path / "home"))
    assert (mended.returncode, mended.stderr) == (0, "")
    assert "1 sentence spoken" in mended.stdout
    mended = here.run("redo", small_book, "--segments", "1:1", HOME=str(tmp_path / "home"))
    assert mended.returncode == EXIT_ENVIRONMENT  # no password is kept
    assert f"Or name {audiobook.name} by its address, with a password if it needs one" in mended.stderr
    assert [path.name for path in sftp.folder.glob("books/*.mp3")] == [audiobook.name]
    assert not list(here.desk.iterdir())


def test_an_interrupted_delivery_leaves_soon_and_is_only_delivered_the_next_time(
    here: Machine, small_book: Path, sftp: SftpServer, tmp_path: Path
) -> None:
    loud = (*FAST, "--engine-option", "seconds_per_char=0.1", "--output-format", "wav")
    command = ("convert", small_book, *loud, "--output-dir", sftp.url)
    sftp.slow_s = 0.2
    running = here.start(*command, HOME=str(tmp_path / "home"))
    wait_for(lambda: [path for path in sftp.folder.glob("*.wav.*.part") if path.stat().st_size], "the first bytes")
    running.signal()
    assert "interrupted; run the same command again" in running.ends(EXIT_INTERRUPTED)
    assert not list(sftp.folder.glob("*.wav"))
    sound, taken = only(outbox(here), "*.wav").read_bytes(), accepted(here.home)
    shutil.rmtree(outbox(here).with_name("reels"))

    sftp.slow_s = 0.0
    done = here.run(*command, HOME=str(tmp_path / "home"))
    assert (done.returncode, done.stderr) == (0, "")
    assert only(sftp.folder, "*.wav").read_bytes() == sound
    assert accepted(here.home) == taken
    assert not outbox(here).with_name("reels").exists()
    assert not list(sftp.folder.glob("*.part"))


def test_a_book_is_uploaded_once_and_its_token_is_nowhere(
    here: Machine, small_book: Path, shelf: FakeBookshelf
) -> None:
    command = ("convert", small_book, *FAST, "--split", "chapter", "--abs-server-url", shelf.url)
    env = {ENV_ABS_TOKEN: TOKEN}
    done = here.run(*command, **env)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"uploaded to {shelf.url}" in done.stdout
    [(fields, files)] = shelf.uploads
    assert (fields["library"], fields["folder"]) == ("lib-books", "fol-1")
    assert files == {path.name: path.read_bytes() for path in here.desk.glob("*/*.m4b")}
    kept = [path for folder in (here.home, here.desk) for path in folder.rglob("*") if path.is_file()]
    assert not any(TOKEN.encode() in path.read_bytes() for path in kept)
    assert TOKEN not in done.stdout

    assert "finished already" in here.run(*command, **env).stdout
    assert len(shelf.uploads) == 1
    assert here.run("redo", *command[1:], "--segments", "1:1", **env).returncode == 0
    assert len(shelf.uploads) == 2


def test_an_upload_that_fails_is_made_up_for_by_the_same_command(
    here: Machine, small_book: Path, shelf: FakeBookshelf
) -> None:
    command = ("convert", small_book, *FAST, "--keep-chapters", "--abs-server-url", shelf.url, "--abs-api-token", TOKEN)
    shelf.may_upload = False
    done = here.run(*command)
    assert done.returncode == EXIT_ENVIRONMENT
    assert "is finished but not uploaded" in done.stderr
    assert str(here.desk) in done.stderr
    audiobook = only(here.desk, "*.m4b")
    moment, taken = audiobook.stat().st_mtime_ns, accepted(here.home)

    shelf.may_upload = True
    done = here.run(*command)
    assert (done.returncode, done.stderr) == (0, "")
    [(_, files)] = shelf.uploads
    assert list(files) == [audiobook.name]
    assert audiobook.stat().st_mtime_ns == moment
    assert accepted(here.home) == taken
