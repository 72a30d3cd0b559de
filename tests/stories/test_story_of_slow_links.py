"""A worker behind a slow link: clips of real size arrive, each once, as fast as the link carries them."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import accepted, assert_complete, assert_spoken_once, only, report_of
from household import Machine
from slow_link import SlowLink

CLIP_BYTES = 220_000  # about; ten seconds of speech
LONG_TONES = ("--tts-engine", "metronome", "--engine-option", "cost_per_char=0.0001")
LONG_TONES += ("--engine-option", "seconds_per_char=0.25")
SECONDS = 70  # of sending, about


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("kbit_s", [64, 128, 256, 512])
def test_a_slow_link_is_used_to_the_full_and_nothing_is_sent_twice(
    lan: Callable[[str], Machine], write_book: Callable[..., Path], kbit_s: int
) -> None:
    sentences = max(3, round(SECONDS * kbit_s * 125 / CLIP_BYTES))
    text = " ".join(
        f"This is the sentence with the number {n} of a book that is read to a slow link, {n}."
        for n in range(sentences)
    )
    laptop, attic = lan("laptop"), lan("attic")
    coordinator = laptop.start("coordinate", write_book({"One": text}), *LONG_TONES)
    with SlowLink(coordinator.port, kbit_s * 1000) as link:
        where = f"127.0.0.1:{link.port}"
        worker = attic.start(
            "work", "--cpu", "--coordinator", where, "--exit-when-done", "--slots", "2", "--name", "attic"
        )
        said = coordinator.ends(timeout_s=350)
        worker.ends()
        carried = link.carried
    assert_complete(report_of(only(laptop.desk, "*.m4b")))
    assert_spoken_once(laptop.home)
    clips = sorted(accepted(laptop.home), key=lambda clip: clip.accepted_s)
    seconds = clips[-1].accepted_s - clips[0].accepted_s
    share = sum(clip.bytes for clip in clips[1:]) / seconds / link.bytes_s
    overhead = carried / sum(clip.bytes for clip in clips)
    print(
        f"{kbit_s} kbit/s: {len(clips)} clips, {share:.1%} of the link; {overhead:.3f} bytes carried for each of sound"
    )
    assert "silent for" not in said
    assert "no progress" not in said
    assert share > 0.9
    assert overhead < 1.1, "a clip was sent twice"
    if kbit_s <= 256:
        assert re.search(r"the link to attic carries 0\.\d+ Mbit/s", said)
