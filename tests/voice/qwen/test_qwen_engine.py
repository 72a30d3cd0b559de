from pathlib import Path

import pytest

from swarm.errors import EnvironmentFault, UsageError
from swarm.job.spec import Recipe
from swarm.voice.host.foreign import check_card
from swarm.voice.host.registry import choose_recipe, find_model
from swarm.voice.qwen.card import CLONING, DESCRIBED, DESIGN, SPEAKERS, VOICES, files_of
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


def test_nobody_is_sent_to_it_since_nobody_has_heard_it_here() -> None:
    assert engine.words_for("en") == ()
    assert find_model("qwen", "") == (engine, SPEAKERS)


def test_its_files_are_known_by_digest_and_kept_when_all_are_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("E2A_SWARM_MODELS", str(tmp_path))
    for model in (SPEAKERS, CLONING, DESIGN):
        assert len({file.url.partition("/resolve/")[2].partition("/")[0] for file in files_of(model)}) == 1
        assert all(len(file.digest) == 64 for file in files_of(model))
    assert engine.kept_models() == ()
    for file in files_of(DESIGN):
        (engine.model_folder(DESIGN) / file.name).parent.mkdir(parents=True, exist_ok=True)
        with (engine.model_folder(DESIGN) / file.name).open("wb") as output:
            output.truncate(file.size)  # without taking room
    assert engine.kept_models() == (DESIGN,)


def test_offline_the_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("E2A_SWARM_MODELS", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EnvironmentFault, match=r"copy its files to .*qwen3-tts-base"):
        engine.fetch(CLONING, print)


def test_each_of_the_nine_voices_says_what_it_is() -> None:
    assert len(VOICES) == 9
    assert all(voice.about and voice.gender for voice in VOICES)


def test_workers_share_the_files_of_the_model_that_a_voice_needs() -> None:
    shared = engine.remote_model(Recipe("qwen", RECORDING, "de"))
    assert (shared.folder.name, shared.files) == (CLONING, files_of(CLONING))
