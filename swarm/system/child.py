"""Child processes that end with their parent: `python -m <module>` and msgpack maps over pipes. Both ends are here.

A frame is a big-endian length of four bytes and a map. Each call carries an `id`, and a `lane` if calls may overlap:
calls of one lane are answered in order, lanes run side by side. `{"cancel": id}` cancels a call that has not begun.
"""

import asyncio
import contextlib
import hashlib
import itertools
import os
import queue
import signal
import struct
import subprocess
import sys
import threading
import traceback
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from pathlib import Path
from typing import IO, Any, NoReturn, cast

import msgpack  # type: ignore[import-untyped]  # it ships no types
import msgspec

from swarm.errors import EXIT_OUTDATED, EnvironmentFault, Outdated, SwarmError

Frame = dict[str, Any]
Handler = Callable[[Frame], Frame]
OnNews = Callable[[str], None]

MAX_FRAME_BYTES = 64 << 20
# The environment of a child that computes in one thread: libraries that start a thread for each core slow each other.
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)
_MAX_WORDS = 500
_LENGTH = struct.Struct(">I")
_TAIL_BYTES = 2048  # of the log, in the message of a death
_LOG_BYTES = 1 << 20  # a larger log is renamed at the next start
_PATIENCE_S = 2.0  # for a child to end by itself
_PR_SET_PDEATHSIG = 1
_ENV_CODE = "E2A_SWARM_CODE"


_telling: ContextVar[OnNews] = ContextVar("_telling", default=lambda words: None)


class ChildDied(SwarmError):
    """The child process ended, or was ended, before it answered."""


class ChildRaised(SwarmError):
    """The child process answered a call with an exception; its log has the traceback."""


def code_digest(package: Path) -> str:
    """Return a digest of the sizes and times of a package's files: it changes when another version is installed."""
    files = [(str(path.relative_to(package)), path.stat()) for path in sorted(package.rglob("*.py"))]
    facts = [(name, found.st_size, found.st_mtime_ns) for name, found in files]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


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


# In the child


def serve(handler: Handler) -> NoReturn:
    """Answer the parent's calls with what `handler` returns, until the parent ends.

    From here on everything that is printed goes to the log, and standard input is empty. If the parent runs another
    version of the program, this process ends at once with EXIT_OUTDATED.
    """
    if os.environ.get(_ENV_CODE, CODE) != CODE:
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


# In the parent


