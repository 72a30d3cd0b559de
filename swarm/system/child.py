"""Child processes that end with their parent: `python -m <module>`, which serves calls (`system/serving.py`)."""

import asyncio
import contextlib
import itertools
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from swarm.errors import EXIT_OUTDATED, EnvironmentFault, Outdated, SwarmError
from swarm.system import bootstrap
from swarm.system.serving import CODE, ENV_CODE, Frame, OnNews, pack_frame, read_frame

# The environment of a child that computes in one thread: libraries that start a thread for each core slow each other.
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)
_OF_THIS_PYTHON = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
_TAIL_BYTES = 2048  # the message of a death ends with this part of the log
_LOG_BYTES = 1 << 20  # a larger log is renamed at the next start
_PATIENCE_S = 2.0  # for a child to end by itself
_ILLEGAL = (-4, 0xC000001D)  # SIGILL, and what Windows says in its place
_MAX_LINE = 2000  # characters of a line that a command wrote


UPGRADED = "e2a-swarm was upgraded while this command ran: start it again; nothing that was done is lost."


class ChildDied(SwarmError):
    """The child process ended, or was ended, before it answered."""

    def __init__(self, fact: str, code: int = 0) -> None:
        super().__init__(fact)
        self.lacks_instruction = code in _ILLEGAL


class ChildRaised(SwarmError):
    """The child process answered a call with an exception; its log has the traceback."""


def command_of(module: str, python: Path | None = None) -> list[str]:
    """Return the words that run a module of the program, in the Python of another environment if one is given."""
    if python is None:
        return [sys.executable, "-P", "-m", module]
    return [str(python), "-P", "-s", str(bootstrap.FILE), module]


def variables_of(python: Path | None = None) -> dict[str, str]:
    """Return the variables of a process that imports what this one would import, and nothing from its current folder.

    The Python of another environment imports what is there.
    """
    variables = {**os.environ, "PYTHONUNBUFFERED": "1", ENV_CODE: CODE}
    if python is None:
        return variables | {"PYTHONPATH": os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)}
    return {name: value for name, value in variables.items() if name not in _OF_THIS_PYTHON}


# Lines of Python that run a command of this very program.
COMMAND = "import sys; from swarm.commands.main import main; sys.exit(main())"


def bounded_program(program: str, most: int) -> list[str]:
    """Return the words that run lines of Python in a process that never has more memory than so many bytes.

    0 bounds nothing.
    """
    return [
        sys.executable,
        "-P",
        "-c",
        f"from swarm.system.platform import bound_memory; bound_memory({most}); {program}",
    ]


async def run_command(
    words: Sequence[str],
    variables: Mapping[str, str],
    tell: Callable[[str], None],
    leaving_s: float,
    program: str = COMMAND,
    began: Callable[[int], None] = lambda pid: None,
) -> int:
    """Run a command of this program in a process of its own, and tell each line that it writes; return its exit code.

    Cancelled, it has the process end in good order, within `leaving_s`. `began` hears the id of the process.
    """
    # It must not be started in another thread: on Linux some programs die with the thread that started them.
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", program, *words],
        env=variables_of() | dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # one Ctrl-C in the terminal would otherwise reach it twice
    )
    began(process.pid)
    loop = asyncio.get_running_loop()
    ended = loop.create_future()

    def follow() -> None:
        assert process.stdout is not None
        with contextlib.suppress(RuntimeError), process.stdout:  # the event loop is closed, and nothing waits
            for line in process.stdout:
                loop.call_soon_threadsafe(tell, line.decode(errors="replace").rstrip()[:_MAX_LINE])
            loop.call_soon_threadsafe(ended.set_result, process.wait())

    threading.Thread(target=follow, daemon=True).start()
    try:
        return int(await asyncio.shield(ended))
    finally:
        if not ended.done():
            process.terminate()
            await asyncio.wait([ended], timeout=leaving_s)
            process.kill()
            await asyncio.wait([ended])


def run_bounded(program: str, most: int, given: bytes, patience_s: float) -> bytes:
    """Run lines of Python in a process that never has more memory than so many bytes; return what it wrote.

    Raises ChildDied if it fails, is ended, or takes longer than that; EnvironmentFault if it cannot be started;
    Outdated if it found that the program was upgraded since this process began.
    """
    try:
        done = subprocess.run(
            bounded_program(program, most),
            env=variables_of() | ONE_THREAD,
            input=given,
            capture_output=True,
            timeout=patience_s,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise ChildDied(f"it took longer than {patience_s:.0f} s") from late
    except OSError as fault:
        raise EnvironmentFault(f"Cannot start a process: {fault}.") from fault
    if done.returncode == EXIT_OUTDATED:
        raise Outdated(UPGRADED)
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise ChildDied(lines[-1][:500] if lines else f"it ended with code {done.returncode}")
    return done.stdout


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
        self._death, self._code = "", 0
        self._is_outdated = False
        self._process: subprocess.Popen[bytes] | None = None

    async def start_child(
        self,
        module: str,
        args: Sequence[str],
        log_path: Path,
        env: Mapping[str, str] | None = None,
        python: Path | None = None,
    ) -> None:
        """Start `python -m module args`; what it prints is appended to `log_path`.

        `env` is added to this process's environment; `python` is that of another environment than this process's.
        Raises EnvironmentFault.
        """
        self._loop = asyncio.get_running_loop()
        self._module, self._log_path = module, log_path
        try:
            # The child must not be started in another thread: on Linux it dies with the thread that started it.
            self._process = self._popen([*command_of(module, python), *args], variables_of(python) | dict(env or {}))
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

    def kill_child(self) -> None:
        """End the process now; calls under way raise ChildDied."""
        if self._process:
            self._process.kill()

    async def end_child(self) -> None:
        """End the process and wait until it is gone."""
        if not self._process:
            return
        self._outbox.put(None)
        try:
            async with asyncio.timeout(_PATIENCE_S):  # wait_for of Python 3.11 loses a cancellation as the child goes
                await self._gone.wait()
        except TimeoutError:
            self.kill_child()
            await self._gone.wait()

    def _popen(self, command: list[str], env: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        self._log_path.parent.mkdir(parents=True, exist_ok=True)
        if self._log_path.exists() and self._log_path.stat().st_size > _LOG_BYTES:
            self._log_path.replace(self._log_path.with_name(self._log_path.name + ".1"))
        with self._log_path.open("ab") as log:
            self._log_start = log.tell()
            return subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=env,
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
            return Outdated(UPGRADED)
        return ChildDied(self._death, self._code)

    def _end(self, code: int, obituary: str) -> None:
        self._death, self._code, self._is_outdated = obituary, code, code == EXIT_OUTDATED
        self._outbox.put(None)
        for call in self._calls.values():
            if not call.done():
                call.set_exception(self._fault())
        self._gone.set()

    def _obituary(self, code: int) -> str:
        how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        if code in _ILLEGAL:
            how += " (this processor lacks an instruction that its libraries need, such as AVX2)"
        with contextlib.suppress(OSError), self._log_path.open("rb") as log:
            log.seek(max(self._log_start, log.seek(0, os.SEEK_END) - _TAIL_BYTES))
            if tail := log.read().decode(errors="replace").strip():
                return f"{self._module} {how}; {self._log_path} ends:\n" + "\n".join(tail.splitlines()[-8:])
        return f"{self._module} {how}; it wrote nothing to {self._log_path}."
