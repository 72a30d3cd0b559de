import pytest

from swarm.job.spec import CUSTOM, Recipe
from swarm.voice.coqui.models import XTTS
from swarm.voice.host.registry import device_of


@pytest.mark.parametrize(
    ("engine", "model", "device"),
    [
        ("hibari", "", "cpu"),
        ("espeak", "", "cpu"),
        ("coqui", XTTS, "gpu"),
        ("coqui", f"{CUSTOM}0123", "gpu"),
        ("coqui", "tts_models/fr/css10/vits", "any"),
        ("an engine that nobody has", "", "any"),
    ],
)
def test_the_card_of_its_model_says_what_a_job_is_for(engine: str, model: str, device: str) -> None:
    assert device_of(Recipe(engine, "voice", "fr", model)) == device
