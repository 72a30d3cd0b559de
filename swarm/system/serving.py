"""The child's end of a child process: it answers the calls of its parent (`system/child.py`), and ends with it.

Messages are msgpack maps over pipes, the same on both ends."""

import hashlib
import os
import signal
import struct
import sys
import threading
import traceback
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from pathlib import Path
from typing import IO, Any, NoReturn, cast

import msgpack  # type: ignore[import-untyped]  # it ships no types
import msgspec

from swarm.errors import EXIT_OUTDATED

Frame = dict[str, Any]
Handler = Callable[[Frame], Frame]
OnNews = Callable[[str], None]

MAX_FRAME_BYTES = 64 << 20
ENV_CODE = "E2A_SWARM_CODE"  # tells a child which version of the program its parent runs
_LENGTH = struct.Struct(">I")


def code_digest(package: Path) -> str:
    """Return a digest of the sizes and times of a package's files: it changes when another version is installed."""
    facts = []
    for folder, _, names in os.walk(package):
        for name in names:
            if name.endswith(".py"):
                found = os.stat(os.path.join(folder, name))
                facts.append((folder.removeprefix(str(package)), name, found.st_size, found.st_mtime_ns))
    return hashlib.sha256(repr(sorted(facts)).encode()).hexdigest()[:16]


PACKAGE = Path(__file__).parents[1]
CODE = code_digest(PACKAGE)  # when this process began: a later upgrade changes the files, and not this process


def pack_frame(message: Frame) -> bytes:
    """Encode a message for a pipe. Raises ValueError over 64 MiB."""
    body: bytes = msgpack.packb(message, default=msgspec.to_builtins)
    if len(body) > MAX_FRAME_BYTES:
        raise ValueError(f"a message of {len(body)} bytes is over the bound of {MAX_FRAME_BYTES}")
    return _LENGTH.pack(len(body)) + body


def read_frame(stream: IO[bytes]) -> Frame | None:
    """Read the next message; None at the end of the stream. Raises ValueError over 64 MiB."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > MAX_FRAME_BYTES:
        raise ValueError(f"a message of {length} bytes is over the bound of {MAX_FRAME_BYTES}")
    body = stream.read(length)
    return cast(Frame, msgpack.unpackb(body)) if len(body) == length else None


_MAX_WORDS = 500
_PR_SET_PDEATHSIG = 1

_telling: ContextVar[OnNews] = ContextVar("_telling", default=lambda words: None)


def serve(handler: Handler) -> NoReturn:
    """Answer the parent's calls with what `handler` returns, until the parent ends.

    From here on everything that is printed goes to the log, and standard input is empty. If the parent runs another
    version of the program, this process ends at once with EXIT_OUTDATED.
    """
    expect_same_code()
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


def expect_same_code() -> None:
    """End this process with EXIT_OUTDATED if its parent runs another version of the program."""
    if os.environ.get(ENV_CODE, CODE) != CODE:
        os._exit(EXIT_OUTDATED)


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
