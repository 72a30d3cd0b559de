"""The heads of jobs: of several coordinators with one job, a worker follows the one that took it over last."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from swarm.job.epoch import lineage_of
from swarm.job.recipe import clip_key
from swarm.lease.message import Job
from swarm.lease.standby import MAX_EPOCHS, Epochs
from swarm.lease.worker.coordinator_link import EMPTY_S, CoordinatorLink
from swarm.lease.worker.outcome import WorkerOutcome
from swarm.lease.worker.slot import EngineSlot
from swarm.lease.worker.unaccepted import UnacceptedClips, held_messages


@dataclass
class Heads:
    """The highest epoch that a coordinator named for each job that was taken over."""

    epochs: dict[str, int] = field(default_factory=dict)

    def is_outrun(self, job: Job) -> bool:
        """Return whether another coordinator has taken over a job since."""
        return lineage_of(job.epoch) < lineage_of(self.epochs.get(job.job, 0))

    def tell(self, link: CoordinatorLink, out: WorkerOutcome) -> None:
        """Tell a coordinator which jobs were taken over, so that it ends those that it led before."""
        if self.epochs and link.up:
            out.send(link.name, Epochs(tuple(self.epochs.items())))

    def told(
        self,
        link: CoordinatorLink,
        job: Job,
        links: Iterable[CoordinatorLink],
        slots: Sequence[EngineSlot],
        unaccepted: UnacceptedClips,
        out: WorkerOutcome,
    ) -> bool:
        """Take in the epoch that a coordinator names for a job; return whether it leads that job."""
        if self.is_outrun(job):
            self.tell(link, out)
            return False
        before = self.epochs.get(job.job, 0)
        if lineage_of(job.epoch) > lineage_of(before):
            self._learn(job)
            for other in links:
                if other is not link:
                    self.tell(other, out)
            self._move(link, job, slots, unaccepted, out)
        return True

    def _learn(self, job: Job) -> None:
        self.epochs.pop(job.job, None)
        self.epochs[job.job] = job.epoch
        while len(self.epochs) > MAX_EPOCHS:
            del self.epochs[next(iter(self.epochs))]

    @staticmethod
    def _move(
        link: CoordinatorLink, job: Job, slots: Sequence[EngineSlot], unaccepted: UnacceptedClips, out: WorkerOutcome
    ) -> None:
        """Offer a job's new head what is spoken and under way for others, and speak nothing more for these."""
        coming = unaccepted.orphan_job(job.job, link.name)
        for slot in slots:
            for lease in [lease for lease in slot.leases if lease.job.job == job.job and lease.link != link.name]:
                out.beat(lease.link)
                lease.link, lease.revoked = link.name, True
                slot.shorten(lease, [])
                coming += [(lease.chapter, li.index, clip_key(li.text, job.recipe, li.take)) for li in lease.lines]
        for held in held_messages(job.job, coming):
            out.send(link.name, held)

    def refusal(self, link: CoordinatorLink, job: Job, slot: int, now: float) -> str:
        """Return why a lease of a job is not taken from a coordinator, "" if it is."""
        if not self.is_outrun(job):
            return ""
        link.keep_away(slot, now + EMPTY_S)  # the coordinator may believe no worker, and would grant the same again
        return "another coordinator has taken this job over"
