"""The worker's core: it takes grants, and puts out commands for engines and messages to coordinators.

It owns no socket, engine or clock. The shell carries out commands and reports back with `opened`, `unable`,
`spoken` and `failed`; a report whose `turn` is not the slot's current one is of a killed engine and is ignored. A
heartbeat tells one coordinator the whole state, so that a lost one costs nothing."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from msgspec import structs

from swarm.job.clip_info import SpokenClip
from swarm.job.job_asset import JobAsset
from swarm.lease.core_settings import WORKER_DEFAULTS, WorkerSettings
from swarm.lease.envelope import MAX_BATCH, Hindrance, NotLeasing
from swarm.lease.file_transfer import Fetch, ModelReport, Piece, Source
from swarm.lease.message import (
    Accepted,
    Bye,
    Clip,
    Done,
    Encode,
    EncodedReel,
    EngineOffer,
    Figures,
    FromCoordinator,
    Grant,
    Heartbeat,
    Hello,
    Job,
    Refused,
    Rejected,
    Release,
    Revoke,
    Skip,
    Trim,
    Wakeable,
    Wanted,
    Welcome,
    WhoAreYou,
    slot_kinds,
)
from swarm.lease.outcome import ClipPart, Command, Load, Speak, WorkerOutcome
from swarm.lease.scheduling import batch_size
from swarm.lease.states import LinkState, SlotState
from swarm.lease.worker.asset_download import Downloads, FilePart
from swarm.lease.worker.coordinator_link import CoordinatorLink, Fairness, send_clips
from swarm.lease.worker.fetched_assets import FetchedAssets
from swarm.lease.worker.retained_clips import OrderedReels, RetainedClips
from swarm.lease.worker.sharing import Leaders, charge_idle, least_served, offer, refusal, wanting_slots, worst_lag_s
from swarm.lease.worker.slot import EngineSlot, cancel_prefetch, forgive_gap, has_slept, prefetch
from swarm.lease.worker.slot_changes import (
    abandon,
    blame,
    fail,
    give_back_failed,
    give_up,
    kill_hung,
    let_go,
    limit,
    lose,
    pass_proof,
    shorten,
    step_back,
    stop_late,
)
from swarm.lease.worker.unaccepted import UnacceptedClips

MAX_LEASES = 4096
MAX_RESTING = 1024
MIN_REEL_PIECE = 8 * 1024
ASK_S = 1.5  # after a sleep, coordinators have this long to say what others have spoken meanwhile


@dataclass
class WorkerCore:
    """All slots of one worker process, and every coordinator it serves."""

    hello: Hello
    settings: WorkerSettings = WORKER_DEFAULTS
    slots: list[EngineSlot] = field(init=False)
    links: dict[str, CoordinatorLink] = field(default_factory=dict)
    unaccepted: UnacceptedClips = field(init=False)
    retained_clips: RetainedClips = field(init=False)
    reels: OrderedReels = field(init=False)
    fetched: FetchedAssets = field(init=False)
    leaders: Leaders = field(default_factory=Leaders)
    draining: bool = False
    left: bool = False
    figures: tuple[Figures, ...] = ()  # figures of its devices for every heartbeat
    wake: Wakeable | None = None  # how this machine is woken, for every heartbeat
    peer_addresses: dict[str, str] = field(default_factory=dict)  # coordinator -> where others reach the files here
    models: dict[str, ModelReport] = field(default_factory=dict)  # coordinator -> its models
    beaten_s: float = 0.0  # the last heartbeat was due then
    woke_s: float = 0.0  # this machine last woke up then

    def __post_init__(self) -> None:
        kinds = enumerate(slot_kinds(self.hello.devices, self.hello.slots))
        self.slots = [EngineSlot(number, self.settings, kind) for number, kind in kinds]
        self.unaccepted = UnacceptedClips(self.settings)
        self.retained_clips = RetainedClips(self.unaccepted, self.settings)
        self.reels = OrderedReels(self.retained_clips)
        self.fetched = FetchedAssets(Downloads(self.settings))

    # --- the connection

    def connect(self, name: str, now: float) -> WorkerOutcome:
        """Greet a coordinator that came into reach under this name."""
        kinds = frozenset(slot.kind for slot in self.slots)
        fairness = Fairness(least_served(self.links.values()))
        link = self.links.setdefault(name, CoordinatorLink(name, kinds, fairness=fairness))
        self._introduce(link, out := WorkerOutcome())
        return out

    def disconnect(self, name: str, now: float) -> WorkerOutcome:
        """Go on without a coordinator out of reach: finish what it leased, keep the clips. Or without a peer."""
        out = WorkerOutcome()
        self.fetched.downloads.closed(name, now, out)
        if link := self.links.get(name):
            link.go_away()
            self.unaccepted.orphan(name)
        self._go_on(now, out)
        return out

    def forget(self, name: str, now: float) -> WorkerOutcome:
        """Forget a coordinator that is gone for good; only a segment under way is finished for it."""
        out = WorkerOutcome()
        if self.links.pop(name, None):
            self.unaccepted.orphan(name)
        self.reels.forget(name, out)
        abandon(self.slots, name)
        self._go_on(now, out)
        return out

    def _introduce(self, link: CoordinatorLink, out: WorkerOutcome) -> None:
        link.greet()
        self.unaccepted.orphan(link.name)
        if not self.left:
            out.send(link.name, self.hello)

    def announce(self, engines: tuple[EngineOffer, ...], now: float) -> WorkerOutcome:
        """Greet again all coordinators that let this worker in: its engines changed, or may be tried again."""
        self.hello = structs.replace(self.hello, engines=engines)
        for link in self.links.values():
            if link.up:
                link.greet()
        return self.beat(now)

    def note_full(self, full: bool) -> None:
        """Take note that the disk keeps no more clips than now, or that it has room again."""
        self.retained_clips.note_full(full)

    # --- messages

    def receive(self, name: str, message: FromCoordinator, now: float, frame: bytes = b"") -> WorkerOutcome:
        """Take a message of a coordinator, or a `Piece` of another worker; `frame` is the bytes that follow it."""
        out = WorkerOutcome()
        if isinstance(message, Piece):
            self.fetched.downloads.take_piece(name, message, frame, now, out)
        if link := self.links.get(name):
            link.note_word(now)
            self._dispatch(link, message, now, out)
        self._go_on(now, out)
        return out

    def _dispatch(self, link: CoordinatorLink, message: FromCoordinator, now: float, out: WorkerOutcome) -> None:
        match message:
            case Welcome():
                self._welcomed(link, message, out)
            case Refused():
                if link.refuse():
                    self.unaccepted.orphan(link.name)
            case WhoAreYou() if link.up:  # while the link is down, a greeting is under way already
                self._introduce(link, out)
            case Wanted():
                self.retained_clips.answered(link, message, self.slots, out)
            case Job():
                self.fetched.instructed(link, message, self.slots)
                if self.leaders.told(link, message, self.links.values(), self.slots, self.unaccepted, out):
                    self.retained_clips.offer(link, message, out)
                if message.job_files:
                    out.beat(link.name)
            case Grant():
                self._granted(link, message, now, out)
            case Accepted():
                link.window.credit = message.credit or link.window.credit
                self.retained_clips.accepted(link, message, now, out)
            case Fetch(kind="clip"):
                link.window.answered(*link.uploads.note_received(message.digest, message.offset, now), now)
            case Encode() if not self.draining:
                rests = all(slot.state is SlotState.RESTING for slot in self.slots)
                self.reels.ordered(link, message, now, out, rests=rests)
            case Fetch(kind="reel"):
                self.reels.fetched(link, message, now, out)
            case Rejected():
                out.forget(self.unaccepted.drop(message.job, ((message.chapter, message.index, message.key),)))
            case Fetch() | Source():
                self.fetched.told(link, message, self.models, out)
            case Trim() | Skip() | Revoke():
                shorten(self.slots, link, message, now, out)
            case Done():
                self.retained_clips.done(link, message, out)
                link.take_done(message, now)

    def _welcomed(self, link: CoordinatorLink, welcome: Welcome, out: WorkerOutcome) -> None:
        if self.left:  # the coordinator answers a greeting from before
            out.send(link.name, Bye())
        elif link.enter(welcome):
            for held in self.unaccepted.held_messages():
                out.send(link.name, held)
            self.leaders.welcomed(link, welcome, self.links.values(), out)
            out.beat(link.name)

    def _granted(self, link: CoordinatorLink, grant: Grant, now: float, out: WorkerOutcome) -> None:
        job = link.jobs.by_name.get(grant.job)
        slot = self.slots[grant.slot] if grant.slot < len(self.slots) and not self.draining else None
        if job is None or not self.fetched.downloads.has(job.job_files):
            out.send(link.name, Release(grant.lease, "its files are not here"))
            return
        lag_s = worst_lag_s(self.links.values(), now)
        why = self.leaders.refusal(link, job, grant.slot, now) or refusal(slot, job.recipe, now, lag_s)
        if slot is None or why:
            out.send(link.name, Release(grant.lease, why))
            return
        link.resume(least_served(self.links.values()), slot.kind)
        slot.settle_leases(now)
        slot.take_grant(grant, link.name, job)
        self.retained_clips.granted(link, job, grant, self.slots, out)
        out.beat(link.name)

    # --- the engines report

    def opened(
        self, number: int, turn: int, now: float, latents: JobAsset | None = None, batch: int = MAX_BATCH
    ) -> WorkerOutcome:
        """Go on with a loaded engine, whose voice speaks `batch` lines together and computed these `latents`."""
        return self._report(number, turn, now, lambda slot, out: self.fetched.loaded(slot, latents, batch, now))

    def note_progress(self, number: int, turn: int, words: str, now: float) -> None:
        """Note how far the load of a slot's engine is; the next heartbeat says it."""
        self.slots[number].note_progress(turn, words, now)

    def encoded(self, link: str, reel: EncodedReel, now: float) -> WorkerOutcome:
        """Offer a reel that was encoded for a coordinator, or say why it was not."""
        self.reels.encoded(link, reel, now, out := WorkerOutcome())
        self._go_on(now, out)
        return out

    def lost(self, digest: str, now: float) -> WorkerOutcome:
        """Compute latents anew that a coordinator asked for and that are gone from the disk."""
        self.fetched.lost(digest, self.slots)
        return self.beat(now, news=True)

    def kept(self, digest: str, have: int, now: float, note: str = "", *, unfit: bool = False) -> WorkerOutcome:
        """Go on with a job file of which `have` bytes are on the disk; `unfit`: the next block did not fit."""
        out = WorkerOutcome()
        self.fetched.kept(self.links.values(), FilePart(digest, have, note, unfit), now, out)
        self._go_on(now, out)
        return out

    def unable(self, number: int, turn: int, note: str, now: float, *, mislaid: bool = False) -> WorkerOutcome:
        """Give back the leases of a recipe that a slot does not open; `mislaid`: for now, since files are gone."""

        def take(slot: EngineSlot, out: WorkerOutcome) -> None:
            if mislaid:
                self.fetched.mislaid(slot)
            give_up(slot, note, not mislaid, out)

        return self._report(number, turn, now, take)

    def spoken(self, number: int, turn: int, clips: list[SpokenClip | None], now: float) -> WorkerOutcome:
        """Take the clips of the segments that a slot has spoken together; None: this one has to be tried again."""
        return self._report(number, turn, now, lambda slot, out: self._keep(slot, clips, out))

    def failed(self, number: int, turn: int, kind: str, note: str, now: float) -> WorkerOutcome:
        """Go on after segments that could not be spoken; a crash or a fault of the device costs the engine too."""
        return self._report(number, turn, now, lambda slot, out: fail(slot, kind, note, now, out))

    def step_back(self, number: int, turn: int, cause: NotLeasing, note: str, now: float) -> WorkerOutcome:
        """Pause a slot whose device has no room for its engine, or is gone: other slots get its leases."""
        return self._report(number, turn, now, lambda slot, out: step_back(slot, cause, note, now, out))

    def limit(self, limits: Sequence[Hindrance | None], now: float) -> WorkerOutcome:
        """Take why each slot has to rest, None if it may work. It has a few seconds to finish what is under way.

        While the worker leaves, no limit changes anything.
        """
        out = WorkerOutcome()
        if not self.draining and limit(self.slots, limits, now, out):
            out.beats.update(dict.fromkeys(self.links))
            stop_late(self.slots, now, out)
            self._go_on(now, out)
        return out

    def lose(self, numbers: Iterable[int], note: str, now: float) -> WorkerOutcome:
        """Pause slots whose device is gone, whatever they are at."""
        lose([self.slots[number] for number in numbers], note, now, out := WorkerOutcome())
        self._go_on(now, out)
        return out

    def _report(
        self, number: int, turn: int, now: float, take: Callable[[EngineSlot, WorkerOutcome], None]
    ) -> WorkerOutcome:
        out, slot = WorkerOutcome(), self.slots[number]
        if slot.turn == turn:
            take(slot, out)
            self._go_on(now, out)
        return out

    def _keep(self, slot: EngineSlot, clips: list[SpokenClip | None], out: WorkerOutcome) -> None:
        if slot.is_proving:
            pass_proof(slot, out)
            return
        lease, spoken = slot.collect(clips)
        blame(slot, lease, out)
        link = self.links.get(lease.link)
        for clip, frame in spoken:
            self.retained_clips.spoken(clip, self.slots, lease.link, out)
            if link is not None:
                link.fairness.serve(slot.number, clip.work_s)
            if self.unaccepted.add_clip(clip, len(frame), lease.link if link and link.up else None):
                out.keep(clip, frame)
        out.forget(self.unaccepted.evict({held.job.job for each in self.slots for held in each.leases if held.lines}))

    # --- time, and the end

    def beat(self, now: float, *, news: bool = False) -> WorkerOutcome:
        """Send a heartbeat to every coordinator that is due one, with news to all; speak and send what had to wait."""
        out = WorkerOutcome()
        self.asks_first(now)
        for link in self.links.values():
            wished_s = self.settings.beat_within(link.welcome.heartbeat_s) if link.welcome else 0.0
            if not news and not link.beat_limit.is_due(wished_s, now):
                continue  # another coordinator wishes heartbeats more often, which must not fill the link to this one
            link.regular_beat(now)
            if link.up:
                out.beat(link.name)
            elif link.state is LinkState.GREETING:  # the greeting before may have been lost
                self._introduce(link, out)
        charge_idle(self.links.values(), self.slots, min(now - self.beaten_s, self.beat_s))
        forgive_gap(self.slots, self.beaten_s, now)
        self.beaten_s = now
        self.retained_clips.shrink(out)
        kill_hung(self.slots, self.links, now, out)
        stop_late(self.slots, now, out)
        self.fetched.release_stranded(self.slots, self.links)
        let_go(self.slots, now, out)
        self._go_on(now, out)
        return out

    def asks_first(self, now: float) -> bool:
        """Return whether this machine has just slept and waits for news: others may have spoken what it holds."""
        if has_slept(self.beaten_s, now):
            self.woke_s = now
        return self.woke_s > 0 and now - self.woke_s < ASK_S

    @property
    def beat_s(self) -> float:
        """Seconds until the next heartbeat is due: the shortest interval that a coordinator wishes, within bounds."""
        wishes = [link.welcome.heartbeat_s for link in self.links.values() if link.welcome]
        return self.settings.beat_within(min(wishes, default=self.settings.beat_s))

    def observe(self, figures: tuple[Figures, ...], wake: Wakeable | None = None) -> None:
        """Take what the devices are at, and how this machine is woken; heartbeats say it from now on."""
        self.figures, self.wake = figures, wake

    def unsent(self, name: str, clip: Clip) -> None:
        """Send a clip again with the next heartbeat: it could not leave just now."""
        self.unaccepted.unsend(name, clip)

    def unsent_part(self, name: str, part: ClipPart) -> None:
        """Send a piece of a clip again soon, and all pieces after it: it could not leave just now."""
        if name in self.links:
            self.links[name].uploads.rewind(part)

    def piece_bytes(self, name: str) -> int:
        """Return the bytes of a piece of a reel that leaves over a link now."""
        return max(MIN_REEL_PIECE, self.links[name].window.piece if name in self.links else 0)

    def serves(self, name: str) -> bool:
        """Return whether a coordinator has let this worker in and is in reach."""
        return name in self.links and self.links[name].up

    def unsaid(self, name: str) -> None:
        """Greet with the next heartbeat, so that all is said again: a message could not leave."""
        if (link := self.links.get(name)) and link.up:
            link.greet()
            self.unaccepted.orphan(name)

    def drain(self, now: float, cause: NotLeasing = NotLeasing.DRAINED) -> WorkerOutcome:
        """Finish the segments being spoken, give back the rest, take nothing new."""
        out, self.draining = WorkerOutcome(), True
        limit(self.slots, [Hindrance(cause)] * len(self.slots), now, out)
        self._go_on(now, out)
        return out

    def leave(self) -> WorkerOutcome:
        """Say good-bye to every coordinator, and greet none any more."""
        out, self.left = WorkerOutcome(), True
        for link in self.links.values():
            if link.up:
                out.send(link.name, Bye())
        return out

    @property
    def drained(self) -> bool:
        """Whether nothing is being spoken and no clip waits for a coordinator in reach."""
        waiting = any(self.unaccepted.waiting(link.name) for link in self.links.values() if link.up)
        return not waiting and not any(slot.leases for slot in self.slots)

    # --- going on

    def _go_on(self, now: float, out: WorkerOutcome) -> None:
        for link in self.links.values():  # first, since clips that leave make room to speak on
            send_clips(link, self.unaccepted, now, out)
            self.reels.serve(link, now, out)
        for slot in self.slots:
            give_back_failed(slot, now, out)
            slot.settle_leases(now)
            command = self._next(slot, now, out)
            cancel_prefetch(slot, out)
            out.commands += [command] if command else []
            prefetch(slot, out)
        self.fetched.go_on(self.links, self.slots, self.models, now, out)
        wanting = [] if self.draining else list(wanting_slots(self.slots, self.links.values(), now))
        out.beats.update(dict.fromkeys(link.name for link in offer(self.links.values(), self.slots, wanting, now)))
        for name in out.beats:
            to, most = self.links.get(name), self.settings.beats_between
            if to and to.beat_limit.may_beat(most, to.jobs.files) and to.up:
                out.send(name, self._heartbeat(to, now))

    def _heartbeat(self, link: CoordinatorLink, now: float) -> Heartbeat:
        """Return the heartbeat for a coordinator.

        It lists a lease until its clips are accepted: the last may still wait for credit.
        """
        speaking = [lease.id for slot in self.slots for lease in slot.leases if lease.link == link.name]
        leases = dict.fromkeys([*speaking, *self.unaccepted.leases(link.name)])
        models = self.models.get(link.name)
        here, coming, made = self.fetched.report_assets(link, models)
        return Heartbeat(
            slots=tuple(
                slot.report_slot(now) for slot in self.slots if slot.leases and slot.leases[0].link == link.name
            ),
            offers=tuple(sorted(link.offers)),
            leases=tuple(leases)[:MAX_LEASES],
            job_files=here,
            fetching=coming,
            made=made,
            figures=self.figures,
            resting=tuple(rest for slot in self.slots for rest in slot.resting(now))[:MAX_RESTING],
            peer_address=self.peer_addresses.get(link.name, ""),
            models=models,
            reels=self.reels.report_reels(link.name, now),
            wake=self.wake,
        )

    def _next(self, slot: EngineSlot, now: float, out: WorkerOutcome) -> Command | None:
        if slot.state is not SlotState.WAITING:
            return None
        lease = slot.leases[0]
        link = self.links.get(lease.link)
        if not self.unaccepted.has_room(lease.link, link.window.room if link and link.up else None):
            return None
        if not (suits := slot.suits(lease.job)) and self.fetched.downloads.has(lease.job.job_files):
            turn = slot.load(lease.job, batch_size(self.hello.engines, lease.job.recipe), now)
            return Load(slot.number, turn, lease.job.recipe, lease.job.job_files, lease.job.voices)
        if suits and lease.job.latents:  # own latents have to be journaled first
            self.fetched.offer_latents(slot, lease, out)
        if not suits or lease.job.latents or (link and self.asks_first(now)):
            return None
        batch = slot.next_lines()
        if slot.search.most > 1:  # coordinators must know what no other slot can take over any more
            out.beat(lease.link)
        return Speak(slot.number, slot.speak(batch, now), slot.words(batch))
