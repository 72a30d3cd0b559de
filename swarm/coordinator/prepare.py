"""Makes a job that can be served from a file and the user's choices: read, recognised, locked, replayed.

The spec of a new job says all that is to be spoken of a book, and by which voices.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from secrets import randbelow
from typing import Literal, NamedTuple

import msgspec
from msgspec import structs

from swarm.book.any_file import FAULTS, TOO_LARGE, BookFindings, BookQuestion, look_into
from swarm.book.kinds import FOREIGN
from swarm.book.model.book import Book, Chapter
from swarm.book.model.language_code import normal_language
from swarm.book.model.reading_choice import Cast
from swarm.book.speech.lexicon import NO_LEXICON, read_lexicon
from swarm.book.speech.script import (
    check_sayable,
    chosen_chapters,
    make_script,
    opening,
    spoken_credits,
    with_word,
)
from swarm.book.speech.segment import unsaid_languages
from swarm.config import RenderConfig
from swarm.coordinator.book_cast import find_cast
from swarm.coordinator.brought_files import BroughtFiles, find_config, lost_latents, restore_job_files
from swarm.coordinator.job_replay import replay
from swarm.coordinator.mending import CarriedOverride, earlier_overrides, mendings
from swarm.errors import BookError, EnvironmentFault, TakenOver, UsageError
from swarm.job.card import GUEST, EngineCard, FallbackEngine, FallbackEngines
from swarm.job.record import AnyRecord, RunStarted
from swarm.job.run import lineage_of
from swarm.job.spec import BookFacts, JobSpec, Recipe
from swarm.job.state import JobState, apply
from swarm.job.store.store import DiskStore, has_job
from swarm.standby.adopt import leader_epoch, taken_over_at
from swarm.system.child import ChildDied, run_bounded
from swarm.system.disk import full_name
from swarm.system.machine import Say
from swarm.system.text import slug
from swarm.voice.host.default_voice import Provide, Workers, better_voices, unfetched_line
from swarm.voice.host.fallback_voices import check_cast, find_guests
from swarm.voice.host.registry import (
    all_engines,
    better_voices_line,
    choose_recipe,
    default_words,
    estimate_s,
    pace_line,
    recipe_card,
    use_line,
    usual_word,
)
from swarm.watch.words import LATENTS_LOST, cast_line, guest_rows, guests_line, taken_over_text

READER = (
    "from swarm.system.serving import expect_same_code; expect_same_code(); "
    "import sys; from swarm.book.any_file import answer_question; "
    "sys.stdout.buffer.write(answer_question(sys.stdin.buffer.read()))"
)
READING_BYTES, CONVERTING_BYTES = 2 << 30, 8 << 30  # address space; Calibre maps much that it never uses
PATIENCE_S = 900.0  # for a book to be read, on a small machine or by Calibre
Wanted = Literal["book", "name", "title"]


def unheard(words: str) -> None:
    """Say nothing."""


def make_spec(
    config: RenderConfig,
    path: Path,
    book: Book,
    recipe: Recipe,
    job: str,
    now: float,
    brought: BroughtFiles,
    workers: Workers | None,
    caution: str = "",
    tell: Say = unheard,
) -> JobSpec:
    """Return what the job is: all that is to be spoken, and by whom. Raises BookError, UsageError.

    `workers` is None if only this machine speaks; `caution` goes into the report; `tell` shows what takes long.
    """
    lexicon = NO_LEXICON if config.lexicon is None else read_lexicon(config.lexicon)
    card = recipe_card(recipe)
    around = spoken_credits(config.credits, book, recipe.narrator, recipe.language)
    if config.expressive and not card.manners:
        able = [usual_word(each) for each in all_engines() if each.card.manners]
        raise UsageError(
            f"{card.title} cannot be told to whisper or shout: leave --expressive out, or {use_line(able)}."
        )
    cast, dialogue, doubts = find_cast(config, book, recipe, brought, tell, alone=workers is None)
    guests = _guests(config, book, card, recipe.language, workers)
    chapters = make_script(
        book,
        card,
        recipe.language,
        config.chapters,
        lexicon,
        around,
        cast,
        guests,
        dialogue,
        expressive=config.expressive,
    )
    if not config.anyway:
        check_sayable(book, chapters, better_voices_line(card, recipe.language))
    if config.preview_name:
        chapters = with_word(chapters, config.preview_name, config.preview_s / estimate_s(recipe, 1))
    elif config.preview_s:
        chapters = opening(chapters, config.preview_s / estimate_s(recipe, 1))
    return JobSpec(
        job=job,
        source=full_name(path),
        book=book_facts(
            book, language_chosen=bool(config.language), caution=" ".join(filter(None, (caution, *doubts)))
        ),
        recipe=structs.replace(recipe, cast=_is_cast(chapters)),
        chapters=chapters,
        created_s=now,
        sample_rate=card.sample_rate,
    )


def _is_cast(chapters: Sequence[Chapter]) -> bool:
    """Return whether some of a book has another voice of its engine."""
    return any(each.voice and not each.voice.startswith(GUEST) for chapter in chapters for each in chapter.segments)


def _guests(
    config: RenderConfig, book: Book, card: EngineCard, language: str, workers: Workers | None
) -> FallbackEngines:
    """Return who speaks the passages of a book that its engine cannot be told to speak in their language."""
    languages = set() if config.one_engine else unsaid_languages(chosen_chapters(book, config.chapters), language, card)
    found: dict[str, FallbackEngine] = {}
    for each in languages:
        found |= find_guests(card, [each], None if workers is None else workers.words(each))
    return found


def book_facts(book: Book, *, language_chosen: bool = False, caution: str = "") -> BookFacts:
    """Return the facts of a book that the job keeps; a doubt about its language only if the user chose none."""
    doubt = "" if language_chosen else book.language_doubt
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
        cautions=(*filter(None, (caution, doubt)), *book.cautions),
    )


def find_in_book(config: RenderConfig, path: Path, wanted: Wanted) -> BookFindings:
    """Read what is wanted of a book; that of a stranger in a process whose memory is bounded.

    Raises BookError, ReaderMissing, EnvironmentFault, UsageError.
    """
    question = BookQuestion(os.fsencode(path), wanted, config.reading if wanted == "book" else None)
    if not config.from_others:
        return look_into(question)
    if wanted == "name" and (stamp := _stamp_of(path)):
        return _name_of(question, path, stamp)
    return _look_apart(question, path)


@lru_cache(64)
def _name_of(question: BookQuestion, path: Path, stamp: tuple[int, int]) -> BookFindings:
    """Look for the name once, though it is asked for several times until a book is opened."""
    return _look_apart(question, path)


def _stamp_of(path: Path) -> tuple[int, int]:
    with suppress(OSError):
        found = path.stat()
        return found.st_size, found.st_mtime_ns
    return 0, 0


def _look_apart(question: BookQuestion, path: Path) -> BookFindings:
    try:
        told = run_bounded(READER, reading_bytes(path), msgspec.msgpack.encode(question), PATIENCE_S)
        answer = msgspec.msgpack.decode(told, type=BookFindings)
    except (ChildDied, msgspec.MsgspecError) as fault:
        why = too_large(path) if "MemoryError" in str(fault) else f"{path} cannot be read: {fault}."
        raise BookError(why) from fault
    if answer.fault:
        raise FAULTS[answer.fault](answer.words)
    return answer


def too_large(book: Path | str) -> str:
    """Return a sentence about a book for which the memory did not do."""
    return f"{book} {TOO_LARGE}."


def reading_bytes(path: Path) -> int:
    """Return the bytes of memory that a process may have which reads a stranger's book."""
    return CONVERTING_BYTES if path.suffix.lower() in FOREIGN else READING_BYTES


