"""Simulates a file on its way to many machines: along the chain, and as blocks in a random order from each other.

    python benchmarks/chain.py
    python benchmarks/chain.py --blocks 100 --houses 1

One machine has the file, the others lack it. The chain has the real cores on both sides, with their heartbeats, as in
tests/simulation; of its rival the script assumes the best: each machine knows at once who has which block, asks for
four at a time, each at random of those that it lacks, and asks the one that sends it first, of those that send no more
than one other block. All links carry the same each way, but for what the first column says: one has a fifth, or one
machine leaves when half of the time is over. Times are those of all whose links are not slow, as multiples of the time
in which one link carries the file, each the median of several houses.
"""

import argparse
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from process import ROOT, head, row

sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(ROOT / "tests" / "lease"))
sys.path.insert(0, str(ROOT / "tests" / "simulation"))

from files import BLOCK
from heap import Heap
from model_world import Machine, ModelWorld

from swarm.job.job_asset import WINDOW
from swarm.lease.file_transfer import Piece

ALONE_S = 50.0  # for one link to carry the file
AT_ONCE = 2  # blocks that a machine sends, so that its link is never idle and little waits for it
SLOW = 5  # times that a slow link takes
CASES = ("all alike", "one slow", "one leaves", "both")


@dataclass(frozen=True)
class House:
    """What decides a run: how fast each machine's link is, in blocks a second, and which one leaves."""

    blocks: int
    rates: Sequence[float]
    leaver: int | None
    seed: int

    @property
    def counted(self) -> list[int]:
        """The machines whose time counts."""
        return [each for each, rate in enumerate(self.rates) if rate == max(self.rates) and each != self.leaver]


def make_house(case: str, machines: int, blocks: int, seed: int) -> House:
    """Return a house of so many machines that lack the file, and machine 0, which has it."""
    slow, leaver = Random(f"house {seed}").sample(range(1, machines + 1), 2)
    rates = [blocks / ALONE_S] * (machines + 1)
    if case in ("one slow", "both"):
        rates[slow] /= SLOW
    return House(blocks, rates, leaver if case in ("one leaves", "both") else None, seed)


class ChainWorld(ModelWorld):
    """Real cores, and links that carry as much in as out."""

    def __init__(self, house: House) -> None:
        super().__init__(house.seed, len(house.rates), troubles=(), blocks=house.blocks)
        self.house = house
        self.down_s = dict.fromkeys(self.machines, 0.0)  # when each machine's link is free for what comes in
        for machine, rate in zip(self.machines, house.rates, strict=True):
            machine.rate = rate * BLOCK
        self.machines[0].files[self.files[0].handle] = self.files[0].content

    def spread(self) -> float:
        """Return the seconds until all that count have the file."""
        begun_s, file = self.heap.now, self.files[0].handle
        for machine in self.machines:
            machine.start()
        self.heap.after(0.5, self._tick)
        if self.house.leaver is not None:
            self.heap.after(ALONE_S / 2, self.machines[self.house.leaver].end)
        counted = [self.machines[each] for each in self.house.counted]
        while not all(file in machine.files for machine in counted):
            self.heap.step()
        return self.heap.now - begun_s

    def _hand_over(self, machine: Machine, run: int, name: str, piece: Piece, frame: bytes) -> None:
        now = self.heap.now
        free_s = self.down_s[machine] = max(now, self.down_s[machine] + len(frame) / machine.rate)
        self.heap.after(free_s - now, super()._hand_over, machine, run, name, piece, frame)


@dataclass(eq=False)
class Peer:
    """A machine that has blocks from any other one."""

    rate: float
    has: set[int] = field(default_factory=set)
    asked: set[int] = field(default_factory=set)
    sends: int = 0  # blocks that it was asked for and has not sent
    up_s: float = 0.0
    down_s: float = 0.0
    is_here: bool = True


class RandomWorld:
    """Machines that ask each other for blocks in a random order."""

    def __init__(self, house: House) -> None:
        self.house, self.heap, self.random = house, Heap(), Random(f"random {house.seed}")
        self.peers = [Peer(rate) for rate in house.rates]
        self.peers[0].has = set(range(house.blocks))

    def spread(self) -> float:
        """Return the seconds until all that count have the file."""
        begun_s = self.heap.now
        for peer in self.peers:
            self._ask(peer)
        if self.house.leaver is not None:
            self.heap.after(ALONE_S / 2, self._leave, self.peers[self.house.leaver])
        counted = [self.peers[each] for each in self.house.counted]
        while not all(len(peer.has) == self.house.blocks for peer in counted):
            self.heap.step()
        return self.heap.now - begun_s

    def _ask(self, peer: Peer) -> None:
        """Ask for blocks until enough are on their way."""
        while peer.is_here and len(peer.asked) < WINDOW:
            free = [each for each in self.peers if each.is_here and each.sends < AT_ONCE]
            having = [each for each in free if each.has - peer.has - peer.asked]
            if not having:
                return
            now = self.heap.now
            other = min(having, key=lambda each: (max(each.up_s, now) + 1 / each.rate, self.random.random()))
            self._send(other, peer, self.random.choice(sorted(other.has - peer.has - peer.asked)))

    def _send(self, other: Peer, peer: Peer, block: int) -> None:
        now = self.heap.now
        peer.asked.add(block)
        other.sends += 1
        other.up_s = max(other.up_s, now) + 1 / other.rate
        peer.down_s = max(other.up_s, peer.down_s + 1 / peer.rate)
        self.heap.after(peer.down_s - now, self._came, other, peer, block)

    def _came(self, other: Peer, peer: Peer, block: int) -> None:
        other.sends -= 1
        peer.asked.discard(block)
        if other.is_here:
            peer.has.add(block)
        for each in self.random.sample(self.peers, len(self.peers)):
            self._ask(each)

    @staticmethod
    def _leave(peer: Peer) -> None:
        peer.is_here = False


def main() -> None:
    """Simulate and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machines", type=int, default=16, help="that lack the file (default: 16)")
    parser.add_argument("--blocks", type=int, nargs="*", default=[60, 200], help="of the file (default: 60 200)")
    parser.add_argument("--houses", type=int, default=3, help="of each kind (default: 3)")
    arguments = parser.parse_args()
    head("links and machines", "blocks", "chain", "random blocks", "chain / random")
    for blocks in arguments.blocks:
        for case in CASES:
            houses = [make_house(case, arguments.machines, blocks, seed) for seed in range(arguments.houses)]
            chain = statistics.median(ChainWorld(house).spread() for house in houses) / ALONE_S
            scattered = statistics.median(RandomWorld(house).spread() for house in houses) / ALONE_S
            row(case, blocks, f"{chain:.2f}", f"{scattered:.2f}", f"{chain / scattered:.2f}")


if __name__ == "__main__":
    main()
