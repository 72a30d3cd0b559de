"""Cores broken on purpose: each variant is an edit of one line, and the simulator has to notice every one.

An edit whose line is gone from the core says so: choose another line that breaks the same promise.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from coordinator import SimCoordinator

from swarm.lease.coordinator import coordinator as core
from swarm.lease.coordinator.coordinator import Coordinator
from swarm.lease.coordinator.grant import Request
from swarm.lease.coordinator.intake import Intake
from swarm.lease.coordinator.job_files import JobFiles
from swarm.lease.coordinator.ledger import Ledger
from swarm.lease.coordinator.served_job import ServedJob
from swarm.lease.worker import download, slot_changes
from swarm.lease.worker import worker as worker_core
from swarm.lease.worker.download import Downloads
from swarm.lease.worker.slot import EngineSlot, Rest
from swarm.lease.worker.unaccepted import UnacceptedClips
from swarm.lease.worker.worker import Worker


@dataclass(frozen=True)
class Edit:
    """In a method of a class, or in a function where a module uses it, one text in place of another."""

    owner: Any
    method: str
    old: str
    new: str


@dataclass(frozen=True)
class Value:
    """Another value for a name."""

    owner: Any
    name: str
    value: object


VARIANTS: dict[str, Edit | Value] = {
    "send before persist": Value(SimCoordinator, "persist_first", False),
    "no expiry": Value(ServedJob, "deadline_s", lambda self, session, lease: 1e9),
    "no silence detection": Value(core, "SILENCE_S", 1e9),
    "no first-wins": Edit(
        Intake,
        "clip",
        "work.state.complete or (clip.chapter, clip.index) in work.state.accepted",
        "work.state.complete",
    ),
    "lost trim": Edit(Request, "_tail", "self.out.send(holder.peer,", "(lambda *_: None)(holder.peer,"),
    "cut loses the tail": Edit(Ledger, "cut", "index < end]", "index < end - 1]"),
    "forgotten held clips": Value(UnacceptedClips, "held_messages", lambda self: []),
    "held clips not promised": Edit(Coordinator, "_held", "if coming:", "if False:"),
    "held clips all forgotten": Edit(Coordinator, "_held", "work.is_wanted((chapter, index), key)", "False"),
    "credit not given back for duplicates": Edit(
        Intake, "clip", "out.send(session.peer, Accepted(", "work.state.complete or out.send(session.peer, Accepted("
    ),
    "credit not given back for refusals": Edit(Intake, "clip", "out.send(session.peer, Rejected(", "_ = (Rejected("),
    "credit not counted": Edit(UnacceptedClips, "sendable", "outstanding += item.size", "pass"),
    "revoke ignored": Value(Worker, "_revoke", lambda self, link, revoke, tell: None),
    "engine not killed": Edit(worker_core, "kill", "tell.commands.append(Kill(slot.number))", "pass"),
    "revocation answered for ever": Edit(
        worker_core, "keep_lines", "if slot.shorten(lease, lines):", "if slot.shorten(lease, lines) or True:"
    ),
    "own gap not forgiven": Value(Coordinator, "_forgive", lambda self, gap_s: None),
    "failure not counted": Edit(Intake, "failed", "len(work.state.failures[place]) < MAX_ATTEMPTS", "True"),
    "failure not journaled": Edit(
        Intake, "failed", "_record(work, SegmentFailed(", "(lambda w, r, _: apply(w.state, r))(work, SegmentFailed("
    ),
    "failures of strangers count": Edit(
        Intake, "failed", "not work.ledger.give_up(place, session.key)", "work.ledger.reopen(place)"
    ),
    "the blamed try again": Value(Request, "_may_try", lambda self, work, place: True),
    "the unknown are not asked": Edit(
        Coordinator, "receive", "session is None:\n        outcome.send(peer, WhoAreYou())", "session is None:"
    ),
    "no grace after a restart": Edit(Coordinator, "_pump", "now < self.grants_s", "False"),
    "leases end when granted": Value(core, "GRANT_FLIGHT_S", -1.0),
    "lost grants are never missed": Value(core, "GRANT_FLIGHT_S", 1e9),
    "leases end before their clips came": Edit(worker_core, "heartbeat", "*shelf.leases(link.name)", ""),
    "lost messages are not missed": Value(Coordinator, "unsent", lambda self, peer: None),
    "unsent clips are forgotten": Value(Worker, "unsent", lambda self, name, clip: None),
    "turns ignored": Edit(Worker, "_report", "slot.turn == turn", "slot.line is not None or slot.loading"),
    "the dead keep their places": Edit(Coordinator, "_drop", "work.ledger.end(lease)", "pass"),
    "settled places stay free": Edit(Ledger, "settle", "self.free[chapter].discard(index)", "pass"),
    "discarded clips are not spoken again": Edit(
        Coordinator, "discard", "self.works[job].ledger.reopen((chapter, index))", "pass"
    ),
    "granted before its files are there": Edit(
        Request, "_is_let", "self.session.can_speak(work.recipe) and work.needed <= self.session.assets", "True"
    ),
    "latents of two workers": Edit(Request, "_is_let", "work.state.awaits_latents and", "False and"),
    "spoken before its latents are journaled": Edit(Worker, "_next", "not suits or lease.job.latents", "not suits"),
    "latents are not looked at": Edit(
        JobFiles, "_take", "hashlib.sha256(data).hexdigest() == coming.made.digest", "True"
    ),
    "a voice of other latents goes on": Edit(EngineSlot, "suits", "self.latents == find_latents(job.assets)", "True"),
    "pieces out of turn are written": Edit(Downloads, "take", "piece.offset != item.received or", ""),
    "pieces that do not come are not missed": Value(download, "STALLED_S", 1e9),
    "all is asked for at once": Edit(Downloads, "_ask", " and item.asked - item.have < window()", ""),
    "who stepped back never comes again": Value(Rest, "stepped_back", lambda self, now: self.until_s > 0),
    "what a resting slot held is kept from others": Edit(
        slot_changes, "shed", "tell.send(lease.link, Release(lease.id, note[:1000]))", "slot.leases.append(lease)"
    ),
    "nobody is granted the last places": Edit(Request, "grant", "if run:", "if run and len(run[1]) > 1:"),
}

PROVOKED_BY = {  # what such a break takes to show, where one seed in many has it
    "no expiry": ("hangs",),
    "held clips not promised": ("coordinator crashes", "latency"),
    "lost messages are not missed": ("refusals",),
    "unsent clips are forgotten": ("refusals",),
    "turns ignored": ("hangs",),
    "own gap not forgiven": ("coordinator sleeps",),
    "failures of strangers count": ("liar",),
    "no grace after a restart": ("coordinator crashes",),
    "granted before its files are there": ("files",),
    "latents of two workers": ("files",),
    "spoken before its latents are journaled": ("files",),
    "latents are not looked at": ("files", "liar"),
    "a voice of other latents goes on": ("files", "two coordinators"),
    "pieces out of turn are written": ("files", "refusals"),
    "pieces that do not come are not missed": ("files", "refusals"),
    "all is asked for at once": ("files",),
    "who stepped back never comes again": ("a device is lost", "out of memory"),
    "what a resting slot held is kept from others": ("slots rest",),
}


@contextmanager
def broken(name: str) -> Iterator[None]:
    """The cores with one variant in place."""
    variant = VARIANTS[name]
    owner, attribute = variant.owner, variant.name if isinstance(variant, Value) else variant.method
    sound = inspect.getattr_static(owner, attribute) if isinstance(owner, type) else getattr(owner, attribute)
    setattr(owner, attribute, variant.value if isinstance(variant, Value) else _edited(variant))
    try:
        yield
    finally:
        setattr(owner, attribute, sound)


def _edited(edit: Edit) -> object:
    sound = getattr(edit.owner, edit.method)
    source = textwrap.dedent(inspect.getsource(sound))
    assert source.count(edit.old) == 1, f"{edit.owner.__name__}.{edit.method} has no single {edit.old!r} any more"
    names: dict[str, Any] = {}
    exec(compile(source.replace(edit.old, edit.new), f"broken {edit.method}", "exec"), sound.__globals__, names)
    return names[edit.method]
