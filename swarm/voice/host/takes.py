"""Speaks a text until a take is not doubtful, and keeps the best take."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import structs

from swarm.job.clip_info import MAX_DOUBT, SpokenClip
from swarm.job.engine_text import Phonemes
from swarm.voice.engine import EngineFault, FaultKind, Pcm, PhonemeVoice, PolyglotVoice, Voice
from swarm.voice.host.clip import make_clip
from swarm.voice.host.guard import Guard, Judgement, measure
from swarm.voice.host.verify import Verifier
from swarm.voice.pcm import check_pcm

# Faults of the sound, which another seed may avoid. Any other fault would happen again.
_RETRIED_FAULTS = (FaultKind.EMPTY, FaultKind.SILENT, FaultKind.NONFINITE, FaultKind.IMPLAUSIBLE)

# After so much work no further take begins, since a worker takes an engine for hung after 20 s without a clip.
MAX_RETRY_S = 12.0


@dataclass(frozen=True)
class Take:
    """One attempt at a text, with its judgement."""

    clip: SpokenClip
    judgement: Judgement


class Speaker:
    """A voice with the judges of its clips. A doubtful sentence may have up to `takes` takes."""

    def __init__(self, voice: Voice, takes: int, verifier: Verifier | None = None) -> None:
        self.voice = voice
        self._takes, self._verifier = takes, verifier
        self._guard = Guard()
        self._work_s = 0.0  # seconds of speaking and listening for the text under way

    def speak(
        self, text: str, seeds: Sequence[int], phonemes: Sequence[Phonemes] = (), language: str = ""
    ) -> SpokenClip:
        """Speak a text with one seed after the other until a take is not doubtful; return the best take.

        `language` is that of the text, "" for the voice's own.

        Raises EngineFault if no take became a clip.
        """
        self._work_s, spoken = 0.0, 0
        takes: list[Take] = []
        for number, seed in enumerate(seeds[: self._takes]):
            spoken += 1
            try:
                takes.append(self._take(text, phonemes, number, seed, language))
            except EngineFault as fault:
                last = number + 1 == min(len(seeds), self._takes)
                if fault.kind not in _RETRIED_FAULTS or (last and not takes):
                    raise
            else:
                if not takes[-1].judgement.doubt or self._work_s > MAX_RETRY_S:
                    break
        best = min(takes, key=lambda take: take.judgement.badness)
        if self._takes > 1:  # an engine with one take always sounds the same, so doubts of its pace would not help
            self._guard.learn(text, best.clip.info.length_s)
        doubt = best.judgement.doubt[:MAX_DOUBT]
        info = structs.replace(best.clip.info, work_s=self._work_s, takes=spoken, doubt=doubt)
        return structs.replace(best.clip, info=info)

    def _take(self, text: str, phonemes: Sequence[Phonemes], number: int, seed: int, language: str) -> Take:
        began = time.perf_counter()
        try:
            sound = check_pcm(self._sound(text, phonemes, seed, language))
            clip = structs.replace(make_clip(sound, self.voice.sample_rate, text), further=number)
            return Take(clip, self._judge(text, sound, clip.info.length_s, language))
        finally:
            self._work_s += time.perf_counter() - began

    def _sound(self, text: str, phonemes: Sequence[Phonemes], seed: int, language: str) -> Pcm:
        if language and isinstance(self.voice, PolyglotVoice):
            return self.voice.speak_in(language, text, phonemes, seed)
        if phonemes and isinstance(self.voice, PhonemeVoice):
            return self.voice.speak_phonemes(text, phonemes, seed)
        return self.voice.speak(text, seed)

    def _judge(self, text: str, sound: Pcm, length_s: float, language: str) -> Judgement:
        if self._takes == 1 and self._verifier is None:
            return Judgement("", 0.0)
        judged = self._guard.judge(text, measure(sound, self.voice.sample_rate, length_s))
        if self._verifier is None or language:  # the recogniser listens to the language of the job
            return judged
        heard = self._verifier.judge(text, sound, self.voice.sample_rate)
        said = "; ".join(filter(None, (judged.doubt, heard.doubt)))
        return Judgement(said, max(judged.badness, heard.badness))
