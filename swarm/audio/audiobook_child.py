"""The child process that puts one audiobook together: begin, append reel by reel, finish."""

import contextlib
import errno
from pathlib import Path
from typing import Any

from swarm.audio.audiobook import Audiobook
from swarm.audio.order import AudiobookOrder, Mark, from_message, to_message
from swarm.audio.reel_file import ReelDamaged
from swarm.system.serving import serve

REMEDIES = dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "Make room there") | {
    errno.ENOENT: "It was moved or removed meanwhile: put it back",
    errno.EIO: "Check its disk",
}


class BookBinder:
    """Keeps the unfinished book between calls."""

    def __init__(self) -> None:
        self._book: Audiobook | None = None
        self._order: AudiobookOrder | None = None

    def handle(self, message: dict[str, Any]) -> dict[str, Any]:
        """Do one step and return the reply; a damaged reel and a disk error are replies, not exceptions."""
        try:
            return self._do(message)
        except ReelDamaged as error:
            if str(error.path) != message.get(
                "append"
            ):  # an earlier reel is damaged: the file written so far is useless
                self._drop()
            return {"damaged": str(error.path), "why": error.why}
        except OSError as error:
            self._drop()
            return {"fault": self._fault(error)}

    def _do(self, message: dict[str, Any]) -> dict[str, Any]:
        if "begin" in message:
            self._begin(from_message(message["begin"], AudiobookOrder))
            return {}
        assert self._book is not None
        if "append" in message:
            self._book.append(Path(message["append"]))
            return {}
        marks = from_message(message["finish"], tuple[Mark, ...])
        finished = self._book.finish(marks, Path(message["target"]))
        self._book = None
        return {"book": to_message(finished)}

    def _begin(self, order: AudiobookOrder) -> None:
        self._drop()
        self._order = order
        self._book = Audiobook(order)

    def _drop(self) -> None:
        book, self._book = self._book, None
        if book:
            with contextlib.suppress(OSError):  # the disk may still be full
                book.abandon()

    def _fault(self, error: OSError) -> str:
        where = self._order.part.parent if self._order else "?"
        remedy = REMEDIES.get(error.errno or 0, "Make it writable")
        return (
            f"The audiobook cannot be written to {where}: {error.strerror or error}. {remedy} or choose another"
            " folder with --output-dir, then run the same command again; nothing that was spoken is lost."
        )


if __name__ == "__main__":
    serve(BookBinder().handle)
