"""Changes of slots: leases are shortened or given back, slots step back, engines end or are put to the proof.

The proof tells an engine that breaks for every text from a text that cannot be spoken. A batch that fails is spoken
again in smaller ones; only a line that was spoken alone counts as failed. Its failure is withheld until the slot's
engine has spoken another text: only then is the failed text to blame. After a few failures in a row, or at the end
of a lease, the engine is given a proof: a text that it has spoken before. If the proof fails in a fresh process
too, the slot steps back, and nothing is said of the texts."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import structs

from swarm.job.spec import Recipe
from swarm.lease.envelope import LEAVING, Hindrance, NotLeasing
from swarm.lease.message import Failed, Line, Release, Revoke, Skip, Trim
from swarm.lease.outcome import Kill, Unload, WorkerOutcome
from swarm.lease.worker.coordinator_link import CoordinatorLink
from swarm.lease.worker.rest import CLIPS_BEFORE_TRUST, model_of
from swarm.lease.worker.slot import EngineSlot, HeldLease, Suspect

DEADLY = ("crashed", "device", "memory")  # kinds of failures after which the engine's process is gone


def shorten(
    slots: Iterable[EngineSlot], link: CoordinatorLink, message: Trim | Skip | Revoke, now: float, out: WorkerOutcome
) -> None:
    """Carry out what a coordinator says of a lease."""
    match message:
        case Trim():
            _trim(slots, link.name, message, out)
        case Skip():
            _skip(slots, link.name, message, out)
        case Revoke():
            _revoke(slots, link, message, now, out)


def _trim(slots: Iterable[EngineSlot], link: str, message: Trim, out: WorkerOutcome) -> None:
    """Shorten a coordinator's lease, as its `Trim` says."""
    for slot, lease in _holding(slots, link, message.lease):
        _keep_lines(slot, lease, [line for line in lease.lines if line.index < message.end], out)


def _skip(slots: Iterable[EngineSlot], link: str, message: Skip, out: WorkerOutcome) -> None:
    """Leave lines out of a coordinator's lease, as its `Skip` says."""
    for slot, lease in _holding(slots, link, message.lease):
        _keep_lines(slot, lease, [line for line in lease.lines if line.index not in message.indices], out)


def leave_out(slots: Iterable[EngineSlot], link: str, spot: tuple[str, int, int], out: WorkerOutcome) -> None:
    """Leave a segment out of a coordinator's leases: its clip was found here."""
    job, chapter, index = spot
    for slot in slots:
        for lease in [lease for lease in slot.leases if lease.link == link]:
            if (lease.job.job, lease.chapter) == (job, chapter):
                _keep_lines(slot, lease, [line for line in lease.lines if line.index != index], out)


def _revoke(
    slots: Iterable[EngineSlot], link: CoordinatorLink, message: Revoke, now: float, out: WorkerOutcome
) -> None:
    """Speak nothing more of a coordinator's lease; if it expired at a segment, the engine is thought to hang."""
    for slot, lease in _holding(slots, link.name, message.lease):
        is_begun = slot.lines and slot.leases[0] is lease
        if not is_begun:
            link.fairness.take_back(slot.number, now)
        lease.revoked = True
        if message.expired and is_begun:
            kill(slot, out)
        _keep_lines(slot, lease, [], out)


def abandon(slots: Iterable[EngineSlot], link: str) -> None:
    """Speak nothing more for a coordinator but what is under way."""
    for slot in slots:
        for lease in [lease for lease in slot.leases if lease.link == link]:
            lease.revoked = True
            slot.shorten(lease, [])


def _holding(slots: Iterable[EngineSlot], link: str, lease_id: int) -> list[tuple[EngineSlot, HeldLease]]:
    """Return the slot that holds a coordinator's lease. Several coordinators may use the same number."""
    own = [(slot, lease) for slot in slots for lease in slot.leases if lease.link == link]
    return [(slot, lease) for slot, lease in own if lease.id == lease_id]


