"""What a job may put into a request: plain names and words, no addresses and no paths that a server might open."""

import pytest

from swarm.errors import UsageError
from swarm.job.card import in_manner
from swarm.job.spec import Recipe
from swarm.voice.openai.engine import CARD
from swarm.voice.openai.voice import RESERVED, check_name, make_request, read_fields

RECIPE = Recipe("openai", "af_heart", "en", "kokoro")


def with_settings(**settings: str | float | bool) -> Recipe:
    return Recipe("openai", "af_heart", "en", "kokoro", tuple(sorted(settings.items())))


def test_a_plain_recipe_makes_a_plain_request() -> None:
    request = {"input": "Hello.", "response_format": "wav", "model": "kokoro", "voice": "af_heart"}
    assert make_request(RECIPE, "Hello.", 7) == request
    usual = with_settings(speed=1.0, instructions="", format="wav", pcm_rate=24_000, seeds=False, fields="")
    assert make_request(usual, "Hello.", 7) == request


def test_a_manner_is_added_to_the_users_own_instructions() -> None:
    for own, told in (("", "Whisper."), ("Be calm.", "Be calm. Whisper.")):
        recipe = in_manner(with_settings(instructions=own), CARD, "whisper")
        assert make_request(recipe, "Hello.", 7)["instructions"] == told
    assert in_manner(RECIPE, CARD, "sing") == RECIPE


def test_settings_that_were_chosen_are_sent() -> None:
    chosen = with_settings(
        speed=1.25, instructions="Whisper.", format="flac", seeds=True, fields="language=German,exaggeration=0.6"
    )
    request = make_request(chosen, "Hello.", 7)
    assert request["speed"] == 1.25
    assert request["instructions"] == "Whisper."
    assert request["response_format"] == "flac"
    assert request["seed"] == 7
    assert (request["language"], request["exaggeration"]) == ("German", 0.6)


def test_fields_have_the_types_that_json_has() -> None:
    assert read_fields("a=1,b=1.5,c=true,d=false,e=en-US,f=nan") == {
        "a": 1, "b": 1.5, "c": True, "d": False, "e": "en-US", "f": "nan",
    }  # fmt: skip
    assert read_fields(" ") == {}


@pytest.mark.parametrize(
    "text",
    ["ref_audio=http://inside/x.wav", "ref_audio=/etc/passwd", "ref_audio=file:x", "a=..\\x", "a", "=b", "a b=c",
     "a=" + "x" * 200, ",".join(f"a{n}=1" for n in range(40)), "a=x\ny", *(f"{name}=x" for name in RESERVED)],
)  # fmt: skip
def test_no_field_is_an_address_a_path_or_one_that_is_sent_anyway(text: str) -> None:
    with pytest.raises(UsageError, match="The setting fields takes"):
        make_request(with_settings(fields=text), "Hello.", 1)


@pytest.mark.parametrize("name", ["af_bella(2)+am_adam(1)", "en-US-AnaNeural", "Anna Müller", "Ava.mp3", "a:0.5,b:0.5"])
def test_names_of_voices_are_taken_as_servers_have_them(name: str) -> None:
    assert check_name("voice", name) == name


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "http://inside/", "a/b", "a\\b", "x" * 300, "a\x00b"])
def test_a_voice_is_no_address_and_no_path(name: str) -> None:
    with pytest.raises(UsageError, match="A voice of a speech server cannot be called"):
        check_name("voice", name)


def test_a_model_may_have_the_name_of_its_maker() -> None:
    assert check_name("model", "Qwen/Qwen3-TTS-12Hz-1.7B", slashes=True)
    for name in ("/models/x", "a/../b", "http://x/y"):
        with pytest.raises(UsageError, match="A model of a speech server"):
            check_name("model", name, slashes=True)
