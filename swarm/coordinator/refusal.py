"""What a queue refuses at once: options that would fail one book after another, and files that are no books."""

import errno
import tempfile
from pathlib import Path

from swarm.book.any_file import read_any_title
from swarm.config import RenderConfig
from swarm.coordinator.brought_files import find_brought_files
from swarm.edition.style import read_cover
from swarm.errors import SwarmError, UsageError
from swarm.store.store import DiskStore
from swarm.system.disk import OUTPUT_OPTION, store_fault
from swarm.voice.host.asked_voice import check_asked_voice

PASSES = (errno.ENOSPC, errno.EDQUOT)  # a full disk has room again later, so books wait for that


def check_start(config: RenderConfig, store: DiskStore) -> None:
    """Raise SwarmError for usual options that no book can be spoken with, or a folder that cannot be written to."""
    _check_voice(config)
    find_brought_files(config, store)
    if config.style.cover:
        read_cover(config.style.cover)
    if not config.output_url:
        _check_folder(config.output_dir)


def read_new(config: RenderConfig, path: Path, name: str, *, is_watched: bool) -> str:
    """Return the title of a book that is added; "" if only the whole text tells it.

    Raises UsageError for a voice that no engine has, and for a file that is plainly no book. One of a watched folder
    fails in the queue instead, and is set aside from there.
    """
    _check_voice(config)
    try:
        return read_any_title(path)
    except SwarmError as fault:
        if is_watched:
            return ""
        raise UsageError(str(fault).replace(str(path), name)) from fault


def _check_voice(config: RenderConfig) -> None:
    if config.voice and config.custom_model is None:
        check_asked_voice(config.voice, engine=config.engine, model=config.model, language=config.language)


def _check_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as fault:
        if fault.errno not in PASSES:
            raise store_fault(fault, folder, OUTPUT_OPTION) from fault
