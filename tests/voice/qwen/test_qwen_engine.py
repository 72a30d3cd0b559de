import pytest

from swarm.errors import UsageError
from swarm.voice.host.foreign import check_card
from swarm.voice.host.registry import choose_recipe
from swarm.voice.qwen.card import CLONING, DESCRIBED, DESIGN, SPEAKERS, VOICES
from swarm.voice.qwen.engine import engine

RECORDING = "clone:" + "0" * 64


@pytest.mark.parametrize(
    ("voice", "model"),
    [("", SPEAKERS), ("Sohee", SPEAKERS), ("ono-anna", SPEAKERS), (RECORDING, CLONING), (DESCRIBED, DESIGN)],
)
def test_the_voice_decides_which_of_the_three_models_speaks(voice: str, model: str) -> None:
    recipe = choose_recipe("en", engine="qwen3-tts", voice=voice, settings={"description": "a calm old man"})
    assert (recipe.engine, recipe.model) == ("qwen", model)
    assert dict(recipe.settings)["description"] == "a calm old man"
    assert engine.card_for(model).model == model


def test_it_speaks_ten_languages_and_says_so_of_others() -> None:
    check_card(engine.card)
    for model in (SPEAKERS, CLONING, DESIGN):
        check_card(engine.card_for(model))
    assert len(engine.card.languages) == 10
    with pytest.raises(UsageError, match="does not speak Dutch"):
        choose_recipe("nl", engine="qwen")
    with pytest.raises(UsageError, match="has no voice 'anna'"):
        choose_recipe("en", engine="qwen", voice="anna")


def test_each_of_the_nine_voices_says_what_it_is() -> None:
    assert len(VOICES) == 9
    assert all(voice.about and voice.gender for voice in VOICES)
