"""A voice that a user asks for before any book is read."""

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from msgspec import structs

from swarm.book.model.language_code import language_name
from swarm.errors import EnvironmentFault, UsageError
from swarm.job.card import EngineCard, SettingCard, VoiceCard
from swarm.job.spec import Recipe
from swarm.voice.engine import Engine, Voice
from swarm.voice.espeak.engine import CARD as ESPEAK
from swarm.voice.hibari.engine import CARD as HIBARI
from swarm.voice.host import registry
from swarm.voice.host.registry import (
    all_engines,
    better_voices_line,
    built_in_engines,
    check_asked_voice,
    check_speaks,
    choose_recipe,
    default_engine,
    engine_target,
    find_card,
    find_engine,
    find_voice,
    installed_engines,
)
from swarm.voice.metronome.engine import CARD as METRONOME
from swarm.voice.recipe_check import check_settings

OTHER = EngineCard(name="other", about="", languages=("eo",), scripts=(), limits=(("", 9),), voices=())


class OtherEngine(Engine):
    card = OTHER

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        raise NotImplementedError


other_engine = OtherEngine()


@pytest.fixture
def other_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [
        EntryPoint("other", "test_registry:other_engine", registry.GROUP),
        EntryPoint("hibari", "test_registry:other_engine", registry.GROUP),
        EntryPoint("broken", "no_such_module:engine", registry.GROUP),
        EntryPoint("misnamed", "test_registry:other_engine", registry.GROUP),
    ]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: entries if group == registry.GROUP else [])


@pytest.mark.usefixtures("other_installed")
def test_an_engine_registered_under_another_name_than_its_cards_is_refused() -> None:
    with pytest.raises(
        EnvironmentFault, match=r"The engine misnamed .*its card has the name 'other'\. Its package must"
    ):
        find_engine("misnamed")
    assert [engine.card.name for engine in all_engines()].count("other") == 1


@pytest.mark.parametrize("coqui", [True, False])
def test_the_engines_are_known_without_an_installation(coqui: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [])
    monkeypatch.setattr("swarm.voice.coqui.engine.is_installed", lambda: coqui)
    here = ["hibari", "kokoro", "piper", "espeak", "metronome", *(["coqui"] if coqui else [])]
    assert [engine.card.name for engine in installed_engines()] == here
    for engine in built_in_engines():
        assert find_card(engine.card.name) is engine.card
        assert find_engine(engine.card.name) is engine


def test_an_installed_engine_is_found_but_takes_no_built_in_name(other_installed: None) -> None:
    assert find_card("other") == OTHER
    assert [engine.card.name for engine in all_engines() if engine.card.name != "coqui"] == [
        "hibari",
        "kokoro",
        "piper",
        "espeak",
        "metronome",
        "chatterbox",
        "qwen",
        "openai",
        "other",
    ]
    assert engine_target("other") == "test_registry:other_engine"
    assert engine_target("hibari") == "swarm.voice.hibari.engine:engine"


def test_a_broken_package_is_named_when_asked_for(other_installed: None) -> None:
    with pytest.raises(EnvironmentFault, match=r"broken \(no_such_module:engine\) cannot be loaded"):
        find_card("broken")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise SystemExit(7)", "it ended the process with code 7"),
        ("engine = 3", r"it is not a swarm\.voice\.engine\.Engine"),
        ("from test_registry import other_engine as engine", "its card has the name 'other'"),
    ],
)
def test_a_package_that_is_no_engine_stops_no_command(
    source: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "oddity.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "oddity", raising=False)
    entries = [EntryPoint("oddity", "oddity:engine", registry.GROUP)]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: entries)
    assert "oddity" not in [engine.card.name for engine in all_engines()]
    with pytest.raises(EnvironmentFault, match=reason):
        find_card("oddity")


def test_an_unknown_engine_is_refused_with_the_names_of_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"no engine 'festival'.*hibari.*espeak.*metronome"):
        find_card("festival")


