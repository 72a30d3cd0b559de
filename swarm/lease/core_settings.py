"""The settings of one run of a core, a coordinator's or a worker's: its times and bounds."""

from dataclasses import dataclass
from zlib import crc32

from swarm.job.job_asset import PIECE_BYTES
from swarm.lease.envelope import CLIP_PIECE_BYTES, MAX_CLIP_BYTES
from swarm.lease.message import Welcome
from swarm.lease.scheduling import UNKNOWN_DEADLINE_S

MIN_CREDIT = 64 * 1024
FIRST_CREDIT = 128 * 1024
COOLING_C = 5  # degrees below the limit at which a device goes on, so that it does not stop at every other sentence


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Fixed for one run of a coordinator."""

    coordinator: str  # an id that is new for every run
    name: str  # the machine's name for people
    version: str
    epoch: int
    heartbeat_s: float = 1.0
    credit: int = 8 * 1024 * 1024  # bytes of unacknowledged audio that a worker may have at most
    budget: int = 8 * 1024 * 1024  # bytes that all workers together may have: a slow disk must not fill the memory
    min_workers: int = 0
    grace_s: float = 0.0  # nothing is granted for so long: returning workers first say what they hold
    split: bool = True  # whether a lease may be shortened for an idle slot
    unknown_deadline_s: float = UNKNOWN_DEADLINE_S  # a segment has so long while its slot's speed is unknown
    piece: int = PIECE_BYTES  # bytes of one `Piece`
    clip_piece: int = CLIP_PIECE_BYTES  # bytes of a piece of a clip at most
    alone: bool = False  # whether no other worker will ever come
    # It believes a worker that a job was taken over; in an open swarm strangers could say it.
    trusts: bool = True
    encoders: int = 1  # reels that this machine encodes at a time
    queue: str = ""  # the queue that a resident coordinator serves, of which `epoch` counts the runs
    cross_check: float = 0.0  # the share of clips that another worker speaks again
    secret: str = ""  # it decides which clips these are

    @property
    def lease_base(self) -> int:
        """The lease id to count from: ids never repeat after a restart, nor with two coordinators at one address."""
        return crc32(f"{self.coordinator} {self.epoch}".encode()) << 21  # below 2**53, with room for two million

    def welcome(self, workers: int) -> Welcome:
        """Return the message that lets a worker in, as one of so many."""
        return Welcome(
            self.coordinator,
            self.epoch,
            self.name,
            self.heartbeat_s,
            min(FIRST_CREDIT, self.credit_of_one(workers)),
            MAX_CLIP_BYTES if self.alone else self.clip_piece,  # within one machine no heartbeat waits for a clip
            queue=self.queue,
        )

    def credit_of_one(self, workers: int) -> int:
        """Return the credit of each of so many workers, in bytes; a worker may always send one clip."""
        return min(self.credit, max(MIN_CREDIT, self.budget // max(1, workers)))


@dataclass(frozen=True, kw_only=True)
class WorkerSettings:
    """Fixed for one run of a worker."""

    beat_s: float = 1.0  # heartbeats come so often until a coordinator says another interval
    min_beat_s: float = 0.2  # a shorter interval would only load both sides
    max_beat_s: float = 2.0  # a longer interval would look like a machine that slept
    beats_between: int = 200  # more heartbeats between two regular ones are left out: answers may go on for ever
    max_held: int = 256 * 1024 * 1024  # bytes of clips kept for coordinators out of reach; then the worker pauses
    max_retained: int = 256 * 1024 * 1024  # bytes of accepted clips kept in case a coordinator loses its disk
    piece: int = PIECE_BYTES  # bytes of one `Piece`
    step_back_s: float = 300.0  # the first pause after a fault of the device: a game may be over by then
    max_step_back_s: float = 3600.0
    idle_s: float = 300.0  # a slot without a lease keeps its engine for so long: between two books it stays loaded
    at_rest_s: float = 5.0  # a slot that has to rest may finish its lines for so long
    resting_s: float = 30.0  # a resting slot keeps its engine for so long, so that a moment's rest costs no loading
    patience: float = 4.0  # times the time after which a coordinator would expire a segment; then the worker gives up
    load_s: float = 1200.0  # a voice without progress for so long does not load
    unknown_deadline_s: float = UNKNOWN_DEADLINE_S  # a segment has so long while nothing is known of the slot's speed

    def beat_within(self, wished_s: float) -> float:
        """Return the interval between heartbeats that a coordinator wishes, within the bounds."""
        return min(max(wished_s, self.min_beat_s), self.max_beat_s)


WORKER_DEFAULTS = WorkerSettings()
