"""Commands that begin at once: forks of a process that has loaded the program, in place of processes that load it.

The engines and encoders of such a command are forks, too. As a command has threads, it does not fork them itself: a
nursery does, a process that was forked when the command began, and that ends with it.
"""

import atexit
import functools
import gc
import importlib
import io
import json
import math
import os
import runpy
import select
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any, NoReturn

from place import Place

CAN_FORK = sys.platform == "linux"
LOADED = (
    "babel.dates", "babel.numbers", "cryptography.hazmat.backends.openssl.backend", "encodings.cp437",
    "encodings.idna", "psutil", "sentencex", "wakepy.dbus_adapters.jeepney",
    "swarm.coordinator.coordination", "swarm.audiobook.as_epub",
    "swarm.commands.convert", "swarm.book.read_along.epub3", "swarm.system.platform", "swarm.voice.host.registry",
    "swarm.watch.terminal", "swarm.watch.progress", "swarm.audiobook.report", "swarm.worker.lifetime",
    "numpy", "swarm.audiobook.sound.book_binder", "swarm.audiobook.sound.encoder", "swarm.system.child",
    "swarm.voice.host.engine_child",
    "swarm.voice.hibari.engine", "swarm.voice.metronome.engine",
)  # fmt: skip
AT_START = ("PYTHON", "LD_", "LC_", "LANG", "MALLOC_")  # variables that a process reads before it runs a command
SHARED = "E2A_TESTS_LOADER"  # where the loader listens that all processes of a run have together
SERVICE = "E2A_TESTS_SERVICE"  # see tests/conftest.py
SITE = "sitecustomize"  # Python imports it when it starts
PATH = "PYTHONPATH"  # the only one of them that a fork can still heed
MAX_MESSAGE = 1 << 17
LOOK_S = 0.05
Become = Callable[[dict[str, Any], list[int]], int]


class Forked:
    """A running fork; it is used like a `subprocess.Popen`."""

    def __init__(self, forks: "Forks", pid: int) -> None:
        self.pid = pid
        self.stdin: IO[bytes] | None = None
        self.stdout: IO[bytes] | None = None
        self.returncode: int | None = None
        self._forks = forks

    def poll(self) -> int | None:
        if self.returncode is None:
            self._forks.listen(0.0)
            self.returncode = self._forks.ended.pop(self.pid, None)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        until_s = math.inf if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > until_s:
                raise subprocess.TimeoutExpired("a fork", timeout or 0.0)
            self._forks.listen(LOOK_S)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it has ended since, and the news of that is under way
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Forks:
    """What a process knows of another one, which forks for it."""

    def __init__(self, theirs: socket.socket) -> None:
        self._socket = theirs
        self._turn = threading.RLock()
        self.ended: dict[int, int] = {}

    def run(self, asked: dict[str, Any], files: Sequence[int]) -> Forked:
        """Have a fork do what is asked, with these files as its first ones."""
        with self._turn:
            socket.send_fds(self._socket, [json.dumps(asked).encode()], files)
            while (pid := self.listen(None)) is None:
                pass
        return Forked(self, pid)

    def listen(self, timeout_s: float | None) -> int | None:
        """Note which forks ended; return the process id of one that began."""
        with self._turn:
            self._socket.settimeout(timeout_s)
            try:
                while True:
                    news = self._socket.recv(MAX_MESSAGE)
                    assert news, "the process that forks has ended"
                    told = json.loads(news)
                    if "began" in told:
                        return int(told["began"])
                    self.ended[told["ended"]] = told["code"]
            except (BlockingIOError, TimeoutError):
                return None


class Loader(Forks):
    """The process that has loaded the program, and perhaps an engine, as the tests see it."""

    _process: "subprocess.Popen[bytes] | None" = None

    def __init__(self, *engines: str) -> None:
        if SHARED in os.environ and not engines:
            shared = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            super().__init__(shared)
            self.environment = dict(os.environ)
            shared.connect(os.environ[SHARED])
            shared.send(os.environ[SERVICE].encode())
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        super().__init__(ours)
        self.environment = dict(os.environ)
        with theirs:
            number = theirs.fileno()
            words = [sys.executable, __file__, str(number), *engines]
            self._process = subprocess.Popen(words, pass_fds=[number], stdin=subprocess.DEVNULL)

    def close(self) -> None:
        self._socket.close()
        if self._process:
            self._process.wait()


