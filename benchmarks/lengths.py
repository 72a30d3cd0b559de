"""Compares the estimated length of a text with the length that espeak gives it, in languages of many scripts.

python benchmarks/lengths.py judges texts that the paces of languages were not made from; --fit prints the paces by
the others. Each language has two small stories in lengths.tsv.
"""

import argparse
import statistics
from pathlib import Path

import numpy as np
import regex
from process import head, row

from swarm.voice.engine import SpokenLine
from swarm.voice.espeak.engine import CARD, engine
from swarm.voice.espeak.voice import EspeakVoice
from swarm.voice.host.registry import choose_recipe

TEXTS = Path(__file__).with_suffix(".tsv")
SENTENCE_END = regex.compile(r"(?<=[.!?。।])\s*")
QUIET = 60  # samples of the ends that are not louder are trimmed


def spoken_s(language: str, text: str) -> float:
    """Return the seconds of a text's sentences by espeak, without the silence around them."""
    voice = engine.open(choose_recipe(language, engine=CARD.name), "cpu")
    assert isinstance(voice, EspeakVoice)
    lengths = []
    for sentence in filter(None, SENTENCE_END.split(text)):
        loud = np.flatnonzero(np.abs(np.asarray(voice.speak_timed(SpokenLine(sentence, 0)).pcm).astype(int)) > QUIET)
        lengths.append((loud[-1] - loud[0]) / voice.sample_rate)
    return float(sum(lengths))


def main() -> None:
    """Print a row for each language, and the mean error with the paces and without."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--fit", action="store_true", help="print the pace of each language, as a share of what the card says"
    )
    fits = parser.parse_args().fit
    stories = {code: (fit, judged) for code, fit, judged in (line.split("\t") for line in TEXTS.open(encoding="utf-8"))}
    if fits:
        paces = {code: len(text) / spoken_s(code, text) for code, (text, _) in stories.items()}
        print(", ".join(f"{code} {pace / CARD.characters_s:.2f}" for code, pace in sorted(paces.items())))
        return
    errors, before = [], []
    head("language", "characters", "spoken", "estimated", "error", "without the pace")
    for code, (_, text) in stories.items():
        length_s, told = spoken_s(code, text.strip()), len(text.strip())
        guessed_s, plain_s = told / CARD.pace(code), told / CARD.characters_s
        errors.append(abs(guessed_s / length_s - 1))
        before.append(abs(plain_s / length_s - 1))
        figures = (f"{length_s:.1f} s", f"{guessed_s:.1f} s", f"{errors[-1]:.0%}", f"{before[-1]:.0%}")
        row(code, told, *figures)
    print(f"\nmean error {statistics.mean(errors):.1%}, worst {max(errors):.1%}; without the paces ", end="")
    print(f"{statistics.mean(before):.1%} and {max(before):.1%}")


if __name__ == "__main__":
    main()
