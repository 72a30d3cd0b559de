import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import assert_complete, only, report_of
from household import FAST, Machine, Running, command

FLOOD = Path(__file__).with_name("flood.py")
FEW_FILES = 'ulimit -n 256; exec "$@"'
FLOODING = 3_000  # connections, of which some hundred stand at once


def test_a_worker_that_floods_a_busy_coordinator_and_leaves_does_not_take_it_down() -> None:
    env = {**os.environ, "PYTHONPATH": str(FLOOD.parents[2])}
    done = subprocess.run([sys.executable, FLOOD], env=env, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("alive\n", 0), done.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="it limits files with ulimit")
def test_thousands_of_connections_without_a_key_leave_a_coordinator_of_few_files_its_journal(
    lan: Callable[[str], Machine], small_book: Path
) -> None:
    laptop, desktop = lan("laptop"), lan("desktop")
    words = ["sh", "-c", FEW_FILES, "sh", *command("coordinate", small_book, *FAST)]
    coordinator = Running(words, laptop.environment(), laptop.desk, laptop.desk.parent / "output-0.txt")
    laptop.started.append(coordinator)
    where = f"127.0.0.1:{coordinator.port}"
    desktop.start("work", "--cpu", "--slots", "1", "--coordinator", where, "--exit-when-done")
    coordinator.says("joined")
    standing: deque[socket.socket] = deque()
    for _ in range(FLOODING):
        standing.append(socket.socket())
        standing[-1].setblocking(False)
        standing[-1].connect_ex(("127.0.0.1", coordinator.port))
        if len(standing) > 400:
            standing.popleft().close()
    coordinator.ends()
    for stranger in standing:
        stranger.close()
    assert_complete(report_of(only(laptop.desk, "*.m4b")))
