"""How a worker introduces itself: the engines it can open, its devices and slots."""

from collections.abc import Sequence
from pathlib import Path

from swarm import __version__
from swarm.lease.message import EngineOffer, Hello
from swarm.node.devices import Gpu, describe
from swarm.node.identity import machine_name, new_nonce, worker_id
from swarm.voice.registry import all_cards


def greeting(state_dir: Path, devices: Sequence[str], gpus: Sequence[Gpu], name: str = "") -> Hello:
    """The `Hello` of this machine. Raises StoreError."""
    return Hello(
        worker=worker_id(state_dir),
        nonce=new_nonce(),
        name=name or machine_name(),
        version=__version__,
        engines=tuple(EngineOffer(card.name, card.languages) for card in all_cards()),
        devices=describe(devices, gpus),
        slots=len(devices),
    )
