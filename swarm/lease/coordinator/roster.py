"""The workers of a coordinator: their sessions, their slots, when each was last heard, and the clip that comes
from each in pieces."""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from math import inf

from swarm.job.spec import CUSTOM, Recipe
from swarm.lease.coordinator.sleepers import WakeSight
from swarm.lease.core_settings import Settings
from swarm.lease.envelope import DEVICE_TROUBLE, Hindrance, NotLeasing, Reason, Resting
from swarm.lease.file_transfer import Fetching, MissingFileReport, ModelReport, ToldFile, is_peer_address
from swarm.lease.message import (
    BORROWED,
    PROTOCOL,
    Clip,
    EngineOffer,
    Figures,
    Heartbeat,
    Hello,
    SlotReport,
    Wakeable,
    fitting,
    slot_kinds,
)
from swarm.lease.scheduling import Speed
from swarm.lease.states import SESSION_TRANSITIONS, SessionState, follow
from swarm.lease.transfer import Incoming

PATIENCE_S = 120.0  # the first pieces of a clip must come within this time to count as progress
MIN_BYTES_S = 1000.0  # a clip that comes more slowly is no progress for its worker's leases
SLOW_S = 2.0  # a link that takes longer for a clip is slow


@dataclass
class Transfer:
    """One clip on its way. The core only counts its bytes; the shell judges them once all came."""

    clip: Clip
    begun_s: float  # the first piece was here then
    first: int  # bytes of that piece
    file: Incoming

    def is_slow(self, now: float) -> bool:
        """Return whether the link takes long for this clip."""
        return now - self.begun_s > SLOW_S

    def bytes_s(self, now: float) -> float:
        """Return how many bytes a second the link has carried since the first piece."""
        return (self.file.have - self.first) / max(now - self.begun_s, 1e-6)

    def is_progress(self, now: float) -> bool:
        """Return whether the clip comes fast enough to keep its worker's leases."""
        return now - self.begun_s < PATIENCE_S + self.clip.size / MIN_BYTES_S


MAX_LOADING_S = 3600.0  # a model that takes longer to load is given up
MAX_WAITING_S = 120.0  # a longer wait for credit without sending a clip is a hang
TELL_AGAIN_S = 5.0  # a worker that seems not to know something is told again after this time
AT_WORK_S = 20.0  # a worker counts as at work for so long after it last held a lease or asked for one
MAX_NEWS = 4  # one heartbeat tells the user of at most so many slots that rest
MAX_SLOTS = 16_384  # slots of all workers together; a worker that comes later gets none
SLOTS_IN_ANY_CASE = 16  # so many slots of a worker are used however many others have
MAX_LEASES = 2  # a slot has the one being spoken and the next
CATCH_UP_S = 3.0  # messages sent during a silence come first when a worker returns
LOOPBACK = ("127.", "[::1]")
HEARTBEATS_AVERAGED = 20  # about so many heartbeats decide the share of waiting

Voicing = tuple[str, str, str]  # engine, model, language: what decides how fast a slot is


def voicing(recipe: Recipe) -> Voicing:
    """Return what of a recipe decides how fast it is spoken."""
    return recipe.engine, recipe.model, recipe.language


