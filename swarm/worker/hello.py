"""How a worker introduces itself: the engines it can open, the models it has for them, its devices and slots."""

import importlib
from collections.abc import Sequence
from pathlib import Path

from swarm import __version__
from swarm.job.card import EngineCard
from swarm.lease.bounds import MAX_MODELS
from swarm.lease.message import EngineOffer, Hello
from swarm.system.machine import machine_name, new_nonce, worker_id
from swarm.voice.coqui.cache import kept_models, may_download
from swarm.voice.coqui.card import COQUI
from swarm.voice.host.registry import all_cards
from swarm.worker.devices import Gpu, describe


def greeting(state_dir: Path, devices: Sequence[str], gpus: Sequence[Gpu], name: str = "") -> Hello:
    """The `Hello` of this machine. Raises StoreError."""
    return Hello(
        worker=worker_id(state_dir),
        nonce=new_nonce(),
        name=name or machine_name(),
        version=__version__,
        engines=engine_offers(),
        devices=describe(devices, gpus),
        slots=len(devices),
    )


def engine_offers() -> tuple[EngineOffer, ...]:
    """What this machine can speak with, as it is now: engines and models may come and go."""
    importlib.invalidate_caches()  # a package may have been installed just now
    return tuple(EngineOffer(card.name, card.languages, _models(card)) for card in all_cards())


def _models(card: EngineCard) -> tuple[str, ...]:
    """The models that are here, and "*" where any other can be had."""
    if card.name != COQUI.name:
        return ("*",)
    return (*["*"][: may_download()], *kept_models())[:MAX_MODELS]
