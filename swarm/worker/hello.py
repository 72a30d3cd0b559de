"""Makes a worker's greeting: the engines it can open, the models it has for them, its devices and slots."""

import importlib
from collections.abc import Sequence
from pathlib import Path

from swarm import __version__
from swarm.errors import UsageError
from swarm.lease.envelope import MAX_BATCH, MAX_FACTS, MAX_MODELS
from swarm.lease.message import BORROWED, MAX_ENCODERS, PROTOCOL, EngineOffer, Hello
from swarm.system.capacity import default_cpu_slots
from swarm.system.machine import machine_name, new_nonce, worker_id
from swarm.system.text import is_like_fingerprint
from swarm.voice.built_in import BUILT_IN
from swarm.voice.engine import Engine
from swarm.voice.host.foreign import encode_facts
from swarm.voice.host.registry import installed_engines
from swarm.worker.devices import Gpu, describe

MAX_ALL_FACTS = 30_000  # bytes of all engines' cards: a greeting has to fit into a control message


def greeting(
    state_dir: Path,
    devices: Sequence[str],
    gpus: Sequence[Gpu],
    name: str = "",
    only: Sequence[str] = (),
    tag: str = "",
    key: bytes = b"",
) -> Hello:
    """Return the `Hello` of this machine, as `engine_offers` does. Raises UsageError, StoreError."""
    name = name or machine_name()
    if is_like_fingerprint(name):
        raise UsageError(f"The name {name} looks like the fingerprint of a key: choose another one with --name.")
    return Hello(
        worker=worker_id(state_dir, name),
        nonce=new_nonce(),
        name=name,
        version=__version__,
        engines=engine_offers(only),
        devices=describe(devices, gpus),
        slots=len(devices),
        protocol=PROTOCOL,
        tag=tag,
        key=key,
        encoders=min(max(1, default_cpu_slots() // 2), MAX_ENCODERS),
    )


def engine_offers(only: Sequence[str] = ()) -> tuple[EngineOffer, ...]:
    """Return the engines and models that this machine has now; both may come and go.

    `only` are names of engines; () stands for all.
    """
    importlib.invalidate_caches()  # a package may have been installed just now
    room, offers = MAX_ALL_FACTS, []
    for engine in (engine for engine in installed_engines() if not only or engine.card.name in only):
        facts = b"" if engine.card.name in BUILT_IN else encode_facts(engine, min(room, MAX_FACTS))
        room -= len(facts)
        offers.append(_offer(engine, facts))
    return tuple(offers)


def _offer(engine: Engine, facts: bytes) -> EngineOffer:
    card, models = engine.card, engine.offered_models()[:MAX_MODELS]
    if "*" not in models and engine.shares_models:
        models = (*models[: MAX_MODELS - 1], BORROWED)
    batch = max(1, min(card.batch, MAX_BATCH))
    lacks = engine.lacking_languages() if card.name in BUILT_IN else ()
    return EngineOffer(card.name, card.languages, models, batch, facts, lacks=lacks, device=engine.computes_on())
