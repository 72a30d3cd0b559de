"""Who is in the swarm as the coordinator sees it: sessions, their slots, and when they were last heard."""

from collections.abc import Container
from dataclasses import dataclass, field

from swarm.job.recipe import CUSTOM, Recipe
from swarm.lease.coordinator.session_state import SESSION_TRANSITIONS, SessionState
from swarm.lease.message import EngineOffer, Fetching, Figures, Heartbeat, Hello, Resting, SlotReport
from swarm.lease.reason import Reason
from swarm.lease.scheduling import Speed
from swarm.lease.transition import follow

MAX_LOADING_S = 3600.0  # a model that takes longer to load never will
MAX_WAITING_S = 120.0  # for credit, while no clip comes from there: what it waits for was answered long ago
MAX_LEASES = 2  # of a slot: the one being spoken and the next
HEARD = 20  # heartbeats: about as many decide how much a slot waits

Voicing = tuple[str, str, str]  # engine, model, language: what decides how fast a slot is


def voicing(recipe: Recipe) -> Voicing:
    """What of a recipe decides how fast it is spoken."""
    return recipe.engine, recipe.model, recipe.language


@dataclass
class Slot:
    """One engine of a worker; `leases` are held in the order they will be spoken."""

    leases: list[int] = field(default_factory=list)
    speeds: dict[Voicing, Speed] = field(default_factory=dict)
    report: SlotReport | None = None
    waits: float = 0.0  # share of its time, lately, that it could speak and a slow link or disk does not let it
    idle_since_s: float | None = None
    idle_s: float = 0.0  # of that, what is over and was not asked for yet

    @property
    def is_full(self) -> bool:
        """Whether it holds as much as it may; one whose last clips are under way asks for more all the same."""
        return len(self.leases) >= MAX_LEASES

    def speed(self, recipe: Recipe) -> Speed:
        """The running estimate for a recipe."""
        return self.speeds.setdefault(voicing(recipe), Speed())

    def hear(self, report: SlotReport) -> None:
        """What it is doing now, told with every heartbeat."""
        self.report = report
        self.waits += ((report.state == "waiting") - self.waits) / HEARD

    def begin(self, lease: int, now: float) -> None:
        """The slot has work."""
        self.leases.append(lease)
        if self.idle_since_s is not None:
            self.idle_s += now - self.idle_since_s
            self.idle_since_s = None

    def spend_idle(self, now: float) -> float:
        """Seconds without a lease since this was last asked."""
        if self.idle_since_s is not None:
            self.idle_s += now - self.idle_since_s
            self.idle_since_s = now
        spent, self.idle_s = self.idle_s, 0.0
        return spent

    def keep(self, live: Container[int], now: float) -> None:
        """Forget the leases that are over."""
        self.leases = [lease for lease in self.leases if lease in live]
        if not self.leases and self.idle_since_s is None:
            self.idle_since_s = now