@dataclass
class Slot:
    """One engine of a worker; `leases` are held in the order they will be spoken."""

    leases: list[int] = field(default_factory=list)
    speeds: dict[Voicing, Speed] = field(default_factory=dict)
    report: SlotReport | None = None
    waits: float = 0.0  # share of its recent time that it spent waiting for a slow link or disk
    idle_since_s: float | None = None
    idle_s: float = 0.0  # idle time of past spells that was not charged yet

    @property
    def is_full(self) -> bool:
        """Whether it holds as many leases as it may."""
        return len(self.leases) >= MAX_LEASES

    def speed(self, recipe: Recipe) -> Speed:
        """Return the running estimate for a recipe."""
        return self.speeds.setdefault(voicing(recipe), Speed())

    def chars_s(self, recipe: Recipe) -> float | None:
        """Return the characters a second that it speaks of a recipe; None while that is unknown."""
        speed = self.speeds.get(voicing(recipe))
        return speed.chars_s if speed else None

    def is_no_faster(self, other: "Slot") -> bool:
        """Return whether it has as many leases as another slot of its worker, and speaks nothing faster."""
        if len(self.leases) != len(other.leases):
            return False
        if not self.speeds:
            return not any(speed.chars_s for speed in other.speeds.values())
        for voice in self.speeds.keys() | other.speeds.keys():
            own, others = (slot.speeds[voice].chars_s if voice in slot.speeds else None for slot in (self, other))
            if own != others and (own is None or others is None or own > others):
                return False
        return True

    def note_report(self, report: SlotReport) -> None:
        """Take in a heartbeat's report of what it does."""
        self.report = report
        self.waits += ((report.state == "waiting") - self.waits) / HEARTBEATS_AVERAGED

    def begin_lease(self, lease: int, now: float) -> None:
        """Take in a new lease."""
        self.leases.append(lease)
        if self.idle_since_s is not None:
            self.idle_s += now - self.idle_since_s
            self.idle_since_s = None

    def spend_idle(self, now: float) -> float:
        """Return the seconds without a lease since the last call."""
        if self.idle_since_s is not None:
            self.idle_s += now - self.idle_since_s
            self.idle_since_s = now
        spent, self.idle_s = self.idle_s, 0.0
        return spent

    def keep(self, live: Container[int], now: float) -> None:
        """Forget the leases that are not `live` any more."""
        self.leases = [lease for lease in self.leases if lease in live]
        if not self.leases and self.idle_since_s is None:
            self.idle_since_s = now


@dataclass
class FileShare:
    """The files that one worker has, fetches and lacks, by its last heartbeat, and where others may have them."""

    job_files: frozenset[str] = frozenset()  # digests of those that are whole
    fetching: dict[str, Fetching] = field(default_factory=dict)
    borrowable: frozenset[Recipe] = frozenset()  # another worker that speaks with their models may lend them
    missing: dict[str, MissingFileReport] = field(default_factory=dict)  # files of engines' models, by handle
    told_models: dict[str, ToldFile] = field(default_factory=dict)  # files that it has, by handle
    block_lists: frozenset[str] = frozenset()  # digests under which the block lists travel
    peer_address: str = ""  # other workers may fetch its files there

    def note_files(self, heartbeat: Heartbeat) -> None:
        """Take in what a heartbeat says of them."""
        self.job_files = frozenset(heartbeat.job_files)
        self.fetching = {fetching.digest: fetching for fetching in heartbeat.fetching}
        self.peer_address = heartbeat.peer_address if is_peer_address(heartbeat.peer_address) else ""
        models = heartbeat.models or ModelReport()
        self.missing = {missing.handle: missing for missing in models.missing}
        self.told_models = {told.handle: told for told in models.told}
        self.block_lists = frozenset(told.digest for told in models.told)

    def has_file(self, digest: str) -> bool:
        """Return whether it has a whole file, by the digest by which the file travels."""
        return digest in self.job_files or digest in self.block_lists

    def may_knock_at(self, other: "FileShare") -> bool:
        """Return whether the address of another worker may lead there: one of its own machine leads to itself."""
        is_local = self.peer_address.startswith(LOOPBACK)
        return bool(other.peer_address) and (is_local or not other.peer_address.startswith(LOOPBACK))


@dataclass
class Trust:
    """What one worker has delivered and what it failed at, by which its word counts."""

    segments: int = 0
    audio_s: float = 0.0
    work_s: float = 0.0
    failures: int = 0
    streak: int = 0  # failures since its last good clip
    aside_until_s: float = 0.0  # it is granted nothing until then, while others can
    rates: dict[str, tuple[int, int]] = field(default_factory=dict)  # job -> Hz, and the number of clips with this rate
    distrusted: set[str] = field(default_factory=set)  # jobs for which it sent unusable latents
    complaints: set[tuple[Recipe, str]] = field(default_factory=set)  # the user was told these already

    def deliver(self, clip: Clip) -> None:
        """Count an accepted clip."""
        self.streak = 0
        self.segments += 1
        self.audio_s += clip.length_s
        self.work_s += clip.work_s


@dataclass
class LinkQuality:
    """How the clips of one worker arrive."""

    sent_s: float  # the last clip came then
    returned_s: float = -inf  # the worker was heard again then after a silence
    transfer: Transfer | None = None  # the clip that comes in pieces
    unfinished: int = 0  # clips in pieces that it began since its last clip was accepted
    bits_s: int = 0  # 0 unless the link is slow

    @property
    def is_slow(self) -> bool:
        """Whether it takes long for a clip."""
        return self.bits_s > 0

    def is_catching_up(self, now: float) -> bool:
        """Return whether it may be further than its messages say, since they are old: it was cut off a moment ago."""
        return now - self.returned_s < CATCH_UP_S


