"""The child's end of a child process: it answers the calls of its parent (`system/child.py`), and ends with it."""

import os
import signal
import sys
import threading
import traceback
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from typing import IO, NoReturn

from swarm.errors import EXIT_OUTDATED
from swarm.system.frames import CODE, ENV_CODE, Frame, Handler, OnNews, pack_frame, read_frame

_MAX_WORDS = 500
_PR_SET_PDEATHSIG = 1

_telling: ContextVar[OnNews] = ContextVar("_telling", default=lambda words: None)


def serve(handler: Handler) -> NoReturn:
    """Answer the parent's calls with what `handler` returns, until the parent ends.

    From here on everything that is printed goes to the log, and standard input is empty. If the parent runs another
    version of the program, this process ends at once with EXIT_OUTDATED.
    """
    if os.environ.get(ENV_CODE, CODE) != CODE:
        os._exit(EXIT_OUTDATED)
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # a terminal signals the whole group, but the parent decides
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    die_with_parent()
    calls, replies = _take_pipes()
    writing = threading.Lock()
    lanes: defaultdict[object, ThreadPoolExecutor] = defaultdict(lambda: ThreadPoolExecutor(1))

    def send(message: Frame) -> None:
        frame = pack_frame(message)
        with writing:
            replies.write(frame)
            replies.flush()

    waiting: dict[int, Future[None]] = {}
    while (message := read_frame(calls)) is not None:
        if "cancel" in message:
            if withdrawn := waiting.get(message["cancel"]):
                withdrawn.cancel()
            continue
        number = message["id"]
        waiting[number] = lanes[message.get("lane", 0)].submit(_answer, handler, message, send)
        waiting[number].add_done_callback(lambda _, number=number: waiting.pop(number, None))  # type: ignore[misc]
    os._exit(0)  # sys.exit would wait for a handler that still computes


def die_with_parent() -> None:
    """Ask the kernel to end this process with its parent, even while a library holds the GIL (Linux).

    On other systems the end of standard input ends the process.
    """
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _take_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Return duplicates of both pipes, out of the reach of print() and input()."""
    calls, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    return calls, replies


def teller() -> OnNews:
    """Return a function that tells the parent how far the current call is; other threads may use it, too."""
    return _telling.get()


def _answer(handler: Handler, message: Frame, send: Callable[[Frame], None]) -> None:
    number = message.pop("id")
    _telling.set(lambda words: send({"id": number, "telling": words[:_MAX_WORDS]}))
    try:
        send({**handler(message), "id": number})
    except BaseException as raised:  # includes SystemExit: an unanswered call would wait for ever
        traceback.print_exc()
        send({"id": number, "raised": f"{type(raised).__name__}: {raised}"[:1000]})
