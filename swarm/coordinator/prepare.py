"""Makes a job that can be served from a file and the user's choices: read, recognised, locked, replayed.

The spec of a new job says all that is to be spoken of a book, and by which voices.
"""

import hashlib
import re
import sys
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from secrets import randbelow

import msgspec
from msgspec import structs

from swarm.audiobook.sound.frame import check_frame, key_of, read_streaminfo
from swarm.book.any_file import read_any_book, read_name
from swarm.book.model.book import Block, Book, ChapterText, Segment
from swarm.book.model.language_code import normal_language
from swarm.book.model.reading_choice import NO_CAST, Cast
from swarm.book.speech.lexicon import NO_LEXICON, read_lexicon
from swarm.book.speech.script import check_sayable, chosen_chapters, make_script, opening, spoken_credits, with_word
from swarm.book.speech.segment import segment_chapter, unsaid_languages
from swarm.book.speech.speech import Speech
from swarm.config import RedoConfig, RenderConfig
from swarm.coordinator.brought_files import BroughtFiles, find_config, lost_latents, restore_job_files
from swarm.coordinator.mending import CarriedOverride, Mending, carry, mend, overrides_of
from swarm.errors import UsageError
from swarm.job.card import EngineCard
from swarm.job.fallback_voice import FallbackEngine, Guests, read_guest
from swarm.job.recipe import TAKES, Recipe
from swarm.job.record import AnyRecord, ClipAccepted, ClipDiscarded, RunStarted
from swarm.job.spec import BookFacts, JobSpec
from swarm.job.state import JobState, Place, apply
from swarm.job.store.store import Store, has_job, reworded_jobs
from swarm.standby.adopt import leader_epoch
from swarm.system.disk import full_name
from swarm.voice.host.fallback_voices import check_cast, find_guests
from swarm.voice.host.registry import (
    better_voices_line,
    choose_recipe,
    default_words,
    estimate_s,
    pace_line,
    recipe_card,
)
from swarm.watch.words import LATENTS_LOST, guest_rows, guests_line

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
    found: dict[str, FallbackEngine] = {}
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
    store: Store,
    now: float,
    brought: BroughtFiles | None = None,
    offered: Offered | None = None,
) -> Prepared:
    """Find or make the job of a book, lock and replay it. Raises BookError, UsageError, StoreError.

    The text of a book that has a job is in the journal; its file is not read through again.
    """
    brought = brought or BroughtFiles()
    if config.redo and config.redo.job:
        named = _named_job(config.redo.job, path, store)
        return _resume(config, path, store, now, brought, named, list(config.redo.notes))
    if config.take_over:
        return _resume(config, path, store, now, brought, _named_job(config.take_over, path, store), [])
    job, recipe, book = find_job(config, path, brought, offered)
    store.lock_job(job)
    spec = store.open_job(job)
    notes = _advice(config, brought, recipe)
    if spec is None and config.redo:
        raise UsageError(f"{path} was not spoken with these options yet: `e2a-swarm convert` does that.")
    carried: list[CarriedOverride] = []
    if spec is None:
        read = book or read_any_book(path, config.reading)
        spec = make_spec(config, path, read, recipe, job, now, brought, offered)
        spec = structs.replace(spec, job_files=brought.job_files, origins=brought.origins)
        carried = _earlier_wordings(spec, config.state_dir)
        with store.unpacking() as folder:
            store.create_job(spec, path, brought.contents(folder))
    return _resume(config, path, store, now, brought, spec, notes, carried)