@dataclass
class Session:
    """One worker process: from its `Hello` until `Bye` or silence."""

    key: str
    peer: bytes
    hello: Hello
    joined_s: float
    heard_s: float
    worked_s: float  # a heartbeat last had a lease or an offer then
    slots: list[Slot]
    link: LinkQuality
    files: FileShare = field(default_factory=FileShare)
    trust: Trust = field(default_factory=Trust)
    offers: dict[int, bool] = field(default_factory=dict)  # slot -> already answered with Done
    told: dict[str, float] = field(default_factory=dict)  # jobs it knows, and the times it was told them
    unable: dict[Recipe, str] = field(default_factory=dict)  # the reasons that their engines do not open there
    figures: tuple[Figures, ...] = ()
    figures_s: float = inf  # when it told them
    wake: Wakeable | None = None  # how it is woken, if its owner allows that
    resting: dict[int, Resting] = field(default_factory=dict)
    no_room: dict[tuple[int, str, str], Resting] = field(default_factory=dict)  # key: slot, engine, model
    held_back: Hindrance | None = None  # this coordinator has all its slots rest
    state: SessionState = SessionState.JOINED
    holding: int = 0  # leases it said it holds
    revoked_s: dict[int, float] = field(default_factory=dict)  # leases held without a right, and when it was told so
    _fitting: dict[str, frozenset[int]] = field(default_factory=dict)  # slots by the kind of device that a job is for

    def become(self, state: SessionState) -> None:
        """Enter a state. Raises IllegalTransition, as for a session that is gone."""
        self.state = follow(SESSION_TRANSITIONS, self.state, state)

    def greeted(self, peer: bytes, hello: Hello, now: float) -> None:
        """Take a `Hello`: the worker says anew what it can and has, and is told anew what it needs to know."""
        self.become(SessionState.JOINED)
        self.peer, self.heard_s, self.hello = peer, now, hello
        self._fitting.clear()
        self.link.transfer = None
        self.told.clear()
        self.revoked_s.clear()
        self.offers.clear()
        self.unable.clear()

    @property
    def worker(self) -> str:
        """The worker's id."""
        return self.hello.worker

    def waits_for_link(self, report: SlotReport, now: float) -> bool:
        """Return whether a slot says that it waits for room on the link, which has carried a clip not long ago."""
        return report.state == "waiting" and now - self.link.sent_s < MAX_WAITING_S

    def can_speak(self, recipe: Recipe) -> bool:
        """Return whether it offers the engine with this model and language, and did not fail to open it."""
        return recipe not in self.unable and any(self._has_model(offer, recipe) for offer in self._offers(recipe))

    def can_host(self, guest: Recipe) -> bool:
        """Return whether it has a guest's engine, model and voice: between two sentences is no time for a download."""
        return any(
            guest.model in ("", *offer.models) and guest.language not in offer.lacks for offer in self._offers(guest)
        )

    def reports_unable(self, recipe: Recipe, why: str) -> bool:
        """Take in that its engine does not open for a recipe; return whether that is news."""
        self.unable[recipe] = why
        known = (recipe, why) in self.trust.complaints
        self.trust.complaints.add((recipe, why))
        return not known

    def lacks_model(self, recipe: Recipe) -> bool:
        """Return whether it has the engine for the language and lacks only the model."""
        offers = self._offers(recipe)
        return bool(offers) and not any(self._has_model(offer, recipe) for offer in offers)

    def _has_model(self, offer: EngineOffer, recipe: Recipe) -> bool:
        borrows = BORROWED in offer.models and recipe in self.files.borrowable
        return borrows or "*" in offer.models or recipe.model in ("", *offer.models) or recipe.model.startswith(CUSTOM)

    @property
    def borrows(self) -> bool:
        """Whether it downloads nothing, but takes models from other workers."""
        return any(BORROWED in offer.models for offer in self.hello.engines)

    def _offers(self, recipe: Recipe) -> list[EngineOffer]:
        named = [offer for offer in self.hello.engines if offer.name == recipe.engine]
        return [offer for offer in named if "*" in offer.languages or recipe.language in offer.languages]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kind of each slot's device."""
        return slot_kinds(self.hello.devices, len(self.slots))

    def slots_for(self, recipe: Recipe, device: str) -> frozenset[int]:
        """Return the slots for a job whose model computes on this kind of device, unless its offer says another."""
        kind = next((offer.device for offer in self.hello.engines if offer.name == recipe.engine), "") or device
        if kind not in self._fitting:
            self._fitting[kind] = fitting(self.kinds, kind)
        return self._fitting[kind]

    def is_at_work(self, now: float) -> bool:
        """Return whether it holds leases or asks for one, by its last heartbeats: others wait for no idle worker."""
        return now - self.worked_s < AT_WORK_S

    def rest(self, resting: tuple[Resting, ...]) -> list[Reason]:
        """Take in which slots rest; return those whose device began to fail them."""
        before = {*self.resting.values(), *self.no_room.values()}
        here = [rest for rest in resting if rest.slot < len(self.slots)]
        self.resting = {rest.slot: rest for rest in here if not rest.engine}
        self.hold_back(self.held_back)
        self.no_room = {(rest.slot, rest.engine, rest.model): rest for rest in here if rest.engine}
        news = [rest for rest in here if rest.why.cause in DEVICE_TROUBLE and rest not in before][:MAX_NEWS]
        return [Reason("slot rests", worker=self.hello.name, slot=rest.slot, resting=(rest,)) for rest in news]

    def hold_back(self, why: Hindrance | None) -> None:
        """Have all slots rest, whatever the worker says; None: no more from its next heartbeat on."""
        self.held_back = why
        if why is not None:
            self.resting = {slot: Resting(slot, why) for slot in range(len(self.slots))}

    def rest_of(self, slot: int, recipe: Recipe) -> Resting | None:
        """Return why a slot takes no lease of a recipe for now; None if it does."""
        return self.resting.get(slot) or self.no_room.get((slot, recipe.engine, recipe.model))

    def spend_idle(self, now: float) -> dict[int, float]:
        """Return the seconds that each slot had nothing to speak since the last call, those that rest left out."""
        spent = {number: slot.spend_idle(now) for number, slot in enumerate(self.slots)}
        return {number: seconds for number, seconds in spent.items() if seconds and number not in self.resting}

    def sight(self) -> WakeSight | None:
        """Return what is seen of a worker that may be woken; None for another one."""
        is_asleep = any(rest.why.cause is NotLeasing.ASLEEP for rest in self.resting.values())
        is_silent = self.state is SessionState.SILENT
        return WakeSight(self.worker, self.hello.name, self.wake, is_asleep, is_silent) if self.wake else None

    def forgive(self, gap_s: float) -> None:
        """Shift its times after a sleep of the coordinator's machine."""
        self.heard_s += gap_s
        self.link.sent_s += gap_s
        self.worked_s += gap_s
        for slot in self.slots:
            if slot.idle_since_s is not None:
                slot.idle_since_s += gap_s


