from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test a state folder of its own: what the user's own one knows would change what commands print."""
    monkeypatch.setenv("E2A_SWARM_HOME", str(tmp_path / "state"))
