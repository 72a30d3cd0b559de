"""Speaks a text until a take is not doubtful, and keeps the best take."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec import structs

from swarm.job.clip_info import MAX_DOUBT, SpokenClip
from swarm.job.engine_text import Phonemes
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
)
from swarm.voice.host.clip import make_clip
from swarm.voice.host.guard import Guard, Judgement, measure
from swarm.voice.host.verify import Verifier
from swarm.voice.pcm import check_pcm

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


class Speaker:
    """A voice with the judges of its clips. A doubtful sentence may have up to `takes` takes."""

    def __init__(self, voice: Voice, takes: int, verifier: Verifier | None = None) -> None:
        self.voice = voice
        self._takes, self._verifier = takes, verifier
        self._guard = Guard()

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