def refuse(hello: Hello, settings: Settings) -> Reason | None:
    """Return why a worker is not let in, None if it is."""
    if hello.protocol == PROTOCOL:
        return None
    return Reason(
        "other protocol",
        worker=hello.name,
        coordinator=settings.name,
        count=hello.protocol,
        expected=PROTOCOL,
    )


def session_key(hello: Hello) -> str:
    """Return what a session is known by: two processes are two sessions, even with one copied worker id."""
    return f"{hello.worker}/{hello.nonce}"


def new_session(hello: Hello, peer: bytes, now: float, others: Iterable[Session] = ()) -> Session:
    """Return the session of a worker that comes in, with all its slots idle.

    If the others have very many slots, most of those that it offers are not used.
    """
    room = MAX_SLOTS - sum(len(other.slots) for other in others)
    slots = [Slot(idle_since_s=now) for _ in range(min(hello.slots, max(SLOTS_IN_ANY_CASE, room)))]
    return Session(session_key(hello), peer, hello, now, now, now, slots, LinkQuality(now))


def still_waiting(waiting: dict[str, Session], here: dict[str, Session]) -> dict[str, Session]:
    """Return those of the sessions that are here and offer slots, the one that has waited longest first."""
    return {key: session for key, session in waiting.items() if session.offers and here.get(key) is session}
