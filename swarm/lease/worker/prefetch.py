"""The next line of a slot is prefetched: its engine begins it without waiting for the clip before to be taken."""

from swarm.lease.worker.outcome import CancelPrefetch, Prefetch, WorkerOutcome
from swarm.lease.worker.slot import EngineSlot


def cancel_prefetch(slot: EngineSlot, out: WorkerOutcome) -> None:
    """Withdraw the prefetched line of a slot unless the slot speaks it next, or now."""
    if slot.prefetched is None or slot.prefetched is slot.coming():
        return
    if slot.prefetched is not slot.line:
        out.commands.append(CancelPrefetch(slot.number))
    slot.prefetched = None


def prefetch(slot: EngineSlot, out: WorkerOutcome) -> None:
    """Have the engine of a slot prefetch the line that it speaks next."""
    line = slot.coming()
    if line is None or line is slot.prefetched:
        return
    slot.prefetched = line
    text, *seeds = slot.words(line)
    out.commands.append(Prefetch(slot.number, text, seeds[0], tuple(seeds[1:])))