Choose = Callable[[str], tuple[str, Recipe]]


@dataclass(frozen=True)
class Prepared:
    """A job ready to be served; `notes` are for the user, `records` are to be committed before anything else."""

    state: JobState
    records: list[AnyRecord]
    notes: list[str]
    undoubted: bool = False  # `redo --doubtful` found nothing doubtful in a finished book


def prepare(
    config: RenderConfig,
    path: Path,
    store: DiskStore,
    now: float,
    brought: BroughtFiles | None = None,
    workers: Workers | None = None,
    provide: Provide | None = None,
    tell: Say = unheard,
) -> Prepared:
    """Find or make the job of a book, lock and replay it. Raises BookError, UsageError, StoreError.

    `provide` makes sure of a better default voice than those that are ready; without it those alone count. `tell` shows
    what takes long.

    The text of a book that has a job is in the journal; its file is not read through again.
    """
    brought = brought or BroughtFiles()
    if config.redo and config.redo.job:
        named = _named_job(config.redo.job, path, store)
        return _resume(config, path, store, now, brought, named, list(config.redo.notes))
    if config.take_over:
        return _resume(config, path, store, now, brought, _named_job(config.take_over, path, store), [])
    job, recipe, book, caution = find_job(config, path, brought, workers, provide)
    store.lock_job(job)
    spec = store.open_job(job)
    notes = [] if caution else _advice(config, brought, recipe)
    if spec is None and config.redo:
        raise UsageError(f"{path} was not spoken with these options yet: `e2a-swarm convert` does that.")
    carried: list[CarriedOverride] = []
    if spec is None:
        read = book or _read_book(config, path)
        spec = make_spec(config, path, read, recipe, job, now, brought, workers, caution, tell)
        if config.cast and not spec.recipe.cast:  # it changes nothing, so it is no other edition of the book
            store.release_job(job)
            plain = prepare(replace(config, cast=None), path, store, now, brought, workers, provide, tell)
            return replace(plain, notes=list(dict.fromkeys((*spec.book.cautions, *plain.notes))))
        spec = structs.replace(spec, job_files=brought.job_files, origins=brought.origins)
        carried = earlier_overrides(spec, config.state_dir)
        with store.unpacking() as folder:
            store.create_job(spec, path, brought.contents(folder))
    if workers is not None:
        _check_led_here(config, spec, store)
    return _resume(config, path, store, now, brought, spec, notes, carried)