def _keep_lines(slot: EngineSlot, lease: HeldLease, lines: list[Line], out: WorkerOutcome) -> None:
    """Shorten a lease to these lines and those under way."""
    if slot.shorten(lease, lines):  # a heartbeat without a change would bring the same revocation for ever
        out.beat(lease.link)


def release_note(why: Hindrance) -> str:
    """Return the note of a lease that is given back since its slot rests."""
    return why.note or why.cause.value


def shed(slot: EngineSlot, note: str, out: WorkerOutcome) -> None:
    """Give back all leases of a slot except what is under way."""
    for lease in slot.drain():
        out.send(lease.link, Release(lease.id, note[:1000]))


def kill(slot: EngineSlot, out: WorkerOutcome) -> None:
    """End an engine that hangs, and give up what is under way."""
    out.beat(slot.leases[0].link)
    slot.stop()
    end_engine(slot, Kill(slot.number), out)


def part(slot: EngineSlot, kind: str) -> None:
    """Have the lines of a batch that failed spoken again, in smaller batches."""
    lease, batch = slot.finish()
    if kind in DEADLY:
        slot.unload()
    if kind in ("memory", "device"):
        slot.rest.restarted()
    if kind == "memory":
        slot.search.lacked_memory(batch)
    else:
        slot.search.failed(batch)
    slot.speak_next(lease, batch)


def _part_hung(slot: EngineSlot, out: WorkerOutcome) -> None:
    """End an engine that hangs at a batch, and look for the line that it hangs at."""
    out.beat(slot.leases[0].link)
    part(slot, "crashed")
    slot.turn += 1
    end_engine(slot, Kill(slot.number), out)


def kill_hung(
    slots: Iterable[EngineSlot], links: Mapping[str, CoordinatorLink], now: float, out: WorkerOutcome
) -> None:
    """End engines that hang at a segment for which no coordinator in reach holds a lease any more.

    Also end those that hang at a batch, whose lines are spoken again in smaller ones, and those that this worker waits
    for no longer, whatever their coordinator says. That time counts as served, so other coordinators come first then.
    """
    for slot in slots:
        if not slot.leases:
            continue
        lease = slot.leases[0]
        link, spent_s = links.get(lease.link), now - slot.since_s
        if slot.is_overdue(now):
            _give_up_overdue(slot, now, out)
        elif slot.hangs(now) and len(slot.lines) > 1:
            _part_hung(slot, out)
        elif slot.hangs(now) and (lease.revoked or link is None or not link.up):
            kill(slot, out)
        else:
            continue
        if link is not None:
            link.fairness.put_off(spent_s, now)


def _give_up_overdue(slot: EngineSlot, now: float, out: WorkerOutcome) -> None:
    lease, batch = slot.leases[0], slot.lines
    note = f"this worker gave up after {now - slot.since_s:.0f} s"
    if not batch:
        give_up(slot, note, True, out)
        end_engine(slot, Kill(slot.number), out)
        return
    if not slot.is_proving:
        place = (lease.chapter, batch[0].index, batch[0].take)
        out.send(lease.link, Failed(lease.job.job, *place, "crashed", note, lease.id, slot.number))
    kill(slot, out)
    for given in [given for given in slot.leases if given.link == lease.link]:
        slot.leases.remove(given)
        out.send(given.link, Release(given.id, note))


def give_up(slot: EngineSlot, note: str, unable: bool, out: WorkerOutcome) -> None:
    """Stop loading a recipe that does not open, and give back its leases; `unable`: it will not open here later."""
    recipe = slot.recipe
    slot.stop()
    for lease in [le for le in slot.leases if le.job.recipe == recipe]:
        out.send(lease.link, Release(lease.id, note[:1000], unable=unable))
        slot.leases.remove(lease)


def end_engine(slot: EngineSlot, how: Kill | Unload, out: WorkerOutcome) -> None:
    """End the engine of a slot, and with it what the engine prefetched."""
    slot.prefetched = ()
    out.commands.append(how)


