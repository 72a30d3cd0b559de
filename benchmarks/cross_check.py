"""Measures how unlike two sounds of one sentence are: of honest machines, and of those that cross-checks have to find.

Sentences of all lengths of some books are spoken on this processor, and as if it was an older one (`unlike_cpus.py` has
how, and what it takes). The lies are made of the same sounds: noise as long, noise that is as loud when, silence, the
sentence of nearest length, and another engine; `--voices` adds the five Japanese voices of kokoro, each against each.
For a scale, the same voice has its pitch moved within the same time. The bound is set by every other sentence of the
first book, between the most honest and the least false one, and judged by all others.

python benchmarks/cross_check.py ../shared/books/jekyll-and-hyde.epub ../shared/books/alice-illustrated.epub
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
from engine_table import sentences
from unlike_cpus import LACKING, older, run

from swarm.audiobook.sound.clip import LONGER, Pcm, unlikeness_db
from swarm.voice.host.registry import choose_recipe, find_engine, recipe_card

ENGINE, OTHER_ENGINE = "hibari", "espeak"
JAPANESE = (
    "今日はとてもいい天気です。",
    "駅までの道を教えてください。",
    "彼女は窓を開けて、しばらく海を見ていた。",
    "その手紙は、だれにも読まれなかった。",
    "雨が降り始めたので、二人は木の下に走った。",
)
PITCHES = (1.06, 1.2)  # the scale
HONEST, FALSE, SCALE = "honest", "false", "scale"
FRAME_S = 0.02
Pair = tuple[str, Pcm, Pcm]
Row = tuple[str, str, float]  # its kind, its name, and how unlike the two sounds are


def chosen_texts(book: Path, chapters: str, count: int) -> list[str]:
    """Return sentences of all lengths of a book, as an engine is given them."""
    card = recipe_card(choose_recipe("en", engine=ENGINE))
    found = [each.spoken for each in sentences(book, chapters, card, "en", 9999)]
    by_length = sorted(dict.fromkeys(found), key=len)
    return [by_length[round(place)] for place in np.linspace(0, len(by_length) - 1, count)]


def higher(pcm: Pcm, size: int) -> Pcm:
    """Return a slower sound played so fast that it has this many samples."""
    at = np.linspace(0, pcm.size - 1, size)
    return np.asarray(np.interp(at, np.arange(pcm.size), pcm), np.int16)


def shaped_noise(pcm: Pcm, rate: int, dice: np.random.Generator) -> Pcm:
    """Return noise that is as loud as a sound, frame by frame."""
    frame = round(FRAME_S * rate)
    loud = np.repeat([np.std(part.astype(float)) for part in np.array_split(pcm, max(1, pcm.size // frame))], frame)
    noise = dice.standard_normal(pcm.size) * np.resize(loud, pcm.size)
    return np.asarray(np.clip(noise, -32768, 32767), np.int16)


def honest(sounds: dict[str, list[Pcm]], number: int) -> Iterator[Pair]:
    """Yield the sounds of one sentence that honest machines make."""
    for one, other in combinations(sounds, 2):
        yield f"{one} and {other}", sounds[one][number], sounds[other][number]


def false(sounds: list[Pcm], strange: list[Pcm], number: int, rate: int, dice: np.random.Generator) -> Iterator[Pair]:
    """Yield the sound of one sentence, and what a liar or a broken machine may send for it."""
    true = sounds[number]
    others = [each for place, each in enumerate(sounds) if place != number]
    yield "noise", true, dice.integers(-9000, 9000, true.size).astype(np.int16)
    yield "noise as loud when", true, shaped_noise(true, rate, dice)
    yield "silence", true, np.zeros(true.size, np.int16)
    yield "another sentence", true, min(others, key=lambda each: abs(each.size - true.size))
    yield "another engine", true, strange[number]


def other_voices() -> list[Row]:
    """Return a row for each pair of voices of one engine with the same sentence."""
    engine = find_engine("kokoro")
    sounds = {}
    for voice in engine.card.voices_for("ja"):
        teller = engine.open(choose_recipe("ja", engine="kokoro", voice=voice.name), "cpu:0")
        sounds[voice.name] = [teller.speak(text, 0) for text in JAPANESE]
    pairs = [(one, other) for couple in combinations(sounds.values(), 2) for one, other in zip(*couple, strict=True)]
    return [(FALSE, "another voice of kokoro", unlikeness(("", *pair), teller.sample_rate)) for pair in pairs]


def unlikeness(pair: Pair, rate: int) -> float:
    """Return how unlike two sounds are in dB; infinite if their lengths tell already."""
    sizes = sorted(each.size for each in pair[1:])
    return unlikeness_db(*pair[1:], rate) if sizes[1] <= LONGER * sizes[0] else np.inf


def measured(texts: list[str], dice: np.random.Generator) -> list[list[Row]]:
    """Return a row for each pair of sounds of each text."""
    with tempfile.TemporaryDirectory() as folder:
        more = older(Path(folder))
        rate, here, _ = run("", ENGINE, texts)
        sounds = {"this one": here} | {cpu: run(cpu, ENGINE, texts, more=more)[1] for cpu in LACKING}
    slow = {pitch: run("", ENGINE, texts, 1 / pitch)[1] for pitch in PITCHES}
    strange_rate, strange, _ = run("", OTHER_ENGINE, texts)
    strange = [higher(each, round(each.size * rate / strange_rate)) for each in strange]
    rows = []
    for number in range(len(texts)):
        true = here[number]
        pairs = [(HONEST, pair) for pair in honest(sounds, number)]
        pairs += [(FALSE, pair) for pair in false(here, strange, number, rate, dice)]
        moved = {f"pitch {pitch - 1:.0%} higher": higher(slow[pitch][number], true.size) for pitch in PITCHES}
        pairs += [(SCALE, (name, true, sound)) for name, sound in moved.items()]
        rows.append([(kind, pair[0], unlikeness(pair, rate)) for kind, pair in pairs])
    return rows


def show(name: str, found: list[float], is_wrong: Callable[[float], bool]) -> None:
    """Print a row of the table."""
    low, middle, high = np.quantile(found, (0.01, 0.5, 0.99), method="nearest")
    wrong = sum(map(is_wrong, found))
    row = (name, len(found), *(f"{each:.2f}" for each in (min(found), low, middle, high, max(found))), wrong)
    print(f"| {' | '.join(map(str, row))} |", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("books", type=Path, nargs="+")
    parser.add_argument("--chapters", default="1-3")
    parser.add_argument("--sentences", type=int, default=40, help="of each book")
    parser.add_argument("--voices", action="store_true", help="also compare the voices of kokoro")
    given = parser.parse_args()
    dice = np.random.default_rng(1)
    books = [measured(chosen_texts(book, given.chapters, given.sentences), dice) for book in given.books]
    known = [pair for row in books[0][::2] for pair in row]
    most, least = (
        max(each[2] for each in known if each[0] == HONEST),
        min(each[2] for each in known if each[0] == FALSE),
    )
    bound = float(np.sqrt(most * least))
    print(f"known sentences: honest {most:.2f} dB at most, false {least:.2f} at least; bound {bound:.2f}\n")
    others = other_voices() if given.voices else []
    unknown = others + [pair for row in [*books[0][1::2], *(row for rows in books[1:] for row in rows)] for pair in row]
    print("| sounds of the other sentences | pairs | least dB | 1 % | half | 99 % | most | misjudged |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for kind, name in dict.fromkeys((pair[0], pair[1]) for pair in unknown):
        found = [pair[2] for pair in unknown if pair[:2] == (kind, name)]
        show(name, found, (lambda each: each > bound) if kind == HONEST else (lambda each: each <= bound))


if __name__ == "__main__":
    main()
