"""Tells people which other engines speak passages of a book, and in which languages."""

from collections.abc import Iterable
from typing import TypedDict

from swarm.job.book import Chapter
from swarm.job.guest import guests_in
from swarm.job.language import language_name
from swarm.watch.text import count_text


class GuestRow(TypedDict):
    """A guest of some chapters, as programs are told it."""

    language: str
    engine: str
    model: str
    voice: str
    sentences: int


def guest_rows(chapters: Iterable[Chapter]) -> list[GuestRow]:
    """Return a row for each guest of some chapters."""
    return [
        {"language": each.language, "engine": each.engine, "model": each.model, "voice": each.voice, "sentences": count}
        for each, count in guests_in(chapters).most_common()
    ]


def guest_words(rows: Iterable[GuestRow]) -> str:
    """Return a clause for people that names each engine once, with its languages; "" if there are no guests."""
    said: dict[str, list[str]] = {}
    for row in rows:
        spoken = f"{language_name(row['language'])} ({count_text(row['sentences'], 'sentence')})"
        said.setdefault(row["model"] or row["engine"], []).append(spoken)
    engines = [f"{', '.join(languages)} by {engine}" for engine, languages in said.items()]
    return f"in other languages: {'; '.join(engines)}" if engines else ""


def guests_line(rows: Iterable[GuestRow], engine: str) -> str:
    """Return the clause with the option that leaves all to the engine of the job; "" if there are no guests."""
    words = guest_words(rows)
    return f"{words}; --one-engine leaves all to {engine}" if words else ""