def step_back(slot: EngineSlot, cause: NotLeasing, note: str, now: float, out: WorkerOutcome) -> None:
    """Stop what is under way, give it back, and take nothing for a while; of a model without room nothing of that."""
    recipe = slot.recipe
    slot.stop()
    slot.voice = None  # the device may have room for larger batches later
    out.beats.update(dict.fromkeys(lease.link for lease in slot.leases))
    if cause is NotLeasing.MEMORY and recipe is not None:
        _shed_model(slot, recipe, release_note(slot.no_room.step_back(recipe, note, now)), out)
    else:
        shed(slot, release_note(slot.rest.step_back(cause, note, now, slot.number)), out)
    end_engine(slot, Unload(slot.number), out)


def _shed_model(slot: EngineSlot, recipe: Recipe, note: str, out: WorkerOutcome) -> None:
    """Give back the leases of a slot that are spoken with one model."""
    for lease in [lease for lease in slot.leases if model_of(lease.job.recipe) == model_of(recipe)]:
        slot.leases.remove(lease)
        out.send(lease.link, Release(lease.id, note[:1000]))


def let_go(slots: Iterable[EngineSlot], now: float, out: WorkerOutcome) -> None:
    """End the engines of slots that have had nothing to speak for long: other programs want their memory."""
    for slot in slots:
        patience_s = slot.settings.resting_s if slot.rest.hindrance(now) else slot.settings.idle_s
        if slot.recipe is None or slot.busy or slot.leases:
            slot.idle_since_s = None
        elif slot.idle_since_s is None:
            slot.idle_since_s = now
        elif now - slot.idle_since_s >= patience_s:
            slot.unload()
            end_engine(slot, Unload(slot.number), out)


def lose(slots: Iterable[EngineSlot], note: str, now: float, out: WorkerOutcome) -> None:
    """Have slots step back whose device is gone."""
    for slot in slots:
        if not slot.rest.stepped_back(now):
            step_back(slot, NotLeasing.LOST, note, now, out)


def limit(slots: Iterable[EngineSlot], limits: Sequence[Hindrance | None], now: float, out: WorkerOutcome) -> bool:
    """Have slots rest by their operator's limits, or work again; return whether that is new for any."""
    changed = [(slot, limit) for slot, limit in zip(slots, limits, strict=True) if limit != slot.rest.limit]
    for slot, limit in changed:
        if limit and not slot.rest.limit:
            slot.rest.limited_s = now
            shed(slot, release_note(limit), out)
        slot.rest.limit = limit
    return bool(changed)


def stop_late(slots: Iterable[EngineSlot], now: float, out: WorkerOutcome) -> None:
    """Give back what slots that have to rest are at if it takes long: somebody waits for their device."""
    for slot in slots:
        if slot.busy and slot.rest.limit and slot.rest.must_stop(now):
            out.beats.update(dict.fromkeys(lease.link for lease in slot.leases))
            slot.stop()
            shed(slot, release_note(slot.rest.limit), out)
            end_engine(slot, Unload(slot.number, at_once=True), out)


MAX_SUSPECTS = 3  # the engine has to prove itself after so many failures in a row
PLAIN_TEXT = "1, 2, 3."  # the proof of an engine that has spoken nothing yet, in any language


def fail(slot: EngineSlot, kind: str, note: str, now: float, out: WorkerOutcome) -> None:
    """Go on after lines failed: have them spoken again, withhold the failure of one, or have the slot step back."""
    if len(slot.lines) > 1:
        part(slot, kind)
    elif kind == "memory" and slot.rest.clips < CLIPS_BEFORE_TRUST:
        step_back(slot, NotLeasing.MEMORY, note, now, out)
    elif kind == "memory" or (kind == "device" and slot.rest.clips):
        slot.speak_again()
    elif not slot.is_proving:
        _withhold(slot, kind, note)
    elif slot.rest.clips:
        slot.speak_again()  # a fresh process may be sound
    else:
        step_back(slot, NotLeasing.ENGINE, f"its engine fails at every text: {note or kind}", now, out)


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
    """Give back what a resting slot would have to speak once more, since its engine failed at it.

    A slot whose worker leaves speaks it: it finishes what was under way, of which other clips are on their way.
    """
    if not slot.busy and (why := slot.rest.hindrance(now)) and why.cause not in LEAVING:
        shed(slot, release_note(why), out)
