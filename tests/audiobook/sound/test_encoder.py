from collections.abc import Sequence
from functools import cache
from itertools import product
from pathlib import Path

import av
import numpy as np
import pytest
from msgspec import structs
from sounds import RATE, decoded, judged, silence, store, tone

from swarm.audiobook.sound.book_binder import Audiobook
from swarm.audiobook.sound.encoder import check_reel, decode, encode, encode_reel, find_gain, probe
from swarm.audiobook.sound.format import FORMATS, Coding, Level, make_coding, read_level
from swarm.audiobook.sound.reel import lay_reel
from swarm.audiobook.sound.reel_file import ReelSound, pack_reel, read_reel
from swarm.audiobook.sound.studio_request import AudiobookRequest, Mark, ReelClip, ReelRequest
from swarm.audiobook.sound.tags import Tags
from swarm.voice.espeak.engine import engine as espeak
from swarm.voice.host.registry import choose_recipe

TWO = (0.35, 2.0)
LEAD_SAMPLES = 1024


def decoded_reel(reel: ReelSound) -> np.ndarray:
    return decode(reel.head.extradata, reel.packets, reel.head.coding)


def test_clips_are_heard_where_they_were_laid(tmp_path: Path) -> None:
    clips = (store(tmp_path, tone(0.5), "a"), store(tmp_path, tone(0.3), "b"))
    done = encode_reel(ReelRequest(clips, TWO, RATE, 0.0, tmp_path / "a.reel"))
    layout = lay_reel([clip.info.samples for clip in clips], TWO, RATE, 1024 / RATE)
    heard = decoded_reel(read_reel(done.path))
    assert done.samples == heard.size == -(-layout.samples // 1024) * 1024
    assert done.bytes == done.path.stat().st_size
    level = np.abs(heard)
    for clip, start in zip(clips, layout.starts, strict=True):
        assert level[start + 480 : start + 1000].max() == pytest.approx(0.3, rel=0.1)
        assert level[start + clip.info.samples + 600 :][: RATE // 5].max() < 0.003


def test_a_reel_begins_and_ends_in_silence(tmp_path: Path) -> None:
    order = ReelRequest((store(tmp_path, tone(0.5)),), (0.15,), RATE, 0.0, tmp_path / "a.reel")
    heard = np.abs(decoded_reel(read_reel(encode_reel(order).path)))
    assert heard[: LEAD_SAMPLES // 2].max() < 0.003
    assert heard[-LEAD_SAMPLES:].max() < 0.003


def test_the_gain_is_applied_and_peaks_stay_in_bounds(tmp_path: Path) -> None:
    clip = store(tmp_path, np.concatenate([tone(0.5, level=0.1), silence(0.2), tone(0.5, level=0.9)]))
    heard = np.abs(decoded_reel(read_reel(encode_reel(ReelRequest((clip,), TWO[1:], RATE, 6.02, tmp_path / "a")).path)))
    assert heard[LEAD_SAMPLES + 2400 : LEAD_SAMPLES + 9600].max() == pytest.approx(0.2, rel=0.05)
    assert 0.7 < heard.max() < 0.95


def test_a_missing_clip_leaves_its_pause(tmp_path: Path) -> None:
    clip = store(tmp_path, tone(0.5))
    pauses = (0.35, 0.35, 2.0)
    done = encode_reel(ReelRequest((clip, None, clip), pauses, RATE, 0.0, tmp_path / "a.reel"))
    assert done.faults == ()
    laid = lay_reel([clip.info.samples, 0, clip.info.samples], pauses, RATE, 1024 / RATE)
    assert done.samples == -(-laid.samples // 1024) * 1024


def test_damaged_clips_are_named_and_nothing_is_written(tmp_path: Path) -> None:
    clip = store(tmp_path, tone(0.5))
    gone = ReelClip(tmp_path / "gone.flac", clip.info)
    changed = ReelClip(clip.path, structs.replace(clip.info, digest="0" * 64))
    order = ReelRequest((gone, clip, changed), (0.35,) * 3, RATE, 0.0, tmp_path / "a.reel")
    done = encode_reel(order)
    assert [position for position, _ in done.faults] == [0, 2]
    assert "gone.flac" in done.faults[0][1]
    assert not order.target.exists()


def test_the_same_clips_make_the_same_bytes(tmp_path: Path) -> None:
    clip = store(tmp_path, tone(0.5))
    for folder in ("a", "b"):  # a reel carries its own name
        (tmp_path / folder).mkdir()
        encode_reel(ReelRequest((clip,), (2.0,), RATE, 3.0, tmp_path / folder / "reel"))
    assert (tmp_path / "a" / "reel").read_bytes() == (tmp_path / "b" / "reel").read_bytes()


def test_every_common_rate_gives_a_packet_a_frame() -> None:
    for rate in [8000, 16000, 22050, 24000, 44100, 48000]:
        _, packets = encode(np.zeros(5 * 1024, np.float32), Coding(sample_rate=rate))
        assert len(packets) == 5, rate


@cache
def spoken() -> tuple[np.ndarray, int]:
    """Half a minute of a voice, and its rate in Hz."""
    voice = espeak.open(choose_recipe("en", engine="espeak"), "cpu")
    return np.concatenate(
        [voice.speak(f"This is sentence {n}, and it says {n * 7} things.", 1) for n in range(9)]
    ), 22050


def as_heard(folder: Path, name: str, loudness: str, coding: Coding) -> tuple[float, float]:
    """Loudness in LUFS and the true peak in dB of the voice in a finished file, by another meter."""
    voice, voice_rate = spoken()
    clip = store(folder, voice, "a", voice_rate)
    order = ReelRequest((clip,), (0.0,), voice_rate, 0.0, folder / "a.reel", coding, read_level(loudness))
    done = encode_reel(structs.replace(order, gain_db=find_gain(order).gain_db))
    book = Audiobook(AudiobookRequest(folder / ".part", Tags("T"), FORMATS[name].family, coding))
    book.append_reel(done.path)
    path = book.finish_file([Mark("One", 0)], folder / f"a.{name}").path
    with av.open(str(path)) as container:
        rate = container.streams.audio[0].rate
        frames = [f.to_ndarray().reshape(-1) for f in container.decode(audio=0)]
    sound = np.concatenate(frames)
    return judged(sound / np.float32(32768) if sound.dtype == np.int16 else sound, rate)


ONCE = {("m4b", "-18"), ("mp3", "acx"), ("opus", "-16"), ("flac", "-18")}  # each format and each loudness


@pytest.mark.parametrize(
    ("name", "loudness"),
    [
        pytest.param(*pair, marks=[] if pair in ONCE else [pytest.mark.slow])
        for pair in product(("m4b", "mp3", "opus", "flac"), ("-18", "-16", "acx"))
    ],
)
def test_what_is_heard_is_as_loud_as_asked_and_no_peak_passes_by_another_meter(
    tmp_path: Path, name: str, loudness: str
) -> None:
    level = read_level(loudness)
    found_lufs, peak_db = as_heard(tmp_path, name, loudness, make_coding(name, spoken()[1]))
    # the buzz of this voice is more than Opus holds at its usual rate
    assert found_lufs == pytest.approx(level.target_lufs, abs=1.0 if name == "opus" else 0.5)
    assert peak_db <= level.peak_db + 0.1


@pytest.mark.parametrize(
    ("name", "bitrate", "sample_rate"),
    [("mp3", 320_000, 48_000), ("opus", 96_000, 48_000)],
)
def test_at_high_bit_rates_coders_turn_down_less_and_that_is_reckoned_with(
    tmp_path: Path, name: str, bitrate: int, sample_rate: int
) -> None:
    found_lufs, peak_db = as_heard(tmp_path, name, "-18", make_coding(name, spoken()[1], sample_rate, 1, bitrate))
    assert found_lufs == pytest.approx(-18, abs=0.4 if name == "opus" else 0.3)
    assert peak_db <= -1.9


@cache
def hissing() -> np.ndarray:
    """Six seconds of noise whose highest sounds come close to half the rate, as sharp consonants of some voices do."""
    spectrum = np.fft.rfft(np.random.default_rng(1).standard_normal(6 * RATE))
    pitches = np.fft.rfftfreq(6 * RATE, 1 / RATE)

    def band(low_hz: float, high_hz: float) -> np.ndarray:
        sound = np.fft.irfft(np.where((pitches >= low_hz) & (pitches <= high_hz), spectrum, 0), 6 * RATE)
        return sound / np.abs(sound).max()

    bursts = np.convolve(np.sin(np.arange(6 * RATE) / RATE * 7) > 0.6, np.hanning(400) / 200, "same")
    return (32767 * (0.45 * band(100, 4000) + 0.5 * bursts * band(9000, 11800))).astype(np.int16)


@pytest.mark.parametrize(
    ("name", "bitrate"), [("flac", 0), ("m4b", 0), ("mp3", 0), ("mp3", 32_000), ("opus", 0), ("opus", 16_000)]
)
def test_peaks_keep_to_the_bound_in_the_finished_file_whatever_coding_adds(
    tmp_path: Path, name: str, bitrate: int
) -> None:
    coding = make_coding(name, RATE, bitrate=bitrate)
    reel = encode_reel(ReelRequest((store(tmp_path, hissing()),), (0.5,), RATE, 6.0, tmp_path / "a.reel", coding))
    book = Audiobook(AudiobookRequest(tmp_path / ".part", Tags("T"), FORMATS[name].family, coding, b""))
    book.append_reel(reel.path)
    sound = decoded(book.finish_file([Mark("One", 0)], tmp_path / f"a.{name}").path)
    heard = sound / np.float32(32768) if sound.dtype == np.int16 else sound
    _, peak_db = judged(heard, 48_000 if name == "opus" else RATE)
    assert peak_db <= -1.95
    assert peak_db > -3.5  # it is not simply turned down


def test_peaks_are_looked_for_only_where_coding_could_bring_them_out_of_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[int] = []

    def counted(extradata: bytes, packets: Sequence[bytes], coding: Coding) -> np.ndarray:
        heard.append(len(packets))
        return decode(extradata, packets, coding)

    monkeypatch.setattr("swarm.audiobook.sound.encoder.decode", counted)
    for loud_s, frames in ((0.0, 0), (0.5, 14)):  # 12 frames of half a second, and one before them and behind
        clip = store(tmp_path, np.concatenate([tone(3, level=0.1), tone(loud_s, level=0.7)]), f"{loud_s}")
        reel = read_reel(encode_reel(ReelRequest((clip,), (0.5,), RATE, 0.0, tmp_path / "a.reel")).path)
        assert sum(heard) <= frames < reel.head.packets / 4


@pytest.mark.parametrize("name", ["m4b", "mp3", "opus"])
@pytest.mark.parametrize("channels", [1, 2])
def test_what_is_decoded_for_the_check_is_what_was_encoded(name: str, channels: int) -> None:
    coding = make_coding(name, 48_000, channels=channels)
    tone = 0.5 * np.sin(np.arange(100 * coding.frame_samples) * 2 * np.pi * 440 / 48_000).astype(np.float32)
    heard = decode(*encode(tone, coding), coding)
    assert heard.size == pytest.approx(tone.size, abs=coding.frame_samples)
    assert np.abs(heard[tone.size // 2 :]).max() == pytest.approx(0.5, abs=0.03)


def test_the_preset_for_acx_keeps_to_its_bounds(tmp_path: Path) -> None:
    """RMS of -23 to -18 dB, peaks under -3 dB, pauses under -60 dB; 192 kbit/s at 44.1 kHz is what it takes."""
    voice, voice_rate = spoken()
    coding = make_coding("mp3", voice_rate, sample_rate=44_100, bitrate=192_000)
    clip = store(tmp_path, voice, "a", voice_rate)
    order = ReelRequest((clip, clip), (1.5, 0.0), voice_rate, 0.0, tmp_path / "a.reel", coding, read_level("acx"))
    done = encode_reel(structs.replace(order, gain_db=find_gain(order).gain_db))
    book = Audiobook(AudiobookRequest(tmp_path / ".part", Tags("T"), "mp3", coding))
    book.append_reel(done.path)
    sound = decoded(book.finish_file([Mark("One", 0)], tmp_path / "a.mp3").path).astype(np.float64)
    assert -23 <= 10 * np.log10(np.square(sound).mean()) <= -18
    assert 20 * np.log10(np.abs(sound).max()) < -3
    middle = round((clip.info.samples / voice_rate + 0.25) * 44_100)
    assert 10 * np.log10(np.square(sound[middle : middle + 44_100]).mean() + 1e-12) < -60


def came(tmp_path: Path, ending: str, **changes: object) -> tuple[ReelRequest, bytes]:
    """Return a request, and the file that a worker made of the same clips, with some of its head or packets changed."""
    clips = (store(tmp_path, tone(0.5), "a"), store(tmp_path, tone(0.3), "b"))
    coding = make_coding(ending, RATE)
    asked = ReelRequest(clips, TWO, RATE, 3.0, tmp_path / "there" / "a.reel", coding)
    reel = read_reel(encode_reel(asked).path)
    packets = changes.pop("packets", lambda packets: packets)(reel.packets)  # type: ignore[operator]
    data = pack_reel(structs.replace(reel.head, packets=len(packets), **changes), packets)
    return structs.replace(asked, target=tmp_path / "here" / "a.reel"), data


@pytest.mark.parametrize("name", ["m4b", "mp3", "opus", "flac"])
@pytest.mark.parametrize("whole", [False, True])
def test_a_reel_of_a_worker_is_put_in_its_place(tmp_path: Path, name: str, whole: bool) -> None:
    asked, data = came(tmp_path, name)
    done = check_reel(asked, data, whole=whole)
    assert (done.misfit, asked.target.read_bytes() == data, done.bytes) == ("", True, len(data))
    assert done.samples == read_reel(asked.target).head.samples


@pytest.mark.parametrize(
    "changes",
    [
        {"packets": lambda packets: packets[:-1]},
        {"packets": lambda packets: (*packets[:-1], b"")},
        {"samples": 1024},
        {"extradata": b"other"},
        {"name": "b.reel"},
        {"coding": Coding(bitrate=32_000)},
    ],
    ids=["short", "empty packet", "samples", "extradata", "name", "coding"],
)
def test_a_reel_of_another_form_is_not_taken(tmp_path: Path, changes: dict[str, object]) -> None:
    asked, data = came(tmp_path, "m4b", **changes)
    assert check_reel(asked, data, whole=False).misfit
    assert check_reel(asked, data[:-1], whole=False).misfit
    assert not asked.target.exists()


def test_a_reel_of_another_sound_is_found_when_it_is_compared(tmp_path: Path) -> None:
    asked, data = came(tmp_path, "m4b", packets=lambda packets: packets[::-1])
    assert not check_reel(asked, data, whole=False).misfit
    assert check_reel(structs.replace(asked, target=asked.target.with_name("c.reel")), data, whole=True).misfit
    asked, data = came(tmp_path, "m4b", packets=lambda packets: packets[::-1])
    assert check_reel(asked, data, whole=True).misfit


def test_a_compared_reel_names_the_clips_that_are_damaged_here(tmp_path: Path) -> None:
    asked, data = came(tmp_path, "m4b")
    assert asked.clips[0]
    asked.clips[0].path.write_bytes(b"gone")
    assert [position for position, _ in check_reel(asked, data, whole=True).faults] == [0]


def test_an_encoder_is_known_by_what_it_makes_of_a_known_sound() -> None:
    usual = probe(Coding(), Level(), RATE)
    assert usual == probe.__wrapped__(Coding(), Level(), RATE)
    assert len({usual, probe(Coding(bitrate=32_000), Level(), RATE), probe(Coding(), Level(None, -6.0), RATE)}) == 3
