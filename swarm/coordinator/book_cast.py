"""The cast of a book: its persons with their voices, and those that they had in a volume before.

A file of the state folder keeps them, in the form of a cast file, for all volumes of a series, or for all editions of a
book that is in none. A line has the names of a person, first the one that it is known by.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

import msgspec

from swarm.book.model.book import Book
from swarm.book.model.reading_choice import NO_CAST, Cast, CastVoice
from swarm.book.speech.casting import MAX_LINES, cast_by_itself, read_cast, unknown_names, voices_of
from swarm.book.speech.dialogue import Dialogue, find_dialogue, with_persons
from swarm.book.speech.person import key_of, may_be_same
from swarm.book.speech.script import chapter_texts
from swarm.config import RenderConfig
from swarm.coordinator.brought_files import BroughtFiles
from swarm.coordinator.speaker_server import mend_of
from swarm.errors import EnvironmentFault, UsageError
from swarm.job.spec import BookFacts, Recipe
from swarm.job.state import JobState
from swarm.system.disk import guarded, replace_file
from swarm.system.machine import Say
from swarm.system.text import clean, slug
from swarm.voice.host.default_voice import voices_to_be_had
from swarm.voice.host.fallback_voices import cast_voices, check_cast
from swarm.voice.host.registry import recipe_card

FOLDER = "casts"
MAX_STRANGE = 10  # names of a cast that the user is told of
MAX_NAMED = 6  # persons in a line
HEAD = """\
# Voices that the persons of a series have with --cast auto, and all names of each person. Change what you like; without
# this file they are chosen anew.
"""

CastRow = tuple[tuple[str, ...], str]  # the names of a person, and its voice


class BookCast(NamedTuple):
    """Who speaks in a book with which voice, and lines for the user."""

    cast: Cast = NO_CAST
    dialogue: Dialogue | None = None
    notes: Sequence[str] = ()


def find_cast(
    config: RenderConfig, book: Book, recipe: Recipe, brought: BroughtFiles, tell: Say, *, alone: bool
) -> BookCast:
    """Return the cast of a book, and keep it for the next volume. Raises UsageError, EnvironmentFault, StoreError.

    `alone`: this machine speaks without workers; `tell` shows what takes long.
    """
    cast = check_cast(recipe, config.cast, brought.config) if config.cast else NO_CAST
    if not cast.has_dialogue:
        return BookCast(cast)
    texts, notes = chapter_texts(book), list[str]()
    kept = KeptCast(kept_file(config, book, recipe), recipe.language)
    dialogue = find_dialogue(texts, recipe.language, mend_of(config, texts, tell, notes.append))
    dialogue = with_persons(dialogue, (*kept.persons, *cast.persons))
    lack = ""
    if cast.voices or not cast.auto:
        notes += _cast_doubts(cast, dialogue, recipe, alone=alone)
    if cast.auto:
        strange = kept.strange([each.name for each in cast_voices(recipe_card(recipe), recipe.language, recipe.voice)])
        cast, lack = _cast_by_itself(cast, dialogue, recipe, kept)
        notes += [kept.fault or kept.note(dialogue, cast), strange, lack]
    if not (lack or config.preview_s):  # read anew, since another volume may have been added meanwhile
        KeptCast(kept.path, recipe.language).keep(dialogue, cast)
    return BookCast(cast, dialogue, notes)


def _cast_by_itself(cast: Cast, dialogue: Dialogue, recipe: Recipe, kept: "KeptCast") -> tuple[Cast, str]:
    """Return voices for the persons of a book, and a line about voices that could not be had.

    Raises UsageError if the engine has only one voice for it.
    """
    card = recipe_card(recipe)
    voices = cast_voices(card, recipe.language, recipe.voice)
    if len(voices) < 2:
        raise UsageError(
            f"--cast auto takes an engine with several voices: {card.title} has one for {recipe.language}. "
            f"`e2a-swarm voices --language {recipe.language}` lists others."
        )
    voices, why = voices_to_be_had(recipe, voices)
    who = "all persons have the narrator's voice" if len(voices) == 1 else f"persons have {len(voices)} voices"
    again = "give" if len(voices) == 1 else "`e2a-swarm jobs remove` this job and give"
    remedy = (
        f"Once they can be had, {again} the same command again; or take an engine with voices here: "
        f"`e2a-swarm voices --language {recipe.language}`."
    )
    lack = f"{who}, since others could not be fetched: {why}. {remedy}" if why else ""
    return cast_by_itself(dialogue, cast, voices, kept.voice_of), lack


def _cast_doubts(cast: Cast, dialogue: Dialogue, recipe: Recipe, *, alone: bool) -> list[str]:
    """Return lines about names of a cast that the book does not have, and voices that only workers might have.

    Raises EnvironmentFault if this machine speaks alone and cannot have one of the voices.
    """
    voices = [CastVoice(name, "") for name in dict.fromkeys((recipe.voice, *cast.voices))]
    why = voices_to_be_had(recipe, voices)[1]
    if why and alone:
        raise EnvironmentFault(f"--cast: {why}. Name voices that are here, or try again later.")
    strange = ", ".join(unknown_names(cast, dialogue)[:MAX_STRANGE])
    return [
        f"--cast: nobody who speaks in the book is called {strange}." if strange else "",
        f"--cast: {why}, so only workers that have it speak its lines." if why else "",
    ]


def kept_file(config: RenderConfig, book: Book | BookFacts, recipe: Recipe) -> Path:
    """Return the file that keeps the cast of a book: one for all volumes of a series, by language and engine."""
    name = dict(config.style.tags).get("series") or book.series or book.title
    facts = (name.casefold(), [each.casefold() for each in book.authors], recipe.engine, recipe.language)
    digest = hashlib.sha256(msgspec.json.encode(facts)).hexdigest()
    return config.state_dir / FOLDER / f"{slug(name)}-{digest[:10]}.txt"


def keep_mends(config: RenderConfig, state: JobState) -> None:
    """Keep the other voices and names that the user gave persons, for the next volume or edition. Raises StoreError."""
    recipe = state.spec.recipe
    KeptCast(kept_file(config, state.spec.book, recipe), recipe.language).keep_mends(state)


class KeptCast:
    """The cast that a file keeps. A file that cannot be read is left as it is, and `fault` tells why."""

    def __init__(self, path: Path, language: str) -> None:
        self.path, self.fault, self._language = path, "", language
        cast = NO_CAST
        try:
            cast = read_cast(path) if path.is_file() else NO_CAST
        except UsageError as fault:
            self.fault = f"nobody has the voice of an earlier volume: {str(fault).removeprefix('--cast ')}"
        voices, several = dict(cast.speakers), {name for names in cast.persons for name in names}
        alone = [(name,) for name in voices if name not in several]
        self.persons = cast.persons
        self._rows: list[CastRow] = [(names, voices[names[0]]) for names in (*cast.persons, *alone)]

    def voice_of(self, names: Sequence[str]) -> str:
        """Return the voice that a person had; "" for none."""
        return next((voice for _, voice in self._rows_of(names)), "")

    def _rows_of(self, names: Sequence[str]) -> list[CastRow]:
        """Return the rows of a person: those with one of its names, or the only one that differs by titles."""
        keys = {key_of(name) for name in names}
        found = [row for row in self._rows if not keys.isdisjoint(map(key_of, row[0]))]
        like = [row for row in self._rows if any(may_be_same(*pair, self._language) for pair in product(names, row[0]))]
        return found or like[:1] if len(like) < 2 else found

    def note(self, dialogue: Dialogue, cast: Cast) -> str:
        """Return a line about the persons that have the voices which they had; "" if there are none."""
        voices = voices_of(dialogue, cast)
        same = [name for name, voice in voices.items() if self.voice_of(dialogue.persons.names_of(name)) == voice]
        more = f" and {len(same) - MAX_NAMED} more" if len(same) > MAX_NAMED else ""
        named = f"{', '.join(same[:MAX_NAMED])}{more}"
        return f"voices as in an earlier volume: {named}; {self.path} has them." if same else ""

    def strange(self, voices: Sequence[str]) -> str:
        """Return a line about the voices of the file that are none of some; "" if there are none."""
        odd = [f"{clean(names[0])} = {clean(voice)}" for names, voice in self._rows if voice not in voices]
        named = ", ".join(odd[:MAX_STRANGE])
        return (
            f"{self.path} names voices that cannot be given: {named}. Others speak, or those of --cast." if odd else ""
        )

    def keep(self, dialogue: Dialogue, cast: Cast) -> None:
        """Add the persons of a book with their voices. Raises StoreError."""
        for name, voice in voices_of(dialogue, cast).items():
            self._join(dialogue.persons.names_of(name), voice)
        self._write()

    def keep_mends(self, state: JobState) -> None:
        """Keep the other voices and names that the user gave the persons of a job. Raises StoreError."""
        voices: defaultdict[str, Counter[str]] = defaultdict(Counter)
        mended: dict[tuple[str, str], None] = {}
        for place in state.places:
            made, now = state.spec.chapters[place[0]].segments[place[1]], state.segment(place)
            voices[now.speaker][now.voice] += 1
            is_mended = (made.speaker, made.voice) != (now.speaker, now.voice)
            if made.speaker and now.speaker and is_mended and place not in state.given:
                mended[made.speaker, now.speaker] = None
        for made_name, name in mended:
            for each in (made_name, name):  # each alone, since a person may differ by titles from both
                self._join((name, each), voices[name].most_common(1)[0][0])
        if mended:
            self._write()

    def _join(self, names: Sequence[str], voice: str) -> None:
        """Give a person a voice, and these names besides those of its rows, which become one."""
        met = self._rows_of(names)
        place = self._rows.index(met[0]) if met else len(self._rows)
        every = dict.fromkeys((*names, *(name for row in met for name in row[0])))
        self._rows = [row for row in self._rows if row not in met]
        self._rows.insert(place, (tuple(every), voice))

    def _write(self) -> None:
        rows = self._rows[: MAX_LINES - HEAD.count("\n")]
        lines = [f"{' | '.join(names)} = {voice}\n" for names, voice in rows]
        if lines and not self.fault:
            with guarded(self.path):
                replace_file(self.path, "".join((HEAD, *lines)).encode())
