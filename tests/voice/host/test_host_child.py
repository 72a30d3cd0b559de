import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

LOADS = """
from swarm.voice.host.child import send_no_usage_data
send_no_usage_data()
import onnxruntime
"""


@pytest.mark.skipif(not find_spec("onnxruntime"), reason="onnxruntime is not installed")
def test_a_library_that_would_send_usage_data_writes_nothing_for_it(tmp_path: Path) -> None:
    places = {name: str(tmp_path) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
    env = {name: value for name, value in os.environ.items() if "TELEMETRY" not in name} | places
    subprocess.run([sys.executable, "-B", "-c", LOADS], env=env, check=True)
    assert not list(tmp_path.rglob("*"))


def test_what_the_user_decided_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    from swarm.voice.host.child import send_no_usage_data

    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    monkeypatch.delenv("DO_NOT_TRACK", raising=False)
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    send_no_usage_data()
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "0"
    assert os.environ.pop("DO_NOT_TRACK") == "1"
