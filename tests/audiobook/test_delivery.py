import errno
import os
import threading
from pathlib import Path

import pytest
from sftp_server import SftpServer

from swarm.audiobook import delivery as delivery_module
from swarm.audiobook import destination as destination_module
from swarm.audiobook.delivery import Delivery, Uploads, find_destination
from swarm.audiobook.destination import FolderDestination, Moved, RemoteDestination, Stopped
from swarm.audiobook.output_path import placeholder
from swarm.audiobook.sound.tags import Tags
from swarm.errors import EnvironmentFault


class Flaky(FolderDestination):
    """A folder whose disk fails so often before it works."""

    def __init__(self, folder: Path, fails: int, number: int = errno.EIO) -> None:
        super().__init__(folder)
        self.fails, self.number, self.puts = fails, number, 0

    def put_file(self, source: Path, name: str, digest: str, moved: Moved) -> None:
        self.puts += 1
        if self.fails > 0:
            self.fails -= 1
            with self._guarded():
                raise OSError(self.number, os.strerror(self.number))
        super().put_file(source, name, digest, moved)


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    folder = tmp_path / "outbox"
    (folder / "Emma").mkdir(parents=True)
    (folder / "Emma" / "01.mp3").write_bytes(b"one" * 1000)
    (folder / "Emma.report.json").write_bytes(b'{"book": {"job": "emma"}, "totals": {}}')
    return folder


def files(outbox: Path) -> list[Path]:
    return [outbox / "Emma" / "01.mp3", outbox / "Emma.report.json"]


def test_everything_is_delivered_and_known_to_lie_there(tmp_path: Path, outbox: Path) -> None:
    delivery = Delivery(FolderDestination(tmp_path / "mount"), outbox)
    assert delivery.claim_name("Emma", "mp3", "emma") == outbox / "Emma.mp3"
    delivery.deliver_files(files(outbox), print)
    assert (tmp_path / "mount" / "Emma" / "01.mp3").read_bytes() == b"one" * 1000
    again = Delivery(FolderDestination(tmp_path / "mount"), outbox)
    again.claim_name("Emma", "mp3", "emma")
    address = delivery.address(files(outbox)[0])
    assert address == str(tmp_path / "mount" / "Emma" / "01.mp3")
    assert again.holds([address], 3000)
    assert not again.holds([address], 2999)
    assert not again.holds([address, "/elsewhere/a.mp3"], 3000)
    assert not again.holds([], 0)


def test_a_name_that_is_another_jobs_or_the_users_own_is_left_alone(tmp_path: Path, outbox: Path) -> None:
    destination = FolderDestination(tmp_path / "mount")
    destination.write_file("Emma.report.json", placeholder("another"))
    destination.write_file("Emma (2).m4b", b"of the user's own")
    assert Delivery(destination, outbox).claim_name("Emma", "m4b", "emma").name == "Emma (3).m4b"
    assert Delivery(destination, outbox).claim_name("Emma", "m4b", "emma").name == "Emma (3).m4b"
    assert destination.read_file("Emma (2).m4b", 100) == b"of the user's own"


def test_a_name_of_a_book_that_was_not_begun_is_given_up_and_that_of_a_finished_one_stays(
    tmp_path: Path, outbox: Path
) -> None:
    delivery, report = Delivery(FolderDestination(tmp_path / "mount"), outbox), tmp_path / "mount" / "Emma.report.json"
    target = delivery.claim_name("Emma", "mp3", "emma")
    assert report.exists()
    delivery.release_name(target)
    assert not report.exists()
    delivery.release_name(target)  # it is gone already
    delivery.claim_name("Emma", "mp3", "emma")
    delivery.deliver_files(files(outbox), print)
    delivery.release_name(target)
    assert report.exists()


def test_it_tries_again_and_says_so(tmp_path: Path, outbox: Path) -> None:
    said: list[str] = []
    Delivery(Flaky(tmp_path / "mount", fails=2), outbox, waits_s=(0.0, 0.0)).deliver_files(files(outbox), said.append)
    assert (tmp_path / "mount" / "Emma" / "01.mp3").is_file()
    assert len(said) == 2
    assert all("Trying again in 0 s." in line for line in said)


