"""What a job's folder remembers of other machines with the job: that a standby copied it, and who took it over."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from swarm.job.epoch import MAX_EPOCH, taken_over

COPIED = "copied"  # this file exists once a standby had all of the job
TAKEN_OVER = "taken-over"  # the epoch of the head that another machine began


def note_copied(folder: Path) -> None:
    """Remember that a standby has a copy, if the disk allows it."""
    with suppress(OSError):
        (folder / COPIED).touch()


def was_copied(folder: Path) -> bool:
    """Return whether a standby ever had a whole copy."""
    return (folder / COPIED).is_file()


def note_taken_over(folder: Path, epoch: int) -> None:
    """Remember the epoch under which another machine has the job, if the disk allows it."""
    with suppress(OSError):
        (folder / TAKEN_OVER).write_text(str(epoch), encoding="ascii")


def taken_over_at(folder: Path) -> int:
    """Return the epoch under which another machine was last heard to have the job; 0 for none."""
    with suppress(OSError, ValueError):
        with (folder / TAKEN_OVER).open("rb") as file:
            epoch = int(file.read(32))
        return epoch if 0 <= epoch <= MAX_EPOCH else 0
    return 0


def head_epoch(folder: Path, draw: Callable[[int], int], epoch: int) -> int:
    """Return the epoch of a job that is taken over here, above that of any other head that this machine heard of."""
    return taken_over(max(epoch, taken_over_at(folder)), draw)
