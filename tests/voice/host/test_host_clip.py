import numpy as np
import pytest
from sounds import RATE, decode, silence, tone

from swarm.voice.engine import EngineFault, FaultKind, Pcm
from swarm.voice.host.takes import make_clip


def test_silence_around_the_sound_is_trimmed_and_the_sound_is_kept() -> None:
    sound = make_clip(np.concatenate([silence(0.4), tone(1.0), silence(0.7)]), RATE, "ten letters")
    assert 1.0 <= sound.info.samples / RATE <= 1.06
    pcm = decode(sound.frame)
    assert pcm.size == sound.info.samples
    assert np.abs(pcm).max() > 9000


def test_quiet_consonants_at_the_end_are_not_trimmed() -> None:
    loud, hiss = tone(0.5), tone(0.2, level=0.3 / 30, pitch_hz=6000)  # the hiss is 30 dB below the vowel
    sound = make_clip(np.concatenate([loud, hiss, silence(0.5)]), RATE, "yes")
    assert sound.info.samples / RATE >= 0.7


def test_silence_inside_is_kept() -> None:
    sound = make_clip(np.concatenate([tone(0.3), silence(1.0), tone(0.3)]), RATE, "yes, no")
    assert sound.info.samples / RATE == pytest.approx(1.6, abs=0.05)


def test_a_clip_begins_and_ends_without_a_step() -> None:
    pcm = decode(make_clip(np.full(RATE, 12000, np.int16), RATE, "steady").frame)
    assert abs(int(pcm[0])) < 400
    assert abs(int(pcm[-1])) < 400
    assert np.abs(np.diff(pcm.astype(int))).max() < 400


def test_the_same_sound_makes_the_same_clip() -> None:
    assert make_clip(tone(0.5), RATE, "same") == make_clip(tone(0.5), RATE, "same")


@pytest.mark.parametrize(
    ("pcm", "text", "kind"),
    [
        (silence(0), "hello", FaultKind.EMPTY),
        (silence(2), "hello", FaultKind.SILENT),
        (tone(2, level=0.0005), "hello", FaultKind.SILENT),
        (tone(20), "No.", FaultKind.IMPLAUSIBLE),
        (tone(0.05), "A sentence of many words, " * 20, FaultKind.IMPLAUSIBLE),
    ],
)
def test_what_is_no_speech_is_an_engine_fault(pcm: Pcm, text: str, kind: FaultKind) -> None:
    with pytest.raises(EngineFault) as raised:
        make_clip(pcm, RATE, text)
    assert raised.value.kind is kind


@pytest.mark.parametrize(
    ("length_s", "text"),
    [
        (12.0, "1,234,567,890"),
        (3.0, "XLVIII"),
        (0.15, "I"),
        (1.2, "A sentence that a rehearsal says in no time. " * 12),
    ],
)
def test_odd_but_honest_lengths_pass(length_s: float, text: str) -> None:
    assert make_clip(tone(length_s), RATE, text).info.samples > 0


def test_the_shortest_sound_becomes_a_clip() -> None:
    assert make_clip(tone(0.002), RATE, "").info.samples == 48
    assert make_clip(tone(0.001), RATE, "1").info.samples == 24  # too short to fade


def test_sound_of_many_gigabytes_is_refused_before_any_copy_of_it() -> None:
    endless = np.broadcast_to(np.int16(9000), (10**11,))  # takes no memory itself
    with pytest.raises(EngineFault) as fault:
        make_clip(endless, RATE, "ten letters")
    assert fault.value.kind is FaultKind.IMPLAUSIBLE