@contextmanager
def shared_loader() -> Iterator[None]:
    """Let the processes that are started meanwhile share a loader, which loads the program when one needs it."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ[SHARED] = str(Path(folder, "loader"))
        words = [sys.executable, __file__, os.environ[SHARED]]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdin and process.stdout
        process.stdout.readline()  # it listens
        try:
            yield
        finally:
            del os.environ[SHARED]
            process.stdin.close()
            process.wait()


@functools.cache
def _the_loader() -> Loader:
    loader = Loader()
    atexit.register(loader.close)
    return loader


@contextmanager
def with_engine(target: str) -> Iterator[None]:
    """Fork commands from another process meanwhile, which has also loaded the libraries of the engine `target`."""
    _with_engine.append(Loader(target))
    try:
        yield
    finally:
        _with_engine.pop().close()


_with_engine: list[Loader] = []


def _present_loader() -> Loader:
    return _with_engine[-1] if _with_engine else _the_loader()


def may_fork(env: Mapping[str, str]) -> bool:
    """Tell whether a fork behaves like a fresh process: not if what a process reads when it starts is different."""
    return CAN_FORK and not _differs_at_start(env, _present_loader().environment)


def _differs_at_start(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return any(one.get(name) != other.get(name) for name in {*one, *other} - {PATH} if name.startswith(AT_START))


def fork_children() -> None:
    """Have the children that this process starts, as tests do, be forks of the loader."""
    if CAN_FORK:
        _replace_subprocess(_present_loader)


def start(
    words: list[str], env: Mapping[str, str], cwd: Path, out: IO[bytes], err: IO[bytes], place: Place | None = None
) -> Forked:
    """Start `python words`, where the first word is cli.py, perhaps in another place. Standard input is empty."""
    asked = {"words": words, "env": dict(env), "cwd": str(cwd), "place": place}
    return _present_loader().run(asked, [out.fileno(), err.fileno()])


# In the process that forks


def load() -> None:
    """Import what commands import, also what they import only when they need it."""
    from swarm.commands.main import main
    from swarm.net import discovery
    from swarm.voice.host.registry import better_voices_line, find_engine

    discovery.SERVICE = os.environ[SERVICE]
    for module in LOADED:
        importlib.import_module(module)
    better_voices_line(find_engine("metronome").card, "fr")
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
        book = Path(folder, "book.md")
        book.write_text("# One\n\nMr. Smith has 3 lamps. It is cold.\n")
        main(["inspect", str(book)])


def load_libraries(target: str) -> None:
    """Open the voice for trials of an engine, as its libraries are imported only when they are needed."""
    from swarm.voice.host.registry import load_engine

    load_engine(target).trial()


def serve(parent: socket.socket, become: Become) -> int:
    """Fork for each message until the parent leaves. In the fork, return the exit code of what it has become."""
    watch = selectors.DefaultSelector()
    watch.register(parent, selectors.EVENT_READ)
    while True:
        for key, _ in watch.select():
            if key.data:
                watch.unregister(key.fd)
                os.close(key.fd)
                code = os.waitstatus_to_exitcode(os.waitpid(key.data, 0)[1])
                parent.send(json.dumps({"ended": key.data, "code": code}).encode())
                continue
            message, files, _, _ = socket.recv_fds(parent, MAX_MESSAGE, 3)
            if not message:
                os._exit(0)
            pid = os.fork()
            if not pid:
                watch.close()
                parent.close()
                return become(json.loads(message), files)
            for file in files:
                os.close(file)
            parent.send(json.dumps({"began": pid}).encode())
            watch.register(os.pidfd_open(pid), selectors.EVENT_READ, pid)


def serve_processes(address: str) -> int:
    """Load the program when the first process of a run connects, and serve each from a fork, until the run ends."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(address)
        listener.listen(64)
        print(flush=True)
        while listener in select.select([listener, sys.stdin], [], [])[0]:
            if "swarm" not in sys.modules:
                load()
                gc.collect()
                gc.freeze()
            process, _ = listener.accept()
            if not os.fork():
                listener.close()
                sys.modules["swarm.net.discovery"].SERVICE = process.recv(MAX_MESSAGE).decode()  # type: ignore
                return serve(process, _become)
            process.close()
    with suppress(ChildProcessError):
        while True:
            os.wait()
    return 0


def _become(asked: dict[str, Any], files: list[int]) -> int:
    """Become a command, or a child, which has three files and its parent's path."""
    if len(files) < 3:
        return _become_command(asked, files)
    sys.path[:] = asked["env"][PATH].split(os.pathsep)
    return _become_child(asked, files)


def _become_command(asked: dict[str, Any], files: list[int]) -> int:
    path = os.environ.get(PATH)
    _take_over(asked, files, 1)
    if asked["place"]:
        Place(*asked["place"]).enter()
    sys.path[0] = str(Path(sys.argv[0]).parent)  # Python sets it so for a script
    if os.environ.get(PATH, path) != path:
        _heed(os.environ[PATH])
    from swarm.commands.main import main

    with nursery() as forks:
        _replace_subprocess(lambda: forks)
        return main()


def _heed(path: str) -> None:
    """Do with PYTHONPATH what Python does when it starts. What would hide a loaded module needs a fresh process."""
    folders = [folder for folder in path.split(os.pathsep) if folder]
    for file in (file for folder in folders for file in Path(folder).glob("*.py") if file.stem != SITE):
        loaded = sys.modules.get(file.stem)
        assert loaded is None or loaded.__file__ == str(file), f"{file} would hide {loaded}"
    sys.path[1:1] = folders
    for file in [file for folder in folders if (file := Path(folder, f"{SITE}.py")).exists()][:1]:
        runpy.run_path(str(file))


