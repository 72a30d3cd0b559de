import json
import re
from collections.abc import AsyncIterator, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path

import msgspec
import pytest

from swarm.commands.main import main
from swarm.config import ENV_OFFLINE
from swarm.coordinator.seen_engines import SeenEngines, note_speed
from swarm.errors import EXIT_ENVIRONMENT, EXIT_USAGE
from swarm.job.card import EngineCard, VoiceCard
from swarm.job.spec import Recipe
from swarm.lease.message import PROTOCOL, EngineOffer, Hello
from swarm.voice.coqui.card import INSTALL
from swarm.voice.host import registry
from swarm.voice.host.foreign import EngineFacts
from swarm.voice.host.registry import find_engine
from swarm.voice.kokoro import engine as kokoro
from swarm.voice.qwen.engine import engine as qwen

EMMA = "    emma: British, female (7.9 MB, fetched when first used)"


def lines_of(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    assert main(["voices", *words]) == 0
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("here", [True, False])
def test_an_engine_that_is_not_here_is_named_with_what_brings_it(
    here: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("swarm.voice.coqui.engine.is_installed", lambda: here)
    text = "\n".join(lines_of(capsys))
    assert (f"not installed here: {INSTALL}" in " ".join(text.split())) is not here
    assert ("voices: 58;" in text) is here


def test_of_a_language_that_does_not_exist_no_engine_is_said_to_speak_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("E2A_SWARM_TTS_SERVER", "http://127.0.0.1:9/")  # an engine for any language is here
    text = "\n".join(lines_of(capsys, "--language", "xx"))
    assert "openai:" in text
    assert "espeak" not in text and "robotically" not in text
    assert "No engine is known to speak xx" in text


def test_a_language_narrows_it_down(capsys: pytest.CaptureFixture[str]) -> None:
    text = "\n".join(lines_of(capsys, "--language", "fra"))
    assert "hibari" not in text
    assert text.index("fr: French (France)") < text.index("fr-be: French (Belgium)")
    assert "en-us" not in text
    assert "French robotically" in text


def test_json_has_everything(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm.voice.coqui.engine.is_installed", lambda: False)
    value = json.loads("\n".join(lines_of(capsys, "--json")))
    engines = {engine["engine"]: engine for engine in value["engines"]}
    assert list(engines) == ["hibari", "kokoro", "piper", "espeak", "metronome", "coqui", "chatterbox", "qwen"]
    assert len(engines["espeak"]["voices"]) > 130
    assert engines["espeak"]["settings"] == {"pitch": 50, "speed": 1.0}
    assert value["not_here"][0]["engine"] == "coqui"


def test_what_is_no_language_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["voices", "--language", "x y"]) == EXIT_USAGE
    assert "names no language" in capsys.readouterr().err


def test_a_language_that_nothing_speaks_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["voices", "--language", "xx"]) == EXIT_USAGE
    assert capsys.readouterr().err.startswith("e2a-swarm: No engine on this machine speaks xx: ")


def test_an_engine_that_cannot_be_loaded_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = EntryPoint("broken", "no_such_module:engine", registry.GROUP)
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [broken])
    assert "The engine broken" in "\n".join(lines_of(capsys))
    assert "broken" in json.loads("\n".join(lines_of(capsys, "--json")))["broken"]


