"""A model as workers pass it on to each other: its files, or the listing that tells them."""

from dataclasses import dataclass
from pathlib import Path

from swarm.voice.download import RemoteFile
from swarm.voice.listing import ListedModel


@dataclass(frozen=True)
class RemoteModel:
    """The files that an engine opens a model with and would download, and their folder.

    `listed`: the files of the model, or more of them, are known only by the listing of a machine that has it.
    """

    title: str
    folder: Path
    files: tuple[RemoteFile, ...]
    listed: ListedModel | None = None
