"""Two heads of one job: standbys take over while the old coordinator is dead, cut off, asleep or well.

What must hold: no copied clip is lost; whoever has heard of the higher head works for no other, so work twice is
bounded; the old head writes no audiobook once it is in touch with anybody who has heard; unions are journals.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from disk import Disk, doubly_accepted
from faults import LAST_S, TAKE_OVERS
from story import Spot, Violation

from swarm.job import run as epochs
from swarm.job.record import AnyRecord
from swarm.job.run import lineage_of
from swarm.job.spec import JobSpec
from swarm.lease.message import Job
from swarm.standby import adopt

if TYPE_CHECKING:
    from coordinator import SimCoordinator
    from worker import SimWorker
    from world import World

JOB = "job-0"  # only this job is taken over
FIRST_S = 3.0  # no take-over before: somebody has to have worked
NEWS_S = 4.0  # until machines in touch have told one another
FOUND_S = (0.2, 3.0)  # until a worker finds a new coordinator
WRITING_S = (0.5, 3.0)  # from the last clip to the audiobook
LAGS = (0, 0, 1, 3, 10, 1000)  # records that a copy lacks; the last: all of them
AWAY_S = (5.0, 20.0, 40.0)


class TakeOvers:
    """The take-overs of a world and their judge. In other worlds nothing happens here."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.random = Random(f"heads {world.seed}")
        self.heard_s: dict[tuple[str, str], float] = {}  # worker's process, job -> when it heard of its highest head
        self.made = 0
        self.united = 0

    def schedule(self) -> None:
        """Schedule the take-overs of the first book."""
        for _ in range(self.random.choice([1, 1, 2, 3])):
            at_s = self.random.uniform(FIRST_S, LAST_S)
            self.world.heap.after(at_s, self.world.befall, TAKE_OVERS, lambda world: world.take_overs.befall())

    def befall(self) -> None:
        """Let one machine take the first book over, and something happen to the coordinator that it was copied from."""
        random, heads = self.random, self.heads
        source = random.choice(heads)
        records = source.disk.records[JOB]
        copy = records[: len(records) - random.choice(LAGS)] if records else []
        idle = [head for head in heads if head is not source and not head.alive]
        self._befall_source(source)
        if idle and random.random() < 0.5:
            self._take_over(random.choice(idle), copy)
        else:
            self._take_over(self._new_head(source), copy)

    @property
    def heads(self) -> list[SimCoordinator]:
        """All machines that have coordinated the first book."""
        return [coordinator for coordinator in self.world.coordinators if JOB in coordinator.disk.spec]

    def _befall_source(self, source: SimCoordinator) -> None:
        world, random = self.world, self.random
        fate = random.choice(["dies", "dies", "lives", "sleeps", "is cut off"])
        away_s = random.choice(AWAY_S)
        world.log("world", f"{source.name} {fate}")
        if fate == "dies" and source.alive:
            source.crash()
            if random.random() < 0.7:
                world.heap.after(away_s, source.restart)
        elif fate == "sleeps":
            source.fall_asleep(random.random() < 0.5)
            world.heap.after(away_s, source.wake)
        elif fate == "is cut off":
            for worker in world.workers:
                if random.random() < 0.7:
                    world.network.part(worker, source)
                    world.heap.after(away_s, world.network.heal, worker, source)

    def _new_head(self, source: SimCoordinator) -> SimCoordinator:
        self.made += 1
        disk = Disk([source.disk.spec[JOB]], {})
        return type(source)(self.world, 0, disk, source.credit, f"head-{self.made}")

    def _take_over(self, head: SimCoordinator, copy: list[AnyRecord]) -> None:
        """Unite the copy with what the machine has, begin a new lineage, and have the workers find it."""
        disk, spec = head.disk, head.disk.spec[JOB]
        for other in self.heads:
            disk.files |= other.disk.files
        own = disk.records[JOB]
        united = adopt.unite(spec, own, copy)
        self._judge_union(spec, own, copy, united)
        disk.load(JOB, united)
        head.next_epoch = lambda epoch: epochs.taken_over(epoch, self.random.randrange)
        head.ended = False
        if head not in self.world.coordinators:
            self.world.coordinators.append(head)
            for worker in self.world.workers:
                worker.later(self.random.uniform(*FOUND_S), worker.dial, head)
        self.world.log(head.name, f"takes over with {len(disk.durable['job-0'].accepted)} clips")
        before = max(adopt.replayed(spec, records).epoch for records in (own, copy))
        head.start()
        if lineage_of(disk.durable[JOB].epoch) <= lineage_of(before):
            raise Violation(f"{head.name} takes over and is no higher than the head before", (JOB, -1, -1))
        self.world.judge.repeats.copied(head)

    # --- the judge

    def _judge_union(self, spec: JobSpec, own: list[AnyRecord], copy: list[AnyRecord], united: list[AnyRecord]) -> None:
        """Check that the union is a journal, the same from both sides, and lacks no clip of either."""
        self.united += bool(own)
        if adopt.unite(spec, copy, own) != united:
            raise Violation("the union depends on which journal comes first")
        higher = max((own, copy), key=lambda records: adopt.replayed(spec, records).epoch)
        if united[: len(higher)] != higher and adopt.replayed(spec, own).epoch != adopt.replayed(spec, copy).epoch:
            raise Violation("the union does not begin with the journal of the higher epoch")
        if place := doubly_accepted(united):
            raise Violation("the union has two clips of one place", (spec.job, *place))
        states = [adopt.replayed(spec, records) for records in (own, copy)]
        state, latents = adopt.replayed(spec, united), {each.latents for each in states if each.accepted}
        for each in states if len(latents) < 2 else []:
            if lost := each.accepted.keys() - state.accepted.keys() - state.first_takes.keys():
                raise Violation("a copied clip is lost", (spec.job, *min(lost)))

    def heard(self, worker: SimWorker, job: Job, before: int) -> None:
        """Note when a worker hears of a higher head."""
        if lineage_of(worker.core.leaders.epochs.get(job.job, 0)) > lineage_of(before):
            self.heard_s[worker.process, job.job] = self.world.heap.now
            self._offers(worker, job)

    def _offers(self, worker: SimWorker, job: Job) -> None:
        """Count what a worker has for the head that it hears of as spoken for it, unless that was granted already."""
        core = worker.core
        if worker.liar or not self.world.network.is_steady:  # a worker speaks what is granted while the offer travels
            return
        mine = [name[:3] for name in (*core.unaccepted.clips, *core.retained_clips.clips) if name[0] == job.job]
        for head in self.heads:
            if head.core is not None and head.disk.durable[JOB].epoch == job.epoch:
                ledger = head.core.jobs[JOB].ledger
                free = [spot for spot in mine if spot[2] in ledger.free[spot[1]]]
                self.world.judge.repeats.offered(head, free)

    def leads(self, coordinator: SimCoordinator) -> bool:
        """Tell whether no other coordinator has a higher lineage of the same job."""
        return all(
            lineage_of(state.epoch) >= lineage_of(other.disk.durable[job].epoch)
            for job, state in coordinator.disk.durable.items()
            for other in self.world.coordinators
            if other is not coordinator and job in other.disk.durable
        )

    def begins(self, worker: SimWorker, link: str, spot: Spot) -> None:
        """Complain of a worker that begins a sentence for a head of which it should know that it leads no more."""
        by_name = {coordinator.name: coordinator for coordinator in self.world.coordinators}
        lower = by_name.get(link)
        if lower is None or spot[0] not in lower.disk.durable or worker.liar:
            return
        lineage = lineage_of(lower.disk.durable[spot[0]].epoch)
        if lineage_of(worker.core.leaders.epochs.get(spot[0], 0)) > lineage:
            raise Violation(f"{worker.name} works for {link}, and has heard of another head", spot)
        for head in self.heads if len(self.heads) > 1 and spot[0] == JOB else ():
            touch_s = self._in_touch_s(worker, head)
            if touch_s > NEWS_S and lineage_of(head.disk.durable[JOB].epoch) > lineage:
                raise Violation(f"{worker.name} works for {link}, in touch with {head.name} for {touch_s:.1f} s", spot)

    def writes(self, coordinator: SimCoordinator) -> None:
        """Complain of an audiobook of a head that is in touch with a worker which has heard of a higher one."""
        for worker in self.world.workers:
            if worker.liar or not worker.alive:
                continue
            for job, state in coordinator.disk.durable.items():
                known_s = self.world.heap.now - self.heard_s.get((worker.process, job), self.world.heap.now)
                is_lower = lineage_of(worker.core.leaders.epochs.get(job, 0)) > lineage_of(state.epoch)
                if is_lower and min(known_s, self._in_touch_s(worker, coordinator)) > NEWS_S:
                    raise Violation(
                        f"{coordinator.name} writes beside the head that {worker.name} knows", (job, -1, -1)
                    )

    def _in_touch_s(self, worker: SimWorker, head: SimCoordinator) -> float:
        """Return for how long the two have been able to talk, which is no time if anything is in the way."""
        connection = worker.connections.get(head.name)
        network = self.world.network
        link = worker.core.links.get(head.name)
        if connection is None or not connection.alive or link is None or not link.up or not network.is_steady:
            return 0.0
        if network.is_cut(worker, head) or not (worker.awake and head.awake) or head.core is None:
            return 0.0
        if head.ever_slept or worker.ever_slept or self.world.was_raw or "refusals" in self.world.faults:
            return 0.0
        return self.world.heap.now - max(connection.opened_s, head.started_s, network.healed_s.get(worker.name, 0.0))

    def settled(self) -> None:
        """Check that all workers follow the highest head, and that the others have ended."""
        if TAKE_OVERS not in self.world.faults.began:
            return
        for head in self.heads:
            if not self.leads(head) and head.alive:
                raise Violation(f"{head.name} still leads a job that was taken over")
        highest = max(lineage_of(head.disk.durable[JOB].epoch) for head in self.heads)
        for worker in self.world.workers:
            known = lineage_of(worker.core.leaders.epochs.get(JOB, 0))
            if worker.awake and not worker.liar and known != highest:
                raise Violation(f"{worker.name} follows another head than the highest")
