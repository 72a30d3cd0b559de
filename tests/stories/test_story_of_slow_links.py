"""Workers behind slow links: clips of real size arrive, each once, as fast as the link carries them."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest
from evidence import accepted, assert_complete, assert_spoken_once, only, report_of
from household import Machine
from slow_link import SlowLink

RATES_KBIT_S = (64, 128, 256, 512)
CLIP_BYTES = 110_000  # about; five seconds of speech
LONG_TONES = ("--tts-engine", "metronome", "--engine-option", "cost_per_char=0.0001")
LONG_TONES += ("--engine-option", "seconds_per_char=0.0625")
SECONDS = 40  # seconds of sending, roughly


@pytest.mark.slow
def test_slow_links_are_used_to_the_full_and_nothing_is_sent_twice(
    lan: Callable[[str], Machine], write_book: Callable[..., Path]
) -> None:
    swarms = [(lan(f"laptop-{rate}"), lan(f"attic-{rate}")) for rate in RATES_KBIT_S]
    with ThreadPoolExecutor(len(RATES_KBIT_S)) as pool:  # the links do not share anything, and the time is theirs
        tasks = [
            pool.submit(use_link, *machines, write_book({"One": text_for(rate)}), rate)
            for machines, rate in zip(swarms, RATES_KBIT_S, strict=True)
        ]
    for task in tasks:
        task.result()


def text_for(kbit_s: int) -> str:
    """Return sentences whose clips keep a link busy for about SECONDS."""
    sentences = max(4, round(SECONDS * kbit_s * 125 / CLIP_BYTES))
    return " ".join(
        f"This is the sentence with the number {n} of a book that is read to a slow link, {n}."
        for n in range(sentences)
    )


def use_link(laptop: Machine, attic: Machine, book: Path, kbit_s: int) -> None:
    """Speak a book over a slow link, and check what the link carried."""
    coordinator = laptop.start("coordinate", book, *LONG_TONES)
    with SlowLink(coordinator.port, kbit_s * 1000) as link:
        where = f"127.0.0.1:{link.port}"
        worker = attic.start(
            "work", "--cpu", "--coordinator", where, "--exit-when-done", "--slots", "2", "--name", attic.name
        )
        said = coordinator.ends()
        worker.ends()
        carried = link.carried
    assert_complete(report_of(only(laptop.desk, "*.m4b")))
    assert_spoken_once(laptop.home)
    clips = sorted(accepted(laptop.home), key=lambda clip: clip.accepted_s)
    seconds = clips[-1].accepted_s - clips[0].accepted_s
    share = sum(clip.bytes for clip in clips[1:]) / seconds / link.bytes_s
    paces = [later.bytes / (later.accepted_s - clip.accepted_s) for clip, later in pairwise(clips)]
    usual = median(paces) / link.bytes_s  # a moment in which a loaded machine did not come to it is in few of them
    overhead = carried / sum(clip.bytes for clip in clips)
    print(f"{kbit_s} kbit/s: {len(clips)} clips, {share:.1%} of the link, usually {usual:.1%}")
    print(f"{overhead:.3f} bytes carried for each of sound")
    assert "silent for" not in said
    assert "no progress" not in said
    assert usual > 0.9
    assert share > 0.7
    assert overhead < 1.1, "a clip was sent twice"
    if kbit_s <= 256:
        assert re.search(rf"the link to {attic.name} carries 0\.\d+ Mbit/s", said)
