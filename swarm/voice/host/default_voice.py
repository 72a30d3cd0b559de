"""The voice of a book whose user named none, where a better one than those that are ready can be downloaded first.

`convert` downloads it before the book begins. A coordinator only looks whether it is to be had: one of its workers
downloads it for all. If it is not to be had, the book is spoken by what is there, and a line says so."""

import json
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol
from urllib.parse import urlsplit

from msgspec.structs import replace

from swarm.book.model.language_code import language_name
from swarm.book.model.reading_choice import CastVoice
from swarm.config import may_download
from swarm.errors import EngineUnknown, EnvironmentFault
from swarm.job.spec import Recipe
from swarm.system.capacity import default_cpu_slots
from swarm.system.child import ChildDied, run_bounded
from swarm.system.event_loop import interruptible
from swarm.system.text import bytes_text
from swarm.voice.engine import OnProgress
from swarm.voice.host.choice import Recommendation, how_to_get, obtainable, quality_of, sentence
from swarm.voice.host.registry import all_engines, built_in_engines, default_engine, engine_for, find_engine
from swarm.voice.model_download import RemoteModel, check_reach, fetch_files, lacking_bytes, models_folder

PROBE = "from swarm.voice.host.default_voice import probe_pace; print(probe_pace())"
PROBE_BYTES, PROBE_S = 8 << 30, 60.0
PROBED_SENTENCES = 5


class WorkerAwaited(EngineUnknown):
    """No worker was seen yet whose engines would tell which voice a book can have."""


class VoiceGivenUp(EnvironmentFault):
    """No worker opens the voice of a job that its user named none for, and of which nothing is spoken."""

    def __init__(self, job: str, why: str) -> None:
        super().__init__(why)
        self.job = job


class Workers(Protocol):
    """What a coordinator knows of the engines of its workers."""

    def words(self, language: str) -> Collection[str]:
        """Return the words of --tts-engine that a worker can speak a language with at once."""

    def fetchable(self, language: str) -> Collection[str] | None:
        """Return the words that a worker could speak it with after a download; None if no worker was seen."""

    def why_given_up(self, recipe: Recipe) -> str:
        """Return why no worker could open a voice lately; "" if that is not known."""


Provide = Callable[[Recommendation, Recipe], None]  # makes sure that a voice can be had; raises EnvironmentFault


def better_voices(language: str, word: str, workers: Workers | None) -> list[Recommendation]:
    """Return what would sound better than the word that is ready, and can be downloaded; the best first.

    Raises WorkerAwaited where only a worker's engines would tell.
    """
    if not may_download() or (models_folder().exists() and not models_folder().is_dir()):
        return []
    quality = quality_of(engine_for(word).card, language)
    found = obtainable(all_engines(), language, quality)
    if workers is None or not found:
        return found
    able = workers.fetchable(language)
    if able is None:
        raise WorkerAwaited(f"Waiting for a worker: what it has decides which voice speaks {language_name(language)}")
    return [each for each in found if each.word in able]


def coming_word(language: str) -> str:
    """Return the word of --tts-engine that speaks a new book of a language here if the user names none."""
    ready = default_engine(language)
    return next((each.word for each in better_voices(language, ready, None)), ready)


@dataclass(frozen=True)
class FetchedHere:
    """Downloads voices to this machine. `say` shows a line that stays, `tell` the progress, "" its end."""

    say: Callable[[str], None]
    tell: OnProgress

    def __call__(self, found: Recommendation, recipe: Recipe) -> None:
        """Download what this machine lacks for a recipe. Raises EnvironmentFault."""
        model = found.engine.remote_model(recipe)
        if model is None or not lacking_bytes(model):
            return
        pace = _pace(found)
        if pace < 1:
            raise EnvironmentFault(f"{found.card.title} would speak at {pace:.1g} x real time on this machine")
        check_reach(model)
        self.say(_announcement(found, recipe, model))
        try:
            with interruptible():
                fetch_files(model.title, model.folder, model.files, self.tell)
        finally:
            self.tell("")


