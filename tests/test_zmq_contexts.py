import subprocess
import sys
from pathlib import Path

LEAK = """
import gc, sys, zmq
from zmq_contexts import keep_open_contexts
keep_open_contexts()
def fail():
    context = zmq.Context()
    socket = context.socket(zmq.ROUTER)
    circle = [context, socket]
    circle.append(circle)
fail()
gc.collect()
print("went on")
"""


def test_a_context_that_a_failed_test_left_open_holds_nothing_up() -> None:
    went_on = subprocess.run(
        [sys.executable, "-c", LEAK], cwd=Path(__file__).parent, capture_output=True, text=True, timeout=300, check=True
    )
    assert went_on.stdout == "went on\n"
