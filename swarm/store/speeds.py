"""How fast each voice was spoken on this swarm, in a small file of the state folder. It may be lost."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from swarm.system.disk import replace_file

FILE = "speeds.json"
MAX_BYTES = 64 * 1024
MAX_NAMES = 500
MEMORY_S = 10 * 3600.0  # seconds of sound after which older ones count half
LEAST_S = 60.0  # seconds of sound before a speed is told

Seconds = Annotated[float, Meta(ge=0, le=1e12)]
Speeds = Annotated[dict[str, tuple[Seconds, Seconds]], Meta(max_length=MAX_NAMES)]  # each model has its sound and work


def note_speed(state_dir: Path, name: str, sound_s: float, work_s: float) -> None:
    """Add what a run spoke with an engine or model, in seconds of sound and of work. A full disk is no fault here."""
    known = _read(state_dir)
    had_s, took_s = known.get(name, (0.0, 0.0))
    share = 0.5 if had_s > MEMORY_S else 1.0
    if sound_s > 0 and work_s > 0 and (name in known or len(known) < MAX_NAMES):
        known[name] = (had_s * share + sound_s, took_s * share + work_s)
        with suppress(OSError):
            replace_file(state_dir / FILE, msgspec.json.encode(known))


def read_speeds(state_dir: Path) -> dict[str, float]:
    """Return seconds of sound for a second of work of one slot, by the name of the engine or model."""
    known = _read(state_dir).items()
    return {name: sound_s / work_s for name, (sound_s, work_s) in known if sound_s >= LEAST_S and work_s > 0}


def _read(state_dir: Path) -> dict[str, tuple[float, float]]:
    path = state_dir / FILE
    with suppress(OSError, ValueError):
        if path.stat().st_size <= MAX_BYTES:
            return msgspec.json.decode(path.read_bytes(), type=Speeds)
    return {}