def _take_over(asked: dict[str, Any], files: list[int], first: int) -> None:
    for target, file in enumerate(files, first):
        os.dup2(file, target)
        os.close(file)
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    sys.argv = asked["words"]


# In a command


@contextmanager
def nursery() -> Iterator[Forks]:
    """Fork a process that forks the children of this one; yield what is known of it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if not pid:
        ours.close()
        _be_nursery(theirs)
    theirs.close()
    try:
        yield Forks(ours)
    finally:
        with suppress(OSError):
            ours.shutdown(socket.SHUT_RDWR)
        os.waitpid(pid, 0)


def _replace_subprocess(forks: Callable[[], Forks]) -> None:
    """Have the program start its children by forks, in place of `subprocess`."""
    import swarm.system.child

    ways = {"Popen": functools.partial(start_child, forks), "run": functools.partial(run_lines, forks)}
    swarm.system.child.subprocess = SimpleNamespace(**{**vars(subprocess), **ways})  # type: ignore[attr-defined]


def _is_forked(command: list[str], kind: str, env: Mapping[str, str]) -> bool:
    same = {**env, "PYTHONUNBUFFERED": os.environ.get("PYTHONUNBUFFERED")}  # all children have it
    return command[:3] == [sys.executable, "-P", kind] and not _differs_at_start(same, os.environ)


def start_child(forks: Callable[[], Forks], command: list[str], *, env: Mapping[str, str], **pipes: Any) -> Any:
    """Start `python -P -m module ...` as `Popen` would, with pipes to and from it.

    A fresh process gets the kind that this one has in mDNS: workers of a test look for no other coordinators."""
    if not _is_forked(command, "-m", env):
        if command[1:3] == ["-P", "-c"]:
            from swarm.net import discovery

            alike = f"from swarm.net import discovery; discovery.SERVICE = {discovery.SERVICE!r}"
            command = [*command[:3], f"{alike}; {command[3]}", *command[4:]]
        return subprocess.Popen(command, env=env, **pipes)
    asked = {"words": command[3:], "env": dict(env), "cwd": str(Path.cwd())}
    (input_end, to_child), (from_child, output_end) = os.pipe(), os.pipe()
    child = forks().run(asked, [input_end, output_end, pipes["stderr"].fileno()])
    os.close(input_end)
    os.close(output_end)
    child.stdin, child.stdout = os.fdopen(to_child, "wb"), os.fdopen(from_child, "rb")
    return child


def run_lines(
    forks: Callable[[], Forks], command: list[str], *, env: Mapping[str, str], timeout: float, **others: Any
) -> "subprocess.CompletedProcess[bytes]":
    """Run `python -P -c lines` as `subprocess.run` would, with files in place of pipes."""
    if not _is_forked(command, "-c", env):
        return subprocess.run(command, env=env, timeout=timeout, **others)
    asked = {"words": command[2:], "env": dict(env), "cwd": str(Path.cwd())}
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(others["input"])
        given.seek(0)
        child = forks().run(asked, [file.fileno() for file in (given, out, err)])
        try:
            code = child.wait(timeout)
        finally:
            child.kill()
        for file in (out, err):
            file.seek(0)
        return subprocess.CompletedProcess(command, code, out.read(), err.read())


def _be_nursery(parent: socket.socket) -> NoReturn:
    from swarm.system.serving import die_with_parent

    die_with_parent()
    os.chdir("/")  # keeps no disk busy
    _end(functools.partial(serve, parent, _become_child))


def _end(act: Callable[[], int]) -> NoReturn:
    """Act, and end as Python does, but leave the memory as it is: to take it apart, it would have to be copied."""
    code: object = 1
    try:
        code = act()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code if isinstance(code, int) else 1)


def _become_child(asked: dict[str, Any], files: list[int]) -> int:
    _take_over(asked, files, 0)
    module = sys.argv[0]
    if module == "-c":
        exec(sys.argv.pop(1), {"__name__": "__main__"})
        return 0
    Path("/proc/self/comm").write_text(comm_of(module))
    warnings.simplefilter("ignore", RuntimeWarning)  # Python warns of a module that is imported and run
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    return 0


def comm_of(module: str) -> str:
    """Return the name that the system shows of a fork which runs a module."""
    return module.rpartition(".")[2][:15]


def runs(pid: int, module: str) -> bool:
    """Tell whether a process runs a module: a fresh one is known by its command line, a fork by its name."""
    folder = Path("/proc", str(pid))
    with suppress(OSError):
        words = (folder / "cmdline").read_text().split("\0")
        return module in words or (folder / "comm").read_text() == comm_of(module) + "\n"
    return False


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])  # the program of the checkout, which commands run
    if not sys.argv[1].isdigit():
        _end(functools.partial(serve_processes, sys.argv[1]))
    load()
    for target in sys.argv[2:]:
        load_libraries(target)
    gc.collect()
    gc.freeze()
    _end(functools.partial(serve, socket.socket(fileno=int(sys.argv[1])), _become))
