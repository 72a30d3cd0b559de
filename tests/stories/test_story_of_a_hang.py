"""An engine that hangs costs its own process, not the worker and not the book."""

import os
import signal
from pathlib import Path

import pytest
from evidence import accepted, assert_complete, only, report_of
from household import SLOW, Machine, descendants, wait_for
from ready import runs


@pytest.mark.slow
@pytest.mark.chaos
def test_a_hung_engine_is_replaced_and_the_book_goes_on(here: Machine, small_book: Path) -> None:
    running = here.start("convert", small_book, *SLOW, "--workers", "1")
    wait_for(lambda: bool(accepted(here.home)))
    (host,) = [pid for pid in descendants(running.pid) if runs(pid, "swarm.voice.host.engine_child")]
    os.kill(host, signal.SIGSTOP)
    running.ends(0)
    assert_complete(report_of(only(here.desk, "*.m4b")))
