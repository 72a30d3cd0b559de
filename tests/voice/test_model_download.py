"""Tests of downloads, with a stand-in on this machine for the real addresses."""

import errno
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from patience import wait_for
from stand_in_hub import StandInHub, stand_in_hub

from swarm.errors import EnvironmentFault
from swarm.voice.model_download import (
    MAX_FILES,
    ListedModel,
    RemoteFile,
    RemoteModel,
    check_reach,
    fetch_files,
    is_whole,
    mend_files,
    try_download_lock,
)

CONTENT = bytes(range(256)) * 8000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[StandInHub]:
    with stand_in_hub(tmp_path / "hub") as hub:
        hub.put("model.onnx", CONTENT)
        yield hub


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models" / "it"


def file_of(hub: StandInHub, digest: str = SHA256, size: int = len(CONTENT), algorithm: str = "sha256") -> RemoteFile:
    return RemoteFile("model.onnx", f"{hub.url}/model.onnx", size, digest, algorithm)


def test_files_are_downloaded_with_progress_and_not_again(hub: StandInHub, folder: Path) -> None:
    said: list[str] = []
    for _ in range(2):
        fetch_files("It", folder, [file_of(hub)], said.append)
    assert (folder / "model.onnx").read_bytes() == CONTENT
    assert hub.handler.asked == ["/model.onnx"]
    assert said[0].startswith("downloading It, ")
    assert said[-2:] == ["downloading It, 99 %", "loading It"]


def test_a_download_that_broke_goes_on_where_it_stopped(hub: StandInHub, folder: Path) -> None:
    hub.handler.break_after += [1000, 2000]
    fetch_files("It", folder, [file_of(hub)], print)
    assert (folder / "model.onnx").read_bytes() == CONTENT
    assert hub.handler.asked == ["/model.onnx", "/model.onnx bytes=1000-", "/model.onnx bytes=3000-"]


def test_a_process_that_died_left_what_the_next_one_goes_on_with(hub: StandInHub, folder: Path) -> None:
    hub.handler.break_after += [10, 10, 10]
    with pytest.raises(EnvironmentFault, match=r"model\.onnx cannot be downloaded .*out of reach"):
        fetch_files("It", folder, [file_of(hub)], print)
    fetch_files("It", folder, [file_of(hub)], print)
    assert hub.handler.asked[-1] == "/model.onnx bytes=30-"
    assert (folder / "model.onnx").read_bytes() == CONTENT


def test_a_server_that_knows_no_ranges_is_asked_for_the_whole_file(hub: StandInHub, folder: Path) -> None:
    hub.handler.ranges = False
    hub.handler.break_after += [1000]
    fetch_files("It", folder, [file_of(hub)], print)
    assert (folder / "model.onnx").read_bytes() == CONTENT


@pytest.mark.parametrize("content", [CONTENT[:-1] + b"!", CONTENT + b"more", CONTENT[:-1]])
def test_another_file_is_thrown_away(hub: StandInHub, folder: Path, content: bytes) -> None:
    hub.put("model.onnx", content)
    if len(content) > len(CONTENT):
        fetch_files("It", folder, [file_of(hub)], print)  # only as many bytes as it should have are ever taken
        assert (folder / "model.onnx").read_bytes() == CONTENT
        return
    with pytest.raises(EnvironmentFault, match="another file than the one that is known by its digest"):
        fetch_files("It", folder, [file_of(hub)], print)
    assert [path.name for path in folder.iterdir() if not path.name.startswith(".")] == []


def test_older_digests_are_checked_too(hub: StandInHub, folder: Path) -> None:
    fetch_files("It", folder, [file_of(hub, hashlib.md5(CONTENT).hexdigest(), algorithm="md5")], print)
    assert is_whole(folder, [file_of(hub)])


def test_an_answer_that_says_no_is_not_asked_again(hub: StandInHub, folder: Path) -> None:
    (hub.folder / "model.onnx").unlink()
    with pytest.raises(EnvironmentFault, match="its server answered 404"):
        fetch_files("It", folder, [file_of(hub)], print)
    assert len(hub.handler.asked) == 1


