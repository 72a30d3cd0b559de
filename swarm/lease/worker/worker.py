"""The worker's core: grants in, commands for its engines and messages to its coordinators out.

It owns no socket, engine or clock. The shell carries out the commands and reports back with `opened`, `unable`,
`spoken` and `failed`; a report whose `turn` is not the slot's current one is of a killed engine and is ignored.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from msgspec import structs

from swarm.job.clip_info import SpokenClip
from swarm.job.job_file import JobFile
from swarm.lease.message import (
    Accepted,
    Bye,
    Clip,
    Done,
    EngineOffer,
    Failed,
    Fetch,
    Figures,
    FilePiece,
    FromCoordinator,
    Grant,
    Hello,
    Job,
    Refused,
    Rejected,
    Release,
    Revoke,
    Trim,
    Wanted,
    Welcome,
    WhoAreYou,
)
from swarm.lease.worker.coordinator_link import EMPTY_S, CoordinatorLink, kindred, least_served, share
from swarm.lease.worker.heartbeat import heartbeat
from swarm.lease.worker.job_files import FetchedFiles
from swarm.lease.worker.outcome import Command, Load, Speak, WorkerOutcome
from swarm.lease.worker.slot import SOON, EngineSlot, HeldLease, Trouble
from swarm.lease.worker.slot_changes import holding, keep_lines, kill, let_go, limit, lose, shed, step_back
from swarm.lease.worker.unaccepted import UnacceptedClips

OWN_GAP_S = 3.0  # no beat for so long: this machine slept


@dataclass
class Worker:
    """All slots of one worker process, and every coordinator it serves."""

    hello: Hello
    slots: list[EngineSlot] = field(default_factory=list)
    links: dict[str, CoordinatorLink] = field(default_factory=dict)
    unaccepted: UnacceptedClips = field(default_factory=UnacceptedClips)
    fetched: FetchedFiles = field(default_factory=FetchedFiles)
    draining: bool = False
    left: bool = False
    figures: tuple[Figures, ...] = ()  # what its devices are at, told with every heartbeat

    def __post_init__(self) -> None:
        self.slots = [EngineSlot(number) for number in range(self.hello.slots)]
        self.beaten_s = 0.0

    # --- the connection

    def connect(self, name: str, now: float) -> WorkerOutcome:
        """A coordinator came into reach under this name: introduce yourself."""
        out = WorkerOutcome()
        link = self.links.setdefault(name, CoordinatorLink(name, served_s=least_served(self.links.values())))
        self._introduce(link, out)
        return out

    def disconnect(self, name: str, now: float) -> WorkerOutcome:
        """A coordinator went out of reach: finish what it leased, keep the clips."""
        out = WorkerOutcome()
        link = self.links.get(name)
        if link is not None:
            link.leave()
            link.final, link.refused = False, ""
            self.unaccepted.orphan(name)
            self._go_on(now, out)
        return out

    def forget(self, name: str, now: float) -> WorkerOutcome:
        """A coordinator is gone for good."""
        out = self.disconnect(name, now)
        self.links.pop(name, None)
        for slot in self.slots:
            slot.leases = [lease for lease in slot.leases if lease.link != name]
        self._go_on(now, out)
        return out

    def _introduce(self, link: CoordinatorLink, out: WorkerOutcome) -> None:
        link.leave()
        self.unaccepted.orphan(link.name)
        if not self.left:
            out.send(link.name, self.hello)

    def announce(self, engines: tuple[EngineOffer, ...], now: float) -> WorkerOutcome:
        """What it can speak with has changed, or may be tried again: say so to all that let it in."""
        self.hello = structs.replace(self.hello, engines=engines)
        for link in self.links.values():
            link.leave()
        return self.beat(now)  # which greets

    # --- messages

    def receive(self, name: str, message: FromCoordinator, now: float, frame: bytes = b"") -> WorkerOutcome:
        """Take one message of a coordinator; `frame` is the bytes that follow a `FilePiece`."""
        out = WorkerOutcome()
        link = self.links.get(name)
        if link is not None:
            link.heard_s = now
            if isinstance(message, FilePiece):
                self.fetched.downloads.take(message, frame, now, out)
            else:
                self._dispatch(link, message, now, out)
            self._go_on(now, out)
        return out

    def _dispatch(self, link: CoordinatorLink, message: FromCoordinator, now: float, out: WorkerOutcome) -> None:
        match message:
            case Welcome() if self.left:  # it heard a greeting from before
                out.send(link.name, Bye())
            case Welcome():
                link.enter(message)
                for held in self.unaccepted.held_messages():
                    out.send(link.name, held)
                out.beat(link.name)
            case Refused(why=why):
                link.refused = why
            case WhoAreYou() if link.up:  # else another greeting is under way already
                self._introduce(link, out)
            case Wanted():
                if link.up:  # else all is offered again once it has let us in
                    self.unaccepted.claim(link.name, message)
                out.forget(self.unaccepted.drop(message.job, message.forget))
            case Job():
                self.fetched.instructed(link, message, self.slots)
                if message.job_files:
                    out.beat(link.name)
            case Grant():
                self._granted(link, message, now, out)
            case Accepted():
                link.credit = message.credit or link.credit
                link.answered(*self.unaccepted.under_way(message.job, message.clips, now), now)
                out.forget(self.unaccepted.drop(message.job, message.clips))
            case Rejected():
                out.forget(self.unaccepted.drop(message.job, ((message.chapter, message.index, message.key),)))
            case Fetch():
                self.fetched.asked(link, message, out)
            case Trim():
                self._trim(link, message, out)
            case Revoke():
                self._revoke(link, message, out)
            case Done():
                link.empty_until_s = now + EMPTY_S
                if message.final:
                    link.leave()
                    link.final, link.failed = True, message.failed

    def _granted(self, link: CoordinatorLink, grant: Grant, now: float, out: WorkerOutcome) -> None:
        job = link.jobs.get(grant.job)
        slot = self.slots[grant.slot] if grant.slot < len(self.slots) else None
        if job is None or not self.fetched.downloads.has(job.job_files):
            out.send(link.name, Release(grant.lease, "its files are not here"))
            return
        if slot is None or not slot.wants_more(now) or self.draining:
            out.send(link.name, Release(grant.lease, "not asked for any more"))
            return
        link.resume(least_served(self.links.values()))
        slot.leases.append(HeldLease(grant.lease, link.name, job, grant.chapter, list(grant.lines)))
        out.beat(link.name)

    def _trim(self, link: CoordinatorLink, trim: Trim, out: WorkerOutcome) -> None:
        for slot, lease in holding(self.slots, link.name, trim.lease):
            keep_lines(slot, lease, [line for line in lease.lines if line.index < trim.end], out)

    def _revoke(self, link: CoordinatorLink, revoke: Revoke, out: WorkerOutcome) -> None:
        for slot, lease in holding(self.slots, link.name, revoke.lease):
            lease.revoked = True
            if revoke.expired and slot.line is not None and slot.leases[0] is lease:
                kill(slot, out)
            keep_lines(slot, lease, [], out)

    def _kill_what_hangs(self, now: float, out: WorkerOutcome) -> None:
        """Where no coordinator judges any more: the lease was revoked, or its coordinator is out of reach."""
        if self.beaten_s and now - self.beaten_s > OWN_GAP_S:  # this machine slept, and its engines with it
            for slot in self.slots:
                slot.since_s += now - self.beaten_s
        self.beaten_s = now
        for slot in self.slots:
            if slot.hangs(now) and (slot.leases[0].revoked or not self.serves(slot.leases[0].link)):
                kill(slot, out)

    # --- the engines report

    def opened(self, number: int, turn: int, now: float, latents: JobFile | None = None) -> WorkerOutcome:
        """The engine of a slot is loaded; `latents` are those it computed, on the disk by now."""
        return self._report(number, turn, now, lambda slot, out: self.fetched.loaded(slot, latents, now))

    def told(self, number: int, turn: int, words: str, now: float) -> None:
        """The engine that a slot loads says how far it is; the next heartbeat carries it."""
        self.slots[number].hear(turn, words, now)

    def lost(self, digest: str, now: float) -> WorkerOutcome:
        """Latents that a coordinator asked for are gone from the disk: who would give them computes them anew."""
        self.fetched.lost(digest, self.slots)
        return self.beat(now)

    def kept(self, digest: str, have: int, now: float, note: str = "") -> WorkerOutcome:
        """So much of a job file lies on the disk; all of it only if it is what its digest says."""
        out = WorkerOutcome()
        self.fetched.downloads.kept(digest, have, note, now)
        if self.fetched.downloads.is_here(digest):
            for link in self.links.values():
                link.empty_until_s = 0.0  # it may have something for us now
                out.beat(link.name)
        self._go_on(now, out)
        return out

    def unable(self, number: int, turn: int, note: str, now: float, *, mislaid: bool = False) -> WorkerOutcome:
        """The engine of a slot does not open here: no lease of that recipe can be served.

        `mislaid`: only its files are gone from the disk; they are looked for afresh.
        """
        return self._report(number, turn, now, lambda slot, out: self._give_up(slot, note, out, not mislaid))

    def spoken(self, number: int, turn: int, spoken: SpokenClip, now: float) -> WorkerOutcome:
        """Take the clip of the segment that a slot has spoken; its frame goes on in the outcome."""
        return self._report(number, turn, now, lambda slot, out: self._keep(slot, spoken, out))

    def failed(self, number: int, turn: int, kind: str, note: str, now: float) -> WorkerOutcome:
        """A slot could not speak its segment. A crashed engine is loaded afresh, and one whose device failed."""
        return self._report(number, turn, now, lambda slot, out: self._fail(slot, kind, note, now, out))

    def step_back(self, number: int, turn: int, trouble: Trouble, note: str, now: float) -> WorkerOutcome:
        """The device of a slot has no room for its engine, or is gone: others get its leases, it tries again later."""
        return self._report(number, turn, now, lambda slot, out: step_back(slot, trouble, note, now, out))

    def limit(self, reasons: Sequence[str], now: float) -> WorkerOutcome:
        """Why the operator wants each slot to rest, "" where it may work: who rests finishes its segment only."""
        out = WorkerOutcome()
        if limit(self.slots, reasons, out):
            out.beats.update(dict.fromkeys(self.links))
            self._go_on(now, out)
        return out

    def lose(self, numbers: Iterable[int], note: str, now: float) -> WorkerOutcome:
        """The device of these slots is gone, whatever they are at."""
        out = WorkerOutcome()
        lose([self.slots[number] for number in numbers], note, now, out)
        self._go_on(now, out)
        return out

    def _report(
        self, number: int, turn: int, now: float, take: Callable[[EngineSlot, WorkerOutcome], None]
    ) -> WorkerOutcome:
        out = WorkerOutcome()
        slot = self.slots[number]
        if slot.turn == turn:
            take(slot, out)
            self._go_on(now, out)
        return out

    def _give_up(self, slot: EngineSlot, note: str, out: WorkerOutcome, unable: bool) -> None:
        recipe = slot.recipe
        if not unable:
            self.fetched.mislaid(slot)
        slot.stop()
        for lease in [le for le in slot.leases if le.job.recipe == recipe]:
            out.send(lease.link, Release(lease.id, note[:1000], unable=unable))
            slot.leases.remove(lease)

    def _keep(self, slot: EngineSlot, spoken: SpokenClip, out: WorkerOutcome) -> None:
        lease, clip = slot.spoken(spoken.info, spoken.further)
        link = self.links.get(lease.link)
        if link is not None:
            link.served_s += clip.work_s
        self.unaccepted.put(clip, len(spoken.frame), lease.link if link and link.up else None)
        out.keep(clip, spoken.frame)
        out.forget(self.unaccepted.evict({held.job.job for each in self.slots for held in each.leases}))
        slot.tidy()

    def _fail(self, slot: EngineSlot, kind: str, note: str, now: float, out: WorkerOutcome) -> None:
        if kind == "memory" and slot.rest.clips < SOON:
            step_back(slot, "memory", note, now, out)
            return
        if kind == "memory" or (kind == "device" and slot.rest.clips):
            slot.speak_again()
            return
        lease, line = slot.finish_line()
        if kind in ("crashed", "device"):
            slot.unload()
        place = (lease.chapter, line.index, line.take)
        out.send(lease.link, Failed(lease.job.job, *place, kind, note[:1000], lease.id, slot.number))
        slot.tidy()

    # --- time, and the end

    def beat(self, now: float) -> WorkerOutcome:
        """The regular heartbeat to every coordinator; also speaks and sends what had to wait."""
        out = WorkerOutcome()
        for link in self.links.values():
            if link.up:
                out.beat(link.name)
            elif not link.final and not link.refused:  # a greeting may have been lost
                self._introduce(link, out)
        self._kill_what_hangs(now, out)
        self.fetched.release_stranded(self.slots, self.links)
        let_go(self.slots, now, out)
        self._go_on(now, out)
        return out

    def unsent(self, name: str, clip: Clip) -> None:
        """A clip could not leave just now; the next heartbeat tries again."""
        self.unaccepted.unsend(name, clip)

    def serves(self, name: str) -> bool:
        """Whether a coordinator has let this worker in and is in reach."""
        return name in self.links and self.links[name].up

    def unsaid(self, name: str) -> None:
        """A message could not leave: the next heartbeat greets instead, and all is said again."""
        link = self.links.get(name)
        if link is not None and link.up:
            link.leave()
            self.unaccepted.orphan(name)

    def drain(self, now: float) -> WorkerOutcome:
        """Finish the segments being spoken, give back the rest, take nothing new."""
        out = WorkerOutcome()
        self.draining = True
        for slot in self.slots:
            shed(slot, "draining", out)
        self._go_on(now, out)
        return out

    def leave(self) -> WorkerOutcome:
        """Say good-bye to every coordinator, and greet none any more."""
        out = WorkerOutcome()
        self.left = True
        for link in self.links.values():
            if link.up:
                out.send(link.name, Bye())
        return out

    @property
    def drained(self) -> bool:
        """Nothing is being spoken and nothing waits for a coordinator in reach."""
        busy = any(slot.leases for slot in self.slots)
        return not busy and not any(self.unaccepted.waiting(link.name) for link in self.links.values() if link.up)

    # --- going on

    def _go_on(self, now: float, out: WorkerOutcome) -> None:
        for link in self.links.values():  # first, for what leaves makes room to speak on
            out.clips.extend((link.name, clip) for clip in self.unaccepted.sendable(link.name, link.allowance, now))
        for slot in self.slots:
            command = self._next(slot, now, out)
            if command is not None:
                out.commands.append(command)
        self.fetched.go_on(self.links.values(), self.slots, now, out)
        self._offer(now, out)
        for name in out.beats:
            if name in self.links and self.links[name].up:
                link = self.links[name]
                out.send(name, heartbeat(link, self.slots, self.unaccepted, self.fetched, self.figures, now))

    def _next(self, slot: EngineSlot, now: float, out: WorkerOutcome) -> Command | None:
        if slot.busy or not slot.leases:
            return None
        lease = slot.leases[0]
        link = self.links.get(lease.link)
        slot.waiting = not self.unaccepted.has_room(lease.link, link.allowance if link and link.up else None)
        if slot.waiting:
            return None
        suits = slot.suits(lease.job)
        if not suits and self.fetched.downloads.has(lease.job.job_files):
            return Load(slot.number, slot.load(lease.job, now), lease.job.recipe, lease.job.job_files)
        slot.waiting = not suits or lease.job.latents
        if slot.waiting:  # for latents: another worker's to come, or its own to be journaled
            if suits:
                self.fetched.offer_latents(slot, lease, out)
            return None
        line = lease.lines[0]
        text, *seeds = slot.words(line)
        return Speak(slot.number, slot.speak(line, now), text, seeds[0], tuple(seeds[1:]))

    def _offer(self, now: float, out: WorkerOutcome) -> None:
        """Have heartbeats say which slots want more."""
        up = [link for link in self.links.values() if link.up and not link.final]
        wanting = [] if self.draining else [slot.number for slot in self.slots if slot.wants_more(now)]
        leased = [slot.leases[-1].link for slot in self.slots if slot.leases and slot.number not in wanting]
        offers = share(up, wanting, leased, now, kindred(self.slots, up))
        for link in up:
            if link.offers != offers[link.name]:
                link.offers = offers[link.name]
                out.beat(link.name)
