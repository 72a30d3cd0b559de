"""A worker's heartbeat to one coordinator: the whole state, so that a lost one costs nothing."""

from collections.abc import Sequence

from swarm.lease.file_transfer import ModelReport
from swarm.lease.message import Figures, Heartbeat
from swarm.lease.worker.coordinator_link import CoordinatorLink
from swarm.lease.worker.job_files import FetchedFiles
from swarm.lease.worker.slot import EngineSlot
from swarm.lease.worker.unaccepted import UnacceptedClips

MAX_LEASES = 4096
MAX_RESTING = 1024


def heartbeat(
    link: CoordinatorLink,
    slots: Sequence[EngineSlot],
    unaccepted: UnacceptedClips,
    fetched: FetchedFiles,
    figures: tuple[Figures, ...],
    now: float,
    door: str = "",
    standby: str = "",
    models: ModelReport | None = None,
) -> Heartbeat:
    """Return the heartbeat; other workers reach the files here, and those of `models`, at `door`.

    `standby` is as in `Heartbeat`.

    It lists a lease until its clips are accepted: the last may still wait for credit.
    """
    speaking = [lease.id for slot in slots for lease in slot.leases if lease.link == link.name]
    leases = dict.fromkeys([*speaking, *unaccepted.leases(link.name)])
    here, coming, made = fetched.report(link, models)
    return Heartbeat(
        slots=tuple(slot.report(now) for slot in slots if slot.leases and slot.leases[0].link == link.name),
        offers=tuple(sorted(link.offers)),
        leases=tuple(leases)[:MAX_LEASES],
        job_files=here,
        fetching=coming,
        made=made,
        figures=figures,
        resting=tuple(rest for slot in slots for rest in slot.resting(now))[:MAX_RESTING],
        door=door,
        slow_link=link.slow_link(now),
        standby=standby,
        models=models,
    )
