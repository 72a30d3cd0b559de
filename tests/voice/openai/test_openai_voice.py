"""Voices of a speech server: the trial before the first sentence, and how long a sentence may take."""

import io
import struct
import threading

import numpy as np
import pytest
import soundfile
from speech_server import KEY, SpeechServerStandIn

from swarm.job.spec import Recipe
from swarm.voice.engine import EngineFault, FaultKind
from swarm.voice.host.takes import CheckedVoice
from swarm.voice.openai import voice
from swarm.voice.openai import voice as voices
from swarm.voice.openai.voice import TRIAL_TEXT, decode, open_voice

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


TEXT = "A plain sentence of forty-five characters ..."


@pytest.mark.parametrize(
    ("kind", "channels"),
    [("wav", 1), ("flac", 1), ("mp3", 1), ("opus", 1), ("pcm", 1), ("wav", 2), ("flac", 2), ("mp3", 2), ("opus", 2)],
)
def test_every_format_is_decoded_and_both_sides_are_mixed(
    server: SpeechServerStandIn, kind: str, channels: int
) -> None:
    server.channels = channels
    pcm, rate = decode(server.sound(TEXT, kind), "application/octet-stream", kind, 24_000)
    assert rate == 24_000
    assert pcm.dtype == np.int16 and pcm.ndim == 1
    assert len(pcm) / rate == pytest.approx(0.06 * len(TEXT), abs=0.1)
    assert np.abs(pcm).max() == pytest.approx(8000 / channels, rel=0.15)


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 44_100, 48_000, 96_000])
def test_any_rate_is_kept(server: SpeechServerStandIn, rate: int) -> None:
    server.rate = rate
    pcm, found = decode(server.sound(TEXT, "wav"), "audio/wav", "wav", 24_000)
    assert found == rate
    assert pcm.tobytes() == server.sound(TEXT, "pcm")  # bit by bit


@pytest.mark.parametrize("length", [0xFFFFFFFF, 0x7FFFFFFF, 2_000_000_000, 0])
def test_a_stream_with_a_placeholder_for_its_length_is_read_to_its_end(
    server: SpeechServerStandIn, length: int
) -> None:
    whole = server.sound(TEXT, "pcm")
    server.length = length
    assert decode(server.sound(TEXT, "wav"), "audio/wav", "wav", 24_000)[0].tobytes() == whole


@pytest.mark.parametrize("kind", ["wav", "flac", "pcm"])
def test_a_file_that_is_cut_off_is_a_fault_of_the_server(server: SpeechServerStandIn, kind: str) -> None:
    whole = server.sound(TEXT, kind)
    with pytest.raises(EngineFault) as raised:
        decode(whole[: len(whole) // 4 * 2 + 1], "audio/x", kind, 24_000)
    assert raised.value.kind is FaultKind.DEVICE


def test_chunks_of_a_wav_file_that_are_no_sound_are_passed_over(server: SpeechServerStandIn) -> None:
    whole = server.sound(TEXT, "wav")
    told = (
        whole[:36] + b"LIST" + struct.pack("<I", 5) + b"abcde\0" + whole[36:] + b"LIST" + struct.pack("<I", 2) + b"xy"
    )
    assert decode(told, "audio/wav", "wav", 24_000)[0].tobytes() == server.sound(TEXT, "pcm")


@pytest.mark.parametrize(("subtype", "peak"), [("FLOAT", 0.5), ("PCM_24", 0.5), ("PCM_U8", 0.5), ("ULAW", 0.5)])
def test_samples_of_other_kinds_are_converted(subtype: str, peak: float) -> None:
    file = io.BytesIO()
    soundfile.write(file, np.full(8000, peak, np.float32), 8000, format="WAV", subtype=subtype)
    pcm, _ = decode(file.getvalue(), "audio/wav", "wav", 24_000)
    assert np.abs(pcm - peak * 32767).max() < 600


def test_samples_that_are_no_numbers_are_refused() -> None:
    file = io.BytesIO()
    soundfile.write(file, np.full(800, np.nan, np.float32), 8000, format="WAV", subtype="FLOAT")
    with pytest.raises(EngineFault) as raised:
        decode(file.getvalue(), "audio/wav", "wav", 24_000)
    assert raised.value.kind is FaultKind.NONFINITE


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", FaultKind.EMPTY),
        (b"<html>It works</html>", FaultKind.DEVICE),
        (b"RIFF", FaultKind.DEVICE),
        (b"RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\xff", FaultKind.DEVICE),
        (b"fLaC" + bytes(60), FaultKind.DEVICE),
        (b"OggS" + bytes(60), FaultKind.DEVICE),
        (b"\x00garbage" * 99, FaultKind.DEVICE),
    ],
)
def test_what_is_no_sound_is_a_fault_of_the_server(body: bytes, kind: FaultKind) -> None:
    with pytest.raises(EngineFault) as raised:
        decode(body, "audio/wav", "wav", 24_000)
    assert raised.value.kind is kind


def test_bare_samples_have_the_rate_that_the_server_says(server: SpeechServerStandIn) -> None:
    body = server.sound(TEXT, "pcm")
    assert decode(body, "audio/L16; rate=16000; channels=1", "wav", 24_000)[1] == 16_000
    assert decode(body, "audio/pcm", "pcm", 22_050)[1] == 22_050
    with pytest.raises(EngineFault, match="999 Hz"):
        decode(body, "audio/pcm; rate=0999", "pcm", 24_000)


def test_a_server_that_sends_wav_instead_of_bare_samples_is_understood(server: SpeechServerStandIn) -> None:
    assert decode(server.sound(TEXT, "wav"), "audio/pcm", "pcm", 8000)[1] == 24_000


def test_sound_without_end_is_implausible(server: SpeechServerStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice, "MAX_SOUND_S", 1.0)
    with pytest.raises(EngineFault) as raised:
        decode(server.sound(TEXT, "flac"), "audio/flac", "flac", 24_000)
    assert raised.value.kind is FaultKind.IMPLAUSIBLE
