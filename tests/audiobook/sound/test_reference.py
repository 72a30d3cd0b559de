"""Recordings to speak like: what is refused, what is cut, and that the same gives the same."""

import io
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from swarm.audiobook.sound.reference import MAX_S, RATE, read_reference
from swarm.errors import UsageError


def tone(seconds: float, rate: int = 44_100, peak: int = 9_000) -> np.ndarray:
    samples = np.arange(round(seconds * rate))
    return (np.sin(samples * 2 * np.pi * 220 / rate) * peak).astype(np.int16)


def silence(seconds: float, rate: int = 44_100) -> np.ndarray:
    return np.zeros(round(seconds * rate), np.int16)


def write(path: Path, sound: np.ndarray, codec: str = "", rate: int = 44_100, layout: str = "mono") -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec or "pcm_s16le", rate=rate, layout=layout)
        channels = 2 if layout == "stereo" else 1
        for begin in range(0, len(sound), 1024):
            block = np.repeat(sound[begin : begin + 1024], channels).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout=layout)
            frame.rate = rate
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def heard(wav: bytes) -> np.ndarray:
    with wave.open(io.BytesIO(wav)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


@pytest.mark.parametrize(("name", "codec"), [("a.wav", ""), ("a.flac", "flac"), ("a.m4a", "aac"), ("a.mp3", "mp3")])
def test_any_format_becomes_the_same_kind_of_file_every_time(tmp_path: Path, name: str, codec: str) -> None:
    path = write(tmp_path / name, tone(2), codec, layout="stereo")
    wav = read_reference(path)
    assert len(heard(wav)) / RATE == pytest.approx(2, abs=0.1)
    assert wav == read_reference(path)


def test_the_silence_around_it_goes_and_a_little_stays(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", np.concatenate([silence(2), tone(2), silence(3)]))
    assert len(heard(read_reference(path))) / RATE == pytest.approx(2.2, abs=0.1)


def test_a_long_one_is_cut_at_a_pause(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", np.concatenate([tone(28.5), silence(0.5), tone(10)]))
    assert len(heard(read_reference(path))) / RATE == pytest.approx(28.7, abs=0.3)


def test_a_long_one_without_a_pause_is_cut_all_the_same(tmp_path: Path) -> None:
    assert len(heard(read_reference(write(tmp_path / "a.wav", tone(40))))) <= MAX_S * RATE


@pytest.mark.parametrize(
    ("sound", "why"),
    [(tone(0.5), "0.5 s"), (silence(3), "silent"), (tone(3, peak=50), "silent")],
)
def test_what_nobody_could_speak_like_is_refused(tmp_path: Path, sound: np.ndarray, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        read_reference(write(tmp_path / "a.wav", sound))


@pytest.mark.parametrize("data", [b"", b"not a sound" * 100, b"RIFF\0\0\0\0WAVEfmt "])
def test_what_is_no_sound_is_refused_in_one_sentence(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(data)
    with pytest.raises(UsageError, match="--voice") as error:
        read_reference(path)
    assert "\n" not in str(error.value)


def test_a_broken_one_is_refused_or_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", tone(3), "flac")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(UsageError, match="--voice"):
        read_reference(path)


def test_one_that_is_far_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm.audiobook.sound.reference.MAX_FILE_S", 2.0)
    with pytest.raises(UsageError, match="minutes long"):
        read_reference(write(tmp_path / "a.wav", tone(3)))


def test_one_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_reference(tmp_path / "gone.wav")
