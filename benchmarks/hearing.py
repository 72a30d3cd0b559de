"""Measures what `--verify` hears: how many good clips it doubts, and how many damaged ones it finds.

    python benchmarks/hearing.py
    E2A_SWARM_VERIFY=/path/of/a/model python benchmarks/hearing.py --sentences 60 --engines hibari kokoro
    python benchmarks/hearing.py --only middle

Each engine speaks sentences of a book. Each clip, without the silence around it, is judged as it is, and damaged in
several ways; a cut falls where the sound is softest nearby. All whole clips are judged first, since the recogniser
learns from them how well it hears a voice. A clip is doubted if its badness is above 1.
"""

import argparse
import io
import os
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from making import BOOKS
from process import head, row

from swarm.book.epub import read_epub
from swarm.book.speech.script import make_script
from swarm.config import ENV_VERIFY
from swarm.voice.engine import Pcm
from swarm.voice.host.recogniser import find_verifier
from swarm.voice.host.registry import choose_recipe, find_engine
from swarm.voice.host.takes import make_clip

BOOK = BOOKS / "yellow-wallpaper.epub"
LETTERS = range(40, 260)  # only sentences of this length are judged
NEARBY = 0.05  # share of a clip, to each side of a cut, in which the softest place is searched
WINDOW_S = 0.02


def cut(sound: Pcm, share: float, sample_rate: int) -> int:
    """Return the softest place near a share of a sound."""
    window = int(WINDOW_S * sample_rate)
    near = int(len(sound) * NEARBY)
    middle = int(len(sound) * share)
    places = range(max(0, middle - near), min(len(sound) - window, middle + near), window // 2)
    softest = min(places, key=lambda place: int(np.abs(sound[place : place + window].astype(np.int32)).sum()))
    return softest + window // 2


def variants(sound: Pcm, other: Pcm, sample_rate: int) -> Iterator[tuple[str, Pcm]]:
    """Return a clip as it is and damaged, with the name of each damage. `other` is the clip of another sentence."""

    def at(share: float) -> int:
        return cut(sound, share, sample_rate)

    yield "as it was spoken", sound
    for name, share in (("third", 2 / 3), ("fifth", 0.8)):
        yield f"its last {name} missing", sound[: at(share)]
    yield "a fifth in its middle missing", np.concatenate([sound[: at(0.4)], sound[at(0.6) :]])
    yield "its first fifth missing", sound[at(0.2) :]
    yield "a quarter of another sentence behind it", np.concatenate([sound, other[: len(other) // 4]])
    yield "another sentence", other


def judge(engine_name: str, arguments: argparse.Namespace) -> dict[str, list[float]]:
    """Return the badness of each clip of an engine, by the name of its damage."""
    verifier = find_verifier("en", "cpu:0")
    assert verifier
    engine = find_engine(engine_name)
    voice = engine.open(choose_recipe("en", engine=engine_name), "cpu:0")
    script = make_script(read_epub(arguments.book), engine.card, "en")
    only = arguments.only
    texts = [part.spoken for chapter in script for part in chapter.segments if len(part.spoken) in LETTERS]
    chosen = random.Random(0).sample(texts, min(arguments.sentences, len(texts)))
    clips = [make_clip(voice.speak(text, 1), voice.sample_rate, text).frame for text in chosen]
    sounds: list[Pcm] = [soundfile.read(io.BytesIO(clip), dtype="int16")[0] for clip in clips]
    pairs = zip(sounds, sounds[1:] + sounds[:1], strict=True)
    damaged = [
        [each for place, each in enumerate(variants(sound, other, voice.sample_rate)) if not place or only in each[0]]
        for sound, other in pairs
    ]
    return {
        columns[0][0]: [
            verifier.judge(text, heard, voice.sample_rate).badness
            for text, (_, heard) in zip(chosen, columns, strict=True)
        ]
        for columns in zip(*damaged, strict=True)
    }


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("book", nargs="?", type=Path, default=BOOK)
    parser.add_argument("--sentences", type=int, default=40)
    parser.add_argument("--only", default="", help="only whole clips and those whose damage has this word")
    parser.add_argument("--engines", nargs="+", default=["hibari", "espeak"])
    arguments = parser.parse_args()
    os.environ.setdefault(ENV_VERIFY, "base")
    found = {name: judge(name, arguments) for name in arguments.engines}
    head("clip", *(f"{name}: doubted, least, most badness" for name in found))
    for name in next(iter(found.values())):
        row(
            name,
            *(
                f"{sum(each > 1 for each in by_name[name])} of {len(by_name[name])}, "
                f"{min(by_name[name]):.2f}, {max(by_name[name]):.2f}"
                for by_name in found.values()
            ),
        )


if __name__ == "__main__":
    main()
