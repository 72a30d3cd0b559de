"""Speaks a text until a take is not doubtful, and keeps the best take as a clip.

Its samples are trimmed, faded and encoded as FLAC; implausible sound is refused."""

import hashlib
import io
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import soundfile
from msgspec import structs

from swarm.book.model.book import pack_words
from swarm.book.model.engine_text import Phonemes
from swarm.job.clip_info import MAX_DOUBT, ClipInfo, SpokenClip, implausible
from swarm.voice.engine import (
    BatchVoice,
    EngineFault,
    FaultKind,
    Pcm,
    PhonemeVoice,
    PolyglotVoice,
    Sound,
    SpokenLine,
    TimedSound,
    TimedVoice,
    Voice,
    check_pcm,
)
from swarm.voice.host.clip_check import ClipCheck, Judgement, measure
from swarm.voice.host.recogniser import Verifier

with warnings.catch_warnings():
    # pydub warns that it finds no ffmpeg, which we do not need, and newer Pythons warn of its escape sequences.
    warnings.simplefilter("ignore")
    from pydub import AudioSegment

SILENT_PEAK = 33  # -60 dBFS of 32768
QUIET_DBFS = -60.0  # sound below this level is trimmed from both ends
QUIET_BELOW_PEAK_DB = 50.0  # trims more of a loud voice; a final "s" or "f" is only 40 dB below the peak
MAX_TRIMMED_S = 120.0  # sound with longer silence at its ends is refused before it is trimmed
STEP_MS = 10
KEEP_BEFORE_MS, KEEP_AFTER_MS = 10, 30  # quiet sound that trimming leaves at the start and at the end
FADE_IN_MS, FADE_OUT_MS = 5, 10


def make_clip(pcm: Pcm, sample_rate: int, text: str, words: Sequence[tuple[int, int]] = ()) -> SpokenClip:
    """Make a clip of the samples that a voice returned for a text: int16 mono PCM, shape (samples,), rate in Hz.

    `words` are the first character and the first sample of words.

    Raises EngineFault: EMPTY, SILENT, or IMPLAUSIBLE (far too long or short for the text).
    """
    if pcm.size == 0:
        raise EngineFault(FaultKind.EMPTY, "no samples came back")
    least_s = pcm.size / sample_rate - MAX_TRIMMED_S
    if least_s > 0 and (unlike := implausible(least_s, text)) and least_s > unlike.most_s:  # before any copy of it
        raise EngineFault(FaultKind.IMPLAUSIBLE, str(unlike))
    peak = max(int(pcm.max()), -int(pcm.min()))
    if peak <= SILENT_PEAK:
        raise EngineFault(FaultKind.SILENT, f"{pcm.size / sample_rate:.1f} s of silence came back")
    sound, cut_ms = _trim(AudioSegment(pcm.tobytes(), sample_width=2, frame_rate=sample_rate, channels=1), peak)
    if half_ms := len(sound) // 2:  # pydub refuses a fade of length 0
        sound = sound.fade_in(min(FADE_IN_MS, half_ms)).fade_out(min(FADE_OUT_MS, half_ms))
    trimmed = np.frombuffer(sound.raw_data, np.int16)
    if unlike := implausible(trimmed.size / sample_rate, text):
        raise EngineFault(FaultKind.IMPLAUSIBLE, str(unlike))
    frame = _to_flac(trimmed, sample_rate)
    digest = hashlib.sha256(frame).hexdigest()
    times = [(character, max(0.0, sample / sample_rate - cut_ms / 1000)) for character, sample in words]
    info = ClipInfo(samples=trimmed.size, sample_rate=sample_rate, digest=digest, work_s=0.0, words=pack_words(times))
    return SpokenClip(frame, info)


