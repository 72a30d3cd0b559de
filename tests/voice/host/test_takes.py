from collections.abc import Sequence

import numpy as np
import pytest

from swarm.book.model.book import unpack_words
from swarm.job.clip_info import SpokenClip
from swarm.voice.engine import EngineFault, FaultKind, Pcm, Sound, SpokenLine, TimedSound
from swarm.voice.host.clip_check import CLIPS_BEFORE_JUDGING, weight
from swarm.voice.host.takes import Asked, CheckedVoice

RATE = 24_000
TEXT = "It was a bright cold day in April."


def speech(text: str, factor: float = 1.0) -> Pcm:
    noise = np.random.default_rng(len(text)).normal(0, 3000, round(weight(text) / 15 * factor * RATE))
    return noise.astype(np.int16)


class Wavering:
    """A voice that speaks every text well, except with the named seeds, which give lengths, silence or faults."""

    sample_rate = RATE

    def __init__(self, **seeds: object) -> None:
        self.faults = {int(name[1:]): fault for name, fault in seeds.items()}
        self.asked: list[int] = []

    def speak(self, text: str, seed: int) -> Pcm:
        self.asked.append(seed)
        fault = self.faults.get(seed, 1.0)
        if isinstance(fault, FaultKind):
            raise EngineFault(fault, "so it is")
        return speech(text, float(fault))  # type: ignore[arg-type]


def experienced(voice: Wavering, takes: int = 3) -> CheckedVoice:
    """Return a speaker that has heard enough clips of its voice to judge lengths."""
    speaker = CheckedVoice(voice, takes)
    for number in range(CLIPS_BEFORE_JUDGING):
        speaker.speak(f"Sentence of some length, number {number}.", [100])
    voice.asked.clear()
    return speaker


def test_what_is_beyond_doubt_is_spoken_once() -> None:
    voice = Wavering()
    speaker = experienced(voice)
    take = speaker.speak(TEXT, [1, 2, 3])
    assert (voice.asked, take.further, take.info.takes, take.info.doubt) == ([1], 0, 1, "")
    assert take.info.work_s > 0


def test_a_runaway_is_spoken_again_with_the_next_seed() -> None:
    voice = Wavering(s1=4.0)
    speaker = experienced(voice)
    take = speaker.speak(TEXT, [1, 2, 3])
    assert (voice.asked, take.further, take.info.takes, take.info.doubt) == ([1, 2], 1, 2, "")


def test_the_best_of_three_doubtful_takes_is_kept_and_its_doubt_named() -> None:
    voice = Wavering(s1=5.0, s2=0.3, s3=2.5)
    take = experienced(voice).speak(TEXT, [1, 2, 3, 4])
    assert (voice.asked, take.further) == ([1, 2, 3], 2)
    assert "are usual" in take.info.doubt


@pytest.mark.parametrize("kind", [FaultKind.SILENT, FaultKind.EMPTY, FaultKind.NONFINITE, FaultKind.IMPLAUSIBLE])
def test_a_take_without_a_clip_is_followed_by_another(kind: FaultKind) -> None:
    assert CheckedVoice(Wavering(s1=kind), 3).speak(TEXT, [1, 2, 3]).further == 1
    assert CheckedVoice(Wavering(s1=0.0), 3).speak(TEXT, [1, 2, 3]).further == 1  # the length 0 stands for no samples
    with pytest.raises(EngineFault) as fault:
        CheckedVoice(Wavering(s1=FaultKind.EMPTY, s2=kind, s3=kind), 3).speak(TEXT, [1, 2, 3])
    assert fault.value.kind is kind


def test_a_doubtful_clip_is_kept_where_the_other_takes_are_none() -> None:
    voice = Wavering(s1=4.0, s2=FaultKind.SILENT, s3=FaultKind.SILENT)
    take = experienced(voice).speak(TEXT, [1, 2, 3])
    assert (voice.asked, take.further) == ([1, 2, 3], 0)


@pytest.mark.parametrize("kind", [FaultKind.ERROR, FaultKind.CRASHED])
def test_a_fault_that_is_not_of_the_sound_is_raised_at_once(kind: FaultKind) -> None:
    voice = Wavering(s1=kind)
    with pytest.raises(EngineFault):
        CheckedVoice(voice, 3).speak(TEXT, [1, 2, 3])
    assert voice.asked == [1]