def test_it_gives_up_in_the_end_names_the_local_copy_and_goes_on_later(tmp_path: Path, outbox: Path) -> None:
    destination = Flaky(tmp_path / "mount", fails=0)
    delivery = Delivery(destination, outbox, waits_s=(0.0,))
    delivery.deliver_files(files(outbox)[:1], print)
    destination.fails = 2
    with pytest.raises(EnvironmentFault, match=f"It is in {outbox}; the same command delivers it"):
        delivery.deliver_files(files(outbox), print)
    assert destination.puts == 3
    destination.puts = 0
    Delivery(destination, outbox, waits_s=()).deliver_files(files(outbox), print)
    assert destination.puts == 1, "what was delivered is not sent again"


def test_what_is_gone_or_changed_there_is_sent_again(tmp_path: Path, outbox: Path) -> None:
    destination = Flaky(tmp_path / "mount", fails=0)
    Delivery(destination, outbox).deliver_files(files(outbox), print)
    (tmp_path / "mount" / "Emma" / "01.mp3").unlink()
    (outbox / "Emma.report.json").write_bytes(b"new")
    Delivery(destination, outbox).deliver_files(files(outbox), print)
    assert destination.puts == 4
    assert destination.read_file("Emma.report.json", 10) == b"new"


def test_a_fault_that_will_last_is_not_tried_again(tmp_path: Path, outbox: Path) -> None:
    destination = Flaky(tmp_path / "mount", fails=9, number=errno.ENOSPC)
    with pytest.raises(EnvironmentFault, match="no space left"):
        Delivery(destination, outbox, waits_s=(0.0, 0.0)).deliver_files(files(outbox), print)
    assert destination.puts == 1


def test_a_broken_connection_is_gone_on_over_by_itself(sftp_server: SftpServer, outbox: Path) -> None:
    sound = os.urandom(400_000)
    (outbox / "Emma" / "01.mp3").write_bytes(sound)
    delivery = Delivery(RemoteDestination(f"{sftp_server.url}/books"), outbox, waits_s=(0.0, 0.0))
    delivery.claim_name("Emma", "mp3", "emma")
    sftp_server.break_after = 200_000
    said: list[str] = []
    delivery.deliver_files(files(outbox), said.append)
    assert len(said) == 1
    assert (sftp_server.folder / "books" / "Emma" / "01.mp3").read_bytes() == sound
    address = delivery.address(files(outbox)[0])
    assert "s3cret" not in address
    again = Delivery(RemoteDestination(f"{sftp_server.url}/books"), outbox)
    again.claim_name("Emma", "mp3", "emma")
    assert again.holds([address], len(sound))