def test_nothing_is_downloaded_offline(hub: StandInHub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EnvironmentFault, match="--offline"):
        fetch_files("It", folder, [file_of(hub)], print)
    assert hub.handler.asked == []


def test_a_full_disk_is_named(hub: StandInHub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("swarm.voice.model_download._copy", full)
    with pytest.raises(EnvironmentFault, match="the disk is full"):
        fetch_files("It", folder, [file_of(hub)], print)


def test_a_handle_names_the_bytes_and_not_the_place_that_they_come_from() -> None:
    file = RemoteFile("model.onnx", "https://hub/model.onnx", 5, SHA256)
    assert RemoteFile("weights.onnx", "https://mirror/model.onnx", 5, SHA256).handle == file.handle
    others = (
        RemoteFile("m", "", 6, SHA256),
        RemoteFile("m", "", 5, SHA256[:32], "md5"),
        RemoteFile("m", "", 5, "0" * 64),
    )
    assert len({file.handle, *(each.handle for each in others)}) == 4


def test_a_lock_of_a_download_is_for_one_at_a_time(folder: Path) -> None:
    first = try_download_lock(folder / ".lock")
    assert first is not None
    assert try_download_lock(folder / ".lock") is None
    first.release()
    again = try_download_lock(folder / ".lock")
    assert again is not None
    again.release()


DIGEST = "0" * 64


def model(folder: Path, *names: str) -> ListedModel:
    return ListedModel("m", folder, lambda: names, lambda name: name.endswith((".json", ".pth")), lambda: 0)


def listing(*rows: tuple[str, str, int]) -> bytes:
    return msgspec.json.encode(
        {"files": [{"name": name, "digest": digest, "size": size} for name, digest, size in rows]}
    )


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [("../evil.json", DIGEST, 5)],
        [("/etc/evil.json", DIGEST, 5)],
        [("a//b.json", DIGEST, 5)],
        [("a\\b.json", DIGEST, 5)],
        [(".hidden.json", DIGEST, 5)],
        [("a/b/c/d/e.json", DIGEST, 5)],
        [("run.py", DIGEST, 5)],
        [("a.json", "0" * 63, 5)],
        [("a.json", DIGEST, 0)],
        [("a.json", DIGEST, 5), ("A.json", DIGEST, 5)],
        [("a.json", DIGEST, 10 * 2**30), ("b.json", DIGEST, 10 * 2**30)],
        [(f"{number}.json", DIGEST, 5) for number in range(MAX_FILES + 1)],
    ],
)
def test_a_listing_that_cannot_be_of_this_model_is_refused(tmp_path: Path, rows: list[tuple[str, str, int]]) -> None:
    with pytest.raises(ValueError):
        model(tmp_path).read(listing(*rows))
    with pytest.raises(ValueError):
        model(tmp_path).read(b"[" * 100_000)


def test_it_lists_what_is_there_and_lists_again_what_has_changed(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    assert not model(folder).write()
    (folder / "model.pth").write_bytes(b"weights")
    (folder / "config.json").write_bytes(b"{}")
    listed = model(folder, "model.pth", "config.json")
    assert listed.write()
    before = listed.place.read_bytes()
    assert [(file.name, file.size) for file in listed.read(before)] == [("model.pth", 7), ("config.json", 2)]
    made_s = listed.place.stat().st_mtime
    assert listed.write() and listed.place.stat().st_mtime == made_s  # nothing is read again
    (folder / "config.json").write_bytes(b"[]")
    os.utime(folder / "config.json", (made_s + 1, made_s + 1))
    assert listed.write() and listed.place.read_bytes() != before


PROGRAM = """
import sys
from pathlib import Path
from swarm.voice.model_download import RemoteFile, fetch_files
url, folder, size, digest = sys.argv[1:]
fetch_files("It", Path(folder), [RemoteFile("model.onnx", url, int(size), digest)], print)
"""


def begin_fetch(hub: StandInHub, folder: Path, url: str = "", **env: str) -> "subprocess.Popen[str]":
    """Download the file in a process of its own."""
    words = [url or f"{hub.url}/model.onnx", str(folder), str(len(CONTENT)), SHA256]
    line = [sys.executable, "-c", PROGRAM, *words]
    return subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env={**os.environ, **env})


