"""A guest in an engine's process: its sound gets the sample rate and the loudness of the voice that reads the book."""

import numpy as np

from swarm.voice.engine import EngineFault, Pcm, Sound, SpokenLine, TimedSound, Voice
from swarm.voice.host.sentences import sentence
from swarm.voice.host.takes import sound_of
from swarm.voice.pcm import check_pcm

MAX_GAIN_DB = 24.0  # either way, so that a voice that whispers one sentence is not made a shout
MAX_PEAK = 32_000  # full scale is 32767

_FRAME_S = 0.05
_SPEECH = 10 ** (-25 / 20)  # frames are speech down to 25 dB below the loudest one
_SEED = 1


class GuestVoice:
    """A voice of another engine beside that of the job. It speaks one language, whatever a line says."""

    def __init__(self, voice: Voice, language: str, host: Voice, host_language: str) -> None:
        """Have both voices speak a sentence to compare their loudness. Raises EngineFault."""
        self._voice, self.sample_rate = voice, host.sample_rate
        gain_db = loudness_db(host, host_language) - loudness_db(voice, language)
        # Whole decibels, since the sums of another machine may differ in the last digits.
        self._gain = 10 ** (round(min(MAX_GAIN_DB, max(-MAX_GAIN_DB, gain_db))) / 20)

    def speak(self, text: str, seed: int) -> Pcm:
        """Speak one segment. Raises EngineFault."""
        return self.speak_timed(SpokenLine(text, seed)).pcm

    def speak_timed(self, line: SpokenLine) -> TimedSound:
        """Speak one segment, and tell when its words begin if the voice does. Raises EngineFault."""
        pcm, words = _heard(sound_of(self._voice, SpokenLine(line.text, line.seed, line.phonemes)))
        ratio = self.sample_rate / self._voice.sample_rate
        gain = min(self._gain, MAX_PEAK / max(1, int(np.abs(pcm.astype(np.int32)).max(initial=0))))
        louder = np.rint(pcm * gain).astype(np.int16)
        placed = [(character, round(sample * ratio)) for character, sample in words]
        return TimedSound(_resample(louder, self._voice.sample_rate, self.sample_rate), placed)


def loudness_db(voice: Voice, language: str) -> float:
    """Return the level of a voice's speech in a sentence, in dB of full scale. Raises EngineFault."""
    pcm, _ = _heard(sound_of(voice, SpokenLine(sentence(language), _SEED)))
    size = max(1, round(_FRAME_S * voice.sample_rate))
    frames = np.square(pcm[: pcm.size // size * size].reshape(-1, size) / 32_768).mean(axis=1)
    speech = frames[frames > frames.max(initial=0) * _SPEECH**2]
    return float(10 * np.log10(speech.mean())) if speech.size else 0.0


def _heard(sound: Sound) -> tuple[Pcm, list[tuple[int, int]]]:
    if isinstance(sound, EngineFault):
        raise sound
    words = list(sound.words) if isinstance(sound, TimedSound) else []
    return check_pcm(sound.pcm if isinstance(sound, TimedSound) else sound), words


def _resample(pcm: Pcm, rate: int, target_rate: int) -> Pcm:
    if rate == target_rate or not pcm.size:
        return pcm
    import av  # the environments of engines, in which this module is loaded too, lack it

    frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = rate
    resampler = av.AudioResampler(format="s16", layout="mono", rate=target_rate)
    parts = [part.to_ndarray()[0] for part in (*resampler.resample(frame), *resampler.resample(None))]
    return np.concatenate(parts)
