"""Commands that begin at once: forks of a process that has loaded the program, in place of processes that load it."""

import atexit
import functools
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

CAN_FORK = sys.platform == "linux"
LOADED = (
    "babel.dates", "psutil", "sentencex", "wakepy", "swarm.coordinator.coordinate", "swarm.edition.as_epub",
    "swarm.node.convert", "swarm.read_along.republish", "swarm.system.platform", "swarm.voice.host.registry",
    "swarm.watch.console_log", "swarm.watch.progress", "swarm.watch.report", "swarm.worker.work",
)  # fmt: skip
AT_START = ("PYTHON", "LD_", "LC_", "LANG", "MALLOC_")  # variables that a process reads before it runs a command
MAX_MESSAGE = 1 << 17
LOOK_S = 0.05


class Forked:
    """A running command; it is used like a `subprocess.Popen`."""

    def __init__(self, pid: int, ended: dict[int, int]) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = ended

    def poll(self) -> int | None:
        if self.returncode is None:
            _the_loader().listen(0.0)
            self.returncode = self._ended.pop(self.pid, None)
        return self.returncode

    def wait(self) -> int:
        while (code := self.poll()) is None:
            _the_loader().listen(LOOK_S)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Loader:
    """The parent's end of the process that forks."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._turn = threading.RLock()
        self._ended: dict[int, int] = {}
        self.environment = dict(os.environ)
        with theirs:
            number = theirs.fileno()
            words = [sys.executable, __file__, str(number)]
            self._process = subprocess.Popen(words, pass_fds=[number], stdin=subprocess.DEVNULL)

    def run(self, words: list[str], env: Mapping[str, str], cwd: Path, out: IO[bytes], err: IO[bytes]) -> Forked:
        """Start a command. Standard input is empty."""
        message = json.dumps({"words": words, "env": dict(env), "cwd": str(cwd)}).encode()
        with self._turn:
            socket.send_fds(self._socket, [message], [out.fileno(), err.fileno()])
            while (pid := self.listen(None)) is None:
                pass
        return Forked(pid, self._ended)

    def listen(self, timeout_s: float | None) -> int | None:
        """Note which commands ended; return the process id of one that began."""
        with self._turn:
            self._socket.settimeout(timeout_s)
            try:
                while True:
                    news = self._socket.recv(MAX_MESSAGE)
                    assert news, "the process that starts commands has ended"
                    told = json.loads(news)
                    if "began" in told:
                        return int(told["began"])
                    self._ended[told["ended"]] = told["code"]
            except (BlockingIOError, TimeoutError):
                return None

    def close(self) -> None:
        self._socket.close()
        self._process.wait()


@functools.cache
def _the_loader() -> Loader:
    loader = Loader()
    atexit.register(loader.close)
    return loader


def may_fork(env: Mapping[str, str]) -> bool:
    """Tell whether a fork behaves like a fresh process: not if what a process reads when it starts is different."""
    if not CAN_FORK:
        return False
    ours = _the_loader().environment
    return all(ours.get(name) == env.get(name) for name in {*ours, *env} if name.startswith(AT_START))


def start(words: list[str], env: Mapping[str, str], cwd: Path, out: IO[bytes], err: IO[bytes]) -> Forked:
    """Start `python words`, where the first word is cli.py."""
    return _the_loader().run(words, env, cwd, out, err)


# In the process that forks


def load() -> None:
    """Import what commands import, also what they import only when they need it."""
    from swarm.commands.main import make_parser
    from swarm.voice.host.registry import all_engines

    for module in LOADED:
        importlib.import_module(module)
    make_parser()
    all_engines()


def serve(parent: socket.socket) -> int:
    """Fork a command for each message until the parent leaves. In the fork, return the command's exit code."""
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
            message, files, _, _ = socket.recv_fds(parent, MAX_MESSAGE, 2)
            if not message:
                os._exit(0)
            pid = os.fork()
            if not pid:
                watch.close()
                parent.close()
                return _be_command(json.loads(message), files)
            for file in files:
                os.close(file)
            parent.send(json.dumps({"began": pid}).encode())
            watch.register(os.pidfd_open(pid), selectors.EVENT_READ, pid)


def _be_command(asked: dict[str, Any], files: list[int]) -> int:
    for target, file in enumerate(files, 1):
        os.dup2(file, target)
        os.close(file)
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    sys.argv = asked["words"]
    sys.path[0] = str(Path(sys.argv[0]).parent)  # as Python sets it for a script
    from swarm.commands.main import main

    return main()


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])  # the program of the checkout, which commands run
    load()
    gc.collect()
    gc.freeze()
    raise SystemExit(serve(socket.socket(fileno=int(sys.argv[1]))))
