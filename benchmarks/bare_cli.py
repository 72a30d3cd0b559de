"""The command line of a checkout with four switches that only benchmarks want; cli.py does not know them.

    python benchmarks/bare_cli.py coordinate BOOK --no-split --no-audiobook
    python benchmarks/bare_cli.py coordinate BOOK --count-reels
    python benchmarks/bare_cli.py work --no-encoders

--no-split grants whole chapters and never shortens a lease; --no-audiobook speaks a book and writes no file; a worker
with --no-encoders speaks and encodes no reels. A coordinator with --count-reels writes at its end into its state folder
how many seconds of sound were in reels of workers, and in its own.
"""

import atexit
import json
import os
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from process import ROOT

sys.path.insert(0, str(ROOT))

from swarm.audiobook.edition import Edition
from swarm.audiobook.sound.studio import Studio
from swarm.audiobook.sound.studio_request import ReelRequest
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


def count_reels() -> None:
    """Have the coordinator of this process count the sound of reels by who encoded them."""
    counted_s, work = Counter[str](), Studio._work

    async def counted(self: Studio, book: str, task: str, request: ReelRequest, *rest: Any, **more: Any) -> Any:
        counted_s[task] += sum(clip.info.length_s for clip in request.clips if clip)
        return await work(self, book, task, request, *rest, **more)

    Studio._work = counted  # type: ignore[method-assign]
    file = Path(os.environ["E2A_SWARM_HOME"], REELS)
    atexit.register(lambda: file.write_text(json.dumps({"there": counted_s["check"], "here": counted_s["encode"]})))


REELS = "reels.json"
SWITCHES = {
    "--count-reels": count_reels,
    "--no-split": grant_whole_chapters,
    "--no-audiobook": write_no_file,
    "--no-encoders": encode_no_reels,
}


if __name__ == "__main__":
    for word in SWITCHES.keys() & set(sys.argv[1:]):
        SWITCHES[word]()
    raise SystemExit(main([word for word in sys.argv[1:] if word not in SWITCHES]))