def find_job(
    config: RenderConfig, path: Path, brought: BroughtFiles, offered: Offered | None = None
) -> tuple[str, Recipe, Book | None]:
    """Return the name and recipe of a book's job, and the book if it had to be read. Raises BookError, UsageError.

    `offered` is None if only this machine speaks.
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
        recipe = structs.replace(recipe, cast=config.cast is not None)
        return job_name(path, title, recipe, config), recipe

    if config.engine or model or brought.voice:
        return *choose(config.engine), book
    normal = normal_language(language)
    words = default_words(normal, offered(normal) if offered else ())
    return *(_begun(words, choose, config.state_dir) or choose(words[0])), book


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


def _named_job(job: str, path: Path, store: Store) -> JobSpec:
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
    store: Store,
    now: float,
    brought: BroughtFiles,
    spec: JobSpec,
    notes: list[str],
    carried: Sequence[CarriedOverride] = (),
) -> Prepared:
    """Replay a job, and open again what is to be mended. Raises UsageError, StoreError."""
    guests = "" if config.redo else guests_line(guest_rows(spec.chapters), spec.recipe.engine)
    notes += [f"{path}: {line}" for line in (*spec.book.cautions, *spec.book.lost, guests) if line]
    redo = config.redo
    if redo and redo.recast[0]:
        own = check_cast(spec.recipe, Cast(redo.recast[1]), find_config(brought, spec, store)).dialogue
        redo = replace(redo, recast=(redo.recast[0], own))
    next_epoch = (
        partial(leader_epoch, store.folder(spec.job), randbelow) if config.take_over else lambda epoch: epoch + 1
    )
    state, records = _replay(spec, store, now, notes, redo, carried, next_epoch)
    if gone := lost_latents(state, store):
        apply(state, gone)
        records.append(gone)
        notes.append(f"{path}: {LATENTS_LOST}")
    restore_job_files(state, brought, store)
    doubtful = config.redo is not None and config.redo.doubtful
    return Prepared(state, records, notes, undoubted=doubtful and state.complete and state.finished is not None)


def _advice(config: RenderConfig, brought: BroughtFiles, recipe: Recipe) -> list[str]:
    """Return lines that suggest better or quicker voices, only if none was chosen, and never for `redo`."""
    if config.engine or brought.voice or brought.model or config.redo:
        return []
    card, language = recipe_card(recipe), recipe.language
    return [line for line in (better_voices_line(card, language), pace_line(card, language)) if line]


def _recognise(config: RenderConfig, path: Path) -> tuple[str, str, Book | None]:
    """Return a book's title and language, and the whole book if only that tells them."""
    if name := read_name(path):
        return *name, None
    book = read_any_book(path, config.reading)
    return book.title, book.language, book


def job_name(path: Path, title: str, recipe: Recipe, config: RenderConfig) -> str:
    """Return the name that always follows from a book of this title, a recipe and the choices of text."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(msgspec.json.encode((recipe.facts, config.chapters)))
    if config.reading is not None:
        digest.update(msgspec.json.encode(config.reading.for_digest()))
    if config.credits is not None:
        digest.update(msgspec.json.encode(config.credits))
    if config.cast is not None:
        digest.update(msgspec.json.encode(config.cast))
    if config.one_engine:
        digest.update(b"one engine")
    if config.preview_s:
        digest.update(msgspec.json.encode(config.preview_s))
    if config.preview_name:
        digest.update(config.preview_name.encode())
    if config.lexicon is not None:
        digest.update(msgspec.json.encode(read_lexicon(config.lexicon).rules))
    return f"{slug(title)}-{digest.hexdigest()[:10]}"


def slug(title: str) -> str:
    """Return a title as a file name for programs: lower-case ASCII letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48].strip("-") or "book"


def _replay(
    spec: JobSpec,
    store: Store,
    now: float,
    notes: list[str],
    redo: RedoConfig | None,
    carried: Sequence[CarriedOverride],
    next_epoch: Callable[[int], int],
) -> tuple[JobState, list[AnyRecord]]:
    state = JobState(spec)
    for record in store.records(spec.job):
        apply(state, record)
    fresh: list[AnyRecord] = [RunStarted(next_epoch(state.epoch), now)]
    lost = store.lost_clips(spec.job)
    fresh += [ClipDiscarded(clip.chapter, clip.index, "its file is gone or of another size") for clip in lost]
    for clip in lost:
        store.discard_clip(clip.key)  # the clip contradicts the journal, so no other search may find it
    if lost:
        notes.append(f"clips of {len(lost)} sentences are gone from the disk: they are spoken again")
    for record in fresh:
        apply(state, record)
    for mending in mendings(state, redo, carried):
        for record in mending.records:
            apply(state, record)
        fresh += mending.records
        notes += mending.notes
    for record in _reuse(state, store, now):
        apply(state, record)
        fresh.append(record)
    return state, fresh


def mendings(state: JobState, redo: RedoConfig | None, carried: Sequence[CarriedOverride] = ()) -> Iterator[Mending]:
    """Yield what opens the sentences of a job again that the user means, or another edition had. Raises UsageError."""
    card = recipe_card(state.spec.recipe)
    if carried:
        yield carry(carried, state.spec, card.limit(state.spec.recipe.language))
    if redo:
        yield mend(state, redo, lambda segment, say: _spell(say, *_teller_of(segment, state.spec.recipe, card)))


