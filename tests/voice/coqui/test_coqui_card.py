import sys
import tomllib
from pathlib import Path

import pytest

from swarm.errors import UsageError
from swarm.job.card import EngineCard
from swarm.job.spec import CUSTOM
from swarm.voice.coqui.card import COQUI, REQUIREMENTS, model_card, more_line
from swarm.voice.coqui.models import XTTS, known_models
from swarm.voice.host.registry import check_speaks, choose_recipe, find_voice, recipe_card

MINE = CUSTOM + "0" * 64


def test_every_model_has_a_card() -> None:
    for model in (*known_models(), "tts_models/fra/fairseq/vits", MINE):
        card = model_card(model)
        assert card.name == COQUI.name, model
        assert card.languages, model
        assert 50 <= card.limit(card.languages[0]) <= 500, model
        assert find_voice(card, "" if card.languages == ("*",) else card.languages[0]), model


def test_xtts_speaks_17_languages_with_58_voices_and_limits_of_its_own() -> None:
    card = model_card(XTTS)
    assert len(card.languages) == 17
    assert len({voice.name for voice in card.voices}) == 58
    assert (card.limit("en"), card.limit("ja")) == (250, 71)
    assert card.defaults["temperature"] == 0.75


def test_a_recipe_names_the_model_the_voice_and_every_setting() -> None:
    recipe = choose_recipe("fra", engine="XTTS", voice="gitta nikolina", settings={"speed": 1.2, "top_k": "10"})
    assert (recipe.engine, recipe.model, recipe.voice) == ("coqui", XTTS, "Gitta Nikolina")
    assert dict(recipe.settings)["top_k"] == 10
    assert dict(recipe.settings)["speed"] == 1.2
    assert recipe_card(recipe) == model_card(XTTS)


def test_a_language_that_the_model_does_not_speak_is_refused() -> None:
    with pytest.raises(UsageError, match="XTTS v2 by Coqui does not speak Swedish: use --tts-engine vits or espeak"):
        choose_recipe("sv", engine="xtts")
    with pytest.raises(UsageError, match="not Icelandic: use --tts-engine fairseq or espeak"):
        choose_recipe("is", engine="yourtts")
    with pytest.raises(UsageError, match="English only, not Arabic: use --tts-engine xtts or espeak"):
        choose_recipe("ar", model="jenny")
    with pytest.raises(UsageError, match="speaks Hebrew"):
        check_speaks(EngineCard("x", "", ("he",), (), (), ()), "sv")


def test_settings_out_of_bounds_are_refused() -> None:
    with pytest.raises(UsageError, match="en/jenny/jenny by Coqui has no setting 'half': use --tts-engine xtts"):
        choose_recipe("en", model="jenny", settings={"half": "yes"})
    for options in ({"temperature": "9"}, {"top_p": "1.5"}, {"half": "perhaps"}, {"pitch": "1"}):
        with pytest.raises(UsageError):
            choose_recipe("en", engine="xtts", settings=options)


def test_voices_that_only_the_worker_knows_are_left_to_it() -> None:
    assert choose_recipe("en", model="en/vctk/vits", voice="p225").voice == "p225"
    with pytest.raises(
        UsageError, match=r"has no voice 'p225'.* \.\.\. \(`e2a-swarm voices --language en` lists all\)"
    ):
        choose_recipe("en", engine="xtts", voice="p225")


def test_a_custom_model_is_judged_by_its_config() -> None:
    recipe = choose_recipe("pt", model=MINE, config={"model": "vits", "languages": ["en", "pt-br"]})
    assert (recipe.engine, recipe.model, recipe.voice) == ("coqui", MINE, "default")
    with pytest.raises(UsageError, match="not French"):
        choose_recipe("fr", model=MINE, config={"model": "vits", "languages": ["en", "pt-br"]})
    with pytest.raises(UsageError, match="Bark and Tortoise"):
        choose_recipe("en", model=MINE, config={"model": "bark"})


def test_a_model_goes_with_coqui_only() -> None:
    with pytest.raises(UsageError, match="espeak has only one model"):
        choose_recipe("en", engine="espeak", model="jenny")


def test_its_environment_gets_what_the_extra_brings() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    own = {line for line in project["dependencies"] if line.startswith("nvidia")}
    assert {*REQUIREMENTS} == {*project["optional-dependencies"]["coqui"]} - {"filelock>=3"} | own


def test_what_it_lacks_is_added_where_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "engines install" not in more_line("deepspeed")
    monkeypatch.setenv("E2A_SWARM_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "engines" / "coqui" / "abc"))
    assert more_line("six", "av") == "e2a-swarm engines install coqui --package six --package av"
