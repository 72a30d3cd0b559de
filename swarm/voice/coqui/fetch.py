"""Downloads models of Coqui's list by Coqui's own code, one process at a time, and reports the progress."""

import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from swarm.voice.coqui.cache import PARTS, is_interrupted, is_whole, place_of
from swarm.voice.coqui.card import model_card
from swarm.voice.engine import OnProgress

SILENCE_S = 60.0
WAIT_S = 60.0


def fetch(manager: Any, model: str, tell: OnProgress) -> tuple[Path, Path]:
    """Return a model's weights and config, downloaded first if need be; `tell` hears how far that is.

    Raises whatever Coqui, requests, Hugging Face's library and the disk do.
    """
    if is_whole(model):
        weights, config, _ = manager.download_model(model)
    else:
        weights, config = _download(manager, model, tell)
    return Path(weights), Path(config or Path(weights).parent / "config.json")


def _download(manager: Any, model: str, tell: OnProgress) -> tuple[Path, Path | None]:
    item, stem, _ = manager._set_model_item(model)
    name = model_card(model).about.removesuffix(" by Coqui")
    with _alone(manager.output_prefix / f".{stem}.lock", lambda: tell(f"waiting for the download of {name}")):
        _clear(manager.output_prefix / stem, place_of(model))
        with _patience(), _told(name, tell) as bar:
            if "repo_id" in item:
                _from_hub(item, bar)
            weights, config, _ = manager.download_model(model)
        tell(f"loading {name}")
    return weights, config


def _from_hub(item: Any, bar: Any) -> None:
    """Download as Coqui would, but with a bar of ours; Coqui then finds the files."""
    from huggingface_hub import snapshot_download

    download = partial(
        snapshot_download, item["repo_id"], allow_patterns=item.get("allow"), ignore_patterns=item.get("ignore")
    )
    with suppress(Exception):  # older ones cannot say beforehand; what is wrong the download itself says
        bar.whole = sum(file.file_size or 0 for file in download(dry_run=True) if file.will_download)
    download(tqdm_class=bar)


def _clear(folder: Path, place: Path) -> None:
    """Take away what an interrupted download left: Coqui would think that the model is there, the hub never uses it."""
    if is_interrupted(folder):
        shutil.rmtree(folder)
    for part in place.glob(PARTS):
        part.unlink(missing_ok=True)


@contextmanager
def _alone(path: Path, wait: Callable[[], None]) -> Iterator[None]:
    """Wait until no other process downloads the same model, and keep others out meanwhile."""
    from filelock import FileLock, Timeout

    wait_s = 0.0

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    while not lock.is_locked:
        try:
            lock.acquire(timeout=wait_s)
        except Timeout:
            wait()  # said again and again, because a slot that says nothing is taken for dead
            wait_s = WAIT_S
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _told(name: str, tell: OnProgress) -> Iterator[type]:
    """Replace Coqui's bar for a while by one that reports how many of the bytes are here."""
    from TTS.utils import manage

    before = manage.tqdm
    bar = _telling_bar(name, tell)
    manage.tqdm = bar
    try:
        yield bar
    finally:
        manage.tqdm = before


class _Nowhere(io.TextIOBase):
    """The output of a hidden progress bar: `tell` says how far the download is."""

    def write(self, text: str) -> int:
        """Drop the text."""
        return len(text)


def _telling_bar(name: str, tell: OnProgress) -> type:
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[misc]
        said = -1
        whole = 0  # bytes; the hub's bar knows only of those files that it has begun

        def __init__(self, *args: Any, **settings: Any) -> None:
            super().__init__(*args, **{**settings, "file": _Nowhere()})

        def update(self, n: float | None = 1) -> bool | None:
            shown: bool | None = super().update(n)
            # the hub has a bar of files besides, and one of what comes in before it is unpacked
            of_bytes = self.unit in ("B", "iB") and not str(self.desc).startswith("Downloading")
            whole = max(self.total or 0, self.whole)
            percent = min(99, int(100 * self.n / whole)) if of_bytes and whole else -1
            if percent > -1 and percent != self.said:
                self.said = percent
                tell(f"downloading {name}, {percent} %")
            return shown

    return Bar


@contextmanager
def _patience() -> Iterator[None]:
    """Bound each wait for the network: a firewall that swallows packets would hold the slot for ever."""
    import socket

    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(SILENCE_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
