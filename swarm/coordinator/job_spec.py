"""Makes the spec of a new job: all that is to be spoken of a book, and by which voices."""

from collections.abc import Callable, Collection
from pathlib import Path

from swarm.book.speech.credits import spoken_credits
from swarm.book.speech.lexicon import NO_LEXICON, read_lexicon
from swarm.book.speech.script import check_sayable, chosen_chapters, make_script, opening, with_word
from swarm.book.speech.segment import unsaid_languages
from swarm.config import RenderConfig
from swarm.coordinator.brought_files import BroughtFiles
from swarm.job.book import Book
from swarm.job.card import EngineCard
from swarm.job.cast import NO_CAST
from swarm.job.guest import GuestEngine, Guests
from swarm.job.recipe import Recipe
from swarm.job.spec import BookFacts, JobSpec
from swarm.system.disk import full_name
from swarm.voice.host.cast import check_cast
from swarm.voice.host.guests import find_guests
from swarm.voice.host.registry import better_voices_line, estimate_s, recipe_card

Offered = Callable[[str], Collection[str]]  # returns the words of --tts-engine that workers can speak a language with


def make_spec(
    config: RenderConfig,
    path: Path,
    book: Book,
    recipe: Recipe,
    job: str,
    now: float,
    brought: BroughtFiles,
    offered: Offered | None,
) -> JobSpec:
    """Return what the job is: all that is to be spoken, and by whom. Raises BookError, UsageError.

    `offered` is None if only this machine speaks.
    """
    lexicon = NO_LEXICON if config.lexicon is None else read_lexicon(config.lexicon)
    card = recipe_card(recipe)
    around = spoken_credits(config.credits, book, recipe)
    cast = check_cast(recipe, config.cast, brought.config) if config.cast else NO_CAST
    guests = _guests(config, book, card, recipe.language, offered)
    chapters = make_script(book, card, recipe.language, config.chapters, lexicon, around, cast, guests)
    if not config.anyway:
        check_sayable(book, chapters, better_voices_line(card, recipe.language))
    if config.preview_name:
        chapters = with_word(chapters, config.preview_name, config.preview_s / estimate_s(recipe, 1))
    elif config.preview_s:
        chapters = opening(chapters, config.preview_s / estimate_s(recipe, 1))
    return JobSpec(
        job=job,
        source=full_name(path),
        book=book_facts(book, language_chosen=bool(config.language)),
        recipe=recipe,
        chapters=chapters,
        created_s=now,
        sample_rate=card.sample_rate,
    )


def _guests(config: RenderConfig, book: Book, card: EngineCard, language: str, offered: Offered | None) -> Guests:
    """Return who speaks the passages of a book that its engine cannot be told to speak in their language."""
    languages = set() if config.one_engine else unsaid_languages(chosen_chapters(book, config.chapters), language, card)
    found: dict[str, GuestEngine] = {}
    for each in languages:
        found |= find_guests(card, [each], offered and offered(each))
    return found


def book_facts(book: Book, *, language_chosen: bool = False) -> BookFacts:
    """Return the facts of a book that the job keeps; a doubt about its language only if the user chose none."""
    return BookFacts(
        title=book.title,
        authors=book.authors,
        language=book.language,
        year=book.year,
        publisher=book.publisher,
        description=book.description,
        identifier=book.identifier,
        cover=book.cover,
        subtitle=book.subtitle,
        series=book.series,
        series_number=book.series_number,
        isbn=book.isbn,
        lost=book.lost,
        library=book.library,
        cautions=(*filter(None, ("" if language_chosen else book.language_doubt,)), *book.cautions),
    )
