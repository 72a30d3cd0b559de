"""The engines that workers offered to coordinators of this machine, kept in the state folder for later jobs."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from swarm.errors import StoreError
from swarm.lease.message import EngineOffer, Hello
from swarm.net.plain import plain
from swarm.system.disk import guarded, replace_file
from swarm.voice.host.foreign import NAME
from swarm.voice.host.offered import OfferedEngine, decode_facts
from swarm.voice.host.registry import learn

FOLDER = "seen-engines"
MAX_BYTES = 64 * 1024  # of a file
MAX_KEPT = 100  # engines: more than any swarm has, fewer than a stranger could think of

logger = logging.getLogger(__name__)


class SeenEngines:
    """The last offer of each engine, in memory and in a file each. What is wrong with an offer is only logged."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / FOLDER
        self._unsaved: set[str] = set()
        self.offers: dict[str, EngineOffer] = {}
        for offer in _read(self._folder):
            self._take(offer)

    def meet(self, hello: Hello) -> None:
        """Take in the engines of a worker."""
        for offer in hello.engines:
            if self.offers.get(offer.name) != offer and self._take(offer):
                self._unsaved.add(offer.name)

    def save(self) -> None:
        """Write the offers that are new or were changed. A disk that is full is the journal's to complain about."""
        unsaved, self._unsaved = self._unsaved, set()
        with suppress(StoreError), guarded(self._folder):
            for name in unsaved:
                replace_file(self._folder / f"{name}.msgpack", msgspec.msgpack.encode(self.offers[name]))

    def _take(self, offer: EngineOffer) -> bool:
        """Know an engine from now on; return whether its offer is fit to be kept."""
        if not NAME.fullmatch(offer.name) or (offer.name not in self.offers and len(self.offers) >= MAX_KEPT):
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
        self.offers[offer.name] = offer
        return True


def _read(folder: Path) -> Iterator[EngineOffer]:
    """Yield the offers that were kept; a damaged file is passed over."""
    for path in sorted(folder.glob("*.msgpack"))[:MAX_KEPT]:
        with suppress(OSError, ValueError):
            if path.stat().st_size <= MAX_BYTES:
                yield msgspec.msgpack.decode(path.read_bytes(), type=EngineOffer)