def test_of_two_processes_one_downloads(hub: StandInHub, folder: Path) -> None:
    hub.handler.break_after += [1000]
    processes = [begin_fetch(hub, folder) for _ in "12"]
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert hub.handler.asked == ["/model.onnx", "/model.onnx bytes=1000-"]
    assert (folder / "model.onnx").read_bytes() == CONTENT


def test_what_a_killed_process_had_is_not_downloaded_again(hub: StandInHub, folder: Path) -> None:
    hub.handler.hang_after += [700_000]
    process = begin_fetch(hub, folder)
    part = folder / "model.onnx.part"
    wait_for(lambda: part.exists() and part.stat().st_size >= 600_000, "a part of the file")
    process.kill()
    process.communicate()
    had = part.stat().st_size
    fetch_files("It", folder, [file_of(hub)], print)
    assert hub.handler.asked[-1] == f"/model.onnx bytes={had}-"
    assert (folder / "model.onnx").read_bytes() == CONTENT


def test_a_proxy_is_used_and_what_it_says_instead_is_thrown_away(hub: StandInHub, folder: Path) -> None:
    hub.put("http:/hub.invalid/model.onnx", CONTENT)
    process = begin_fetch(hub, folder, "http://hub.invalid/model.onnx", HTTP_PROXY=hub.url, NO_PROXY="")
    assert process.communicate(timeout=60)[0].endswith("loading It\n")
    assert hub.handler.asked == ["http://hub.invalid/model.onnx"]
    hub.put("http:/hub.invalid/model.onnx", b"<html>The proxy wants a name and a password</html>")
    process = begin_fetch(
        hub, folder.with_name("other"), "http://hub.invalid/model.onnx", HTTP_PROXY=hub.url, NO_PROXY=""
    )
    process.communicate(timeout=60)
    assert process.returncode
    assert [path.name for path in folder.with_name("other").iterdir() if not path.name.startswith(".")] == []


def test_a_file_that_was_damaged_since_is_downloaded_again(hub: StandInHub, folder: Path) -> None:
    fetch_files("It", folder, [file_of(hub)], print)
    (folder / "model.onnx").write_bytes(bytes(len(CONTENT)))
    said: list[str] = []
    mend_files("It", folder, [file_of(hub)], said.append)
    assert (folder / "model.onnx").read_bytes() == CONTENT
    assert said[0] == "model.onnx of It is damaged: it is downloaded again"


def test_a_web_page_is_no_file_of_a_model_even_if_nothing_is_known_of_that(hub: StandInHub, folder: Path) -> None:
    page = RemoteFile("config.json", f"{hub.url}/config.json", 10_000, "")
    hub.put("config.json", b"\n <!DOCTYPE html><title>Sign in</title>")
    with pytest.raises(EnvironmentFault, match="sent a web page in place of config"):
        fetch_files("It", folder, [page], print)
    assert not page.is_in(folder)
    hub.put("config.json", b"{}")
    fetch_files("It", folder, [page], print)
    assert page.is_in(folder)


def test_whether_a_file_is_to_be_had_is_known_without_it(hub: StandInHub, folder: Path) -> None:
    check_reach(RemoteModel("It", folder, (file_of(hub),)))
    hub.put("model.onnx", b"<html>")
    with pytest.raises(EnvironmentFault, match="its server has another file there"):
        check_reach(RemoteModel("It", folder, (file_of(hub),)))
    hub.handler.led_to += ["ftp://elsewhere/model.onnx"]
    with pytest.raises(EnvironmentFault, match="its server led elsewhere"):
        check_reach(RemoteModel("It", folder, (file_of(hub),)))
    assert not folder.exists()