def _trim(sound: AudioSegment, peak: int) -> tuple[AudioSegment, int]:
    """Trim silence from both ends; return the rest, and how many ms were cut before it.

    Raises EngineFault(SILENT) if nothing is left.
    """
    floor_dbfs = max(QUIET_DBFS, 20 * np.log10(peak / 32768) - QUIET_BELOW_PEAK_DB)
    start, end = 0, len(sound)
    while start < end and sound[start : start + STEP_MS].dBFS < floor_dbfs:
        start += STEP_MS
    while end - STEP_MS > start and sound[end - STEP_MS : end].dBFS < floor_dbfs:
        end -= STEP_MS
    if start >= end:  # a lone click has a peak, but each step of 10 ms is quieter than the floor
        raise EngineFault(FaultKind.SILENT, "nothing but a click came back")
    kept = max(0, start - KEEP_BEFORE_MS)
    return sound[kept : end + KEEP_AFTER_MS], kept


def _to_flac(pcm: Pcm, sample_rate: int) -> bytes:
    file = io.BytesIO()
    # Compression level 0 takes a seventh less time than the default, for 0.5 % more bytes.
    soundfile.write(file, pcm, sample_rate, format="FLAC", subtype="PCM_16", compression_level=0.0)
    return file.getvalue()


# Faults of the sound, which another seed may avoid. Any other fault would happen again.
_RETRIED_FAULTS = (FaultKind.EMPTY, FaultKind.SILENT, FaultKind.NONFINITE, FaultKind.IMPLAUSIBLE)

# After so much work no further take begins, since a worker takes an engine for hung after 20 s without a clip.
MAX_RETRY_S = 12.0


@dataclass(frozen=True)
class Asked:
    """A text to be spoken, with the seeds of its takes. `language` is that of the text, "" for the voice's own."""

    text: str
    seeds: Sequence[int]
    phonemes: Sequence[Phonemes] = ()
    language: str = ""

    def line(self, take: int) -> SpokenLine:
        """Return the text as a voice takes it, with the seed of a take."""
        return SpokenLine(self.text, self.seeds[take], self.phonemes, self.language)


@dataclass(frozen=True)
class Take:
    """One attempt at a text, with its judgement."""

    clip: SpokenClip
    judgement: Judgement


@dataclass
class TextTakes:
    """One text of those that are spoken together, and what has become of it so far."""

    asked: Asked
    spoken: int = 0  # takes, including failed ones
    work_s: float = 0.0  # speaking and listening; work for several segments is shared out
    takes: list[Take] = field(default_factory=list)
    fault: EngineFault | None = None

    @property
    def is_settled(self) -> bool:
        """Whether another take would be of no use."""
        if self.fault is not None:
            return self.fault.kind not in _RETRIED_FAULTS
        return bool(self.takes) and not self.takes[-1].judgement.doubt

    @property
    def best(self) -> Take | None:
        """The take with the least badness; None if there is none, or a fault that is not of the sound."""
        if self.fault is not None and self.is_settled:
            return None
        return min(self.takes, key=lambda take: take.judgement.badness, default=None)


