"""What servers send as sound: formats, rates, channels, and files that are none."""

import io
import struct

import numpy as np
import pytest
import soundfile
from speech_server import SpeechServerStandIn

from swarm.voice.engine import EngineFault, FaultKind
from swarm.voice.openai import voice
from swarm.voice.openai.voice import decode

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
