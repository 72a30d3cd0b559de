"""Downloads models of Coqui's list with Coqui's own code, in one process at a time, and reports the progress."""

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from swarm.voice.coqui.cache import PARTIAL_FILES, folder_of, is_complete, is_interrupted
from swarm.voice.coqui.card import model_card
from swarm.voice.download import download_lock
from swarm.voice.engine import OnProgress

SOCKET_TIMEOUT_S = 60.0


def fetch(manager: Any, model: str, tell: OnProgress) -> tuple[Path, Path]:
    """Return the paths of a model's weights and config; download them if need be, reporting the progress to `tell`.

    Raises any error of Coqui, requests, Hugging Face's library or the disk.
    """
    if is_complete(model):
        weights, config, _ = manager.download_model(model)
    else:
        weights, config = _download(manager, model, tell)
    return Path(weights), Path(config or Path(weights).parent / "config.json")


def _download(manager: Any, model: str, tell: OnProgress) -> tuple[Path, Path | None]:
    item, stem, _ = manager._set_model_item(model)
    name = model_card(model).about.removesuffix(" by Coqui")
    with download_lock(manager.output_prefix / f".{stem}.lock", lambda: tell(f"waiting for the download of {name}")):
        _remove_leftovers(manager.output_prefix / stem, folder_of(model))
        with _socket_timeout(), _reported_by_bar(name, tell) as bar:
            if "repo_id" in item:
                _from_hub(item, bar)
            weights, config, _ = manager.download_model(model)
        tell(f"loading {name}")
    return weights, config


def _from_hub(item: Any, bar: Any) -> None:
    """Download as Coqui would, but with our progress bar. Coqui then finds the files in the cache."""
    from huggingface_hub import snapshot_download

    download = partial(
        snapshot_download, item["repo_id"], allow_patterns=item.get("allow"), ignore_patterns=item.get("ignore")
    )
    with suppress(Exception):  # older libraries have no dry run, and the download below raises other faults again
        bar.whole = sum(file.file_size or 0 for file in download(dry_run=True) if file.will_download)
    download(tqdm_class=bar)


def _remove_leftovers(folder: Path, place: Path) -> None:
    """Remove the files of an interrupted download, which Coqui would take for the model, and the hub never resumes."""
    if is_interrupted(folder):
        shutil.rmtree(folder)
    for part in place.glob(PARTIAL_FILES):
        part.unlink(missing_ok=True)


@contextmanager
def _reported_by_bar(name: str, tell: OnProgress) -> Iterator[type]:
    """Replace Coqui's progress bar for a while by one that reports to `tell`."""
    from TTS.utils import manage

    before = manage.tqdm
    bar = _make_bar(name, tell)
    manage.tqdm = bar
    try:
        yield bar
    finally:
        manage.tqdm = before


class _NullOutput(io.TextIOBase):
    """The output of a progress bar that must not be shown, since `tell` shows the progress."""

    def write(self, text: str) -> int:
        """Drop the text."""
        return len(text)


def _make_bar(name: str, tell: OnProgress) -> type:
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[misc]
        said = -1
        whole = 0  # total bytes, since the hub's own total counts only the files that were begun

        def __init__(self, *args: Any, **settings: Any) -> None:
            super().__init__(*args, **{**settings, "file": _NullOutput()})

        def update(self, n: float | None = 1) -> bool | None:
            shown: bool | None = super().update(n)
            # The hub also has a bar that counts files, and one for bytes before they are unpacked: both are ignored.
            of_bytes = self.unit in ("B", "iB") and not str(self.desc).startswith("Downloading")
            whole = max(self.total or 0, self.whole)
            percent = min(99, int(100 * self.n / whole)) if of_bytes and whole else -1
            if percent > -1 and percent != self.said:
                self.said = percent
                tell(f"downloading {name}, {percent} %")
            return shown

    return Bar


@contextmanager
def _socket_timeout() -> Iterator[None]:
    """Limit each wait for the network, since a firewall that drops packets would block the slot for ever."""
    import socket

    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(SOCKET_TIMEOUT_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
