from pathlib import Path

import av
import numpy as np
import pytest
from sounds import RATE, silence, store, tone

from swarm.audio.encoder import encode, encode_reel
from swarm.audio.format import Coding
from swarm.audio.order import ReelClip, ReelOrder, gain_db
from swarm.audio.reel import lay_reel
from swarm.audio.reel_file import ReelSound, read_reel
from swarm.voice.card import EngineCard

TWO = (0.35, 2.0)
LEAD_SAMPLES = 1024


def decode(reel: ReelSound) -> np.ndarray:
    decoder = av.CodecContext.create("aac", "r")
    decoder.extradata = reel.head.extradata
    frames = [frame for data in reel.packets for frame in decoder.decode(av.Packet(data))]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def test_clips_are_heard_where_they_were_laid(tmp_path: Path) -> None:
    clips = (store(tmp_path, tone(0.5), "a"), store(tmp_path, tone(0.3), "b"))
    done = encode_reel(ReelOrder(clips, TWO, RATE, 0.0, tmp_path / "a.reel"))
    layout = lay_reel([clip.samples for clip in clips], TWO, RATE, 1024 / RATE)
    heard = decode(read_reel(done.path))
    assert done.samples == heard.size == -(-layout.samples // 1024) * 1024
    assert done.bytes == done.path.stat().st_size
    level = np.abs(heard)
    for clip, start in zip(clips, layout.starts, strict=True):
        assert level[start + 480 : start + 1000].max() == pytest.approx(0.3, rel=0.1)
        assert level[start + clip.samples + 600 :][: RATE // 5].max() < 0.003


def test_a_reel_begins_and_ends_in_silence(tmp_path: Path) -> None:
    order = ReelOrder((store(tmp_path, tone(0.5)),), (0.15,), RATE, 0.0, tmp_path / "a.reel")
    heard = np.abs(decode(read_reel(encode_reel(order).path)))
    assert heard[: LEAD_SAMPLES // 2].max() < 0.003
    assert heard[-LEAD_SAMPLES:].max() < 0.003


def test_the_gain_is_applied_and_peaks_stay_in_bounds(tmp_path: Path) -> None:
    clip = store(tmp_path, np.concatenate([tone(0.5, level=0.1), silence(0.2), tone(0.5, level=0.9)]))
    heard = np.abs(decode(read_reel(encode_reel(ReelOrder((clip,), TWO[1:], RATE, 6.02, tmp_path / "a")).path)))
    assert heard[LEAD_SAMPLES + 2400 : LEAD_SAMPLES + 9600].max() == pytest.approx(0.2, rel=0.05)
    assert 0.7 < heard.max() < 0.95


def test_a_missing_clip_leaves_its_pause(tmp_path: Path) -> None:
    clip = store(tmp_path, tone(0.5))
    pauses = (0.35, 0.35, 2.0)
    done = encode_reel(ReelOrder((clip, None, clip), pauses, RATE, 0.0, tmp_path / "a.reel"))
    assert done.faults == ()
    assert (
        done.samples == -(-lay_reel([clip.samples, 0, clip.samples], pauses, RATE, 1024 / RATE).samples // 1024) * 1024
    )


def test_damaged_clips_are_named_and_nothing_is_written(tmp_path: Path) -> None:
    clip = store(tmp_path, tone(0.5))
    gone = ReelClip(tmp_path / "gone.flac", clip.digest, clip.samples)
    changed = ReelClip(clip.path, "0" * 64, clip.samples)
    order = ReelOrder((gone, clip, changed), (0.35,) * 3, RATE, 0.0, tmp_path / "a.reel")
    done = encode_reel(order)
    assert [position for position, _ in done.faults] == [0, 2]
    assert "gone.flac" in done.faults[0][1]
    assert not order.target.exists()


def test_the_same_clips_make_the_same_bytes(tmp_path: Path) -> None:
    clip = store(tmp_path, tone(0.5))
    for name in ("a", "b"):
        encode_reel(ReelOrder((clip,), (2.0,), RATE, 3.0, tmp_path / name))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 24000, 44100, 48000])
def test_every_common_rate_gives_a_packet_a_frame(rate: int) -> None:
    _, packets = encode(np.zeros(5 * 1024, np.float32), Coding(sample_rate=rate))
    assert len(packets) == 5


def test_a_voice_of_any_loudness_is_brought_to_the_same() -> None:
    card = EngineCard("e", "", ("en",), (), (("", 300),), (), loudness_lufs=-26.7)
    assert card.loudness_lufs + gain_db(card.loudness_lufs) == pytest.approx(-18.0)
