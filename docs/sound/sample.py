"""Speaks docs/sound/heart.mp3: the beginning of a story in the voice that comes with the installation.

    python docs/sound/sample.py

The text is from Charlotte Perkins Gilman's "The Yellow Wallpaper" of 1892, which is in the public domain. The voice is
hibari's `heart`, Apache-2.0; what it speaks may be used freely.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SAMPLE = HERE / "heart.mp3"
CLI = HERE.parents[1] / "cli.py"
TEXT = """It is very seldom that mere ordinary people like John and myself secure ancestral halls for the summer.

A colonial mansion, a hereditary estate, I would say a haunted house, and reach the height of romantic felicity. But
that would be asking too much of fate! Still I will proudly declare that there is something queer about it.
"""
TAGS = ("--title", "The Yellow Wallpaper, its beginning", "--author", "Charlotte Perkins Gilman")
FORMAT = ("--language", "en", "--output-format", "mp3", "--bitrate", "48k", "--quiet")


def speak(target: Path) -> None:
    """Make the sample with `e2a-swarm convert`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sample.txt").write_text(TEXT, encoding="utf-8")
        words = ("convert", folder / "sample.txt", "--output-dir", folder, "--state-dir", folder / "state")
        subprocess.run([sys.executable, CLI, *words, *TAGS, *FORMAT], check=True)
        (made,) = folder.glob("*.mp3")
        target.write_bytes(made.read_bytes())


if __name__ == "__main__":
    speak(SAMPLE)