def test_no_take_is_begun_that_would_look_like_a_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    voice = Wavering(s1=4.0)
    speaker = experienced(voice)
    monkeypatch.setattr("swarm.voice.host.takes.MAX_RETRY_S", 0.0)
    take = speaker.speak(TEXT, [1, 2, 3])
    assert voice.asked == [1]
    assert take.info.doubt


def test_an_engine_that_sounds_the_same_with_any_seed_is_not_asked_again() -> None:
    voice = Wavering(s1=4.0, s2=FaultKind.SILENT)
    speaker = experienced(voice, takes=1)
    assert speaker.speak(TEXT, [1, 2, 3]).info.doubt == ""
    with pytest.raises(EngineFault):
        speaker.speak(TEXT, [2, 3])
    assert voice.asked == [1, 2]


class Choir(Wavering):
    """The same voice, which speaks texts together too."""

    def __init__(self, **seeds: object) -> None:
        super().__init__(**seeds)
        self.batches: list[list[str]] = []

    def speak_all(self, lines: Sequence[SpokenLine]) -> list[Sound]:
        self.batches.append([line.text for line in lines])
        sounds: list[Sound] = []
        for line in lines:
            try:
                sounds.append(self.speak(line.text, line.seed))
            except EngineFault as fault:
                sounds.append(fault)
        return sounds


FOUR = [f"Sentence of some length, number {number}." for number in range(4)]


def test_doubtful_sentences_of_a_batch_are_spoken_again_together_and_the_others_are_not() -> None:
    voice = Choir(s10=4.0, s30=FaultKind.SILENT)
    clips = experienced(voice).speak_all([Asked(text, [10 * n, 10 * n + 1]) for n, text in enumerate(FOUR)])
    assert voice.batches == [FOUR, [FOUR[1], FOUR[3]]]
    assert [clip.further for clip in clips if isinstance(clip, SpokenClip)] == [0, 1, 0, 1]
    assert [clip.info.takes for clip in clips if isinstance(clip, SpokenClip)] == [1, 2, 1, 2]


def test_a_sentence_of_a_batch_that_cannot_be_spoken_has_its_fault_beside_the_clips_of_the_others() -> None:
    voice = Choir(s1=FaultKind.SILENT, s2=FaultKind.ERROR)
    first, second, third, _ = CheckedVoice(voice, 3).speak_all([Asked(text, [n]) for n, text in enumerate(FOUR)])
    assert isinstance(first, SpokenClip)
    assert isinstance(second, EngineFault) and second.kind is FaultKind.SILENT
    assert isinstance(third, EngineFault) and third.kind is FaultKind.ERROR


def test_the_work_of_a_batch_is_shared_by_the_lengths_of_its_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(1000))
    monkeypatch.setattr("swarm.voice.host.takes.time.perf_counter", lambda: next(clock))
    short, long = CheckedVoice(Choir(), 1).speak_all([Asked("x" * 9, [0]), Asked("x" * 29, [0])])
    assert isinstance(short, SpokenClip) and isinstance(long, SpokenClip)
    assert (short.info.work_s, long.info.work_s) == (1 + 0.25, 1 + 0.75)  # each was judged for a second, too


def test_a_voice_that_makes_another_number_of_sounds_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    voice = Choir()
    monkeypatch.setattr(voice, "speak_all", lambda lines: [])
    with pytest.raises(EngineFault, match="0 sounds of 4 sentences"):
        CheckedVoice(voice, 1).speak_all([Asked(text, [0]) for text in FOUR])


def test_a_voice_that_speaks_no_batches_speaks_one_text_after_the_other() -> None:
    voice = Wavering()
    assert len(CheckedVoice(voice, 1).speak_all([Asked(text, [n]) for n, text in enumerate(FOUR)])) == 4
    assert voice.asked == [0, 1, 2, 3]


class Timed:
    """A voice that is silent for half a second before its words, and tells when they begin."""

    sample_rate = RATE

    def speak(self, text: str, seed: int) -> Pcm:
        raise AssertionError("it is asked for its times")

    def speak_timed(self, line: SpokenLine) -> TimedSound:
        quiet = np.zeros(RATE // 2, np.int16)
        sound = speech(line.text)
        return TimedSound(np.concatenate([quiet, sound]), ((0, len(quiet)), (3, len(quiet) + RATE // 4)))


def test_the_times_of_words_are_those_of_the_trimmed_clip() -> None:
    clip = CheckedVoice(Timed(), 1).speak(TEXT, [1])
    times = unpack_words(clip.info.words, clip.info.length_s)
    assert times == ((0, pytest.approx(0.01)), (3, pytest.approx(0.26)))