def test_cards_are_read_without_loading_an_engine() -> None:
    script = (
        "import sys, swarm.voice.host.registry as r;"
        "r.installed_engines(); r.choose_recipe('fr'); r.choose_recipe('fr', engine='xtts'); heavy = 'numpy torch TTS '"
        "'onnxruntime hibari ctypes espeakng_loader'; print([m for m in heavy.split() if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"


def test_the_default_engine_speaks_the_language() -> None:
    assert default_engine("en") == "hibari"
    assert default_engine("fr") == "espeak"


def test_hibari_refuses_french_and_names_who_speaks_it() -> None:
    with pytest.raises(UsageError, match=r"^hibari speaks English only, not French: use --tts-engine espeak"):
        check_speaks(HIBARI, "fr")
    check_speaks(HIBARI, "en")
    check_speaks(METRONOME, "vo")


def test_a_language_that_nobody_speaks_is_refused() -> None:
    with pytest.raises(UsageError, match=r"No engine on this machine speaks Zulu: .*--language CODE"):
        check_speaks(ESPEAK, "zu")


@pytest.mark.parametrize(
    ("language", "voice"), [("en", "en-us"), ("fr", "fr"), ("pt", "pt"), ("zh", "cmn"), ("nb", "nb"), ("es", "es")]
)
def test_a_language_has_a_default_voice(language: str, voice: str) -> None:
    assert find_voice(ESPEAK, language).name == voice


def test_every_language_of_a_card_has_a_voice_and_a_name() -> None:
    for card in (engine.card for engine in built_in_engines() if not engine.models()):
        for language in card.languages:
            assert find_voice(card, language)
            assert language == "*" or language_name(language) != language


def test_a_voice_is_found_however_it_is_written() -> None:
    assert find_voice(ESPEAK, "pt", "PT_br").name == "pt-br"
    assert find_voice(METRONOME, "pt", "tick").name == "tick"


def test_a_voice_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"hibari has no voice 'anna'; for English there are heart, emma"):
        find_voice(HIBARI, "en", "anna")
    with pytest.raises(UsageError, match=r"hibari has no voice 'en-gb'; espeak has it: --tts-engine espeak\.$"):
        find_voice(HIBARI, "en", "en-gb")
    with pytest.raises(UsageError, match=r"en-us of espeak speaks English, not French; .*fr, fr-be, fr-ch"):
        find_voice(ESPEAK, "fr", "en-us")


def test_a_voice_may_be_listed_for_several_languages() -> None:
    voices = (VoiceCard("ana", "es", "calm"), VoiceCard("ana", "pt", "lively"), VoiceCard("jo", "pt"))
    card = EngineCard("a", "", ("es", "pt", "fr"), (), (), voices)
    assert [find_voice(card, language, "Ana").about for language in ("es", "pt")] == ["calm", "lively"]
    with pytest.raises(UsageError, match="The voice ana of a speaks Spanish and Portuguese, not French"):
        find_voice(card, "fr", "ana")


class BlendingEngine(OtherEngine):
    card = structs.replace(OTHER, name="blender", voices=(VoiceCard("ana", "eo"),), any_voice=True)

    def check_voice(self, name: str, language: str, model: str) -> str:
        if not all(part.strip() in ("ana", "jo") for part in name.split("+")):
            raise UsageError(f"{name} blends no voices of {language}.")
        return "+".join(sorted(part.strip() for part in name.split("+")))


blending_engine = BlendingEngine()


def test_an_engine_judges_voices_that_its_card_does_not_list(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [EntryPoint("blender", "test_registry:blending_engine", registry.GROUP)]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: entries)
    assert choose_recipe("eo", engine="blender", voice="ANA").voice == "ana"
    assert choose_recipe("eo", engine="blender", voice="jo + ana").voice == "ana+jo"
    with pytest.raises(UsageError, match=r"jo\+eve blends no voices of eo\."):
        choose_recipe("eo", engine="blender", voice="jo+eve")


def test_settings_are_all_named_typed_and_sorted() -> None:
    assert check_settings(ESPEAK, {}) == (("pitch", 50), ("speed", 1.0))
    assert check_settings(ESPEAK, {"speed": "1.5", "pitch": "60"}) == (("pitch", 60), ("speed", 1.5))
    assert check_settings(METRONOME, {"cost_per_char": "0.0005"})[0] == ("cost_per_char", 0.0005)


