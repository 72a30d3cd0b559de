"""Coqui's downloads from a server on this machine in place of the real ones."""

import functools
import http.server
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tiny_models import tiny_vits

from swarm.voice.coqui_cache import is_here, place_of

pytestmark = pytest.mark.coqui

VITS = "tts_models/fr/css10/vits"


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose files are what Coqui downloads, whatever it asks for; a tiny VITS lies in it."""
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

    from swarm.voice.coqui_fetch import fetch

    weights, config = fetch(ModelManager(progress_bar=True), VITS, tell)
    assert weights.parent == config.parent == place_of(VITS)


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
    place_of(VITS).mkdir(parents=True)
    (place_of(VITS) / "vits.zip").write_bytes(b"PK half of it")
    fetched()
    assert is_here(VITS)


def test_who_comes_while_another_process_downloads_waits_for_that(served: Path) -> None:
    from filelock import FileLock

    told: list[str] = []
    waiting = threading.Event()
    second = threading.Thread(target=fetched, args=[lambda words: (told.append(words), waiting.set())])
    place_of(VITS).parent.mkdir(parents=True)
    with FileLock(place_of(VITS).with_name(f".{place_of(VITS).name}.lock")):
        second.start()
        assert waiting.wait(60)
        tiny_vits(place_of(VITS))
    second.join(60)
    assert told == ["waiting for the download of fr/css10/vits", "loading fr/css10/vits"]


def test_who_waits_long_says_so_again_and_again(served: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from filelock import FileLock

    from swarm.voice import coqui_fetch

    monkeypatch.setattr(coqui_fetch, "WAIT_S", 0.05)
    told: list[str] = []
    thrice = threading.Event()
    second = threading.Thread(target=fetched, args=[lambda words: (told.append(words), len(told) > 2 and thrice.set())])
    place_of(VITS).parent.mkdir(parents=True)
    with FileLock(place_of(VITS).with_name(f".{place_of(VITS).name}.lock")):
        second.start()
        assert thrice.wait(60)
        tiny_vits(place_of(VITS))
    second.join(60)
    assert not second.is_alive()
