"""Helpers that open voices of Coqui over tiny models, and damage the files of models."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from swarm.job.spec import CUSTOM, Recipe
from swarm.voice.coqui.engine import engine
from swarm.voice.engine import EngineFault, FaultKind, Pcm, SpokenLine, Voice
from swarm.voice.host.registry import choose_recipe

TEXT = "The quick brown fox jumps over the lazy dog."


def recipe_for(folder: Path, language: str = "en", **asked: Any) -> Recipe:
    config = json.loads((folder / "model" / "config.json").read_text())
    return choose_recipe(language, engine="xtts", model=CUSTOM + "0" * 64, config=config, **asked)


def open_voice(folder: Path, **asked: Any) -> Voice:
    return engine.open(recipe_for(folder, **asked), "cpu:0", folder)


def copy_of(folder: Path, target: Path) -> Path:
    return shutil.copytree(folder, target)


def edit_config(folder: Path, **changes: Any) -> None:
    path = folder / "model" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def why_unavailable(folder: Path, recipe: Recipe) -> str:
    with pytest.raises(EngineFault) as fault:
        engine.open(recipe, "cpu:0", folder)
    assert fault.value.kind is FaultKind.UNAVAILABLE
    return str(fault.value)


def digest(voice: Voice, text: str = TEXT, seed: int = 7) -> str:
    return hashlib.sha256(voice.speak(text, seed).tobytes()).hexdigest()


# Sums in another order differ by some millionths, more where a network makes much of them. Of full scale, 32767.
MOST_DIFFERENCE = 8


def is_like(one: Pcm, other: Pcm) -> bool:
    return one.shape == other.shape and int(np.abs(one.astype(int) - other.astype(int)).max()) <= MOST_DIFFERENCE


def lines(*texts: str) -> list[SpokenLine]:
    return [SpokenLine(text, seed) for seed, text in enumerate(texts, 7)]
