import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from swarm.voice.coqui.models import HUB, VOCODERS, known_models, licence_of
from swarm.voice.coqui.options import CPML


@pytest.fixture
def listed() -> dict[str, dict[str, Any]]:
    """Return the models of Coqui's own list."""
    spec = find_spec("TTS")
    assert spec is not None
    assert spec.origin is not None
    kinds = json.loads((Path(spec.origin).parent / ".models.json").read_text(encoding="utf-8"))
    return {
        f"tts_models/{language}/{data}/{model}": item
        for language, sets in kinds["tts_models"].items()
        for data, models in sets.items()
        for model, item in models.items()
    }


def plain(licence: str) -> str:
    return "".join(letter for letter in licence.lower() if letter.isalnum())


@pytest.mark.coqui
def test_origins_and_licences_are_those_of_coquis_list(listed: dict[str, dict[str, Any]]) -> None:
    for refused in ("tts_models/multilingual/multi-dataset/bark", "tts_models/en/multi-dataset/tortoise-v2"):
        del listed[refused]
    assert set(listed) == set(known_models())
    assert {name: item["repo_id"] for name, item in listed.items() if "repo_id" in item} == HUB
    assert {name: item["default_vocoder"] for name, item in listed.items() if item.get("default_vocoder")} == VOCODERS
    for name, item in listed.items():
        if not item["license"].startswith("custom"):
            assert plain(licence_of(name)) == plain(item["license"]), name
        assert (licence_of(name) == CPML) == bool(item.get("tos_required")), name


def test_fairseqs_models_have_a_licence_too() -> None:
    assert licence_of("tts_models/deu/fairseq/vits") == "CC BY-NC 4.0"