def test_voices_of_a_language_fit_a_terminal_of_24_rows(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    lines = lines_of(capsys, "--language", "en")
    assert len(lines) < 24
    to_copy = "not installed here: "  # a line that begins with a path and must stay whole
    assert max(len(line) for line in lines if to_copy not in line) <= 80


def test_the_voices_of_one_engine_alone_are_listed_and_a_wrong_name_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = lines_of(capsys, "--language", "en", "--tts-engine", "hibari")
    assert [line.partition(":")[0] for line in lines if not line.startswith(" ")] == ["hibari"]
    told = json.loads("\n".join(lines_of(capsys, "--json", "--tts-engine", "qwen3-tts")))
    assert [each["engine"] for each in told["engines"]] == ["qwen"]
    assert main(["voices", "--tts-engine", "nobody"]) == EXIT_USAGE
    assert "no engine 'nobody'" in capsys.readouterr().err


def test_the_default_engine_and_voice_come_first_and_are_marked(capsys: pytest.CaptureFixture[str]) -> None:
    lines = lines_of(capsys, "--language", "en")
    assert lines[0].startswith("hibari: ")
    assert lines[0].endswith("(default)")
    assert lines[1:4] == [
        "  natural; Apache-2.0; 130x real time on a core",
        "  * heart; --all describes them",
        "    fetched when first used (8.0 MB each): emma, fenrir, fable, kore",
    ]
    described = lines_of(capsys, "--language", "en", "--all")
    assert described[2:4] == ["  * heart: American, female", EMMA]
    french = lines_of(capsys, "--language", "fr")
    assert french[0].startswith("espeak: ")
    assert french[2:4] == ["  * fr: French (France)", "    fr-be: French (Belgium)"]


def test_many_voices_and_languages_are_counted_and_listed_on_demand(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("swarm.voice.coqui.engine.is_installed", lambda: True)
    assert "  languages: 115; --all lists them" in lines_of(capsys)
    assert any(
        "Claribel" in line and line.endswith(" more; --all lists them") for line in lines_of(capsys, "--language", "de")
    )
    everything = "\n".join(lines_of(capsys, "--all"))
    assert "Welsh (cy)" in everything
    assert "Gitta Nikolina" in everything


def test_what_speaks_at_once_comes_first_with_what_is_known_of_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("swarm.voice.coqui.engine.is_installed", lambda: False)
    note_speed(tmp_path, "espeak", 6000, 10)
    text = "\n".join(lines_of(capsys, "--language", "fr", "--state-dir", str(tmp_path)))
    assert "  robotic; GPL-3.0-or-later; 600x real time on this swarm" in text
    assert re.search(
        r"\n  natural; Apache-2.0; 2.5x real time on a core; [\d.]+ [kM]B; first: e2a-swarm models fetch", text
    )
    assert text.index("espeak:") < text.index("kokoro:") < text.index("coqui:")
    value = json.loads("\n".join(lines_of(capsys, "--language", "fr", "--state-dir", str(tmp_path), "--json")))
    first = value["engines"][0]
    assert (first["engine"], first["quality"], first["default"], first["realtime"]) == ("espeak", "robotic", True, 600)


def test_an_engine_that_nobody_has_judged_has_no_class_and_says_that_its_model_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = "swarm.voice.chatterbox.engine.ChatterboxEngine"
    monkeypatch.setattr(f"{engine}.is_installed", lambda self: True)
    lines = lines_of(capsys, "--language", "fr")
    place = next(number for number, line in enumerate(lines) if line.startswith("chatterbox:"))
    assert lines[place + 1] == "  MIT; 3.2 GB; first: e2a-swarm models fetch chatterbox"
    assert place > next(number for number, line in enumerate(lines) if line.startswith("espeak:"))
    monkeypatch.setattr(f"{engine}.kept_models", lambda self: ("chatterbox-multilingual",))
    assert "  MIT; 3.2 GB" in lines_of(capsys, "--language", "fr")


def test_engines_that_only_workers_have_are_listed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_OFFERED", {})
    card = EngineCard("drum", "beats", ("fr",), (), (("", 300),), (VoiceCard("tom", "*"),), natural=("fr",))
    facts = msgspec.msgpack.encode(EngineFacts(card))
    seen = SeenEngines(tmp_path)
    seen.meet(Hello("w", "n", "attic", "1", (EngineOffer("drum", ("fr",), facts=facts),), (), 1, PROTOCOL))
    seen.save()
    text = "\n".join(lines_of(capsys, "--language", "fr", "--state-dir", str(tmp_path)))
    assert "drum: beats (natural; offered by a worker)" in text


def test_a_voice_can_be_heard(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert lines_of(capsys, "--listen", "FR-be") == ["espeak, fr-be: sample-espeak-fr-fr-be.flac"]
    heard = lines_of(
        capsys, "--listen", "all", "--language", "pt", "--tts-engine", "espeak", "--text", "Bom dia.", "--json"
    )
    samples = ["sample-espeak-pt-pt.flac", "sample-espeak-pt-pt-br.flac"]
    assert json.loads("\n".join(heard)) == {"samples": samples}
    assert all((tmp_path / name).stat().st_size > 1000 for name in samples)
    assert main(["voices", "--text", "Bom dia."]) == EXIT_USAGE
    assert "--text is for samples: name a voice with --listen" in capsys.readouterr().err
    assert main(["voices", "--listen", "nobody"]) == EXIT_USAGE
    assert "No engine here lists a voice 'nobody'" in capsys.readouterr().err
    assert main(["voices", "--listen", "nobody", "--tts-engine", "espeak"]) == EXIT_USAGE


def test_what_an_unlisted_voice_or_blend_lacks_here_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENV_OFFLINE, "1")
    monkeypatch.setattr(kokoro, "voices_here", lambda model: frozenset({"jf_alpha"}))
    monkeypatch.setattr(qwen, "is_installed", lambda: False)
    for voice, told in (
        ("af_heart:0.6+am_adam:0.4", "Kokoro's voice af_heart is not on this machine: `e2a-swarm models fetch kokoro`"),
        ("Vivian", "Vivian is a voice of qwen, which is not here: e2a-swarm engines install qwen."),
    ):
        assert main(["voices", "--listen", voice]) == EXIT_USAGE
        assert told in " ".join(capsys.readouterr().err.split())


def test_a_blend_is_heard_in_the_language_of_its_first_voice(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def heard(recipes: list[Recipe], *rest: object) -> AsyncIterator[tuple[Recipe, str]]:
        for recipe in recipes:
            asked.append((recipe.engine, recipe.voice, recipe.language))
            yield recipe, "no weights are here"

    monkeypatch.setattr(kokoro, "voices_here", lambda model: frozenset())
    monkeypatch.setattr("swarm.commands.voices.speak_samples", heard)
    main(["voices", "--listen", "ff_siwis:0.6+af_heart:0.4"])
    assert asked == [("kokoro", "ff_siwis:0.6+af_heart:0.4", "fr")]


def test_voices_that_cannot_be_heard_share_a_line_for_each_engine(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def heard(recipes: list[Recipe], *rest: object) -> AsyncIterator[tuple[Recipe, str]]:
        for recipe in recipes:
            yield recipe, f"{recipe.voice} is out of reach"

    monkeypatch.setattr("swarm.commands.voices.speak_samples", heard)
    assert main(["voices", "--listen", "all", "--language", "pt", "--tts-engine", "espeak"]) == EXIT_ENVIRONMENT
    assert capsys.readouterr().err.splitlines() == ["espeak cannot be heard with pt, pt-br: pt is out of reach"]


def test_without_a_language_voices_and_settings_are_named_in_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    lines = lines_of(capsys, "--tts-engine", "hibari")
    assert "  voices: heart, emma, fenrir, fable, kore; --language CODE or --all describes them" in lines
    settings = "  settings: noise_scale=-1.0, noise_w=-1.0, speed=1.0; --all explains them"
    assert settings in lines_of(capsys, "--tts-engine", "piper")
    assert EMMA in lines_of(capsys, "--tts-engine", "hibari", "--all")


def test_the_voice_that_comes_by_itself_is_the_default_with_class_licence_speed_and_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("E2A_SWARM_MODELS", str(tmp_path / "models"))
    assert main(["voices", "--language", "de"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("(default)")
    assert lines[1] == "  clear; CC0 1.0; 20x real time on a core; 63 MB; fetched by itself before the first book"
    assert main(["voices", "--language", "de", "--json"]) == 0
    told = {each["engine"]: each for each in json.loads(capsys.readouterr().out)["engines"]}
    assert (told["piper"]["realtime_of_a_core"], told["piper"]["download"] > 60e6) == (20, True)
    assert told["espeak"]["download"] == 0
    monkeypatch.setenv("E2A_SWARM_OFFLINE", "1")
    assert main(["voices", "--language", "de"]) == 0
    assert capsys.readouterr().out.startswith("espeak: over 100 languages, robotic (default)")


def test_all_voices_say_three_sentences_of_a_book_the_recommended_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    heard: list[tuple[str, str]] = []

    async def speak(recipes: Sequence[Recipe], text: str, *_: object) -> AsyncIterator[tuple[Recipe, Path]]:
        for recipe in recipes:
            heard.append((f"{recipe.engine} {recipe.language}", text))
            yield recipe, Path(f"{recipe.voice}.flac")

    book = tmp_path / "book.txt"
    book.write_text("Das Haus stand leer. Es war 3 Uhr. Wir gingen hinein. Niemand sprach.", encoding="utf-8")
    monkeypatch.setattr("swarm.commands.voices.speak_samples", speak)
    monkeypatch.setattr(type(find_engine("piper")), "is_ready", lambda engine, language: True)
    lines = lines_of(capsys, "--listen", "all", "--book", str(book), "--language", "de")
    assert heard[0][0] == "piper de"
    assert heard[-1][0] == "espeak de"
    assert {text for _, text in heard} == {"Es war drei Uhr. Wir gingen hinein. Niemand sprach."}
    assert lines[0] == "piper, de_DE-thorsten-medium, recommended: de_DE-thorsten-medium.flac"
    assert not any("recommended" in line for line in lines[1:])
