import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bookshelf_server import TOKEN, FakeBookshelf
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from swarm.audiobook import audiobookshelf, destination
from swarm.audiobook.audiobookshelf import Room, Upload, UploadFault
from swarm.audiobook.destination import Stopped
from swarm.audiobook.sound.tags import Tags
from swarm.config import UploadConfig
from swarm.errors import EXIT_ENVIRONMENT

TAGS = Tags('Wizard\'s "First" Rule', ("Terry Goodkind", "Ça Va"), series="Sword of Truth")


@pytest.fixture
def shelf() -> Iterator[FakeBookshelf]:
    server = FakeBookshelf()
    yield server
    server.close()


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / '01 – "One".mp3', tmp_path / "02.mp3"]
    for number, path in enumerate(paths):
        path.write_bytes(bytes([number, 13, 10, 45, 45]) * 50_000)
    return paths


def upload(shelf: FakeBookshelf, library: str = "lib-books", token: str = TOKEN, waits: int = 2) -> Upload:
    return Upload(UploadConfig(server=shelf.url + shelf.base, token=token, abs_library_id=library), [0.0] * waits)


def self_signed(folder: Path) -> ssl.SSLContext:
    """Make a server's side of TLS with a self-signed certificate."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, now - timedelta(days=1), now + timedelta(days=1))
    form, pem = serialization.PrivateFormat.PKCS8, serialization.Encoding.PEM
    (folder / "key").write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))
    (folder / "certificate").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate", folder / "key")
    return context


def test_all_files_of_a_book_arrive_with_what_the_server_files_them_by(shelf: FakeBookshelf, files: list[Path]) -> None:
    upload(shelf).upload_book(files, TAGS, print)
    [(fields, arrived)] = shelf.uploads
    assert fields == {
        "title": 'Wizard\'s "First" Rule',
        "author": "Terry Goodkind, Ça Va",
        "series": "Sword of Truth",
        "library": "lib-books",
        "folder": "fol-1",
    }
    assert list(arrived.values()) == [path.read_bytes() for path in files]
    assert list(arrived)[1] == "02.mp3"


def test_the_only_library_for_books_need_not_be_named(shelf: FakeBookshelf) -> None:
    assert upload(shelf, library="").find_room() == Room("lib-books", "fol-1")
    shelf.libraries.append({"id": "more", "name": "More", "mediaType": "book", "folders": []})
    with pytest.raises(
        UploadFault, match=r"several libraries; name one with --abs-library-id\. It has Books: lib-books; "
    ):
        upload(shelf, library="").find_room()


def test_a_server_behind_a_path_is_found_there(shelf: FakeBookshelf, files: list[Path]) -> None:
    shelf.base = "/audiobookshelf"
    upload(shelf).upload_book(files, TAGS, print)
    assert set(shelf.asked) == {"/audiobookshelf/api/libraries", "/audiobookshelf/api/upload"}


@pytest.mark.parametrize("library", ["lib-other", "lib-cast"])
def test_a_library_that_is_not_there_or_not_for_books_is_named_with_those_that_are(
    shelf: FakeBookshelf, library: str
) -> None:
    with pytest.raises(UploadFault, match=f"no library '{library}' for books.* It has Books: lib-books") as fault:
        upload(shelf, library).find_room()
    assert fault.value.permanent


def test_a_library_without_a_folder_is_named(shelf: FakeBookshelf) -> None:
    shelf.libraries[0]["folders"] = []
    with pytest.raises(UploadFault, match=r"library Books of .* has no folder"):
        upload(shelf).find_room()


def test_a_token_that_is_not_accepted_is_said_but_never_shown(shelf: FakeBookshelf) -> None:
    with pytest.raises(UploadFault, match="does not accept the token") as fault:
        upload(shelf, token="wr0ng").find_room()
    assert "wr0ng" not in str(fault.value)
    assert "wr0ng" not in repr(UploadConfig(server=shelf.url, token="wr0ng"))
    assert fault.value.exit_code == EXIT_ENVIRONMENT


def test_a_user_who_may_not_upload_is_said(shelf: FakeBookshelf, files: list[Path]) -> None:
    shelf.may_upload = False
    with pytest.raises(UploadFault, match=f"not let this token's user upload.* is in {files[0].parent}; the same"):
        upload(shelf).upload_book(files, TAGS, print)


def test_what_is_no_audiobookshelf_is_said(shelf: FakeBookshelf) -> None:
    shelf.base = "/elsewhere"
    shelf.url, url = shelf.url + "/x", shelf.url
    with pytest.raises(UploadFault, match="check --abs-server-url"):
        upload(shelf).find_room()
    shelf.url, shelf.base = url, ""
    for nonsense in ("nonsense", [1], {}):
        shelf.libraries = nonsense
        with pytest.raises(UploadFault, match=r"does not answer as Audiobookshelf does|several libraries|no library"):
            upload(shelf).find_room()


@pytest.mark.parametrize("first", [[0], [503, 0], [502, 504]])
def test_a_server_that_is_busy_or_breaks_off_is_tried_again(
    shelf: FakeBookshelf, files: list[Path], first: list[int]
) -> None:
    shelf.answers, said = list(first), list[str]()
    upload(shelf).upload_book(files, TAGS, said.append)
    assert len(shelf.uploads) == 1
    assert len(said) == len(first)
    assert all("Trying again" in line and TOKEN not in line for line in said)


def test_it_is_not_tried_for_ever(shelf: FakeBookshelf, files: list[Path]) -> None:
    shelf.answers = [503] * 9
    with pytest.raises(UploadFault, match="answered 503"):
        upload(shelf, waits=2).upload_book(files, TAGS, print)
    assert len(shelf.answers) == 6


@pytest.mark.parametrize(
    ("status", "words"), [(500, "answered 500: <html>busy"), (413, "raise its limit"), (301, "https")]
)
def test_other_answers_are_said_and_not_asked_for_again(
    shelf: FakeBookshelf, files: list[Path], status: int, words: str
) -> None:
    shelf.answers = [status, 503]
    with pytest.raises(UploadFault, match=words):
        upload(shelf).upload_book(files, TAGS, print)
    assert shelf.answers == [503]


def test_a_server_that_is_not_there_is_named(shelf: FakeBookshelf) -> None:
    shelf.close()
    with pytest.raises(UploadFault, match=f"server {shelf.url} cannot be reached: Connection refused"):
        upload(shelf).find_room()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_the_token_and_the_book_follow_no_redirect(shelf: FakeBookshelf, files: list[Path], status: int) -> None:
    other = FakeBookshelf()
    shelf.answers, shelf.location = [status], f"{other.url}/api/upload"
    with pytest.raises(UploadFault, match="sends elsewhere: give --abs-server-url as it is in the browser"):
        upload(shelf).upload_book(files, TAGS, print)
    other.close()
    assert (other.asked, other.uploads) == ([], [])


def test_neither_a_proxy_nor_a_netrc_of_the_environment_is_asked(
    shelf: FakeBookshelf, files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    for name, value in {"HTTP_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}.items():
        monkeypatch.setenv(name, value)
        monkeypatch.setenv(name.lower(), value)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    upload(shelf).upload_book(files, TAGS, print)
    assert len(shelf.uploads) == 1


def test_a_certificate_that_this_machine_does_not_trust_is_said_at_once(files: list[Path], tmp_path: Path) -> None:
    shelf = FakeBookshelf(self_signed(tmp_path))
    said: list[str] = []
    with pytest.raises(UploadFault, match=r"cannot be reached: .*[Cc]ertificate") as fault:
        upload(shelf).upload_book(files, TAGS, said.append)
    shelf.close()
    assert fault.value.permanent
    assert not said


def test_a_book_is_read_as_it_is_sent(shelf: FakeBookshelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large, sizes = tmp_path / "large.m4b", list[int]()
    large.write_bytes(bytes(5 << 20))
    monkeypatch.setattr(audiobookshelf.TransferProgress, "add", lambda progress, size: sizes.append(size))
    upload(shelf).upload_book([large], TAGS, print)
    assert sum(sizes) == 5 << 20
    assert max(sizes) <= 1 << 20


def test_it_says_how_far_it_is_and_can_be_stopped(
    shelf: FakeBookshelf, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(destination, "PROGRESS_INTERVAL_S", 0.0)
    said: list[str] = []
    sending = upload(shelf)
    sending.upload_book(files, TAGS, said.append)
    assert f"uploading to {shelf.url}: 100 %" in said[-1]
    sending.stop_upload()
    with pytest.raises(Stopped):
        sending.upload_book(files, TAGS, print)
    assert len(shelf.uploads) == 1


OLD = "Wizard (2).m4b"


def on_shelf(shelf: FakeBookshelf) -> dict[str, bytes]:
    [held] = shelf.items.values()
    return held


@pytest.fixture
def second(shelf: FakeBookshelf, files: list[Path], tmp_path: Path) -> Upload:
    """Upload an edition, a file of the user's own, and a second edition."""
    made, own = tmp_path / OLD, tmp_path / "own.m4b"
    made.write_bytes(b"old" * 100)
    own.write_bytes(b"mine")
    config = UploadConfig(server=shelf.url, token=TOKEN, abs_library_id="lib-books")
    client = Upload(config, [0.0], [0.0, 0.0])
    client.upload_book([made, own], TAGS, print)
    client.upload_book(files, TAGS, print)
    return client


