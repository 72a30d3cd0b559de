"""Measures what `--verify` hears: how many good clips it doubts, and how many damaged ones it finds.

    python benchmarks/hearing.py
    E2A_SWARM_VERIFY=/path/of/a/model python benchmarks/hearing.py --sentences 60

Sentences of a book are spoken by the voice hibari. Each clip is judged as it is, and damaged in several ways; a cut
falls where the sound is softest nearby. A clip is doubted if its badness is above 1.
"""

import argparse
import os
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from making import BOOKS
from process import head, row

from swarm.book.epub import read_book
from swarm.book.speech.script import make_script
from swarm.config import ENV_VERIFY
from swarm.voice.engine import Pcm
from swarm.voice.hibari.engine import engine as hibari
from swarm.voice.host.recogniser import find_verifier
from swarm.voice.host.registry import choose_recipe

BOOK = BOOKS / "yellow-wallpaper.epub"
LETTERS = range(40, 260)  # of a sentence that is judged
NEARBY = 0.1  # share of a clip in which the softest place is searched


def cut(sound: Pcm, share: float) -> int:
    """Return the softest place near a share of a sound."""
    window = 480
    near = int(len(sound) * NEARBY)
    middle = int(len(sound) * share)
    places = range(max(0, middle - near), min(len(sound) - window, middle + near), window // 2)
    return min(places, key=lambda place: int(np.abs(sound[place : place + window].astype(np.int32)).sum()))


def variants(sound: Pcm, other: Pcm) -> Iterator[tuple[str, Pcm]]:
    """Return a clip as it is and damaged, with the name of each damage. `other` is the clip of another sentence."""
    yield "as it was spoken", sound
    for name, share in (("half", 0.5), ("third", 2 / 3), ("fifth", 0.8)):
        yield f"its last {name} missing", sound[: cut(sound, share)]
    yield "a fifth in its middle missing", np.concatenate([sound[: cut(sound, 0.4)], sound[cut(sound, 0.6) :]])
    yield "its first fifth missing", sound[cut(sound, 0.2) :]
    yield "half of another sentence behind it", np.concatenate([sound, other[: len(other) // 2]])
    yield "a quarter of another sentence behind it", np.concatenate([sound, other[: len(other) // 4]])
    yield "another sentence", other


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("book", nargs="?", type=Path, default=BOOK)
    parser.add_argument("--sentences", type=int, default=40)
    arguments = parser.parse_args()
    os.environ.setdefault(ENV_VERIFY, "base")
    verifier, voice = find_verifier("en", "cpu:0"), hibari.open(choose_recipe("en"), "cpu")
    assert verifier
    script = make_script(read_book(arguments.book), hibari.card, "en")
    texts = [part.spoken for chapter in script for part in chapter.segments if len(part.spoken) in LETTERS]
    chosen = random.Random(0).sample(texts, min(arguments.sentences, len(texts)))
    sounds = [voice.speak(text, 1) for text in chosen]
    badness: dict[str, list[float]] = {}
    for text, sound, other in zip(chosen, sounds, sounds[1:] + sounds[:1], strict=True):
        for name, heard in variants(sound, other):
            badness.setdefault(name, []).append(verifier.judge(text, heard, voice.sample_rate).badness)
    head("clip", "clips", "doubted", "least badness", "most")
    for name, found in badness.items():
        row(name, len(found), sum(each > 1 for each in found), f"{min(found):.2f}", f"{max(found):.2f}")


if __name__ == "__main__":
    main()