def test_words_and_switches_are_settings_too() -> None:
    card = EngineCard("a", "", (), (), (), (), settings=(SettingCard("mode", "warm"), SettingCard("dry", False)))
    assert check_settings(card, {"mode": "cold", "dry": "yes"}) == (("dry", True), ("mode", "cold"))
    with pytest.raises(UsageError, match="yes or no"):
        check_settings(card, {"dry": "perhaps"})


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"temperature": "1"}, r"no setting 'temperature'; it has: pitch, speed"),
        ({"speed": "fast"}, r"speed must be a number from 0.5 to 2"),
        ({"speed": "nan"}, r"speed must be a number"),
        ({"speed": "9"}, r"speed must be a number"),
        ({"pitch": "1.5"}, r"pitch must be a whole number"),
        ({"pitch": "-1"}, r"pitch must be a whole number from 0 to 99"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(options: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        check_settings(ESPEAK, options)


def test_a_setting_may_be_negative_and_says_what_it_changes() -> None:
    pitch = SettingCard("pitch", 0.0, -12, 12, about="semitones")
    mode = SettingCard("mode", "warm", choices=("warm", "cold"))
    card = EngineCard("a", "", (), (), (), (), settings=(pitch, mode))
    assert check_settings(card, {"pitch": "-2", "mode": "cold"}) == (("mode", "cold"), ("pitch", -2.0))
    with pytest.raises(UsageError, match=r"pitch must be a number from -12 to 12, not '-13' \(pitch: semitones\)\.$"):
        check_settings(card, {"pitch": "-13"})
    with pytest.raises(UsageError, match="mode must be warm or cold, not 'hot'"):
        check_settings(card, {"mode": "hot"})


def test_a_setting_of_another_engine_names_that_engine() -> None:
    with pytest.raises(UsageError, match=r"has no setting 'temperature': use --tts-engine xtts\b.*, or leave it out"):
        choose_recipe("en", settings={"temperature": 0.5})
    with pytest.raises(UsageError, match=r"has no setting 'temper'; it has: speed"):
        choose_recipe("en", settings={"temper": 0.5})


def test_bounds_are_written_as_people_write_numbers() -> None:
    with pytest.raises(UsageError, match="a number from 0 to 60, not '-1'"):
        check_settings(METRONOME, {"cost_per_char": "-1"})


def test_a_recipe_comes_of_what_is_asked_for() -> None:
    recipe = choose_recipe("eng")
    assert (recipe.engine, recipe.voice, recipe.language) == ("hibari", "heart", "en")
    assert recipe.settings == (("speed", 1.0),)
    assert choose_recipe("fr-FR", settings={"speed": 1.25}).settings == (("pitch", 50), ("speed", 1.25))
    assert choose_recipe("fr", engine="metronome").language == "fr"
    with pytest.raises(UsageError, match="no setting 'speed'"):
        choose_recipe("en", engine="metronome", settings={"speed": 2.0})


def test_an_unknown_engine_is_answered_with_every_name_that_can_be_said() -> None:
    with pytest.raises(UsageError, match=r"no engine 'picotts'.*hibari .*kokoro .*espeak, .*coqui.*xtts, vits"):
        choose_recipe("en", engine="picotts")


def test_better_voices_are_named_where_espeak_is_a_stopgap() -> None:
    french = better_voices_line(ESPEAK, "fr")
    assert "French robotically; better: --tts-engine kokoro (natural, some twice as fast" in french
    assert "; better, on a machine with a GPU: --tts-engine xtts" in french
    assert "kana only" in better_voices_line(ESPEAK, "ja")
    assert "hibari" in better_voices_line(ESPEAK, "en")
    assert "--tts-engine piper (clear, some 15 times as fast" in better_voices_line(ESPEAK, "is")
    assert "perhaps better" in better_voices_line(ESPEAK, "id")
    assert better_voices_line(HIBARI, "en") == ""


@pytest.mark.parametrize(
    "asked",
    [
        {"voice": "emma"},
        {"voice": "Emma", "engine": "hibari"},
        {"voice": "af_heart"},  # Kokoro's voice: Kokoro may be the default when a book comes
        {"voice": "de_DE-thorsten-medium", "engine": "piper"},
        {"voice": "anything", "engine": "openai"},
        {"voice": "anything", "engine": "engine-of-a-worker"},
    ],
)
def test_a_voice_that_may_be_there_passes(asked: dict[str, str]) -> None:
    check_asked_voice(**asked)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"voice": "nosuch"}, "No engine known here has a voice 'nosuch'"),
        ({"voice": "nosuch", "engine": "hibari"}, "hibari has no voice 'nosuch'; for English there are heart"),
        ({"voice": "emma", "engine": "hibari", "language": "de"}, "German"),
        ({"voice": "nosuch", "language": "de"}, "no voice 'nosuch'"),
    ],
)
def test_a_voice_that_nobody_has_is_refused_in_one_sentence(asked: dict[str, str], why: str) -> None:
    with pytest.raises(UsageError) as refused:
        check_asked_voice(**asked)
    assert why in str(refused.value)