def _check_led_here(config: RenderConfig, spec: JobSpec, store: DiskStore) -> None:
    """Raise TakenOver if this machine heard before that another took the job over: no worker need say it again."""
    ours = max((record.epoch for record in store.records(spec.job) if isinstance(record, RunStarted)), default=0)
    if lineage_of(taken_over_at(store.folder(spec.job))) > lineage_of(max(ours, config.least_epoch)):
        raise TakenOver(taken_over_text(spec.title, spec.job))


class FoundJob(NamedTuple):
    """The job of a book."""

    name: str
    recipe: Recipe
    book: Book | None  # None unless it had to be read
    caution: str = ""  # tells why no better voice speaks it


def find_job(
    config: RenderConfig,
    path: Path,
    brought: BroughtFiles,
    workers: Workers | None = None,
    provide: Provide | None = None,
) -> FoundJob:
    """Return the name and recipe of a book's job. Raises BookError, UsageError, WorkerAwaited.

    `workers` is None if only this machine speaks; `provide` is as for `prepare`.
    """
    title, said, book = _recognise(config, path)
    language, model = config.language or said or "en", brought.model or config.model

    def choose(engine: str) -> tuple[str, Recipe]:
        recipe = choose_recipe(
            language,
            engine=engine,
            model=model,
            config=brought.config,
            voice=brought.voice or config.voice,
            settings=config.settings,
        )
        return job_name(path, title, recipe, config), recipe

    if config.engine or model or brought.voice:
        return FoundJob(*choose(config.engine), book)
    normal = normal_language(language)
    words = default_words(normal, workers.words(normal) if workers else ())
    better = better_voices(normal, words[0], workers) if provide else []
    if begun := _begun((*(each.word for each in better), *words), choose, config.state_dir):
        return FoundJob(*begun, book)
    faults = []
    for each in better if not config.redo else ():
        try:
            job, recipe = choose(each.word)
            if workers and (why := workers.why_given_up(recipe)):
                raise EnvironmentFault(why)
            if provide:
                provide(each, recipe)
        except EnvironmentFault as fault:
            faults.append((each, fault))
        except UsageError:  # it lacks the voice or a setting that was asked for
            continue
        else:
            return FoundJob(job, recipe, book, unfetched_line(normal, each.word, faults))
    return FoundJob(*choose(words[0]), book, unfetched_line(normal, words[0], faults))


def _begun(words: Sequence[str], choose: Choose, state_dir: Path) -> tuple[str, Recipe] | None:
    """Return the job of the book that was begun with one of the default engines, so that a better one begins no other.

    A voice or a setting that was asked for rules out the engines that lack it.
    """
    for word in words:
        with suppress(UsageError):
            job, recipe = choose(word)
            if has_job(state_dir, job):
                return job, recipe
    return None


