import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny_models import SPEAKERS, recording, tiny_vits, tiny_xtts


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return folders of job files by name. Each has a model in `model`, and a recording."""
    root = tmp_path_factory.mktemp("coqui")
    tiny_vits(root / "vits" / "model")
    tiny_vits(root / "choir" / "model", SPEAKERS, ("en", "fr-fr"))
    tiny_xtts(root / "xtts" / "model")
    recording(root / "xtts" / "voice.wav")
    yield root
    shutil.rmtree(root)  # 90 MB
