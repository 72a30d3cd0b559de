"""How slots hold less: leases are shortened and given back, slots step back and let go of their engines."""

from collections.abc import Iterable, Sequence

from swarm.lease.message import Line, Release
from swarm.lease.worker.outcome import Kill, Unload, WorkerOutcome
from swarm.lease.worker.slot import EngineSlot, HeldLease, Trouble

# Loading XTTS takes some ten seconds, so between one book and the next it stays; whoever sits down at the machine later
# has its memory back. A slot that rests, perhaps for a game, waits only so long that a moment's rest costs no loading.
IDLE_S = 300.0
RESTING_S = 30.0


def holding(slots: Iterable[EngineSlot], link: str, lease_id: int) -> list[tuple[EngineSlot, HeldLease]]:
    """Who holds a coordinator's lease: they number theirs without knowing of each other."""
    own = [(slot, lease) for slot in slots for lease in slot.leases if lease.link == link]
    return [(slot, lease) for slot, lease in own if lease.id == lease_id]


def keep_lines(slot: EngineSlot, lease: HeldLease, lines: list[Line], out: WorkerOutcome) -> None:
    """Shorten a lease to these lines and the one under way."""
    if slot.shorten(lease, lines):  # else heartbeats and revocations would answer one another for ever
        out.beat(lease.link)
    slot.tidy()


def shed(slot: EngineSlot, note: str, out: WorkerOutcome) -> None:
    """Give back all that a slot holds but the segment under way."""
    for lease in slot.drain():
        out.send(lease.link, Release(lease.id, note[:1000]))


def kill(slot: EngineSlot, out: WorkerOutcome) -> None:
    """End an engine that hangs; its segment is not spoken."""
    out.beat(slot.leases[0].link)
    slot.stop()
    out.commands.append(Kill(slot.number))
    slot.tidy()


def step_back(slot: EngineSlot, trouble: Trouble, note: str, now: float, out: WorkerOutcome) -> None:
    """Stop what is under way, give everything back, and take nothing for a while."""
    slot.stop()
    slot.rest.step_back(trouble, note, now, slot.number)
    out.beats.update(dict.fromkeys(lease.link for lease in slot.leases))
    shed(slot, slot.rest.fault, out)
    out.commands.append(Unload(slot.number))


def let_go(slots: Iterable[EngineSlot], now: float, out: WorkerOutcome) -> None:
    """End the engines of slots that have had nothing to speak for long: their memory is wanted elsewhere."""
    for slot in slots:
        if slot.recipe is None or slot.busy or slot.leases:
            slot.idle_since_s = None
        elif slot.idle_since_s is None:
            slot.idle_since_s = now
        elif now - slot.idle_since_s >= (RESTING_S if slot.rest.reason(now) else IDLE_S):
            slot.unload()
            out.commands.append(Unload(slot.number))


def lose(slots: Iterable[EngineSlot], note: str, now: float, out: WorkerOutcome) -> None:
    """The device of these slots is gone."""
    for slot in slots:
        if not slot.rest.stepped_back(now):
            step_back(slot, "lost", note, now, out)


def limit(slots: Iterable[EngineSlot], reasons: Sequence[str], out: WorkerOutcome) -> bool:
    """Have slots rest by their operator's limits, or work again; whether that is new for any."""
    changed = [(slot, reason) for slot, reason in zip(slots, reasons, strict=True) if reason != slot.rest.limit]
    for slot, reason in changed:
        if not slot.rest.limit:
            shed(slot, reason, out)
        slot.rest.limit = reason
    return bool(changed)