def _teller_of(segment: Segment, recipe: Recipe, card: EngineCard) -> tuple[str, EngineCard]:
    """Return the language in which a sentence is spelled, and the card of the engine that speaks it."""
    guest = read_guest(segment.voice)
    return segment.language or recipe.language, recipe_card(guest) if guest else card


def _spell(say: str, language: str, card: EngineCard) -> str:
    """Return a user's own wording of a sentence as engine text. Raises UsageError."""
    block = Block("paragraph", " ".join(say.split()))
    spoken = segment_chapter(ChapterText("", (block,)), language, card, Speech(card))
    if spoken.unspoken or not spoken.segments:
        reason = spoken.unspoken[0].reason if spoken.unspoken else "it has no words"
        raise UsageError(f"--say {say!r} cannot be spoken: {reason}.")
    said = " ".join(segment.engine_text for segment in spoken.segments)
    if len(said) > card.limit(language):
        raise UsageError(f"--say is too long: {card.name} takes {card.limit(language)} characters at a time.")
    return said


def _earlier_wordings(spec: JobSpec, state_dir: Path) -> list[CarriedOverride]:
    """Return the wordings that the last edition of the same book has; [] if there are none. Raises StoreError."""
    book, language = spec.book, spec.recipe.language
    for other, wordings in reworded_jobs(state_dir, slug(book.title)):
        if (other.book.title, other.book.authors, other.recipe.language) == (book.title, book.authors, language):
            return overrides_of(other, wordings)
    return []


def _reuse(state: JobState, store: Store, now: float) -> list[AnyRecord]:
    """Return acceptances of clips that another job or an earlier edition left in the clip folder."""
    found: list[AnyRecord] = []
    there = store.clip_keys()  # one listing is far quicker than a look for each clip
    for number, chapter in enumerate(state.spec.chapters):
        for index in range(len(chapter.segments)):
            place = (number, index)
            if place not in state.accepted and (record := _find_any(state, store, place, now, there)):
                found.append(record)
    return found


def _find_any(state: JobState, store: Store, place: Place, now: float, there: set[str]) -> ClipAccepted | None:
    """Find the clip of one of the takes that a worker may choose between, among the keys that are there."""
    first = state.take(place)
    takes = [take for take in range(first, first + TAKES) if state.key(place, take) in there]
    return next(filter(None, (find_spoken(state, store, place, now, take) for take in takes)), None)


def find_spoken(state: JobState, store: Store, place: Place, now: float, take: int) -> ClipAccepted | None:
    """Return the acceptance of a take whose clip is in the clip folder already, whole; None if it is not."""
    key = state.key(place, take)
    path = store.find_clip(key)
    if path is None:
        return None
    frame = path.read_bytes()
    sample_rate, _, _, samples = read_streaminfo(frame) or (0, 0, 0, 0)
    digest = hashlib.sha256(frame).hexdigest()
    if check_frame(frame, samples, sample_rate, digest) or key_of(frame) not in ("", key):
        store.discard_clip(key)
        return None
    return ClipAccepted(
        chapter=place[0],
        index=place[1],
        take=take,
        key=key,
        samples=samples,
        sample_rate=sample_rate,
        digest=digest,
        bytes=len(frame),
        worker="",
        work_s=0.0,
        started_s=now,
        accepted_s=now,
        reused=True,
    )


def file_stem(title: str, authors: Sequence[str], chapters: str, *, preview: bool = False, voice: str = "") -> str:
    """Return the audiobook's file name without its ending: "Title - Author", with the chapters if they are chosen.

    `voice` is named if it is given: previews are made to compare voices.
    """
    author = " & ".join(authors[:3])
    name = f"{title} - {author}" if author else title
    if chapters:
        noun = "chapter" if chapters.isdigit() else "chapters"
        name += f" ({'preview of ' if preview else ''}{noun} {chapters}{f', {voice}' if voice else ''})"
    coding = sys.getfilesystemencoding()  # this coding is ASCII in some old locales
    writable = unicodedata.normalize("NFC", name).encode(coding, "replace").decode(coding)
    clean = re.sub(r'[\x00-\x1f<>:"/\\|?*]', " ", writable)
    short = re.sub(r"\s+", " ", clean).strip(" .-").encode()[:180].decode(errors="ignore").strip(" .-")
    return short or "audiobook"
