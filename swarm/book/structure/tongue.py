"""Decides which language a book is in, and marks the passages that are in another one."""

from collections import defaultdict

from msgspec import Struct

from swarm.book.language.detection import (
    Detected,
    are_alike,
    detect,
    fits_script,
    has_foreign_letters,
    is_language_of,
    is_sure,
    is_told_apart,
    is_written_like,
    may_be,
    passage_language,
)
from swarm.book.page.passage import Passage
from swarm.job.language import language_name, marked_language

DEFAULT_LANGUAGE = "en"  # some books name no language, and their text does not tell it
MIN_GUESS_WORDS = 20  # the guess for a shorter text is worse than the default
MAX_MARKED_CHARS = 6_000  # only the first passages of a language are compared with their mark


class Tongue(Struct, frozen=True):
    """The language of a book, and a line for the user if it is not the one that the book names."""

    language: str
    doubt: str = ""


def settle(declared: str, sample: str, *, believed: bool = True) -> Tongue:
    """Decide between the language that a book names, "" for none, and the one that its text is plainly in.

    A doubt is only told if the declared language is `believed` to be the book's own.
    """
    if declared and is_language_of(declared, sample):
        return Tongue(declared)
    found = detect(sample)
    if not declared:
        return Tongue(found.language, "") if found.plain else _undeclared(found.language, sample)
    if not found.language or are_alike(found.language, declared) or is_written_like(declared, sample):
        return Tongue(declared)
    if not is_told_apart(declared) and not is_sure(found.language, sample):
        return Tongue(declared)
    if found.plain or not fits_script(declared, sample):
        said, text = language_name(declared), language_name(found.language)
        doubt = f"it says that it is in {said}, but its text is {text}: read as {text}"
        return Tongue(found.language, doubt if believed else "")
    return Tongue(declared)


def _undeclared(guess: str, sample: str) -> Tongue:
    """Return the guess of a text that is long enough for one, else English."""
    language = guess if guess and len(sample.split()) >= MIN_GUESS_WORDS else DEFAULT_LANGUAGE
    name = language_name(language)
    return Tongue(
        language,
        f"it does not name its language, and its text does not show it: read as {name}; --language sets another",
    )


def mark_tongues(passages: list[Passage], language: str) -> None:
    """Mark passages that are plainly in another language, and remove marks that the text contradicts.

    Word processors give every paragraph the language of their own settings.
    """
    marked: dict[str, list[Passage]] = defaultdict(list)
    for passage in passages:
        named = marked_language(passage.language)
        if named not in ("", language) and not has_foreign_letters(named, passage.text):
            marked[named].append(passage)
        else:  # a mark that tells nothing, or that is wrong
            is_heard = passage.text and not passage.left_out
            passage.language = passage_language(passage.text, language) if is_heard else ""
    for group in marked.values():
        text = " ".join(passage.text for passage in group)[:MAX_MARKED_CHARS]
        if may_be(language, text) and (
            is_language_of(language, text) or detect(text) == Detected(language, plain=True)
        ):
            for passage in group:
                passage.language = ""