class CheckedVoice:
    """A voice with the judges of its clips. A doubtful sentence may have up to `takes` takes."""

    def __init__(self, voice: Voice, takes: int, verifier: Verifier | None = None) -> None:
        self.voice = voice
        self._takes, self._verifier = takes, verifier
        self._guard = ClipCheck()

    def speak(
        self, text: str, seeds: Sequence[int], phonemes: Sequence[Phonemes] = (), language: str = ""
    ) -> SpokenClip:
        """Speak a single text, as `speak_all` does. Raises EngineFault if no take became a clip."""
        spoken = self.speak_all([Asked(text, seeds, phonemes, language)])[0]
        if isinstance(spoken, EngineFault):
            raise spoken
        return spoken

    def speak_all(self, asked: Sequence[Asked]) -> list[SpokenClip | EngineFault]:
        """Speak texts together, the doubtful ones again with their next seeds; return the best take of each.

        A text of which no take became a clip has its fault there. Raises EngineFault if the voice speaks none of them.
        """
        rows, limit_s = [TextTakes(each) for each in asked], MAX_RETRY_S
        for number in range(self._takes):
            again = [row for row in rows if number < len(row.asked.seeds) and not row.is_settled]
            if sum(row.work_s for row in rows) > limit_s:
                again = [row for row in again if not row.takes]
            if again:
                self._take(again, number)
            if number == 0 and len(rows) > 1:  # a batch may take as long again
                limit_s = max(limit_s, sum(row.work_s for row in rows))
        return [self._finish(row) for row in rows]

    def _finish(self, row: TextTakes) -> SpokenClip | EngineFault:
        best = row.best
        if best is None:
            return row.fault or EngineFault(FaultKind.ERROR, "it was given no seed")
        if self._takes > 1:  # an engine with one take always sounds the same, so doubts of its pace would not help
            self._guard.learn(row.asked.text, best.clip.info.length_s)
        doubt = best.judgement.doubt[:MAX_DOUBT]
        info = structs.replace(best.clip.info, work_s=row.work_s, takes=row.spoken, doubt=doubt)
        return structs.replace(best.clip, info=info)

    def _take(self, rows: Sequence[TextTakes], number: int) -> None:
        """Speak one more take of each row. Raises EngineFault if the voice speaks none of several."""
        began = time.perf_counter()
        lines = [row.asked.line(number) for row in rows]
        sounds = self._sounds(lines)
        shared_s = (time.perf_counter() - began) / sum(len(line.text) + 1 for line in lines)
        for row, line, sound in zip(rows, lines, sounds, strict=True):
            began = time.perf_counter()
            row.spoken += 1
            try:
                row.fault = None
                row.takes.append(self._judged(line, number, sound))
            except EngineFault as fault:
                row.fault = fault
            row.work_s += shared_s * (len(line.text) + 1) + time.perf_counter() - began

    def _sounds(self, lines: Sequence[SpokenLine]) -> Sequence[Sound]:
        """Return the sound of each line, or its fault. A voice that speaks no batches speaks one after the other."""
        if len(lines) > 1 and isinstance(self.voice, BatchVoice):
            sounds = self.voice.speak_all(lines)
            if len(sounds) != len(lines):
                raise EngineFault(FaultKind.ERROR, f"its voice made {len(sounds)} sounds of {len(lines)} sentences")
            return sounds
        return [sound_of(self.voice, line) for line in lines]

    def _judged(self, line: SpokenLine, number: int, sound: Sound) -> Take:
        if isinstance(sound, EngineFault):
            raise sound
        words = sound.words if isinstance(sound, TimedSound) else ()
        pcm = check_pcm(sound.pcm if isinstance(sound, TimedSound) else sound)
        clip = structs.replace(make_clip(pcm, self.voice.sample_rate, line.text, words), further=number)
        return Take(clip, self._judge(line.text, pcm, clip.info.length_s, line.language))

    def _judge(self, text: str, sound: Pcm, length_s: float, language: str) -> Judgement:
        if self._takes == 1 and self._verifier is None:
            return Judgement("", 0.0)
        judged = self._guard.judge(text, measure(sound, self.voice.sample_rate, length_s))
        if self._verifier is None or language:  # the recogniser listens to the language of the job
            return judged
        heard = self._verifier.judge(text, sound, self.voice.sample_rate)
        said = "; ".join(filter(None, (judged.doubt, heard.doubt)))
        return Judgement(said, max(judged.badness, heard.badness))


def sound_of(voice: Voice, line: SpokenLine) -> Sound:
    """Return the sound of a single line, or its fault, in the richest way that a voice speaks."""
    try:
        if isinstance(voice, TimedVoice):
            return voice.speak_timed(line)
        if line.language and isinstance(voice, PolyglotVoice):
            return voice.speak_in(line.language, line.text, line.phonemes, line.seed)
        if line.phonemes and isinstance(voice, PhonemeVoice):
            return voice.speak_phonemes(line.text, line.phonemes, line.seed)
        return voice.speak(line.text, line.seed)
    except EngineFault as fault:
        return fault