def test_files_of_the_last_edition_leave_the_item_and_those_of_the_user_stay(
    shelf: FakeBookshelf, files: list[Path], second: Upload
) -> None:
    shelf.unnoticed = 2  # it scans its folders a moment later
    old = {(OLD, 300), ("own.m4b", 4000), ("elsewhere.m4b", 5), (files[0].name, 7)}
    assert second.remove_stale_files(files, old, TAGS) == []
    assert sorted(on_shelf(shelf)) == ["01 – %22One%22.mp3", "02.mp3", "own.m4b"]


def test_nothing_is_asked_if_nothing_can_be_left_over(shelf: FakeBookshelf, files: list[Path], second: Upload) -> None:
    asked = len(shelf.asked)
    assert (
        second.remove_stale_files(files, {(files[0].name, 7)}, TAGS) == second.remove_stale_files(files, [], TAGS) == []
    )
    assert len(shelf.asked) == asked


def test_what_cannot_be_removed_is_said_and_is_no_failure(
    shelf: FakeBookshelf, files: list[Path], second: Upload
) -> None:
    shelf.unnoticed = 9
    [line] = second.remove_stale_files(files, {(OLD, 300)}, TAGS)
    assert "has not noticed the new files yet" in line
    shelf.unnoticed, shelf.may_delete = 0, False
    [line] = second.remove_stale_files(files, {(OLD, 300)}, TAGS)
    assert "left over in Audiobookshelf, remove them there" in line
    assert "allow" in line
    assert OLD in on_shelf(shelf)


def test_an_answer_that_is_none_finds_nothing(shelf: FakeBookshelf, files: list[Path], second: Upload) -> None:
    shelf.show = lambda path, query: [1] if path != "/api/libraries" else {"libraries": shelf.libraries}  # type: ignore
    [line] = second.remove_stale_files(files, {(OLD, 300)}, TAGS)
    assert "has not noticed" in line
