"""Measures a swarm to the finished audiobook, beyond the cores of this machine: the real cores in simulated time.

    python benchmarks/to_the_file.py
    python benchmarks/to_the_file.py --workers 16 --paces 100 --encode-ms 3.5
    python benchmarks/to_the_file.py --workers 4 16 --paces 100 --batch 16 --encoders idle none
    python benchmarks/to_the_file.py --workers 16 --here 1 --slower 5

Each worker has one slot, which speaks at a pace in times real time. A second of sound takes --encode-ms of a core to
encode and each clip --clip-ms of the coordinator's event loop, as `encoding.py` and `ingest.py` measure. Reels are cut
as for a real book, and wait for its gain; workers encode what they spoke whole, on an idle core ("idle"), or on that of
their engine, which waits meanwhile ("shared"), or not at all ("none": as before). Of what comes, the coordinator makes
the first reel of each worker and one in 16 too. The share is sound / (sum of paces) / time: to the last clip, and to
the file.
"""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import dataclass
from functools import partial
from random import Random

from batches import COST_S, LATENCY_S, RATE, Member, Swarm, make_book
from process import head, row

from swarm.audiobook.press import MEASURED_S
from swarm.audiobook.sound.reel import Reel, plan_reels
from swarm.coordinator.reel_desk import COMPARED, reel_ends
from swarm.job.record import ClipAccepted
from swarm.job.spec import JobSpec
from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.coordinator.reel_orders import ReelTask
from swarm.lease.core_settings import Settings
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.message import PROTOCOL, Clip, Device, Encode, EncodedReel, EngineOffer, Hello, ReelCoding
from swarm.lease.outcome import EncodeReel, Outcome, WorkerOutcome
from swarm.lease.worker.worker_core import WorkerCore

SOUND_S = 1500 / RATE  # seconds of a character
UNEQUAL = (1.0, 0.8, 0.5, 0.35, 0.25)
REEL_BYTES = 400_000
GAIN_S = 0.2  # the gain is measured in so long, as `encoding.py` measures
BIND_S = 0.2  # from the last reel to the file, as `ending.py` measures
CODING = ReelCoding("aac", RATE, 1, 64_000)
CURVE = 0.4  # n sentences together take as long as one, times n to this power
CELLS = ("idle", "shared", "none")


@dataclass
class Maker(Member):
    """A worker that encodes, too."""

    encoding_s: float = 0.0  # when its encoder is through

    def __post_init__(self) -> None:
        assert isinstance(self.swarm, House)
        offers = (EngineOffer("metronome", ("*",), batch=self.batch),)
        encoders = 0 if self.swarm.cell == "none" else 1
        hello = Hello(self.name, "n", self.name, "1", offers, (Device("cpu"),), 1, PROTOCOL, encoders=encoders)
        self.core = WorkerCore(hello)

    def carry_out(self, out: WorkerOutcome) -> None:
        """Run the engine and the encoder, and send messages and pieces of reels."""
        super().carry_out(out)
        for command in out.commands:
            if isinstance(command, EncodeReel):
                self._encode(command)

    def _encode(self, command: EncodeReel) -> None:
        swarm, now = self.swarm, self.swarm.time.now
        assert isinstance(swarm, House)
        work_s = swarm.encode_s * sum(clip.length_s for clip in command.clips)
        if swarm.cell == "shared":
            self.free_s = max(now, self.free_s) + work_s
        self.encoding_s = max(now, self.encoding_s) + work_s
        made = EncodedReel(command.order.job, command.order.reel, digest_of(command.order.reel), REEL_BYTES, work_s)
        swarm.time.after(
            self.encoding_s - now, lambda: self.carry_out(self.core.encoded(command.link, made, swarm.time.now))
        )

    def hear(self, message: object) -> None:
        """Take in a message; a reel goes in one piece after the other."""
        out = self.core.receive("c", message, self.swarm.time.now)  # type: ignore[arg-type]
        self.carry_out(out)
        for _, fetch in out.serves:
            if isinstance(fetch, Fetch) and fetch.kind == "reel":
                frame = b"r" * min(self.core.piece_bytes("c"), REEL_BYTES - fetch.offset)
                piece = Piece(fetch.digest, fetch.offset, REEL_BYTES, "reel", fetch.job)
                self.swarm.to_coordinator(self.name, piece, frame)


