"""Measures the cost of sound after a voice has made it: clips, loudness and each format, against the voice's CPU time.

    python benchmarks/encoding.py
    python benchmarks/encoding.py --sentences 40

Everything runs in one process with one thread and in one run, so other load on the machine does not change the ratios.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from making import BOOKS
from msgspec import structs
from process import head, row

from swarm.audiobook.sound.clip import read_clip
from swarm.audiobook.sound.encoder import encode_reel, find_gain
from swarm.audiobook.sound.format import Level, make_coding
from swarm.audiobook.sound.studio_request import ReelClip, ReelRequest
from swarm.book.epub import read_epub
from swarm.book.speech.script import make_script
from swarm.job.clip_info import SpokenClip
from swarm.system.child import ONE_THREAD
from swarm.voice.engine import Engine
from swarm.voice.espeak.engine import engine as espeak
from swarm.voice.hibari.engine import engine as hibari
from swarm.voice.host.registry import choose_recipe, find_card
from swarm.voice.host.takes import make_clip
from swarm.voice.metronome.engine import engine as metronome

BOOK = BOOKS / "yellow-wallpaper.epub"
REPEATS = 3


def spent(act: Callable[[], object]) -> float:
    """Return the least CPU time of a few tries, in seconds."""
    found = []
    for _ in range(REPEATS):
        began_s = time.process_time()
        act()
        found.append(time.process_time() - began_s)
    return min(found)


def order_of(folder: Path, clips: list[SpokenClip], rate: int, name: str) -> ReelRequest:
    """Make the order for a reel of all clips in a format."""
    stored = []
    for number, clip in enumerate(clips):
        path = folder / f"{number}.flac"
        path.write_bytes(clip.frame)
        stored.append(ReelClip(path, clip.info))
    pauses_s = (0.35,) * len(clips)
    return ReelRequest(tuple(stored), pauses_s, rate, 8.0, folder / "a.reel", make_coding(name, rate), Level())


def other_reels(folder: Path, engine: Engine, texts: list[str]) -> float:
    """Return the CPU time of reels for M4B of another voice, for a second of its sound."""
    settings = {"cost_per_char": "0"} if engine is metronome else {}
    voice = engine.open(choose_recipe("en", engine=engine.card.name, settings=settings), "cpu")
    clips = [make_clip(voice.speak(text, 1), voice.sample_rate, text) for text in texts]
    order = order_of(folder, clips, voice.sample_rate, "m4b")
    order = structs.replace(order, gain_db=find_gain(order).gain_db)
    return spent(partial(encode_reel, order)) / sum(clip.info.length_s for clip in clips)


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--book", type=Path, default=BOOK)
    parser.add_argument("--sentences", type=int, default=20)
    arguments = parser.parse_args()
    chapters = make_script(read_epub(arguments.book), find_card("hibari"), "en", "")
    texts = [segment.spoken for chapter in chapters for segment in chapter.segments][: arguments.sentences]
    voice = hibari.open(choose_recipe("en", engine="hibari"), "cpu")
    rate = voice.sample_rate
    sounds = [voice.speak(text, 1) for text in texts]
    sound_s = sum(map(len, sounds)) / rate
    voice_s = spent(lambda: [voice.speak(text, 1) for text in texts])
    head("what", "CPU for a second of sound", "against the voice")

    def tell(what: str, cpu_s: float) -> None:
        row(what, f"{1000 * cpu_s / sound_s:.2f} ms", f"{100 * cpu_s / voice_s:.0f} %")

    tell("the voice (hibari)", voice_s)
    clips = [make_clip(sound, rate, text) for sound, text in zip(sounds, texts, strict=True)]
    tell("clips: trimmed, FLAC", spent(lambda: [make_clip(s, rate, t) for s, t in zip(sounds, texts, strict=True)]))
    with tempfile.TemporaryDirectory() as folder:
        for name in ("m4b", "mp3", "opus", "flac"):
            order = order_of(Path(folder), clips, rate, name)
            tell(f"reels for {name}", spent(partial(encode_reel, order)))
        order = order_of(Path(folder), clips, rate, "m4b")
        stored = [(clip.path, clip.info.digest, clip.info.samples) for clip in order.clips if clip]
        tell("clips as a listener hears them", spent(lambda: [read_clip(*each, rate) for each in stored]))
        row("the gain of a book, once", f"{spent(partial(find_gain, order)):.1f} s for {sound_s:.0f} s of sound", "")
        for engine in (espeak, metronome):  # a rehearsal is to cost what a voice costs
            row(f"reels for m4b of {engine.card.name}", f"{1000 * other_reels(Path(folder), engine, texts):.2f} ms", "")


if __name__ == "__main__":
    if os.environ.keys() >= ONE_THREAD.keys():
        main()
    else:  # before numpy starts its threads, as for the processes that encode
        sys.exit(subprocess.run([sys.executable, *sys.argv], env={**os.environ, **ONE_THREAD}).returncode)
