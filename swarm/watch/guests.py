"""Tells people which other engines speak passages of a book, and in which languages."""

from collections.abc import Iterable

from swarm.job.book import Chapter
from swarm.job.guest import guests_in
from swarm.job.language import language_name
from swarm.watch.text import count_text


def guests_line(chapters: Iterable[Chapter], engine: str) -> str:
    """Return a line that names the guests of some chapters, beside the engine of their job; "" if there are none."""
    said = [
        f"{language_name(guest.language)} by {guest.model or guest.engine} ({count_text(count, 'sentence')})"
        for guest, count in guests_in(chapters).most_common()
    ]
    return f"in other languages: {', '.join(said)}; --one-engine leaves all to {engine}" if said else ""


def guest_rows(chapters: Iterable[Chapter]) -> list[dict[str, object]]:
    """Return the same for programs: language, engine, model, voice and sentences of each guest."""
    return [
        {"language": each.language, "engine": each.engine, "model": each.model, "voice": each.voice, "sentences": count}
        for each, count in guests_in(chapters).most_common()
    ]
