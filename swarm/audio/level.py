"""How loud an audiobook is to be, and what no peak may pass."""

import math

from msgspec import Struct

from swarm.audio.format import Coding
from swarm.errors import UsageError

QUIETEST, LOUDEST = -30.0, -12.0
NEAR_LU = 0.5  # a difference that nobody hears
OFF, ACX = "off", "acx"


class Level(Struct, frozen=True):
    """A loudness by EBU R128, and the highest true peak."""

    target_lufs: float | None = -18.0  # None: as the voice speaks
    peak_db: float = -2.0  # dBTP

    def ceiling(self, coding: Coding) -> float:
        """What no sample may pass before it is encoded, of 1."""
        return float(10 ** ((self.peak_db - coding.kind.room_db - coding.loss_db) / 20))


# ACX asks for -23 to -18 dB RMS and peaks under -3 dB: the middle of that, in LUFS of speech with its pauses.
PRESETS = {OFF: Level(None, -1.0), ACX: Level(-19.0, -3.2)}


def read_level(text: str) -> Level:
    """What `--loudness` says. Raises UsageError."""
    chosen = text.strip().lower()
    if chosen in PRESETS:
        return PRESETS[chosen]
    try:
        value = float(chosen)
    except ValueError:
        value = math.nan
    if QUIETEST <= value <= LOUDEST:
        return Level(value)
    raise UsageError(
        f"--loudness takes LUFS from {QUIETEST:g} to {LOUDEST:g}, such as -18, or off, or acx, not {text!r}."
    )


def level_lines(level: Level, heard_lufs: float | None) -> list[str]:
    """What to say where a voice cannot be brought to its level."""
    if heard_lufs is None or level.target_lufs is None or level.target_lufs - heard_lufs <= NEAR_LU:
        return []
    return [
        f"the voice is at {heard_lufs:.1f} LUFS, not at {level.target_lufs:g}: its high peaks have to stay under "
        f"{level.peak_db:g} dB"
    ]
