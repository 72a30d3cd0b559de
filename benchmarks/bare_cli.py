"""The command line of a checkout with three switches that only benchmarks want; cli.py does not know them.

    python benchmarks/bare_cli.py coordinate BOOK --no-split --no-audiobook
    python benchmarks/bare_cli.py work --no-encoders

--no-split grants whole chapters and never shortens a lease; --no-audiobook speaks a book and writes no file; a worker
with --no-encoders speaks and encodes no reels.
"""

import sys
from functools import partial

from process import ROOT

sys.path.insert(0, str(ROOT))

from swarm.audiobook.edition import Edition
from swarm.commands.main import main
from swarm.coordinator import books, coordination
from swarm.lease.core_settings import Settings
from swarm.worker import devices


def grant_whole_chapters() -> None:
    """Have every coordinator of this process split nothing."""
    coordination.Settings = partial(Settings, split=False)  # type: ignore[misc,assignment]


def write_no_file() -> None:
    """Have every job of this process end with its clips."""
    books.Edition = partial(Edition, audiobook=False)  # type: ignore[misc,assignment]
    books.find_destination = lambda *_: None  # type: ignore[assignment]
    books.check_space = lambda _: []  # type: ignore[assignment]


def encode_no_reels() -> None:
    """Have the worker of this process offer no encoders."""
    devices.MAX_ENCODERS = 0


SWITCHES = {
    "--no-split": grant_whole_chapters,
    "--no-audiobook": write_no_file,
    "--no-encoders": encode_no_reels,
}


if __name__ == "__main__":
    for word in SWITCHES.keys() & set(sys.argv[1:]):
        SWITCHES[word]()
    raise SystemExit(main([word for word in sys.argv[1:] if word not in SWITCHES]))
