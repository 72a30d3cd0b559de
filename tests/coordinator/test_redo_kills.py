"""What a redo order was told to be done is done, whenever the coordinator is killed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]


@pytest.mark.slow
@pytest.mark.chaos
@pytest.mark.skipif(os.name != "posix", reason="it forks")
def test_a_redo_that_was_told_to_be_done_survives_kill_9_at_each_step(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (TESTS, TESTS / "lease", TESTS.parent)))}
    command = [sys.executable, str(TESTS / "redo_kills.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) > 4
    assert [each["told"] for each in found].count(True) >= 2  # killed right after, and not at all
    for each in found:
        whole = each["reworded"] and each["spoken"] == [1] and each["served"]
        untouched = not each["reworded"] and each["spoken"] == [0, 1]
        assert whole or (untouched and not each["told"]), found