def reach_for_workers(found: Recommendation, recipe: Recipe) -> None:
    """Check from here that workers can download what a recipe needs. Raises EnvironmentFault."""
    if model := found.engine.remote_model(recipe):
        check_reach(model)


def _announcement(found: Recommendation, recipe: Recipe, model: RemoteModel) -> str:
    hosts = dict.fromkeys(urlsplit(file.url).hostname or "" for file in model.files if not file.is_in(model.folder))
    return (
        f"fetching {found.card.name}, which speaks {language_name(recipe.language)} with a {found.quality} voice, "
        f"{recipe.voice} ({found.card.licence}): {bytes_text(lacking_bytes(model))} from {' and '.join(hosts)}, once; "
        "--offline fetches nothing"
    )


def _pace(found: Recommendation) -> float:
    """Estimate the seconds of sound that all cores here make in a second; asks for a probe only if it may be few."""
    usual = found.card.realtime * default_cpu_slots()
    return usual if usual > SURELY else usual * _machine_factor()


SURELY = 20  # times real time by the card: no machine that runs this is so slow that it would not do


@cache
def _machine_factor() -> float:
    """Return how fast a core is here, compared with the one that cards were measured on; 1 if it cannot be measured."""
    try:
        return float(json.loads(run_bounded(PROBE, PROBE_BYTES, b"", PROBE_S)))
    except (ChildDied, EnvironmentFault, ValueError):
        return 1.0


def probe_pace() -> float:
    """Speak with the quickest natural engine of the base, and return its pace compared with its card."""
    import time

    ready = [engine for engine in built_in_engines() if engine.is_ready("en") and "en" in engine.card.natural]
    engine = max(ready, key=lambda engine: engine.card.realtime)
    voice = engine.open(Recipe(engine.card.name, engine.card.voices_for("en")[0].name, "en"), "cpu:0")
    voice.speak(sentence("en"), 0)  # the first one takes longer
    began_s = time.process_time()
    samples = sum(len(voice.speak(sentence("en"), seed)) for seed in range(PROBED_SENTENCES))
    took_s = time.process_time() - began_s
    return samples / voice.sample_rate / max(took_s, 1e-6) / engine.card.realtime


def unfetched_line(language: str, word: str, faults: Sequence[tuple[Recommendation, EnvironmentFault]]) -> str:
    """Return a line about better voices that could not be had, and what to do; "" if none failed."""
    if not faults:
        return ""
    taken, (best, _) = engine_for(word).card, faults[0]
    said = "; ".join(_short(fault) for _, fault in faults)
    first = how_to_get(best, language)
    return (
        f"{language_name(language)} is spoken by {taken.title}, {quality_of(taken, language)}, since a better voice "
        f"could not be fetched: {said}. Later: {f'{first}, then ' if first else ''}--tts-engine {best.word}."
    )


def lacking_models(recipe: Recipe, voices: Sequence[CastVoice]) -> dict[CastVoice, RemoteModel]:
    """Return the voices of a cast that are not on this machine, with what has to be downloaded for each."""
    engine = find_engine(recipe.engine)
    models = [engine.remote_model(replace(recipe, voice=each.name)) for each in voices]
    return {each: model for each, model in zip(voices, models, strict=True) if model and lacking_bytes(model)}


def voices_to_be_had(recipe: Recipe, voices: Sequence[CastVoice]) -> tuple[list[CastVoice], str]:
    """Return which voices of a cast are here or can be downloaded, and why one of the others cannot; "" if all can.

    The first is the narrator's. If that is not here, workers have or fetch the model, and all are returned.
    """
    lacking = lacking_models(recipe, voices)
    if not lacking or voices[0] in lacking:
        return list(voices), ""
    try:
        check_reach(next(iter(lacking.values())))
    except EnvironmentFault as fault:
        return [each for each in voices if each not in lacking], _short(fault)
    return list(voices), ""


def _short(fault: EnvironmentFault) -> str:
    """Return the first sentence of a fault, of an address in it only the host."""
    return _ADDRESS.sub(r"\1", str(fault)).partition(". ")[0].rstrip(".")


_ADDRESS = re.compile(r"https?://([^/\s]+)[^\s:]*")  # its host is enough in a sentence