@dataclass
class Session:
    """One worker process: from its `Hello` until `Bye` or silence."""

    key: str
    peer: bytes
    hello: Hello
    joined_s: float
    heard_s: float
    sent_s: float  # its last clip
    slots: list[Slot]
    offers: dict[int, bool] = field(default_factory=dict)  # slot -> already answered with Done
    told: set[str] = field(default_factory=set)  # jobs it knows
    unable: dict[Recipe, str] = field(default_factory=dict)  # why it does not open there
    complaints: set[tuple[Recipe, str]] = field(default_factory=set)  # of that, what was said already
    job_files: frozenset[str] = frozenset()  # the contents it has, by its last heartbeat
    fetching: dict[str, Fetching] = field(default_factory=dict)
    figures: tuple[Figures, ...] = ()  # by its last heartbeat
    resting: dict[int, Resting] = field(default_factory=dict)  # by slot
    state: SessionState = SessionState.JOINED
    holding: int = 0  # leases it said it holds
    failures: int = 0
    streak: int = 0  # failures since its last good clip
    aside_until_s: float = 0.0
    segments: int = 0
    audio_s: float = 0.0
    work_s: float = 0.0

    def become(self, state: SessionState) -> None:
        """Enter a state. Raises IllegalTransition, as for a session that is gone."""
        self.state = follow(SESSION_TRANSITIONS, self.state, state)

    def greeted(self, peer: bytes, hello: Hello, now: float) -> None:
        """Take a `Hello`: the worker says anew what it can and has, and is told anew what it needs to know."""
        self.become(SessionState.JOINED)
        self.peer, self.heard_s, self.hello = peer, now, hello
        self.told.clear()
        self.offers.clear()
        self.unable.clear()

    @property
    def worker(self) -> str:
        """The worker's id."""
        return self.hello.worker

    @property
    def is_waiting(self) -> bool:
        """Whether a slot of it offers itself and could take a lease."""
        return any(not self.slots[slot].is_full for slot in self.offers)

    def can_speak(self, recipe: Recipe) -> bool:
        """Whether it offers the engine with this model and language, and has not failed to open it."""
        return recipe not in self.unable and any(_has_model(offer, recipe) for offer in self._offers(recipe))

    def reports_unable(self, recipe: Recipe, why: str) -> bool:
        """Take in that its engine does not open for a recipe; return whether that is news."""
        self.unable[recipe] = why
        known = (recipe, why) in self.complaints
        self.complaints.add((recipe, why))
        return not known

    def lacks_model(self, recipe: Recipe) -> bool:
        """Whether it has the engine for a language, and only the model is missing."""
        offers = self._offers(recipe)
        return bool(offers) and not any(_has_model(offer, recipe) for offer in offers)

    def _offers(self, recipe: Recipe) -> list[EngineOffer]:
        named = [offer for offer in self.hello.engines if offer.name == recipe.engine]
        return [offer for offer in named if "*" in offer.languages or recipe.language in offer.languages]

    def can_try(self, recipe: Recipe, now: float, needed: frozenset[str] = frozenset()) -> bool:
        """Whether it can speak it, has the contents it needs for that, does not rest and is not set aside."""
        return not self.rests and self.aside_until_s <= now and needed <= self.job_files and self.can_speak(recipe)

    def rest(self, resting: tuple[Resting, ...]) -> list[Reason]:
        """Take in which slots rest; return those whose device began to fail them."""
        before = self.resting
        self.resting = {rest.slot: rest for rest in resting if rest.slot < len(self.slots)}
        news = [rest for slot, rest in self.resting.items() if rest.trouble and before.get(slot) != rest]
        return [Reason("slot rests", worker=self.hello.name, slot=rest.slot, note=rest.why) for rest in news]

    @property
    def rests(self) -> bool:
        """Whether all of its slots take nothing for now."""
        return len(self.resting) >= len(self.slots)

    def spend_idle(self, now: float) -> float:
        """Seconds that its slots could have spoken since this was last asked, and had nothing; added up."""
        spent = [slot.spend_idle(now) for slot in self.slots]
        return sum(seconds for number, seconds in enumerate(spent) if number not in self.resting)

    def forgive(self, gap_s: float) -> None:
        """The coordinator was away for so long, and nobody else is to blame."""
        self.heard_s += gap_s
        self.sent_s += gap_s
        for slot in self.slots:
            if slot.idle_since_s is not None:
                slot.idle_since_s += gap_s

    def is_patient(self, report: SlotReport, now: float) -> bool:
        """Whether a slot of it has reason to make no progress."""
        loading = report.state == "loading" and report.since_s < MAX_LOADING_S
        return loading or (report.state == "waiting" and now - self.sent_s < MAX_WAITING_S)

    def supplied(self, heartbeat: Heartbeat) -> None:
        """What it has and what it fetches."""
        self.job_files = frozenset(heartbeat.job_files)
        self.fetching = {fetching.digest: fetching for fetching in heartbeat.fetching}


def _has_model(offer: EngineOffer, recipe: Recipe) -> bool:
    return "*" in offer.models or recipe.model in ("", *offer.models) or recipe.model.startswith(CUSTOM)


def session_key(hello: Hello) -> str:
    """Two processes are two sessions, also when a disk image was copied with its worker id."""
    return f"{hello.worker}/{hello.nonce}"


def new_session(hello: Hello, peer: bytes, now: float) -> Session:
    """A worker comes in with all its slots idle."""
    slots = [Slot(idle_since_s=now) for _ in range(hello.slots)]
    return Session(session_key(hello), peer, hello, now, now, now, slots)
