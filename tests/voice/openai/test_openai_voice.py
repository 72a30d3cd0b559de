"""Voices of a speech server: the trial before the first sentence, and how long a sentence may take."""

import threading

import numpy as np
import pytest
from speech_server import KEY, SpeechServerStandIn

from swarm.job.spec import Recipe
from swarm.voice.engine import EngineFault, FaultKind
from swarm.voice.host.takes import CheckedVoice
from swarm.voice.openai import voice as voices
from swarm.voice.openai.voice import TRIAL_TEXT, open_voice

RECIPE = Recipe("openai", "af_heart", "en", "kokoro")


@pytest.fixture(autouse=True)
def here(server: SpeechServerStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("E2A_SWARM_TTS_SERVER", server.url)
    monkeypatch.setattr(voices, "_tried", set())


def fault_of(recipe: Recipe = RECIPE) -> EngineFault:
    with pytest.raises(EngineFault) as raised:
        open_voice(recipe)
    return raised.value


def test_a_voice_speaks_once_it_was_tried(server: SpeechServerStandIn) -> None:
    voice = open_voice(RECIPE)
    pcm = voice.speak("A plain sentence.", 1)
    assert [request["input"] for request in server.asked] == [TRIAL_TEXT, "A plain sentence."]
    assert pcm.dtype == np.int16 and voice.sample_rate == 24_000


def test_slots_of_one_process_try_a_voice_once(server: SpeechServerStandIn) -> None:
    threads = [threading.Thread(target=open_voice, args=[RECIPE]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.asked) == 1


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_the_rate_is_that_of_the_answer(server: SpeechServerStandIn, rate: int) -> None:
    voice = open_voice(RECIPE)
    server.rate = rate
    clip = CheckedVoice(voice, 1).speak("A plain sentence.", (1,))
    assert clip.info.sample_rate == rate


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (401, FaultKind.UNAVAILABLE),
        (404, FaultKind.UNAVAILABLE),
        (400, FaultKind.UNAVAILABLE),
        ("html", FaultKind.UNAVAILABLE),
        ("garbage", FaultKind.UNAVAILABLE),
        ("redirect", FaultKind.UNAVAILABLE),
        (503, FaultKind.MEMORY),
        (429, FaultKind.MEMORY),
        (500, FaultKind.DEVICE),
        ("drop", FaultKind.DEVICE),
    ],
)
def test_a_server_that_will_not_is_told_from_one_that_cannot_now(
    server: SpeechServerStandIn, fault: str | int, kind: FaultKind
) -> None:
    server.faults = [fault] * 20
    assert fault_of().kind is kind
    server.faults = []
    assert open_voice(RECIPE).speak("Again.", 1).size


def test_a_machine_without_a_server_says_how_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("E2A_SWARM_TTS_SERVER")
    fault = fault_of()
    assert fault.kind is FaultKind.UNAVAILABLE
    assert "--tts-server URL" in str(fault)


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe("openai", "http://inside/voice.wav", "en", "kokoro"),
        Recipe("openai", "af_heart", "en", "../model"),
        Recipe("openai", "af_heart", "en", "kokoro", (("fields", "ref_audio=/etc/passwd"),)),
    ],
)
def test_a_job_cannot_have_the_server_open_files_or_addresses(server: SpeechServerStandIn, recipe: Recipe) -> None:
    assert fault_of(recipe).kind is FaultKind.UNAVAILABLE
    assert server.asked == []


def test_no_job_can_name_a_server(server: SpeechServerStandIn) -> None:
    hostile = Recipe("openai", "af_heart", "en", "kokoro", (("base_url", "http://127.0.0.1:1"), ("url", "http://x")))
    open_voice(hostile).speak("A plain sentence.", 1)
    assert len(server.asked) == 2
    assert all(set(request) == {"input", "response_format", "model", "voice"} for request in server.asked)


def test_a_text_that_the_server_refuses_is_the_texts_fault(server: SpeechServerStandIn) -> None:
    voice = open_voice(RECIPE)
    with pytest.raises(EngineFault, match="422: This text cannot be spoken") as raised:
        voice.speak("An impossible text.", 1)
    assert raised.value.kind is FaultKind.ERROR
    assert voice.speak("Another.", 1).size


def test_after_a_fault_of_the_server_it_has_to_prove_itself(server: SpeechServerStandIn) -> None:
    voice = open_voice(RECIPE)
    server.faults = [500] * 10
    with pytest.raises(EngineFault):
        voice.speak("A plain sentence.", 1)
    assert fault_of().kind is FaultKind.DEVICE  # the trial fails, so the slot rests and no text is blamed


@pytest.mark.parametrize(("fault", "kind"), [("silence", FaultKind.SILENT), ("empty", FaultKind.EMPTY)])
def test_silence_is_spoken_again_with_another_seed(server: SpeechServerStandIn, fault: str, kind: FaultKind) -> None:
    speaker = CheckedVoice(open_voice(RECIPE), 3)
    server.faults = [fault, fault]
    assert speaker.speak("A plain sentence.", (1, 2, 3)).info.takes == 3
    server.faults = [fault] * 3
    with pytest.raises(EngineFault) as raised:
        speaker.speak("A plain sentence.", (1, 2, 3))
    assert raised.value.kind is kind


def test_a_sentence_is_given_up_before_its_coordinator_gives_it_up(
    server: SpeechServerStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = open_voice(RECIPE)
    assert voice._budget_s("x") == voices.FIRST_S
    voice.speak("A plain sentence.", 1)
    assert voice._budget_s("A plain sentence.") == voices.LEAST_S < 20.0
    monkeypatch.setattr(voices, "LEAST_S", 0.2)
    server.faults = ["slow"]
    with pytest.raises(EngineFault, match="did not answer") as raised:
        voice.speak("A plain sentence.", 1)
    assert raised.value.kind is FaultKind.MEMORY


def test_a_slow_server_is_given_time_by_its_own_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    voice = open_voice(RECIPE)
    voice._characters, voice._spent_s = 100.0, 20.0
    assert voice._budget_s("x" * 200) == pytest.approx(120.0)


def test_the_key_is_sent_and_never_told(server: SpeechServerStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    server.key = "another"
    monkeypatch.setenv("E2A_SWARM_TTS_KEY", KEY)
    assert KEY not in str(fault_of())
    server.key = KEY
    assert open_voice(RECIPE).speak("A plain sentence.", 1).size
