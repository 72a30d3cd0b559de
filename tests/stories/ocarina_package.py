"""Engines of other packages, as pip lays them, and one of them: the ocarina, a German voice from the hub."""

import hashlib
import os
from pathlib import Path

PLACE = "house/ocarina"  # of its weights at the hub
WEIGHTS = bytes(range(256)) * 4000
SOURCE = '''
"""An engine with a natural German voice, which is downloaded from the hub."""

from swarm.job.card import EngineCard, ModelCard, VoiceCard
from swarm.voice.engine import FetchedEngine
from swarm.voice.model_download import RemoteFile, hub_url


class Voice:
    sample_rate = 24_000

    def speak(self, text, seed):
        import numpy as np

        return (np.sin(np.arange(len(text) * 1_500) / 20) * 9_000).astype(np.int16)


class Ocarina(FetchedEngine):
    card = EngineCard("ocarina", "round", ("de",), (), (("", 300),), (VoiceCard("clay", "de"),), natural=("de",),
                      realtime=100, sample_rate=24_000, licence="CC0 1.0")

    def open(self, recipe, device, job_files=None):
        self.fetched(recipe)
        return Voice()

    def files_of(self, model):
        digest = "{digest}"
        return (RemoteFile("weights", hub_url() + "/house/ocarina", {size}, digest),)

    def title_of(self, model):
        return "the ocarina"

    def models(self):
        return (ModelCard("ocarina-clay", "ocarina", "de", licence="CC0 1.0", size={size}),)


engine = Ocarina()
'''


def lay_package(folder: Path, name: str, module: str, source: str = "", *beside: Path) -> dict[str, str]:
    """Lay a package with an engine into a folder; return the environment of a machine that has it.

    Without `source` its module lies in one of the folders `beside`.
    """
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[e2a_swarm.engines]\n{name} = {module}:engine\n")
    if source:
        (folder / f"{module}.py").write_text(source)
    return {"PYTHONPATH": os.pathsep.join(map(str, (folder, *beside)))}


def lay_ocarina(folder: Path, weights: bytes = WEIGHTS) -> dict[str, str]:
    """Lay the package into a folder; return the environment of a machine that has it, but not its model."""
    source = SOURCE.replace("{digest}", hashlib.sha256(weights).hexdigest()).replace("{size}", str(len(weights)))
    return lay_package(folder, "ocarina", "ocarina", source)