class Child:
    """A child process and the calls under way to it; it belongs to the event loop that starts it.

    Threads read and write the pipes, because the event loop that ZeroMQ needs on Windows cannot watch pipes.
    """

    def __init__(self) -> None:
        self._calls: dict[int, asyncio.Future[Frame]] = {}
        self._listeners: dict[int, OnNews] = {}
        self._numbers = itertools.count()
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._gone = asyncio.Event()
        self._death = ""
        self._is_outdated = False
        self._process: subprocess.Popen[bytes] | None = None

    async def start(
        self, module: str, args: Sequence[str], log_path: Path, env: Mapping[str, str] | None = None
    ) -> None:
        """Start `python -m module args`; what it prints is appended to `log_path`.

        `env` is added to this process's environment. Raises EnvironmentFault.
        """
        self._loop = asyncio.get_running_loop()
        self._module, self._log_path = module, log_path
        try:
            # The child must not be started in another thread: on Linux it dies with the thread that started it.
            self._process = self._popen([sys.executable, "-P", "-m", module, *args], env or {})
        except OSError as fault:
            raise EnvironmentFault(
                f"Cannot start a process for {module} with its log at {log_path}: {fault}."
            ) from fault
        for target in (self._read, self._write):
            threading.Thread(target=target, args=[self._process], daemon=True).start()

    @property
    def pid(self) -> int:
        """The process id; 0 before the process is started."""
        return self._process.pid if self._process else 0

    @property
    def alive(self) -> bool:
        """Whether the process is started and not known to have ended."""
        return self._process is not None and not self._death

    async def call(self, message: Frame, listen: OnNews = lambda words: None) -> Frame:
        """Send a message and wait for its answer; `listen` gets the progress that the child tells until then.

        A cancelled call never runs if the child has not begun it. Raises ChildDied, ChildRaised, and Outdated if the
        program was upgraded since this process began.
        """
        if self._death:
            raise self._fault()
        number = next(self._numbers)
        self._outbox.put(pack_frame({**message, "id": number}))
        self._calls[number], self._listeners[number] = self._loop.create_future(), listen
        try:
            reply = await self._calls[number]
        except asyncio.CancelledError:
            self._outbox.put(pack_frame({"cancel": number}))
            raise
        finally:
            del self._calls[number], self._listeners[number]
        if "raised" in reply:
            raise ChildRaised(f"{self._module} raised {reply['raised']}; the traceback is in {self._log_path}.")
        return reply

    def kill(self) -> None:
        """End the process now; calls under way raise ChildDied."""
        if self._process:
            self._process.kill()

    async def close(self) -> None:
        """End the process and wait until it is gone."""
        if not self._process:
            return
        self._outbox.put(None)
        try:
            await asyncio.wait_for(self._gone.wait(), _PATIENCE_S)
        except TimeoutError:
            self.kill()
            await self._gone.wait()

    def _popen(self, command: list[str], env: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        self._log_path.parent.mkdir(parents=True, exist_ok=True)
        if self._log_path.exists() and self._log_path.stat().st_size > _LOG_BYTES:
            self._log_path.replace(self._log_path.with_name(self._log_path.name + ".1"))
        # The child imports what this process would import, and nothing from its current folder.
        path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
        with self._log_path.open("ab") as log:
            self._log_start = log.tell()
            return subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", _ENV_CODE: CODE, **env},
            )

    def _write(self, process: "subprocess.Popen[bytes]") -> None:
        pipe = process.stdin
        assert pipe is not None
        with contextlib.suppress(OSError):  # the child died, and the reading thread reports that
            while (frame := self._outbox.get()) is not None:
                pipe.write(frame)
                pipe.flush()
        with contextlib.suppress(OSError):
            pipe.close()

    def _read(self, process: "subprocess.Popen[bytes]") -> None:
        pipe = process.stdout
        assert pipe is not None
        with contextlib.suppress(OSError, ValueError, msgspec.MsgspecError), pipe:
            while (message := read_frame(pipe)) is not None:
                self._post(self._resolve, message)
        try:
            code = process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:  # the child closed its pipe, or sent a frame that cannot be read
            process.kill()
            code = process.wait()
        self._post(self._end, code, self._obituary(code))

    def _post(self, act: Callable[..., None], *args: object) -> None:
        with contextlib.suppress(RuntimeError):  # the event loop is closed, so nothing waits for the answer
            self._loop.call_soon_threadsafe(act, *args)

    def _resolve(self, reply: Frame) -> None:
        number = reply.pop("id")
        call = self._calls.get(number)  # None if the caller was cancelled
        if call and not call.done():
            if "telling" in reply:
                self._listeners[number](reply["telling"])
            else:
                call.set_result(reply)

    def _fault(self) -> SwarmError:
        if self._is_outdated:
            return Outdated(
                "e2a-swarm was upgraded while this command ran: start it again; nothing that was done is lost."
            )
        return ChildDied(self._death)

    def _end(self, code: int, obituary: str) -> None:
        self._death, self._is_outdated = obituary, code == EXIT_OUTDATED
        self._outbox.put(None)
        for call in self._calls.values():
            if not call.done():
                call.set_exception(self._fault())
        self._gone.set()

    def _obituary(self, code: int) -> str:
        how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        with contextlib.suppress(OSError), self._log_path.open("rb") as log:
            log.seek(max(self._log_start, log.seek(0, os.SEEK_END) - _TAIL_BYTES))
            if tail := log.read().decode(errors="replace").strip():
                return f"{self._module} {how}; {self._log_path} ends:\n" + "\n".join(tail.splitlines()[-8:])
        return f"{self._module} {how}; it wrote nothing to {self._log_path}."
