"""Makes the spoken opening and closing of an audiobook: its title, its authors and its narrator."""

from collections.abc import Sequence

from swarm.book.language.known import find_language
from swarm.job.book import Block, Book, ChapterText
from swarm.job.reading import Credits
from swarm.job.recipe import CLONE, INVENTED, Recipe


def spoken_credits(names: Credits | None, book: Book, recipe: Recipe) -> tuple[ChapterText, ...]:
    """Return the opening and the closing of a book; none if no names are given.

    A voice is named by its name, if that is one word of letters: "en-gb" and a recording are not named.
    """
    if names is None:
        return ()
    voice = recipe.voice if recipe.voice.isalpha() and not recipe.voice.startswith((CLONE, INVENTED)) else ""
    authors = (names.author,) if names.author else book.authors
    narrator = names.narrator or voice.capitalize()
    return credit_chapters(names.title or book.title, authors, narrator, recipe.language)


def part_form(language: str) -> str:
    """Return the form of a part's title in a language, such as "Part {} of {}"."""
    return find_language(language).credits.part


def credit_chapters(
    title: str, authors: Sequence[str], narrator: str, language: str
) -> tuple[ChapterText, ChapterText]:
    """Return the opening and the closing as chapters in the book's language; a chapter's title is spoken first.

    In a language that has no words for it, title and names are spoken alone. Without a narrator no name follows.
    """
    words = find_language(language).credits
    names = [words.by.format(", ".join(authors))] if authors else []
    names += [words.read_by.format(narrator)] if narrator else []
    closing = [title, *names] if words.end else names
    return _chapter(title, names), _chapter(words.end or title, closing)


def _chapter(title: str, lines: Sequence[str]) -> ChapterText:
    return ChapterText(title, (Block("heading", title), *(Block("paragraph", _sentence(line)) for line in lines)))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
