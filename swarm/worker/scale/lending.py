"""The worker's side of Celery: a task is one slot, lent for a while. A redelivered task is one more worker, no harm.

    celery -A swarm.worker.scale.lending worker --concurrency 4

A fleet that has an app of its own gets the task by `imports = ["swarm.worker.scale.lending"]`.
"""

import os
import shlex
import subprocess
import sys
import tempfile
import time
from typing import IO, Any

import psutil
from celery import Celery, shared_task
from celery.signals import worker_shutting_down

from swarm.net.addresses import parse_address

ENV_BROKER = "E2A_SWARM_BROKER"  # the address of the broker; it may have a password
ENV_LEND = "E2A_SWARM_LEND"  # options of `work` on this machine
TASK = "e2a_swarm.lend"
VISIBILITY_S = 3600  # a broker hands out a task again that was not acknowledged for so long
MAX_STAY_S = VISIBILITY_S - 300
# A lent worker leaves when its standard input ends: that happens too when the fleet's process is killed.
PROGRAM = """
import os, signal, sys, threading
def leave_with_the_fleet():
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=leave_with_the_fleet, daemon=True).start()
from swarm.commands.main import main
sys.exit(main())
"""
MARK = "--name=celery-"  # a lent worker is known by it among the processes of this machine
SPARE_S = 300.0  # a lent worker may take so long to leave
MAX_NAME, MAX_SAID = 60, 300


def make_app(broker: str) -> Celery:
    """Return an app of this broker, whose results lie there too."""
    made = Celery("e2a_swarm", broker=broker, backend=broker)
    made.conf.update(
        broker_connection_retry_on_startup=True,
        broker_transport_options={"visibility_timeout": VISIBILITY_S},
        result_expires=VISIBILITY_S,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_track_started=True,
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=False,
    )
    return made


app = make_app(os.environ.get(ENV_BROKER, "redis://localhost:6379/0"))


@shared_task(name=TASK, acks_late=True, reject_on_worker_lost=True)  # type: ignore[untyped-decorator]
def lend(name: str, coordinator: str, stay_s: float, idle_s: float) -> dict[str, Any]:
    """Be a worker of one slot for a while; return its exit code, the seconds and its last line."""
    began_s = time.monotonic()
    words = work_words(name, coordinator, stay_s, idle_s)
    with tempfile.TemporaryFile() as words_said:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=words_said,
        )
        code = _wait(process, stay_s + SPARE_S)
        said = _last_line(words_said)
    return {"exit code": code, "seconds": round(time.monotonic() - began_s, 1), "said": said}


def work_words(name: str, coordinator: str, stay_s: float, idle_s: float) -> list[str]:
    """Return the command line of a lent worker. Raises ValueError, UsageError: a broker's message is not trusted."""
    if not (1 <= stay_s <= MAX_STAY_S and 1 <= idle_s <= MAX_STAY_S):
        raise ValueError(f"a slot is lent for 1 to {MAX_STAY_S} seconds, not for {stay_s!r} and {idle_s!r}")
    plain = "".join(letter for letter in str(name)[:MAX_NAME] if letter.isalnum() or letter in "-._")
    ours = shlex.split(os.environ.get(ENV_LEND, "--cpu --slots 1"))
    ends = [f"--for={stay_s:.0f}s", f"--exit-when-idle={idle_s:.0f}s", "--exit-when-done", "--tag=celery"]
    return ["work", f"{MARK}{plain}", f"--coordinator={parse_address(str(coordinator))}", *ends, *ours]


def _wait(process: "subprocess.Popen[bytes]", longest_s: float) -> int:
    """Wait for a worker's end, and end it if it does not leave in time; return its exit code."""
    try:
        return process.wait(longest_s)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _last_line(file: IO[bytes]) -> str:
    file.seek(max(0, file.seek(0, os.SEEK_END) - MAX_SAID))
    return "".join(file.read().decode(errors="replace").strip().splitlines()[-1:])


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def _drain(**_about: object) -> None:
    """Let lent workers finish their sentences and leave: a fleet that ends would wait for the end of their time."""
    for child in psutil.Process().children(recursive=True):
        try:
            if any(word.startswith(MARK) for word in child.cmdline()):
                child.terminate()
        except psutil.Error:
            pass
