"""The loudness that an audiobook is brought to, and the bound of its peaks."""

import math

from msgspec import Struct

from swarm.audio.format import Coding
from swarm.errors import UsageError

MIN_LUFS, MAX_LUFS = -30.0, -12.0
INAUDIBLE_LU = 0.5  # a smaller difference is not mentioned
OFF, ACX = "off", "acx"


class Level(Struct, frozen=True):
    """A loudness by EBU R128, and the highest true peak."""

    target_lufs: float | None = -18.0  # None leaves the voice as it is
    peak_db: float = -2.0  # dBTP

    def ceiling(self, coding: Coding) -> float:
        """Return the bound of a sample before it is encoded, as a share of full scale."""
        return float(10 ** ((self.peak_db - coding.kind.room_db - coding.loss_db) / 20))


# ACX asks for -23 to -18 dB RMS and peaks under -3 dB; -19 LUFS of speech with its pauses is in the middle.
PRESETS = {OFF: Level(None, -1.0), ACX: Level(-19.0, -3.2)}


def read_level(text: str) -> Level:
    """Return the level that `--loudness` names. Raises UsageError."""
    chosen = text.strip().lower()
    if chosen in PRESETS:
        return PRESETS[chosen]
    try:
        value = float(chosen)
    except ValueError:
        value = math.nan
    if MIN_LUFS <= value <= MAX_LUFS:
        return Level(value)
    raise UsageError(
        f"--loudness takes LUFS from {MIN_LUFS:g} to {MAX_LUFS:g}, such as -18, or off, or acx, not {text!r}."
    )


def level_lines(level: Level, heard_lufs: float | None) -> list[str]:
    """Return the closing line for a voice that could not be brought to its level, if any."""
    if heard_lufs is None or level.target_lufs is None or level.target_lufs - heard_lufs <= INAUDIBLE_LU:
        return []
    return [
        f"the voice is at {heard_lufs:.1f} LUFS, not at {level.target_lufs:g}: its high peaks have to stay under "
        f"{level.peak_db:g} dB"
    ]
