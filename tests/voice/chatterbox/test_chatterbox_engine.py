import pytest

from swarm.errors import EnvironmentFault, UsageError
from swarm.job.spec import Recipe
from swarm.voice.chatterbox.engine import FILES, LANGUAGES, MODEL, engine
from swarm.voice.host.foreign import check_card
from swarm.voice.host.registry import choose_recipe, find_model


def test_it_speaks_23_languages_like_a_recording() -> None:
    check_card(engine.card)
    assert len(set(LANGUAGES)) == 23
    recipe = choose_recipe("no", engine="chatterbox", voice="clone:" + "0" * 64, settings={"exaggeration": "0.7"})
    assert (recipe.language, recipe.model) == ("nb", MODEL)
    assert dict(recipe.settings)["exaggeration"] == 0.7
    with pytest.raises(UsageError, match="does not speak Ukrainian"):
        choose_recipe("uk", engine="chatterbox")


def test_nobody_is_sent_to_it_since_nobody_has_heard_it_here() -> None:
    assert engine.words_for("en") == ()
    assert engine.words_for("") == ("chatterbox",)


def test_its_files_are_of_one_commit_and_kept_when_all_are_here(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("E2A_SWARM_MODELS", str(tmp_path))
    assert find_model("chatterbox", "") == (engine, MODEL)
    assert len({file.url.rpartition("/")[0] for file in FILES}) == 1
    assert all(len(file.digest) == 64 for file in FILES)
    engine.model_folder(MODEL).mkdir()
    for file in FILES:
        with (engine.model_folder(MODEL) / file.name).open("wb") as output:
            output.truncate(file.size)  # without taking room
    (engine.model_folder(MODEL) / FILES[0].name).write_text("")
    assert engine.kept_models() == ()
    with (engine.model_folder(MODEL) / FILES[0].name).open("wb") as output:
        output.truncate(FILES[0].size)
    assert engine.kept_models() == (MODEL,)


def test_offline_the_folder_is_named(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("E2A_SWARM_MODELS", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EnvironmentFault, match=r"copy its files to .*chatterbox-multilingual"):
        engine.fetch(MODEL, print)


def test_workers_share_its_files() -> None:
    shared = engine.remote_model(Recipe("chatterbox", "default", "de"))
    assert (shared.folder, shared.files) == (engine.model_folder(MODEL), FILES)
