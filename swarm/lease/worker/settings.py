"""The settings of a worker's core: its times and bounds."""

from dataclasses import dataclass

from swarm.job.job_file import PIECE_BYTES
from swarm.lease.scheduling import UNKNOWN_DEADLINE_S


@dataclass(frozen=True, kw_only=True)
class WorkerSettings:
    """Fixed for one run of a worker."""

    beat_s: float = 1.0  # heartbeats come so often until a coordinator says another interval
    min_beat_s: float = 0.2  # a shorter interval would only load both sides
    max_beat_s: float = 2.0  # a longer interval would look like a machine that slept
    beats_between: int = 200  # more heartbeats between two regular ones are left out: answers may go on for ever
    max_held: int = 256 * 1024 * 1024  # bytes of clips kept for coordinators out of reach; then the worker pauses
    max_spare: int = 256 * 1024 * 1024  # bytes of accepted clips kept in case a coordinator loses its disk
    piece: int = PIECE_BYTES  # bytes of one `FilePiece`
    step_back_s: float = 300.0  # the first pause after a fault of the device: a game may be over by then
    max_step_back_s: float = 3600.0
    idle_s: float = 300.0  # a slot without a lease keeps its engine for so long: between two books it stays loaded
    resting_s: float = 30.0  # a resting slot keeps its engine for so long, so that a moment's rest costs no loading
    patience: float = 4.0  # times the time after which a coordinator would expire a segment; then the worker gives up
    load_s: float = 1200.0  # a voice without progress for so long does not load
    unknown_deadline_s: float = UNKNOWN_DEADLINE_S  # a segment has so long while nothing is known of the slot's speed

    def beat_within(self, wished_s: float) -> float:
        """Return the interval between heartbeats that a coordinator wishes, within the bounds."""
        return min(max(wished_s, self.min_beat_s), self.max_beat_s)


DEFAULTS = WorkerSettings()
