"""The sound of a guest beside the voice that reads the book."""

import numpy as np
import pytest

from swarm.voice.engine import EngineFault, FaultKind, Pcm, SpokenLine, TimedSound
from swarm.voice.host.other_voices import MAX_PEAK, MatchedVoice, loudness_db


class Hum:
    """A voice whose every sentence is a second of one tone, with a word at each half of a second."""

    def __init__(self, sample_rate: int, height: int) -> None:
        self.sample_rate, self.height = sample_rate, height
        self.told: list[SpokenLine] = []

    def speak(self, text: str, seed: int) -> Pcm:
        return self.speak_timed(SpokenLine(text, seed)).pcm

    def speak_timed(self, line: SpokenLine) -> TimedSound:
        self.told.append(line)
        if self.height == 0:
            raise EngineFault(FaultKind.ERROR, "no voice")
        tone = np.sin(np.arange(self.sample_rate) * 440 * 2 * np.pi / self.sample_rate) * self.height
        return TimedSound(tone.astype(np.int16), [(0, 0), (4, self.sample_rate // 2)])


@pytest.mark.parametrize(("height", "host_height"), [(1_000, 9_000), (20_000, 3_000), (5_000, 5_000)])
def test_a_guest_has_the_rate_and_the_loudness_of_the_book_s_voice(height: int, host_height: int) -> None:
    guest, host = Hum(22_050, height), Hum(24_000, host_height)
    voice = MatchedVoice(guest, "fr", host, "en")
    assert voice.sample_rate == 24_000
    sound = voice.speak_timed(SpokenLine("Oui, oui.", 7, (), "fr"))
    assert abs(sound.pcm.size - 24_000) <= 50
    assert sound.words == [(0, 0), (4, 12_000)]
    assert guest.told[-1] == SpokenLine("Oui, oui.", 7)  # the guest's own language
    assert loudness_db(voice, "fr") == pytest.approx(loudness_db(host, "en"), abs=0.6)


def test_a_guest_is_never_louder_than_sound_can_be() -> None:
    voice = MatchedVoice(Hum(24_000, 10_000), "fr", Hum(24_000, 32_767), "en")
    assert np.abs(voice.speak("Oui.", 1)).max() <= MAX_PEAK
    assert MatchedVoice(Hum(24_000, 1), "fr", Hum(24_000, 32_767), "en").speak("Oui.", 1).max() < 20  # 24 dB at most


def test_a_fault_of_either_voice_is_told() -> None:
    for guest, host in ((Hum(24_000, 0), Hum(24_000, 9)), (Hum(24_000, 9), Hum(24_000, 0))):
        with pytest.raises(EngineFault, match="no voice"):
            MatchedVoice(guest, "fr", host, "en")