def _named_job(job: str, path: Path, store: DiskStore) -> JobSpec:
    """Lock and open the job of a finished file. Raises UsageError, StoreError."""
    store.lock_job(job)
    spec = store.open_job(job)
    if spec is None:
        raise UsageError(
            f"The job of that file, {job}, is not in this state folder: run redo where it was made, or with its "
            f"--state-dir. If the job was removed, convert {path} again; only what has no sound here is spoken."
        )
    return spec


def _resume(
    config: RenderConfig,
    path: Path,
    store: DiskStore,
    now: float,
    brought: BroughtFiles,
    spec: JobSpec,
    notes: list[str],
    carried: Sequence[CarriedOverride] = (),
) -> Prepared:
    """Replay a job, and open again what is to be mended. Raises UsageError, StoreError."""
    guests = "" if config.redo else guests_line(guest_rows(spec.chapters), spec.recipe.engine)
    # The queue says itself which book it is; the file of a copy lies in the state folder, where nobody put it.
    whose = "" if config.from_others else f"{spec.title if config.take_over else path}: "
    notes += [f"{whose}{line}" for line in (*spec.book.cautions, *spec.book.lost, guests) if line]
    redo = config.redo
    if redo and redo.recast[0]:
        own = check_cast(spec.recipe, Cast(redo.recast[1]), find_config(brought, spec, store)).dialogue
        redo = replace(redo, recast=(redo.recast[0], own))
    state, records = replay(
        spec, store, now, notes, _next_epoch(config, spec, store), lambda state: mendings(state, redo, carried)
    )
    if config.cast and (cast := cast_line(map(state.segment, state.places))):
        notes.append(f"{whose}{cast}")
    if gone := lost_latents(state, store):
        apply(state, gone)
        records.append(gone)
        notes.append(f"{whose}{LATENTS_LOST}")
    restore_job_files(state, brought, store)
    doubtful = config.redo is not None and config.redo.doubtful
    return Prepared(state, records, notes, undoubted=doubtful and state.complete and state.finished is not None)


def _next_epoch(config: RenderConfig, spec: JobSpec, store: DiskStore) -> Callable[[int], int]:
    """Return what makes the epoch of a run from the last one."""
    if config.take_over and not config.least_epoch:
        return partial(leader_epoch, store.folder(spec.job), randbelow)
    return lambda epoch: max(epoch + 1, config.least_epoch)


def _advice(config: RenderConfig, brought: BroughtFiles, recipe: Recipe) -> list[str]:
    """Return lines that suggest better or quicker voices, only if none was chosen, and never for `redo`."""
    if config.engine or brought.voice or brought.model or config.redo:
        return []
    card, language = recipe_card(recipe), recipe.language
    return [line for line in (better_voices_line(card, language), pace_line(card, language)) if line]


def _recognise(config: RenderConfig, path: Path) -> tuple[str, str, Book | None]:
    """Return a book's title and language, and the whole book if only that tells them."""
    if name := find_in_book(config, path, "name").name:
        return *name, None
    book = _read_book(config, path)
    return book.title, book.language, book


def _read_book(config: RenderConfig, path: Path) -> Book:
    book = find_in_book(config, path, "book").book
    assert book is not None
    return book


def job_name(path: Path, title: str, recipe: Recipe, config: RenderConfig) -> str:
    """Return the name that always follows from a book of this title, a recipe and the choices of text."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(msgspec.json.encode((recipe.facts, config.chapters)))
    for choice in (config.reading, config.credits, config.cast):
        if choice is not None:
            digest.update(msgspec.json.encode(choice))
    if config.one_engine:
        digest.update(b"one engine")
    if config.cast and config.speaker_server:
        digest.update(f"a model tells who speaks: {config.speaker_model}".encode())
    if config.expressive:
        digest.update(b"expressive")
    if config.preview_s:
        digest.update(msgspec.json.encode(config.preview_s))
    if config.preview_name:
        digest.update(config.preview_name.encode())
    if config.lexicon is not None:
        digest.update(msgspec.json.encode(read_lexicon(config.lexicon).rules))
    return f"{slug(title)}-{digest.hexdigest()[:10]}"