def first_minutes(spec: JobSpec) -> set[tuple[int, int]]:
    """Return the places of which the gain is measured: reels wait for them."""
    places, heard_s = set[tuple[int, int]](), 0.0
    for number, chapter in enumerate(spec.chapters):
        for index, segment in enumerate(chapter.segments):
            if heard_s < MEASURED_S:
                places.add((number, index))
                heard_s += SOUND_S * len(segment.spoken)
    return places


def digest_of(reel: str) -> str:
    """Return a digest that stands for the file of a reel."""
    return hashlib.sha256(reel.encode()).hexdigest()


class House(Swarm):
    """A coordinator that makes an audiobook, and its workers."""

    def __init__(
        self, spec: JobSpec, workers: int, paces: tuple[float, ...], cell: str, costs: Costs, batch: int = 1
    ) -> None:
        self.cell, self.encode_s, self.costs = cell, costs.encode_s, costs
        super().__init__(spec, 0, batch, CURVE, paces)
        settings = Settings(coordinator="c", epoch=1, name="c", version="1", grace_s=0.0, encoders=costs.here)
        self.core = CoordinatorCore(settings, self.time.now)
        state = JobState(spec)
        self.core.add_job(state, reel_ends=reel_ends(state) if cell != "none" else ())
        speeds = [pace * COST_S / SOUND_S * batch ** (CURVE - 1) for pace in paces]
        self.members = {f"w{n}": Maker(self, f"w{n}", batch, speeds[n % len(speeds)]) for n in range(workers)}
        self.spec, self.random = spec, Random(1)
        self.reels = [reel for n, chapter in enumerate(spec.chapters) for reel in plan_reels(n, chapter)]
        self.reel_of = {(reel.chapter, n): reel for reel in self.reels for n in range(reel.first, reel.end)}
        self.clips: dict[Reel, dict[int, ClipAccepted]] = {reel: {} for reel in self.reels}
        self.unmeasured = first_minutes(spec)
        self.wanted: dict[str, ReelTask] = {}
        self.made, self.there = 0, 0
        self.seen: set[str] = set()
        self.loop_s = 0.0  # when the coordinator's loop is free
        self.spoken_s = 0.0
        self.encoders_s = [0.0] * costs.here  # when each encoder of the coordinator is through

    def run(self) -> float:
        """Make the audiobook; return the seconds from the first order to the file."""
        for number, member in enumerate(self.members.values()):
            self.time.after(0.01 * number, member.begin)
        self.began_s = self.time.now + 0.1
        while self.made < len(self.reels):
            self.time.step()
        return self.time.now + BIND_S - self.began_s

    def to_coordinator(self, name: str, message: object, frame: bytes = b"") -> None:
        """Deliver a message of a worker; clips wait for the loop."""
        spent_s = self.costs.clip_s * self.costs.slower if isinstance(message, Clip) else 0.0
        self.loop_s = max(self.time.now, self.loop_s) + spent_s
        if self.costs.here == 1:  # its only core is taken from the encoder meanwhile
            self.encoders_s[0] += spent_s
        wait_s = self.loop_s - self.time.now + LATENCY_S
        now_s = lambda: self.core.receive(name.encode(), message, self.time.now, frame)  # type: ignore[arg-type]  # noqa: E731
        self.time.after(wait_s, lambda: self._carry_out(now_s()))

    def _deliver(self, member: Member, message: object) -> None:
        assert isinstance(member, Maker)
        member.hear(message)

    def _carry_out(self, outcome: Outcome) -> None:
        super()._carry_out(outcome)
        for _, reel in outcome.encodes:
            self._encode_here(self.wanted[reel].sound_s, reel)
        for arrival in outcome.reels:
            compares = arrival.worker not in self.seen or not self.random.randrange(COMPARED)
            self.seen.add(arrival.worker)
            self.there += 1
            if compares:
                self._encode_here(self.wanted[arrival.reel].sound_s, arrival.reel)
            else:
                self._made(arrival.reel, 0.0)
        for entry in outcome.entries:
            if isinstance(entry.record, ClipAccepted):
                self._accepted(entry.record)

    def _accepted(self, record: ClipAccepted) -> None:
        self.spoken_s = self.time.now
        reel = self.reel_of[record.chapter, record.index]
        clips = self.clips[reel]
        clips[record.index] = record
        was_unknown = bool(self.unmeasured)
        self.unmeasured.discard((record.chapter, record.index))
        if self.unmeasured:
            return
        if was_unknown:
            self.gain_s = self.time.now + GAIN_S
        for each in self.reels if was_unknown else [reel]:
            if len(self.clips[each]) == each.end - each.first:
                self.time.after(self.gain_s - self.time.now, partial(self._want, each))

    def _want(self, reel: Reel) -> None:
        clips = self.clips[reel]
        ordered = [clips[index] for index in sorted(clips)]
        workers = {clip.worker for clip in ordered}
        name = f"{reel.chapter}-{reel.first}.reel"
        keys, digest = tuple(clip.key for clip in ordered), digest_of("".join(clip.digest for clip in ordered))
        order = Encode("job", name, keys, digest, (0.5,) * len(keys), RATE, 0.0, -2.0, CODING, "same")
        worker = workers.pop() if len(workers) == 1 else ""
        self.wanted[name] = ReelTask(worker, order, sum(clip.length_s for clip in ordered), 2 * REEL_BYTES)
        self._carry_out(self.core.encode_reel(self.wanted[name], self.time.now))

    def _encode_here(self, sound_s: float, reel: str) -> None:
        first = min(range(self.costs.here), key=self.encoders_s.__getitem__)
        work_s = sound_s * self.encode_s * self.costs.slower
        self.encoders_s[first] = max(self.time.now, self.encoders_s[first]) + work_s
        self.time.after(self.encoders_s[first] - self.time.now, lambda: self._made(reel, work_s))

    def _made(self, reel: str, work_s: float) -> None:
        self.made += 1
        self._carry_out(self.core.reel_encoded("job", reel, work_s, self.time.now))


