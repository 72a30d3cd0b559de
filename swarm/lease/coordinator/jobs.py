"""The jobs of a coordinator, and what would take long to find among many."""

from collections.abc import Mapping, Sequence

from swarm.lease.coordinator.holdings import Holdings
from swarm.lease.coordinator.lease import Lease
from swarm.lease.coordinator.roster import Session
from swarm.lease.coordinator.served_job import ServedJob


class Jobs(dict[str, ServedJob]):
    """The served jobs by name, in the order of the queue.

    `open` has those of which sentences are to be spoken now, and `supplied` those of them that need files. Call
    `review` whenever a job begins or ceases to be open.
    """

    def __init__(self) -> None:
        super().__init__()
        self.holdings = Holdings()
        self.open: dict[str, ServedJob] = {}
        self.supplied: dict[str, ServedJob] = {}

    def review(self) -> None:
        """Find the open jobs anew."""
        self.open = {job: served for job, served in self.items() if served.is_open}
        self.supplied = {job: served for job, served in self.open.items() if served.state.spec.job_files}

    def add(self, served: ServedJob) -> None:
        """Serve one more job, after the others."""
        self[served.state.job] = served
        self.review()

    def arrange(self, first: Sequence[str]) -> None:
        """Put these jobs first, in this order, and the others after them."""
        for job in [*(job for job in first if job in self), *(job for job in self if job not in first)]:
            self[job] = self.pop(job)
        self.review()

    def note_encoded(self, encoded: Mapping[str, float]) -> float:
        """Note what share of each job's sound is encoded, and return the seconds of sound that are not."""
        for job, share in encoded.items():
            self[job].encoded = share
        return sum(self[job].unencoded_s for job in encoded)

    def leases_of(self, session: Session) -> dict[int, Lease]:
        """Return the leases of a session by their ids, those that were promised too."""
        return self.holdings.of(session.key)

    def of(self, lease: Lease) -> ServedJob:
        """Return the job of a lease."""
        return self[lease.job]
