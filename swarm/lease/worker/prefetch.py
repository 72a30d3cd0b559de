"""The next lines of a slot are prefetched: its engine begins them without waiting for the clips before to be taken."""

from swarm.lease.worker.batch import is_same
from swarm.lease.worker.outcome import CancelPrefetch, Prefetch, WorkerOutcome
from swarm.lease.worker.slot import EngineSlot


def cancel_prefetch(slot: EngineSlot, out: WorkerOutcome) -> None:
    """Withdraw the prefetched lines of a slot unless the slot speaks them next, or now."""
    if not slot.prefetched or is_same(slot.prefetched, slot.coming()):
        return
    if not is_same(slot.prefetched, slot.lines):
        out.commands.append(CancelPrefetch(slot.number))
    slot.prefetched = ()


def prefetch(slot: EngineSlot, out: WorkerOutcome) -> None:
    """Have the engine of a slot prefetch the lines that it speaks next."""
    batch = slot.coming()
    if not batch or is_same(batch, slot.prefetched):
        return
    slot.prefetched = batch
    out.commands.append(Prefetch(slot.number, slot.words(batch)))