@dataclass
class Costs:
    """What encoding and taking clips cost."""

    encode_s: float
    clip_s: float
    characters: int
    batch: int
    here: int  # encoders of the coordinator
    slower: float  # its core, as a factor


def measure(workers: int, pace: float, cell: str, costs: Costs) -> None:
    """Print a row of the table."""
    spec = make_book(1, costs.characters)
    paces = tuple(pace * UNEQUAL[n % len(UNEQUAL)] for n in range(workers))
    house = House(spec, workers, paces, cell, costs, costs.batch)
    took_s = house.run()
    sound_s = SOUND_S * sum(len(segment.spoken) for chapter in spec.chapters for segment in chapter.segments)
    best_s, spoken_s = sound_s / sum(paces), house.spoken_s - house.began_s
    shares = f"{best_s / spoken_s:.1%}", f"{best_s / took_s:.1%}"
    row(workers, f"{pace:.0f} x", cell, f"{best_s:.1f} s", *shares, f"{sound_s / took_s:,.0f} x", _there(house))


def _there(house: House) -> str:
    return f"{house.there / len(house.reels):.0%}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, nargs="*", default=[5, 16, 32, 64])
    parser.add_argument("--paces", type=float, nargs="*", default=[10.0, 100.0])
    parser.add_argument("--encoders", choices=CELLS, nargs="*", default=CELLS)
    parser.add_argument("--encode-ms", type=float, default=3.4, help="of a core for a second of sound")
    parser.add_argument("--clip-ms", type=float, default=0.7, help="of the coordinator's loop for a clip")
    parser.add_argument("--characters", type=int, default=600_000)
    parser.add_argument("--batch", type=int, default=1, help="sentences that an engine speaks together at its pace")
    parser.add_argument("--here", type=int, default=2, help="cores of the coordinator")
    parser.add_argument("--slower", type=float, default=1.0, help="so many times slower are they")
    arguments = parser.parse_args()
    costs = Costs(
        arguments.encode_ms / 1000,
        arguments.clip_ms / 1000,
        arguments.characters,
        arguments.batch,
        arguments.here,
        arguments.slower,
    )
    head(
        "workers", "pace", "encoders", "best", "to the last clip", "to the file", "sound a second", "encoded by workers"
    )
    for pace in arguments.paces:
        for workers in arguments.workers:
            for cell in arguments.encoders:
                measure(workers, pace, cell, costs)


if __name__ == "__main__":
    main()
