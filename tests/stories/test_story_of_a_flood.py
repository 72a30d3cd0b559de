import os
import subprocess
import sys
from pathlib import Path

FLOOD = Path(__file__).with_name("flood.py")


def test_a_worker_that_floods_a_busy_coordinator_and_leaves_does_not_take_it_down() -> None:
    env = {**os.environ, "PYTHONPATH": str(FLOOD.parents[2])}
    done = subprocess.run([sys.executable, FLOOD], env=env, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("alive\n", 0), done.stderr
