"""Tests of Piper with a real voice where its sound matters, and with tiny ones elsewhere."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import piper_bench
import pytest

from swarm.book.model.engine_text import Phonemes
from swarm.book.model.reading_choice import Cast
from swarm.errors import UsageError
from swarm.job.spec import Recipe
from swarm.voice.engine import EngineFault, FaultKind, SpokenLine, TimedVoice, Voice
from swarm.voice.host.fallback_voices import check_cast
from swarm.voice.host.registry import choose_card, choose_recipe, default_engine, find_model
from swarm.voice.piper.engine import engine

SENTENCE = "The tide was out."
CUSTOM = "custom:" + "0" * 64


@pytest.fixture(scope="module")
def joe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Voice]:
    models = tmp_path_factory.mktemp("models")
    piper_bench.place_joe(models)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("E2A_SWARM_MODELS", str(models))
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield engine.open(choose_recipe("en", engine="piper"), "cpu:0")


@piper_bench.needs_joe
def test_a_real_voice_speaks_and_the_same_seed_is_the_same_sound(joe: Voice) -> None:
    first = joe.speak(SENTENCE, 1)
    assert first.dtype == np.int16
    assert joe.sample_rate == 22_050
    assert 0.6 < len(first) / joe.sample_rate < 3
    assert np.abs(first.astype(int)).max() > 3000
    assert not np.array_equal(joe.speak(SENTENCE, 2), first)
    assert np.array_equal(joe.speak(SENTENCE, 1), first)


@piper_bench.needs_joe
def test_words_are_spoken_by_their_phonemes(joe: Voice) -> None:
    assert isinstance(joe, TimedVoice)
    given = joe.speak_timed(SpokenLine("Read.", 1, [Phonemes(0, 4, "ɹˈɛd")])).pcm
    assert np.array_equal(given, joe.speak("Red.", 1))
    assert not np.array_equal(given, joe.speak("Reed.", 1))


@piper_bench.needs_joe
def test_it_knows_when_its_words_begin(joe: Voice) -> None:
    assert isinstance(joe, TimedVoice)
    sound = joe.speak_timed(SpokenLine("Out. Not yet.", 1))
    assert [word for word, _ in sound.words] == [0, 5, 9]
    starts = [start / joe.sample_rate for _, start in sound.words]
    assert 0 <= starts[0] < starts[1] < starts[2] < len(sound.pcm) / joe.sample_rate
    assert np.array_equal(sound.pcm, joe.speak("Out. Not yet.", 1))


@piper_bench.needs_joe
def test_nothing_to_say_is_no_sound(joe: Voice) -> None:
    assert len(joe.speak("", 1)) == len(joe.speak("… ☃", 1)) == 0


@piper_bench.needs_joe
def test_a_voice_that_is_here_is_the_default_of_its_language(joe: Voice, monkeypatch: pytest.MonkeyPatch) -> None:
    assert engine.kept_models() == engine.offered_models() == (piper_bench.JOE,)
    assert engine.is_ready("en")
    assert choose_recipe("en", engine="piper").model == piper_bench.JOE  # bryce is listed first, and is not here
    assert engine.card_for(piper_bench.JOE).licence == "CC0"  # the card says so
    assert default_engine("de") == "espeak"
    monkeypatch.setattr(type(engine), "kept_models", lambda _: ("de_DE-thorsten-medium",))
    assert default_engine("de") == "piper"
    assert default_engine("en") == "hibari"


def custom(voice: str = "default", **settings: float) -> Recipe:
    return Recipe("piper", voice, "de", CUSTOM, tuple(sorted(settings.items())))


def test_a_voice_of_several_speakers_takes_a_name_or_a_number(tmp_path: Path) -> None:
    config = piper_bench.tiny_config(num_speakers=3, speaker_id_map={"anna": 1, "bert": 2})
    piper_bench.place_tiny(tmp_path / "model", config, piper_bench.tiny_network(speakers=3))

    def loudness(voice: str) -> float:
        sound = engine.open(custom(voice), "cpu:0", tmp_path).speak("abc", 1)
        return float(np.abs(sound.astype(int)).mean())

    assert loudness("default:bert") == pytest.approx(loudness("default:2"))
    assert loudness("default:bert") > 1.5 * loudness("default:anna") > 0
    with pytest.raises(EngineFault, match="has no speaker 'carl'"):
        loudness("default:carl")
    card = engine.card_for(CUSTOM, config)
    assert [voice.name for voice in card.voices] == ["default", "default:anna", "default:bert"]
    assert (card.languages, card.sample_rate) == (("de",), 16_000)


def test_a_speaker_of_the_collection_is_checked_before_anything_loads() -> None:
    recipe = choose_recipe("de", engine="piper", voice="de_DE-mls-medium:7")
    assert (recipe.model, recipe.voice) == ("de_DE-mls-medium", "de_DE-mls-medium:7")
    assert choose_recipe("de", engine="piper:de_DE-mls-medium", voice="7") == recipe
    with pytest.raises(UsageError, match="has no speaker '236': it has 236, counted from 0"):
        choose_recipe("de", engine="piper", voice="de_DE-mls-medium:236")


def test_a_voice_is_chosen_by_language_by_engine_or_by_its_name() -> None:
    thorsten = choose_recipe("de", engine="piper")
    assert (thorsten.engine, thorsten.model, thorsten.voice) == ("piper", *["de_DE-thorsten-medium"] * 2)
    kerstin = "de_DE-kerstin-low"
    for recipe in (
        choose_recipe("de", engine=f"piper:{kerstin}"),
        choose_recipe("de", engine="piper", voice=kerstin),
        choose_recipe("de", engine="piper", model=kerstin),
    ):
        assert (recipe.model, recipe.voice) == (kerstin, kerstin)
    assert find_model("piper:de_DE-thorsten-medium", "")[1] == "de_DE-thorsten-medium"
    assert find_model("piper", "pl")[1].startswith("pl_PL-")
    with pytest.raises(UsageError, match="choose one, as in --language de"):
        find_model("piper", "")
    with pytest.raises(UsageError, match="no voice 'piper:de_DE-nobody-low'"):
        choose_recipe("de", engine="piper:de_DE-nobody-low")
    with pytest.raises(UsageError, match="speaks German only, not French"):
        choose_recipe("fr", engine=f"piper:{kerstin}")


def test_characters_have_other_voices_of_the_language_and_speakers() -> None:
    recipe = choose_recipe("de", engine="piper")
    cast = check_cast(recipe, Cast("de_DE-Thorsten-high", speakers=(("Anna", "de_DE-mls-medium:7"),)))
    assert cast == Cast("de_DE-thorsten-high", speakers=(("Anna", "de_DE-mls-medium:7"),))
    for wrong in ("pl_PL-gosia-medium", "nobody", "de_DE-kerstin-low", "de_DE-thorsten-high:1"):
        with pytest.raises(UsageError, match=wrong):
            check_cast(recipe, Cast(wrong))


@piper_bench.needs_joe
def test_a_character_is_opened_by_the_name_of_its_voice(joe: Voice) -> None:
    recipe = Recipe("piper", piper_bench.JOE, "en", "en_US-bryce-medium")  # the book's voice is another one
    assert engine.open(recipe, "cpu:0").sample_rate == 22_050


def test_characters_of_a_custom_voice_are_its_speakers_and_share_its_network(tmp_path: Path) -> None:
    config = piper_bench.tiny_config(num_speakers=3, speaker_id_map={"anna": 1, "bert": 2})
    cast = check_cast(custom(), Cast("Default:Anna", speakers=(("Bert", "bert"), ("Carl", "2"))), config)
    assert cast == Cast("default:anna", speakers=(("Bert", "default:bert"), ("Carl", "default:2")))
    with pytest.raises(UsageError, match="has no voice 'anna'; for German there is default"):
        check_cast(custom(), Cast("anna"), piper_bench.tiny_config())
    piper_bench.place_tiny(tmp_path / "model", config, piper_bench.tiny_network(speakers=3))
    anna, bert = (engine.open(custom(f"default:{name}"), "cpu:0", tmp_path) for name in ("anna", "bert"))
    assert anna._session is bert._session  # type: ignore[attr-defined]
    assert not np.array_equal(anna.speak("abc", 1), bert.speak("abc", 1))


def test_speed_and_noise_change_the_sound(tmp_path: Path) -> None:
    piper_bench.place_tiny(tmp_path / "model")
    voice = engine.open(custom(speed=2.0, noise_scale=0.5, noise_w=-1.0), "cpu:0", tmp_path)
    assert voice._fixed["scales"].tolist() == pytest.approx([0.5, 0.5, 0.8])  # type: ignore[attr-defined]


def test_a_long_text_is_spoken_in_pieces_with_noise_enough(tmp_path: Path) -> None:
    piper_bench.place_tiny(tmp_path / "model")
    voice = engine.open(custom(), "cpu:0", tmp_path)
    assert len(voice.speak("abc " * 500, 1)) > 2000 * 800
    assert np.array_equal(voice.speak("abc", 1), voice.speak("abc", 1))


def test_a_custom_voice_goes_to_piper_and_others_to_their_engines() -> None:
    card, _ = choose_card("", CUSTOM, "de", piper_bench.tiny_config())
    assert card.name == "piper"
    assert choose_card("", CUSTOM, "de", {"model": "vits"})[0].name == "coqui"
    assert engine.custom_fault(piper_bench.tiny_config(), ["model.onnx"]) == ""
    assert engine.custom_fault({"model": "vits"}, ["model.pth"]) == ""
    assert "no .onnx file" in engine.custom_fault(piper_bench.tiny_config(), ["model.pth"])
    assert "sample_rate" in engine.custom_fault(piper_bench.tiny_config(audio={}), ["model.onnx"])


NUMBERED = {"_": [0], "^": [1], "$": [2], "1": [900]}  # more numbers than the network has


@pytest.mark.parametrize(
    ("config", "network", "why"),
    [
        (piper_bench.tiny_config(), b"no network", "is refused: it "),
        (piper_bench.tiny_config(), b"", "is refused: it has not the inputs"),
        (piper_bench.tiny_config(espeak={"voice": "../../x"}, phoneme_type="espeak"), None, "espeak has no voice"),
        (piper_bench.tiny_config(audio={"sample_rate": 1}), None, "config of this Piper voice is refused"),
        (piper_bench.tiny_config(phoneme_id_map=NUMBERED), None, "does not speak"),
    ],
)
def test_a_voice_that_cannot_be_used_is_unavailable_in_words(
    config: dict[str, object], network: bytes | None, why: str, tmp_path: Path
) -> None:
    piper_bench.place_tiny(tmp_path / "model", config, network)
    with pytest.raises(EngineFault, match=why) as fault:
        engine.open(custom(), "cpu:0", tmp_path)
    assert fault.value.kind is FaultKind.UNAVAILABLE
    assert len(str(fault.value)) < 400


def test_a_voice_without_its_files_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(EngineFault, match=r"cannot be read: No such file"):
        engine.open(custom(), "cpu:0", tmp_path)
    with pytest.raises(EngineFault, match="not here"):
        engine.open(custom(), "cpu:0")


def test_doctor_tells_which_voices_are_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("E2A_SWARM_MODELS", str(tmp_path))
    (check,) = engine.checks()
    assert (check.verdict, check.text.partition(";")[0]) == ("ok", "no voice is on this machine")
