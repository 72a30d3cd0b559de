"""Finds the names of a book: words with a capital inside sentences that have no small letter elsewhere."""

from collections import Counter
from collections.abc import Iterable

from swarm.book.language.late_pattern import compile_later
from swarm.job.book import ChapterText

MAX_NAMES = 200
MAX_SMALL = 0.1  # share of a name's occurrences that may have a small letter
MAX_WITH_ARTICLE = 0.4  # share of those with a capital that may follow an article, as nouns of German do

_TITLES = r"\b(?:Mrs?|Ms|Dr|St|Mme|Mlle|M|Hr|Fr|Sra?|Sig|[pP]rof)\.\s"
_INSIDE = compile_later(
    rf"(?<=[\p{{Ll}},;]\s|{_TITLES})(?!{_TITLES})"
    r"\p{Lu}(?:\p{Ll}|['’]\p{Lu}\p{Ll})[\p{L}\p{M}]*+(?:['’-]\p{Lu}[\p{L}\p{M}]*+)*"
)
_WORD = compile_later(r"\p{L}[\p{L}\p{M}]*+(?:['’-]\p{Lu}[\p{L}\p{M}]*+)*")
_BEHIND_ARTICLE = compile_later(
    r"\b(?i:the|an?|this|that|der|die|das|dem|den|des|ein\p{L}{0,2}|la|le|les|une?|el|los|las|un|una|il|lo|gli|het|een|o|os|as)"
    r"\s(\p{Lu}\p{Ll}[\p{L}\p{M}]*+)"
)


def book_names(chapters: Iterable[ChapterText]) -> list[tuple[str, int]]:
    """Return the names of some chapters and how often they occur, the most frequent first; 200 at most."""
    texts = [block.text for chapter in chapters for block in chapter.blocks]
    inside = Counter(word for text in texts for word in _INSIDE.findall(text))
    if not inside:
        return []
    every = Counter(word for text in texts for word in _WORD.findall(text))
    articles = Counter(word for text in texts for word in _BEHIND_ARTICLE.findall(text))
    found = [
        (word, every[word])
        for word, count in inside.items()
        if every[word.lower()] <= MAX_SMALL * every[word] and articles[word] <= MAX_WITH_ARTICLE * max(count, 1)
    ]
    return sorted(found, key=lambda name: (-name[1], name[0]))[:MAX_NAMES]
