"""Lists a book's names with how they will be said, as a dictionary for --lexicon that is ready to be edited."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from swarm.book.speech.speech import Speech
    from swarm.job.book import ChapterText


class Name(Struct, frozen=True):
    """A name of a book."""

    written: str
    times: int
    phonemes: str  # IPA; "" if the engine cannot tell
    readable: str  # the phonemes in English letters
    said: str  # the spelling that the engine is given


def find_names(chapters: "Sequence[ChapterText]", speech: "Speech", language: str) -> list[Name]:
    """Return the names of some chapters, the most frequent first, as an engine will say them."""
    from swarm.book.speech.names import book_names
    from swarm.job.engine_text import read_engine_text
    from swarm.voice.host.registry import find_engine
    from swarm.voice.ipa import readable

    counted = book_names(chapters)
    texts = [read_engine_text(speech.say(written, language)) for written, _ in counted]
    asked = find_engine(speech.card.name).phonemes_of(language, [spoken for spoken, _ in texts])
    found = []
    for place, ((written, times), (spoken, marked)) in enumerate(zip(counted, texts, strict=True)):
        ipa = marked[0].ipa if marked else asked[place] if asked else ""
        found.append(Name(written, times, ipa, readable(ipa), spoken))
    return found


def name_lines(names: "Sequence[Name]", engine: str, language: str) -> list[str]:
    """Return the lines of a dictionary: a comment and a rule for each name."""
    lines = [
        f"# Names, the most frequent first, as {engine} says them. Change what is right of = and give the file with",
        "# --lexicon; `e2a-swarm preview BOOK --name NAME --lexicon FILE` speaks one.",
        f"[{language}]",
    ]
    for name in names:
        heard = f": {name.readable} /{name.phonemes}/" if name.phonemes else ""
        lines += ["", f"# {name.times} times{heard}", f"{name.written} = {name.said}"]
    return lines
