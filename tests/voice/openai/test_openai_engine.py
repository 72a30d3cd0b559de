"""The engine of speech servers as commands and workers see it."""

import pytest
from speech_server import SpeechServerStandIn, speech_server

from swarm.errors import UsageError
from swarm.voice.host.registry import choose_recipe, default_engine, find_card, installed_engines
from swarm.voice.openai.engine import OpenAiEngine
from swarm.worker.devices import engine_offers


@pytest.fixture
def here(server: SpeechServerStandIn, monkeypatch: pytest.MonkeyPatch) -> SpeechServerStandIn:
    monkeypatch.setenv("E2A_SWARM_TTS_SERVER", server.url)
    return server


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm.voice.openai.engine.engine", OpenAiEngine())


def offered() -> dict[str, tuple[str, ...]]:
    return {offer.name: offer.models for offer in engine_offers()}


def test_only_a_machine_with_a_server_offers_the_engine(server: SpeechServerStandIn) -> None:
    assert "openai" not in offered()
    assert "openai" not in [engine.card.name for engine in installed_engines()]


def test_a_worker_offers_the_models_of_its_server(here: SpeechServerStandIn) -> None:
    assert offered()["openai"] == ("kokoro", "tts-1")


def test_a_server_without_a_list_is_offered_for_any_model(here: SpeechServerStandIn) -> None:
    here.models = None
    assert offered()["openai"] == ("*",)


def test_a_server_that_does_not_answer_has_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    with speech_server() as away:
        pass
    monkeypatch.setenv("E2A_SWARM_TTS_SERVER", away.url)
    assert offered()["openai"] == ()


def test_a_server_is_asked_for_its_lists_once_a_minute(here: SpeechServerStandIn) -> None:
    for _ in range(5):
        offered()
    assert here.paths == ["/v1/models", "/v1/audio/voices"]


def test_a_coordinator_without_a_server_needs_a_model_and_a_voice() -> None:
    recipe = choose_recipe("de", engine="openai", model="Qwen/Qwen3-TTS", voice="anna")
    assert (recipe.engine, recipe.model, recipe.voice) == ("openai", "Qwen/Qwen3-TTS", "anna")
    with pytest.raises(UsageError, match="--fine-tuned NAME"):
        choose_recipe("de", engine="openai", voice="anna")
    with pytest.raises(UsageError, match="--voice NAME"):
        choose_recipe("de", engine="openai", model="Qwen/Qwen3-TTS")
    with pytest.raises(UsageError, match="cannot be called"):
        choose_recipe("de", engine="openai", model="Qwen/Qwen3-TTS", voice="http://inside/x.wav")


def test_beside_a_server_its_only_model_and_its_first_voice_are_taken(here: SpeechServerStandIn) -> None:
    here.models = ["kokoro"]
    recipe = choose_recipe("en", engine="openai")
    assert (recipe.model, recipe.voice) == ("kokoro", "af_heart")


def test_of_several_models_the_user_names_one(here: SpeechServerStandIn) -> None:
    with pytest.raises(UsageError, match=r"the server here has kokoro, tts-1\.$"):
        choose_recipe("en", engine="openai")
    with pytest.raises(UsageError, match="has no model 'cocoro'; the server here has kokoro, tts-1"):
        choose_recipe("en", engine="openai", model="cocoro")
    assert choose_recipe("en", engine="openai", model="tts-1").model == "tts-1"


def test_a_blend_of_voices_is_left_to_the_server(here: SpeechServerStandIn) -> None:
    assert choose_recipe("en", engine="openai", model="kokoro", voice="af_heart+am_adam").voice == "af_heart+am_adam"


def test_no_recipe_has_the_address_of_a_server(here: SpeechServerStandIn) -> None:
    recipe = choose_recipe("en", engine="openai", model="kokoro")
    assert here.url.removeprefix("http://") not in repr(recipe)


def test_the_engine_is_no_default_and_takes_no_model_of_others() -> None:
    assert default_engine("en") == "hibari"
    assert default_engine("de") == "espeak"
    with pytest.raises(UsageError):
        choose_recipe("en", model="a-typing-error")


def test_doctor_tells_what_the_server_has(here: SpeechServerStandIn) -> None:
    (check,) = OpenAiEngine().checks()
    assert check.verdict == "ok"
    assert check.text == f"{here.url}/v1 answers: models kokoro, tts-1; 2 voices listed"


def test_doctor_tells_why_a_server_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with speech_server() as away:
        pass
    monkeypatch.setenv("E2A_SWARM_TTS_SERVER", away.url)
    (check,) = OpenAiEngine().checks()
    assert check.verdict == "fail"
    assert "cannot be reached" in check.text


def test_the_card_fits_all_that_commands_ask_of_it() -> None:
    card = find_card("openai")
    assert card.shares_process and card.any_voice and card.any_model
    assert {setting.name for setting in card.settings} == {
        "speed", "instructions", "format", "pcm_rate", "seeds", "fields",
    }  # fmt: skip
