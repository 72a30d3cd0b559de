"""Tells an engine that breaks for every text from a text that cannot be spoken.

A batch that fails is spoken again in smaller ones; only a line that was spoken alone counts as failed. Its failure is
withheld until the slot's engine has spoken another text: only then is the failed text to blame. After a few failures in
a row, or at the end of a lease, the engine is given a proof: a text that it has spoken before. If the proof fails in a
fresh process too, the slot steps back, and nothing is said of the texts.
"""

from msgspec import structs

from swarm.lease.message import Failed, Line
from swarm.lease.worker.outcome import WorkerOutcome
from swarm.lease.worker.rest import CLIPS_BEFORE_TRUST
from swarm.lease.worker.slot import EngineSlot, HeldLease, Suspect
from swarm.lease.worker.slot_changes import DEADLY, part, shed, step_back

MAX_SUSPECTS = 3  # the engine has to prove itself after so many failures in a row
PLAIN_TEXT = "1, 2, 3."  # the proof of an engine that has spoken nothing yet, in any language


def fail(slot: EngineSlot, kind: str, note: str, now: float, out: WorkerOutcome) -> None:
    """Go on after lines failed: have them spoken again, withhold the failure of one, or have the slot step back."""
    if len(slot.lines) > 1:
        part(slot, kind)
    elif kind == "memory" and slot.rest.clips < CLIPS_BEFORE_TRUST:
        step_back(slot, "memory", note, now, out)
    elif kind == "memory" or (kind == "device" and slot.rest.clips):
        slot.speak_again()
    elif not slot.is_proving:
        _withhold(slot, kind, note)
    elif slot.rest.clips:
        slot.speak_again()  # a fresh process may be sound
    else:
        step_back(slot, "engine", f"its engine fails at every text: {note or kind}", now, out)


def _withhold(slot: EngineSlot, kind: str, note: str) -> None:
    lease, (line,) = slot.finish()
    if kind in DEADLY:
        slot.unload()
    lease.suspects.append(Suspect(line, kind, note[:1000]))
    if lease.revoked or slot.has_proof(lease):
        return
    if len(lease.suspects) >= MAX_SUSPECTS or not lease.lines:
        slot.proof = _make_proof(slot, lease)
        slot.speak_next(lease, [slot.proof])


def _make_proof(slot: EngineSlot, lease: HeldLease) -> Line:
    """Return a line that a sound engine can speak; heartbeats name it by the index of the first suspect."""
    index, known = lease.suspects[0].line.index, slot.known_good
    if known is None or known[0] != lease.job.recipe:
        return Line(index, PLAIN_TEXT, 0)
    return structs.replace(known[1], index=index)


def pass_proof(slot: EngineSlot, out: WorkerOutcome) -> None:
    """Blame the suspects: the engine has spoken its proof.

    If it took a fresh process for that, the process before was broken. Then only the first suspect is to blame, since
    it may have broken the process, and the others are spoken again.
    """
    is_fresh = not slot.rest.clips
    lease, _ = slot.finish()
    slot.rest.spoke()
    innocent = lease.suspects[1:] if is_fresh else []
    slot.speak_next(lease, [suspect.line for suspect in innocent])
    del lease.suspects[len(lease.suspects) - len(innocent) :]
    blame(slot, lease, out)


def blame(slot: EngineSlot, lease: HeldLease, out: WorkerOutcome) -> None:
    """Report the withheld failures of a lease: its engine has spoken another text since, and needs no proof."""
    if slot.has_proof(lease):
        lease.lines = [line for line in lease.lines if line is not slot.proof]
    for suspect in lease.suspects:
        line = suspect.line
        place = (lease.chapter, line.index, line.take)
        out.send(lease.link, Failed(lease.job.job, *place, suspect.kind, suspect.note, lease.id, slot.number))
    lease.suspects.clear()


def give_back_failed(slot: EngineSlot, now: float, out: WorkerOutcome) -> None:
    """Give back what a resting slot would have to speak once more, since its engine failed at it."""
    if not slot.busy and (why := slot.rest.reason(now)):
        shed(slot, why, out)
