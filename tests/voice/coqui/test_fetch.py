"""Tests of Coqui's downloads, with a server on this machine in place of the real ones."""

import functools
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tiny_models import tiny_vits

from swarm.voice.coqui.files import folder_of, hub_folder, is_here
from swarm.voice.coqui.models import XTTS

pytestmark = pytest.mark.coqui

VITS = "tts_models/fr/css10/vits"


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Serve a folder with a tiny VITS in place of all of Coqui's downloads."""
    import requests

    shelf = tmp_path / "shelf"
    shelf.mkdir()
    tiny_vits(tmp_path / "packed" / "fr_vits")
    shutil.make_archive(str(shelf / "model"), "zip", tmp_path / "packed")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(shelf))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    get = requests.get

    def get_here(url: str, **words: Any) -> Any:
        return get(f"http://127.0.0.1:{server.server_port}/model.zip", **words)

    monkeypatch.setattr(requests, "get", get_here)
    monkeypatch.setenv("TTS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield shelf
    server.shutdown()
    server.server_close()


def fetched(tell: Callable[[str], None] = lambda words: None) -> None:
    from TTS.utils.manage import ModelManager

    from swarm.voice.coqui.files import fetch

    weights, config = fetch(ModelManager(progress_bar=True), VITS, tell)
    assert weights.parent == config.parent == folder_of(VITS)


def test_a_model_is_downloaded_once_and_how_far_it_is_told(served: Path) -> None:
    told: list[str] = []
    fetched(told.append)
    assert told.pop() == "loading fr/css10/vits"
    shares = [int(words.removeprefix("downloading fr/css10/vits, ").removesuffix(" %")) for words in told]
    assert shares == sorted(set(shares))
    assert (shares[0] < 10, shares[-1]) == (True, 99)
    assert is_here(VITS)
    fetched(told.append)
    assert len(told) == len(shares)


def test_what_an_interrupted_download_left_is_taken_away(served: Path) -> None:
    folder_of(VITS).mkdir(parents=True)
    (folder_of(VITS) / "vits.zip").write_bytes(b"PK half of it")
    fetched()
    assert is_here(VITS)


def test_who_comes_while_another_process_downloads_waits_for_that(served: Path) -> None:
    from filelock import FileLock

    told: list[str] = []
    waiting = threading.Event()
    second = threading.Thread(target=fetched, args=[lambda words: (told.append(words), waiting.set())])
    folder_of(VITS).parent.mkdir(parents=True)
    with FileLock(folder_of(VITS).with_name(f".{folder_of(VITS).name}.lock")):
        second.start()
        assert waiting.wait(300)
        tiny_vits(folder_of(VITS))
    second.join(300)
    assert told == ["waiting for the download of fr/css10/vits", "loading fr/css10/vits"]


def test_who_waits_long_says_so_again_and_again(served: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from filelock import FileLock

    from swarm.voice import model_download

    monkeypatch.setattr(model_download, "LOCK_TIMEOUT_S", 0.05)
    told: list[str] = []
    thrice = threading.Event()
    second = threading.Thread(target=fetched, args=[lambda words: (told.append(words), len(told) > 2 and thrice.set())])
    folder_of(VITS).parent.mkdir(parents=True)
    with FileLock(folder_of(VITS).with_name(f".{folder_of(VITS).name}.lock")):
        second.start()
        assert thrice.wait(300)
        tiny_vits(folder_of(VITS))
    second.join(300)
    assert not second.is_alive()


# --- the hub

WEIGHTS = 80_000_000  # bytes; the hub's library counts in steps of 10 MB


class Hub(http.server.BaseHTTPRequestHandler):
    """A stand-in for Hugging Face's hub, which serves its one repository slowly."""

    files: ClassVar[dict[str, bytes]] = {
        "config.json": b'{"model": "xtts"}',
        "vocab.json": b"{}",
        "model.pth": bytes(WEIGHTS),
    }
    commit = "c" * 40

    def do_GET(self) -> None:
        name = self.path.partition("?")[0]
        if "/resolve/" in name:
            self._serve(self.files.get(name.rpartition("/")[2]))
        elif "/tree/" in name:
            rows = [{"type": "file", "path": path, "size": len(data), "oid": path} for path, data in self.files.items()]
            self._answer(json.dumps(rows).encode())
        elif name.startswith("/api/models/tts-hub/XTTS-v2"):
            self._answer(json.dumps({"id": "tts-hub/XTTS-v2", "sha": self.commit, "siblings": []}).encode())
        else:
            self.send_error(404)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *words: object) -> None:
        pass

    def _serve(self, data: bytes | None) -> None:
        if data is None:
            self.send_error(404)
        else:
            self._answer(data, ETag=f'"{len(data)}"', **{"X-Repo-Commit": self.commit})

    def _answer(self, data: bytes, **headers: str) -> None:
        self.send_response(200)
        for name, value in {"Content-Length": str(len(data)), "Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        for at in range(0, len(data) if self.command == "GET" else 0, 1_000_000):
            self.wfile.write(data[at : at + 1_000_000])
            time.sleep(0.01)


FETCH_XTTS = """
from TTS.utils.manage import ModelManager
from swarm.voice.coqui.files import fetch
print(*fetch(ModelManager(progress_bar=True), "tts_models/multilingual/multi-dataset/xtts_v2", print), sep="\\n")
"""


def test_a_download_from_the_hub_is_told_of_too(tmp_path: Path) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        **os.environ,
        "HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
        "HF_HUB_CACHE": str(tmp_path / "hub"),
        "TTS_HOME": str(tmp_path),
        "COQUI_TOS_AGREED": "1",
        "no_proxy": "127.0.0.1",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    left = folder_of(XTTS).relative_to(hub_folder()) / "blobs" / "0123.incomplete"
    (tmp_path / "hub" / left).parent.mkdir(parents=True)
    (tmp_path / "hub" / left).write_bytes(b"what an interrupted one left")
    command = [sys.executable, "-c", FETCH_XTTS]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    server.shutdown()
    server.server_close()
    assert done.returncode == 0, done.stderr
    *told, loading, weights, config = done.stdout.splitlines()
    shares = [int(words.removeprefix("downloading XTTS v2, ").removesuffix(" %")) for words in told]
    assert shares == sorted(set(shares))
    assert len(shares) > 5
    assert loading == "loading XTTS v2"
    assert Path(weights).stat().st_size == WEIGHTS
    assert Path(config).name == "config.json"
    assert not (tmp_path / "hub" / left).exists()