def test_it_says_how_far_it_is(tmp_path: Path, outbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(destination_module, "PROGRESS_INTERVAL_S", 0.0)
    said: list[str] = []
    Delivery(FolderDestination(tmp_path / "mount"), outbox).deliver_files(files(outbox)[:1], said.append)
    assert said[-1] == f"copying 01.mp3 to {tmp_path / 'mount'}: 100 %, 3.0 kB of 3.0 kB"


def test_it_can_be_stopped_while_it_waits_and_while_it_copies(tmp_path: Path, outbox: Path) -> None:
    waiting = Delivery(Flaky(tmp_path / "mount", fails=9), outbox, waits_s=(60.0,))
    threading.Timer(0.1, waiting.stop_delivery).start()
    with pytest.raises(Stopped):
        waiting.deliver_files(files(outbox), print)
    copying = Delivery(FolderDestination(tmp_path / "mount"), outbox)
    copying.stop_delivery()
    with pytest.raises(Stopped):
        copying.deliver_files(files(outbox), print)


def test_a_folder_on_the_state_folders_disk_needs_no_delivery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_destination(tmp_path / "made", "", tmp_path) is None
    assert not (tmp_path / "made").exists()  # not before a book has something to put into it
    monkeypatch.setattr(delivery_module, "disk_of", id)  # each on its own
    assert isinstance(find_destination(tmp_path / "made", "", tmp_path), FolderDestination)
    assert isinstance(find_destination(tmp_path, "memory://x", tmp_path), RemoteDestination)
    (tmp_path / "file").touch()
    for name in ("file", "file/below"):
        with pytest.raises(EnvironmentFault, match="a file is where a folder"):
            find_destination(tmp_path / name, "", tmp_path)


def test_a_folder_on_another_disk_is_made_with_the_first_file(tmp_path: Path) -> None:
    FolderDestination(tmp_path / "new" / "mount").write_file("Emma.report.json", b"{}")
    assert (tmp_path / "new" / "mount" / "Emma.report.json").read_bytes() == b"{}"


def test_what_is_noted_as_delivered_may_be_damaged(tmp_path: Path, outbox: Path) -> None:
    (outbox / delivery_module.DELIVERED_FILE).write_bytes(b"\xff nonsense")
    Delivery(FolderDestination(tmp_path / "mount"), outbox).deliver_files(files(outbox), print)
    assert (tmp_path / "mount" / "Emma" / "01.mp3").read_bytes() == b"one" * 1000


def test_an_edition_takes_over_a_name_there_and_what_is_left_over_is_removed(tmp_path: Path, outbox: Path) -> None:
    destination, said = FolderDestination(tmp_path / "mount"), list[str]()
    first = Delivery(destination, outbox)
    first.claim_name("Emma", "mp3", "emma")
    first.deliver_files(files(outbox), print)
    destination.write_file("Emma/02.mp3", b"of the last edition")
    second = Delivery(destination, outbox)
    assert second.claim_name("Emma", "mp3", "new", ["m"], lambda last: last.is_whole).name == "Emma.mp3"
    assert second.replaced is not None
    assert second.replaced.book.job == "emma"
    assert not second.holds([first.address(files(outbox)[0])], 3000)
    second.remove_files(["Emma/02.mp3", "Emma/03.mp3"], said.append)
    assert (destination.file_size("Emma/02.mp3"), said) == (0, [])


@pytest.mark.parametrize("kind", ["folder", "memory"])
def test_every_destination_removes_files(tmp_path: Path, kind: str) -> None:
    destination = FolderDestination(tmp_path) if kind == "folder" else RemoteDestination(f"memory://{tmp_path.name}")
    destination.write_file("a.mp3", b"x")
    for _ in range(2):
        destination.remove_file("a.mp3")
    assert destination.file_size("a.mp3") == 0


PLACE, TAGS = "https://books.example#lib", Tags("Emma", ("Jane Austen",))


@pytest.fixture
def jobs(tmp_path: Path) -> list[Path]:
    folders = [tmp_path / "jobs" / name for name in ("emma-1", "emma-2")]
    for number, folder in enumerate(folders, 1):
        folder.mkdir(parents=True)
        (folder / "Emma.m4b").write_bytes(bytes(number))
        (folder / "Emma.mp3").write_bytes(bytes(10 * number))
    return folders


def test_an_upload_is_known_by_when_its_audiobook_was_finished(jobs: list[Path]) -> None:
    uploads = Uploads(jobs[0])
    assert not uploads.holds(PLACE, 5.0)
    uploads.note_upload(PLACE, 5.0, TAGS, [jobs[0] / "Emma.m4b"])
    uploads.note_upload("https://other.example#", 6.0, TAGS, [jobs[0] / "Emma.m4b"])
    assert uploads.holds(PLACE, 5.0)
    assert not uploads.holds(PLACE, 6.0)


def test_all_files_that_were_ever_uploaded_as_a_book_are_known(jobs: list[Path]) -> None:
    one, other = map(Uploads, jobs)
    one.note_upload(PLACE, 5.0, TAGS, [jobs[0] / "Emma.m4b"])
    one.note_upload(PLACE, 6.0, TAGS, [jobs[0] / "Emma.mp3"])
    other.note_upload(PLACE, 7.0, TAGS, [jobs[1] / "Emma.m4b"])
    assert (
        one.known_files(PLACE, TAGS)
        == other.known_files(PLACE, TAGS)
        == {("Emma.m4b", 1), ("Emma.mp3", 10), ("Emma.m4b", 2)}
    )
    assert (
        one.known_files("https://other.example#", TAGS)
        == one.known_files(PLACE, Tags("Persuasion", TAGS.authors))
        == set()
    )


@pytest.mark.parametrize("content", ["", "[", "[1]", '{"a": {}}'])
def test_notes_that_cannot_be_read_are_none(jobs: list[Path], content: str) -> None:
    (jobs[0] / "uploads.json").write_text(content)
    assert not Uploads(jobs[0]).holds(PLACE, 5.0)
    assert Uploads(jobs[0]).known_files(PLACE, TAGS) == set()
