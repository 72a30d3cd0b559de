"""Coqui's models: XTTS, VITS and others. Nothing of torch is imported before a voice is opened."""

import os
from pathlib import Path

from swarm.job.card import EngineCard
from swarm.job.recipe import Recipe
from swarm.voice.coqui.card import COQUI, INSTALL, is_installed
from swarm.voice.engine import EngineFault, FaultKind, Voice

NO_TORCHAUDIO_LIBRARY = "delete the files lib/*.so of the package torchaudio: they are of another torch, and not needed"


class CoquiEngine:
    """Loads models with the coqui-tts package, where it is installed."""

    card: EngineCard = COQUI

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        """Load the model of a recipe onto a device. Raises EngineFault(UNAVAILABLE) with what to do about it."""
        check_installed()
        from swarm.voice.coqui.load import open_voice

        return open_voice(recipe, device, job_files)


def check_installed() -> None:
    """Whether Coqui can be imported; takes seconds where it can. Raises EngineFault(UNAVAILABLE) with the remedy."""
    if not is_installed():
        raise EngineFault(FaultKind.UNAVAILABLE, f"Coqui is not installed on this machine: {INSTALL}")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        import torchaudio  # noqa: F401
        import TTS.api  # noqa: F401
    except (ImportError, OSError, RuntimeError) as fault:
        remedy = NO_TORCHAUDIO_LIBRARY if "torchaudio" in str(fault) else f"{INSTALL} brings what fits"
        raise EngineFault(FaultKind.UNAVAILABLE, f"Coqui does not load here ({fault}): {remedy}.") from fault


engine = CoquiEngine()
