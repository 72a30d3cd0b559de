"""What a coordinator's machine remembers of engines: which workers offered, and how fast each voice was spoken.

Both lie in small files of the state folder, for later jobs. They may be lost.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from swarm.errors import StoreError, SwarmError
from swarm.job.spec import Recipe
from swarm.lease.message import EngineOffer, Hello
from swarm.net.wire import plain
from swarm.system.disk import guarded, read_json, replace_file
from swarm.voice.host.choice import recommendations
from swarm.voice.host.foreign import NAME, OfferedEngine, decode_facts
from swarm.voice.host.registry import find_engine, learn

FOLDER = "seen-engines"
MAX_SEEN_BYTES = 64 * 1024  # a file has no more
FRESH_S = 3600.0  # the time of an unchanged offer is noted no more often
GIVEN_UP_S = 3600.0  # a voice that no worker could open is tried for a new book after so long
LATELY_S = 7 * 86_400.0  # an engine without an offer for so long is no default
MAX_KEPT = 100  # engines: more than any swarm has, fewer than a stranger could think of

logger = logging.getLogger(__name__)


class Seen(Struct, frozen=True):
    """The last offer of an engine."""

    offer: EngineOffer
    on_gpu: bool  # whether the worker has a GPU
    seen_s: float  # when the engine was offered


class SeenEngines:
    """The last offer of each engine, in memory and in a file each. What is wrong with an offer is only logged."""

    def __init__(self, state_dir: Path, now: Callable[[], float] = time.time) -> None:
        self._folder = state_dir / FOLDER
        self._now = now
        self._unsaved: set[str] = set()
        self._given_up: dict[Recipe, tuple[float, str]] = {}  # when no worker could open a voice, and why
        self.seen: dict[str, Seen] = {}
        for seen in _read_seen(self._folder):
            self._take(seen)

    def meet(self, hello: Hello) -> None:
        """Take in the engines of a worker."""
        on_gpu = any(not device.name.startswith("cpu") for device in hello.devices)
        for offer in hello.engines:
            if self._is_news(seen := Seen(offer, on_gpu, self._now())) and self._take(seen):
                self._unsaved.add(offer.name)

    def _is_news(self, seen: Seen) -> bool:
        last = self.seen.get(seen.offer.name)
        return (
            last is None
            or seen.seen_s - last.seen_s > FRESH_S
            or (last.offer, last.on_gpu) != (seen.offer, seen.on_gpu)
        )

    def words(self, language: str) -> set[str]:
        """Return the words of --tts-engine that a worker of the last days can speak a language with at once.

        Any thread may call this.
        """
        return {word for seen in self._lately() for word in _words(seen, language)}

    def fetchable(self, language: str) -> set[str] | None:
        """Return the words that a worker of the last days could speak a language with once it has downloaded a model.

        None if no worker was seen. Any thread may call this.
        """
        lately = self._lately()
        able = [seen for seen in lately if _speaks(seen, language) and "*" in seen.offer.models]
        found = set[str]()
        for seen in able:
            with suppress(SwarmError):  # the engine was removed here after its cards were kept
                found.update(find_engine(seen.offer.name).words_for(language))
        return found if lately else None

    def give_up(self, recipe: Recipe, why: str) -> bool:
        """Take in that no worker can open a voice; return False if that is known."""
        is_news = not self.why_given_up(recipe)
        if is_news:
            self._given_up[recipe] = self._now(), why
        return is_news

    def why_given_up(self, recipe: Recipe) -> str:
        """Return why no worker could open a voice in the last hour; "" if that is not known. Any thread may call it."""
        since_s, why = self._given_up.get(recipe, (0.0, ""))
        return why if self._now() - since_s < GIVEN_UP_S else ""

    def _lately(self) -> list[Seen]:
        since_s = self._now() - LATELY_S
        return [seen for seen in list(self.seen.values()) if seen.seen_s > since_s]

    def save(self) -> None:
        """Write the offers that are new or were changed. A disk that is full is the journal's to complain about."""
        unsaved, self._unsaved = self._unsaved, set()
        with suppress(StoreError), guarded(self._folder):
            for name in unsaved:
                replace_file(self._folder / f"{name}.msgpack", msgspec.msgpack.encode(self.seen[name]))

    def _take(self, seen: Seen) -> bool:
        """Know an engine from now on; return whether its offer is fit to be kept."""
        offer = seen.offer
        if not NAME.fullmatch(offer.name) or (offer.name not in self.seen and len(self.seen) >= MAX_KEPT):
            return False
        if offer.facts:
            try:
                facts = plain(decode_facts(offer.facts))
                if facts.card.name != offer.name:
                    raise ValueError(f"its card has the name {facts.card.name!r}")
            except ValueError as fault:
                logger.debug(f"the offer of the engine {offer.name} is of no use: {fault}")
                return False
            learn(OfferedEngine(facts))
        self.seen[offer.name] = seen
        return True


def _speaks(seen: Seen, language: str) -> bool:
    return language in seen.offer.languages or "*" in seen.offer.languages


def _words(seen: Seen, language: str) -> Iterator[str]:
    """Yield the words that an offer answers for a language: those whose model is there, on the device it needs."""
    if not _speaks(seen, language) or language in seen.offer.lacks:
        return
    with suppress(SwarmError):  # the engine was removed here after its cards were kept
        engine = find_engine(seen.offer.name)
        for each in recommendations([engine], language):
            if each.model in ("", *seen.offer.models) and (seen.on_gpu or not each.is_on_gpus):
                yield each.word


def _read_seen(folder: Path) -> Iterator[Seen]:
    """Yield the offers that were kept; a damaged file is passed over."""
    for path in sorted(folder.glob("*.msgpack"))[:MAX_KEPT]:
        with suppress(OSError, ValueError):
            if path.stat().st_size <= MAX_SEEN_BYTES:
                yield msgspec.msgpack.decode(path.read_bytes(), type=Seen)


SPEEDS_FILE = "speeds.json"
MAX_SPEEDS_BYTES = 64 * 1024
MAX_NAMES = 500
MEMORY_S = 10 * 3600.0  # seconds of sound after which older ones count half
LEAST_S = 60.0  # seconds of sound before a speed is told

Seconds = Annotated[float, Meta(ge=0, le=1e12)]
Speeds = dict[str, tuple[Seconds, Seconds]]  # each model has its sound and work


def note_speed(state_dir: Path, name: str, sound_s: float, work_s: float) -> None:
    """Add what a run spoke with an engine or model, in seconds of sound and of work. A full disk is no fault here."""
    known = _read_speeds(state_dir)
    had_s, took_s = known.get(name, (0.0, 0.0))
    share = 0.5 if had_s > MEMORY_S else 1.0
    if sound_s > 0 and work_s > 0 and (name in known or len(known) < MAX_NAMES):
        known[name] = (had_s * share + sound_s, took_s * share + work_s)
        with suppress(OSError):
            replace_file(state_dir / SPEEDS_FILE, msgspec.json.encode(known))


def read_speeds(state_dir: Path) -> dict[str, float]:
    """Return seconds of sound for a second of work of one slot, by the name of the engine or model."""
    known = _read_speeds(state_dir).items()
    return {name: sound_s / work_s for name, (sound_s, work_s) in known if sound_s >= LEAST_S and work_s > 0}


def _read_speeds(state_dir: Path) -> dict[str, tuple[float, float]]:
    return read_json(state_dir / SPEEDS_FILE, Speeds, MAX_SPEEDS_BYTES) or {}
