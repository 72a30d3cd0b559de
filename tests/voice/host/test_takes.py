import numpy as np
import pytest

from swarm.voice.engine import EngineFault, FaultKind, Pcm
from swarm.voice.host.guard import CLIPS_BEFORE_JUDGING, weight
from swarm.voice.host.takes import Speaker

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


def experienced(voice: Wavering, takes: int = 3) -> Speaker:
    """Return a speaker that has heard enough clips of its voice to judge lengths."""
    speaker = Speaker(voice, takes)
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
    assert Speaker(Wavering(s1=kind), 3).speak(TEXT, [1, 2, 3]).further == 1
    assert Speaker(Wavering(s1=0.0), 3).speak(TEXT, [1, 2, 3]).further == 1  # the length 0 stands for no samples
    with pytest.raises(EngineFault) as fault:
        Speaker(Wavering(s1=FaultKind.EMPTY, s2=kind, s3=kind), 3).speak(TEXT, [1, 2, 3])
    assert fault.value.kind is kind


def test_a_doubtful_clip_is_kept_where_the_other_takes_are_none() -> None:
    voice = Wavering(s1=4.0, s2=FaultKind.SILENT, s3=FaultKind.SILENT)
    take = experienced(voice).speak(TEXT, [1, 2, 3])
    assert (voice.asked, take.further) == ([1, 2, 3], 0)


@pytest.mark.parametrize("kind", [FaultKind.ERROR, FaultKind.CRASHED])
def test_a_fault_that_is_not_of_the_sound_is_raised_at_once(kind: FaultKind) -> None:
    voice = Wavering(s1=kind)
    with pytest.raises(EngineFault):
        Speaker(voice, 3).speak(TEXT, [1, 2, 3])
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
