"""How the slots of a worker are shared among several coordinators, and which of several with one job it follows:
the leader is the one that took the job over last."""

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from swarm.job.run import lineage_of
from swarm.job.spec import Recipe, clip_key
from swarm.lease.member_message import MAX_EPOCHS, Epochs
from swarm.lease.message import ANY, Job, Welcome
from swarm.lease.outcome import WorkerOutcome
from swarm.lease.states import LinkState, Turn
from swarm.lease.worker.coordinator_link import EMPTY_S, CoordinatorLink
from swarm.lease.worker.slot import EngineSlot
from swarm.lease.worker.unaccepted import UnacceptedClips, held_messages

NO_KINDRED: Mapping[int, Container[str]] = {}
NO_KINDS: Mapping[int, str] = {}
KEPT_IDLE_S = 5.0  # a slot that waits longer with a dear voice is offered to coordinators of other voices too


def least_served(links: Iterable[CoordinatorLink]) -> float:
    """Return what a coordinator counts as served when it comes with work: no less than the least of the others."""
    return min((link.fairness.served_s for link in links if link.state is LinkState.SERVING), default=0.0)


def charge_idle(links: Iterable[CoordinatorLink], slots: Sequence[EngineSlot], seconds: float) -> None:
    """Count time in which slots waited for a coordinator's lease as served, so that others are asked next."""
    for link in links:
        for slot in (slots[number] for number in link.offers if link.state is LinkState.SERVING):
            if not slot.leases and slot.kind not in link.answers.empty_until_s:
                link.fairness.served_s += seconds


def kindred(slots: Iterable[EngineSlot], links: Sequence[CoordinatorLink], now: float) -> dict[int, set[str]]:
    """Return by slot the coordinators whose jobs it can speak with the loaded voice, if loading another would be dear.

    A slot that has waited for some time is kept for none: they may never grant it anything.
    A coordinator whose jobs are not known yet may want the same voice: a job is told with its first lease.
    """
    return {
        slot.number: {link.name for link in links if link.jobs.may_want(slot.recipe)}
        for slot in slots
        if slot.is_worth_keeping and now - (slot.idle_since_s or now) < KEPT_IDLE_S
    }


def share(
    links: Sequence[CoordinatorLink],
    slots: Collection[int],
    leased: Iterable[str],
    now: float,
    kindred: Mapping[int, Container[str]] = NO_KINDRED,
    kinds: Mapping[int, str] = NO_KINDS,
) -> dict[str, set[int]]:
    """Offer every slot that wants more to one coordinator, or to all of them if all had nothing.

    `leased` names the coordinator of each other slot's lease. The coordinator with the fewest slots comes first, then
    the one that was served least. A slot in `kindred` goes to one of the coordinators there while they have work.
    `kinds` are those of the slots' devices: a coordinator may have work for the GPU and none for the cores.
    """
    offers: dict[str, set[int]] = {link.name: set() for link in links}
    if not slots:
        return offers
    taken = Counter(leased)
    for slot in slots:
        kind = kinds.get(slot, ANY)
        turns = [(link, link.turn(slot, kind, now)) for link in links]
        able = [link for link, turn in turns if turn is Turn.FIRST]
        among = [link for link in able if link.name in kindred.get(slot, ())] or able
        first = min(among, key=lambda li: (taken[li.name], li.fairness.served_s), default=None)
        for link in [first] if first else [link for link, turn in turns if turn is not Turn.NEVER]:
            offers[link.name].add(slot)
            taken[link.name] += 1
    return offers


def offer(
    links: Collection[CoordinatorLink], slots: Sequence[EngineSlot], wanting: Sequence[int], now: float
) -> list[CoordinatorLink]:
    """Offer the slots that want more; return the coordinators whose offers changed.

    A coordinator that is put off is offered none while another one is about to return.
    """
    up = [link for link in links if link.up]
    returning = [link for link in links if link.is_returning(now)]
    leased = [slot.leases[-1].link for slot in slots if slot.leases and slot.number not in wanting]
    kinds = {slot.number: slot.kind for slot in slots}
    asked = [link for link in up if not (link.fairness.is_put_off(now) and any(each is not link for each in returning))]
    offers = share(asked, wanting, leased, now, kindred(slots, asked, now), kinds)
    changed = [link for link in up if link.offers != offers.get(link.name, set())]
    for link in changed:
        if not link.offers:
            link.answers.offered_s = now
        link.offers = offers.get(link.name, set())
    return changed


def worst_lag_s(links: Iterable[CoordinatorLink], now: float) -> float:
    """Return how late an answer of a coordinator in reach may come."""
    return max((link.window.lag_s(now) for link in links if link.up), default=0.0)


def wanting_slots(slots: Iterable[EngineSlot], links: Iterable[CoordinatorLink], now: float) -> Iterator[int]:
    """Return the slots that want another lease, the earlier the later an answer may come."""
    lag_s = worst_lag_s(links, now)
    return (slot.number for slot in slots if slot.wants_more(now, lag_s))


def refusal(slot: EngineSlot | None, recipe: Recipe, now: float, lag_s: float) -> str:
    """Return why a slot takes no lease of a recipe now, "" if it does; None is a slot that the worker lacks.

    `lag_s` is the one by which it was asked for, which may be another link's.
    """
    if slot is None or not slot.wants_more(now, lag_s):
        return "not asked for any more"
    return "there is no room for its model" if slot.no_room.left_s(recipe, now) else ""


@dataclass
class Leaders:
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
        if self._learn(link, job.job, job.epoch, links, out):
            self._move(link, job, slots, unaccepted, out)
        return True

    def welcomed(
        self, link: CoordinatorLink, welcome: Welcome, links: Iterable[CoordinatorLink], out: WorkerOutcome
    ) -> None:
        """Take in the run of a queue that a coordinator serves, and tell it which jobs and queues were taken over."""
        if welcome.queue:
            self._learn(link, welcome.queue, welcome.epoch, links, out)
        self.tell(link, out)

    def _learn(
        self, link: CoordinatorLink, name: str, epoch: int, links: Iterable[CoordinatorLink], out: WorkerOutcome
    ) -> bool:
        """Take in that a job or a queue was taken over, and tell the other coordinators; return whether it is news."""
        if lineage_of(epoch) <= lineage_of(self.epochs.get(name, 0)):
            return False
        self.epochs.pop(name, None)
        self.epochs[name] = epoch
        while len(self.epochs) > MAX_EPOCHS:
            del self.epochs[next(iter(self.epochs))]
        for other in links:
            if other is not link:
                self.tell(other, out)
        return True

    @staticmethod
    def _move(
        link: CoordinatorLink, job: Job, slots: Sequence[EngineSlot], unaccepted: UnacceptedClips, out: WorkerOutcome
    ) -> None:
        """Offer a job's new leader what is spoken and under way for others, and speak nothing more for these."""
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
        # The coordinator may believe no worker, and would grant the same again.
        link.fairness.keep_away(slot, now + EMPTY_S)
        return "another coordinator has taken this job over"
