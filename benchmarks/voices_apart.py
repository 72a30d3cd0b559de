"""Measures how the voices of Kokoro sound, so that --cast auto can give persons who talk with each other unlike voices.

Each voice speaks the same sentences. Of their sound counts the pitch, as the median over voiced frames in octaves, and
the colour: the mean of the log-mel spectrum over speech, without its level, of which the three directions stay in which
voices differ most. A unit is the usual distance of two voices. A measure is good if two sentences of one voice are near
each other, and far from those of others: the last line says how often the nearest sentence is of the same voice, among
sentences that no direction was learnt from.

python benchmarks/voices_apart.py            # the table; voices that are not here are left out
python benchmarks/voices_apart.py --write    # and write it into the table of the voices
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from swarm.job.spec import Recipe
from swarm.voice.host.registry import load_engine
from swarm.voice.kokoro import voices as table
from swarm.voice.kokoro.voices import INT8, VOICES, voices_here

TEXTS = (
    "The quick brown fox jumped over the lazy dog, and then it slept all day.",
    "We were early this morning, for many ships were leaving the old harbour.",
)
HELD_OUT = "Nobody knew why she had chosen that road when the other one was shorter."
RATE = 24_000
FRAME, STEP = 1024, 256
MELS = 32
LOW_HZ, HIGH_HZ = 60.0, 400.0  # pitches of speakers
VOICED = 0.5  # least autocorrelation of a voiced frame
SPEECH_DB = 30.0  # frames are speech down to so far below the loudest one
DIRECTIONS = 3

Floats = NDArray[np.float64]


def measure(pcm: NDArray[np.int16]) -> tuple[float, Floats]:
    """Return the pitch of a sound in octaves above 100 Hz, and its mean log-mel spectrum without level."""
    sound = pcm.astype(np.float64) / 32768
    frames = np.lib.stride_tricks.sliding_window_view(sound, FRAME)[::STEP] * np.hanning(FRAME)
    power = np.abs(np.fft.rfft(frames, 2 * FRAME)) ** 2
    level = 10 * np.log10(power.sum(axis=1) + 1e-12)
    power = power[level > level.max() - SPEECH_DB]
    correlation = np.fft.irfft(power)
    first, last = int(RATE / HIGH_HZ), int(RATE / LOW_HZ)
    window = np.fft.irfft(np.abs(np.fft.rfft(np.hanning(FRAME), 2 * FRAME)) ** 2)
    lags = (correlation / correlation[:, :1])[:, first:last] / (window / window[0])[first:last]
    periods = lags.argmax(axis=1)[lags.max(axis=1) > VOICED] + first
    mel = np.log(power @ _filters().T + 1e-9).mean(axis=0)
    return float(np.median(np.log2(RATE / periods / 100))), mel - mel.mean()


def _filters() -> Floats:
    bins = np.fft.rfftfreq(2 * FRAME, 1 / RATE)
    edges = 700 * (np.exp(np.linspace(np.log(1 + 100 / 700), np.log(1 + 8000 / 700), MELS + 2)) - 1)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    return np.maximum(0, np.minimum(rising, falling))


def speak(name: str, text: str) -> tuple[float, Floats]:
    """Return the measure of a text in a voice."""
    voice = load_engine("swarm.voice.kokoro.engine:engine").open(Recipe("kokoro", name, "en"), "cpu:0")
    return measure(np.asarray(voice.speak(text, 1)))


def distances(rows: Floats, others: Floats) -> Floats:
    """Return the distance of each row to each other one."""
    return np.linalg.norm(rows[:, None] - others[None], axis=2)


def main() -> None:
    """Print the table and how good it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the numbers into the table of the voices")
    arguments = parser.parse_args()
    names = [each.name for each in VOICES if each.name in voices_here(INT8)]
    known = [[speak(name, text) for text in TEXTS] for name in names]
    new = [speak(name, HELD_OUT) for name in names]
    colours = np.array([np.mean([colour for _, colour in each], axis=0) for each in known])
    centre = colours.mean(axis=0)
    directions = np.linalg.svd(colours - centre)[2][:DIRECTIONS]
    spread = ((colours - centre) @ directions.T).std(axis=0).max()
    octaves = np.std([np.mean([pitch for pitch, _ in each]) for each in known])

    def point(pitch: float, colour: Floats) -> Floats:
        return np.array([pitch / octaves, *((colour - centre) @ directions.T / spread)])

    points = np.array([np.mean([point(*each) for each in rows], axis=0) for rows in known])
    unit = float(np.median(distances(points, points)[np.triu_indices(len(points), 1)]))
    rows = {name: " ".join(f"{number:.2f}" for number in each / unit) for name, each in zip(names, points, strict=True)}
    for name, row in rows.items():
        print(name, row)
    heard = distances(np.array([point(*each) for each in new]), points)
    right = (heard.argmin(axis=1) == np.arange(len(names))).mean()
    own = np.median(np.diag(heard)) / unit
    rank = np.mean([(row < row[at]).mean() for at, row in enumerate(heard)])
    print(
        f"{len(names)} voices; a new sentence is nearest to its own voice in {right:.0%}, "
        f"{own:.2f} from it (others: 1), and {rank:.0%} of the other voices are nearer"
    )
    if arguments.write:
        path = Path(table.__file__).with_suffix(".txt")
        lines = [line.split()[:2] for line in path.read_text(encoding="utf-8").splitlines()]
        path.write_text("".join(f"{name} {digest} {rows[name]}\n" for name, digest in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
