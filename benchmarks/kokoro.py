"""Measures Kokoro on a core: how fast it is with its convolutions as they are and as products of matrices.

Both speak the same sentences in turn, in one thread, from the weights of the extra `kokoro` or downloaded ones, with a
voice that is on this machine. Speed is seconds of sound for each second of the processor, the best of three. The sounds
have to be the same. Memory is the most that a process of its own had, model included.

python benchmarks/kokoro.py
python benchmarks/kokoro.py --sentences 1
"""

import argparse
import subprocess
import sys
import time

import numpy as np

from swarm.job.spec import Recipe
from swarm.system.platform import peak_bytes
from swarm.voice.engine import Pcm
from swarm.voice.host.choice import SENTENCES
from swarm.voice.kokoro import voice
from swarm.voice.kokoro.voices import INT8, VOICES, voices_here
from swarm.voice.onnx_session import unfolded

TRIES = 3
WAYS = ("convolutions", "products")


def speak(way: str, count: int) -> tuple[float, float, list[Pcm]]:
    """Return seconds of sound, seconds of the processor, and the sounds."""
    if way == WAYS[0]:
        voice.quickest = lambda model: model
    else:
        voice.quickest = unfolded
    voice._session.cache_clear()
    name = next(each.name for each in VOICES if each.name in voices_here(INT8))
    opened = voice.open_voice(Recipe("kokoro", name, "fr", INT8), "cpu:0")
    texts = list(SENTENCES.values())[:count]
    opened.speak(texts[0], 0)
    took_s = []
    for _ in range(TRIES):
        began_s = time.process_time()
        sounds = [opened.speak(text, 0) for text in texts]
        took_s.append(time.process_time() - began_s)
    return sum(map(len, sounds)) / voice.SAMPLE_RATE, min(took_s), sounds


def main() -> None:
    """Print a row for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, default=4, help="how many sentences, up to 8")
    parser.add_argument("--memory", choices=WAYS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.memory:
        speak(given.memory, 1)
        print(peak_bytes() >> 20)
        return
    print("| convolutions as | x real time | memory |\n| --- | --- | --- |")
    first: list[Pcm] = []
    for way in WAYS:
        sound_s, took_s, sounds = speak(way, given.sentences)
        line = [sys.executable, __file__, "--memory", way]
        memory = subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip()
        print(f"| {way} | {sound_s / took_s:.2f} | {memory} MiB |", flush=True)
        if first and not all(map(np.array_equal, first, sounds)):
            sys.exit("the sounds differ")
        first = sounds


if __name__ == "__main__":
    main()
