import pytest

from swarm.errors import UsageError
from swarm.voice.chatterbox.engine import LANGUAGES, MODEL, engine
from swarm.voice.host.foreign import check_card
from swarm.voice.host.registry import choose_recipe


def test_it_speaks_23_languages_like_a_recording() -> None:
    check_card(engine.card)
    assert engine.words_for("") == ("chatterbox",)
    assert len(set(LANGUAGES)) == 23
    recipe = choose_recipe("no", engine="chatterbox", voice="clone:" + "0" * 64, settings={"exaggeration": "0.7"})
    assert (recipe.language, recipe.model) == ("nb", MODEL)
    assert dict(recipe.settings)["exaggeration"] == 0.7
    with pytest.raises(UsageError, match="does not speak Ukrainian"):
        choose_recipe("uk", engine="chatterbox")
