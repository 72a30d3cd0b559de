"""The pauses of a slot, and of single models that do not fit on its device, and the table of reasons to hold a slot
back: orders of users, and the operator's limits, such as certain hours or no work on the battery.

The time of day, what the machine tells of itself and the time now come as arguments."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from swarm.config import Limits, Span
from swarm.job.spec import Recipe
from swarm.lease.core_settings import COOLING_C, WORKER_DEFAULTS, WorkerSettings
from swarm.lease.envelope import LEAVING, Hindrance, NotLeasing, Resting
from swarm.lease.message import Wakeable

CLIPS_BEFORE_TRUST = 10  # an engine that ran out of memory after fewer clips would run out of it again
MAX_MODELS = 4  # models known not to fit on a slot; coordinators may name any number

Model = tuple[str, str]  # engine and model


@dataclass
class Rest:
    """The pauses of one slot. A pause after a fault ends by itself: `reason` is told the time."""

    settings: WorkerSettings = WORKER_DEFAULTS
    limit: Hindrance | None = None  # the operator's limit or the order that applies now
    limited_s: float = 0.0  # it has applied since then
    fault: Hindrance | None = None  # the device's fault that made the slot step back
    until_s: float = 0.0
    times: int = 0  # times the slot stepped back without a clip in between
    clips: int = CLIPS_BEFORE_TRUST  # clips since its engine was last started afresh for a fault of the device

    def step_back(self, cause: NotLeasing, note: str, now: float, number: int = 0) -> Hindrance:
        """Begin a pause, longer each time. Slots of other numbers get other lengths, so that they do not meet again."""
        pause_s = self.settings.step_back_s * 2**self.times * (1 + number % 4 / 2)
        pause_s = min(self.settings.max_step_back_s, pause_s)
        self.until_s = now + pause_s
        self.fault = Hindrance(cause, note[:1500].rstrip(". "), seconds=pause_s)
        self.times = min(self.times + 1, 10)
        return self.fault

    def restarted(self) -> None:
        """Count clips anew: the engine is started afresh for a fault of the device."""
        self.clips = 0

    def spoke(self) -> None:
        """Count a clip: the device works."""
        self.clips += 1
        self.times, self.fault = 0, None

    def stepped_back(self, now: float) -> bool:
        """Return whether the pause after a fault of the device still lasts."""
        return now < self.until_s

    def hindrance(self, now: float) -> Hindrance | None:
        """Return why the slot takes no lease, None if it may."""
        return self.fault if self.stepped_back(now) else self.limit

    def must_stop(self, now: float) -> bool:
        """Return whether what is under way has to be given back now, finished or not."""
        if self.limit is None or self.limit.cause in LEAVING:
            return False
        return self.limit.cause is NotLeasing.ASLEEP or now - self.limited_s >= self.settings.at_rest_s


def model_of(recipe: Recipe) -> Model:
    """Return the model of a recipe: what decides how much memory it takes."""
    return recipe.engine, recipe.model


@dataclass
class NoRoom:
    """The models that did not fit on a slot's device. Each rests by itself: the slot speaks with others meanwhile."""

    settings: WorkerSettings = WORKER_DEFAULTS
    number: int = 0  # the slot's number
    rests: dict[Model, Rest] = field(default_factory=dict)  # the one that failed last comes last

    def step_back(self, recipe: Recipe, note: str, now: float) -> Hindrance:
        """Begin a pause of a model, longer each time; return its reason."""
        rest = self.rests.pop(model_of(recipe), None) or Rest(self.settings)
        self.rests[model_of(recipe)] = rest
        for oldest in list(self.rests)[:-MAX_MODELS]:
            del self.rests[oldest]
        return rest.step_back(NotLeasing.MEMORY, note, now, self.number)

    def fits(self, recipe: Recipe) -> None:
        """Take in that a model has spoken here."""
        self.rests.pop(model_of(recipe), None)

    def left_s(self, recipe: Recipe, now: float) -> float:
        """Return for how many seconds a model still rests, 0 if it may be tried."""
        rest = self.rests.get(model_of(recipe))
        return max(0.0, rest.until_s - now) if rest else 0.0

    def report_resting(self, now: float) -> list[Resting]:
        """Return what a heartbeat says of the models that rest."""
        faults = ((model, rest.fault) for model, rest in self.rests.items() if rest.stepped_back(now))
        return [Resting(self.number, fault, *model) for model, fault in faults if fault]


QUIET_S = 60.0  # games load and trainings pause, so a GPU counts as free only after so long without other users
AWAY_S = 180.0  # somebody who reads touches no key for a while
WOKEN_S = 600.0  # a machine that woke up longer ago was not woken just now, whatever a coordinator says
USE_LAG_S = 15.0  # readings are so old, and some desktops count waking up as use
DAY_MINUTES = 24 * 60


_SPAN = re.compile(r"(\d{1,2})(?::(\d{2}))?-(\d{1,2})(?::(\d{2}))?", re.ASCII)


@dataclass(frozen=True)
class Sight:
    """A reading of a device as the limits need it; None: the driver does not say."""

    temperature_c: int | None = None
    others: bool = False  # processes of others use it


@dataclass(frozen=True)
class Surroundings:
    """What a machine tells of itself."""

    on_battery: bool = False
    unused_s: float | None = None  # since somebody last used keyboard or mouse; None: it does not tell
    is_asleep: bool = False  # it is about to sleep


@dataclass
class Slumber:
    """When a machine that the swarm may wake goes to sleep again: only if it was woken for work, and nobody used it."""

    hardware: tuple[str, ...]
    sleep_after_s: float
    woken_s: float | None = None  # the swarm woke it then, and nobody has used it since
    worked_s: float = 0.0
    is_asked: bool = False  # it goes to sleep since this asked for it

    def is_woken(self, hardware: Sequence[str], woke_s: float, now: float) -> bool:
        """Take in which machines the swarm woke; tell whether this is one of them, which woke up at that moment."""
        if set(hardware).isdisjoint(self.hardware) or now - woke_s > WOKEN_S:
            return False
        self.woken_s = self.worked_s = now
        self.is_asked = False
        return True

    def wakeable(self, around: Surroundings) -> Wakeable:
        """Return what heartbeats say: a machine that was just used, or may be, is put to sleep by hand."""
        is_used = around.unused_s is None or around.unused_s < AWAY_S
        return Wakeable(self.hardware, by_hand=around.is_asleep and is_used and not self.is_asked)

    def may_sleep(self, around: Surroundings, now: float, *, working: bool) -> bool:
        """Tell whether the machine is to be put to sleep now."""
        if self.woken_s is None or around.is_asleep:
            return False
        if around.unused_s is None or around.unused_s < now - self.woken_s - USE_LAG_S:
            self.woken_s = None  # somebody uses it, or nothing tells: it belongs to its user from now on
            return False
        self.worked_s = now if working else self.worked_s
        if now - self.worked_s < self.sleep_after_s:
            return False
        self.woken_s, self.is_asked = None, True
        return True


@dataclass(frozen=True)
class SlotView:
    """All that the reasons to hold a slot back depend on, at one moment."""

    slot: int
    device: str
    sight: Sight | None  # None: the device cannot be read
    around: Surroundings
    minute: int  # from local midnight
    now: float


@dataclass
class Judge:
    """Decides which slots may work, by the operator's limits and the orders of users."""

    limits: Limits
    paused_by: str | None = None
    most: tuple[int, str] | None = None  # so many slots may work, and who said it
    lifted: set[NotLeasing] = field(default_factory=set)  # the machine's user lifted these, as long as they apply
    hot: set[str] = field(default_factory=set)
    used_s: dict[str, float] = field(default_factory=dict)  # others were last seen to use each device then

    def resume(self, *, own: bool) -> None:
        """Lift the orders, and if the machine's own user wants it, the limits that apply now until they end."""
        self.paused_by = self.most = None
        self.lifted |= LIFTABLE if own else set()

    def hindrances(self, views: Sequence[SlotView]) -> list[Hindrance | None]:
        """Return why each slot has to rest, None if it may work."""
        found = [[why for reason in REASONS.values() if (why := reason(self, view))] for view in views]
        self.lifted &= {why.cause for each in found for why in each}
        return [next((why for why in each if why.cause not in self.lifted), None) for each in found]

    def _asleep(self, view: SlotView) -> Hindrance | None:
        return Hindrance(NotLeasing.ASLEEP) if view.around.is_asleep else None

    def _pause(self, view: SlotView) -> Hindrance | None:
        most, who = self.most or (1, "")
        by = who if most == 0 else self.paused_by
        return Hindrance(NotLeasing.PAUSED, by=by) if by is not None else None

    def _limit(self, view: SlotView) -> Hindrance | None:
        most, who = self.most or (math.inf, "")
        return Hindrance(NotLeasing.LIMITED, by=who, count=int(most)) if view.slot >= most else None

    def _hours(self, view: SlotView) -> Hindrance | None:
        hours = self.limits.hours
        if not hours or is_within(hours, view.minute):
            return None
        return Hindrance(NotLeasing.HOURS, clock=next_start(hours, view.minute))

    def _battery(self, view: SlotView) -> Hindrance | None:
        return Hindrance(NotLeasing.BATTERY) if view.around.on_battery and not self.limits.on_battery else None

    def _keyboard(self, view: SlotView) -> Hindrance | None:
        unused_s = view.around.unused_s
        is_used = self.limits.idle_only and unused_s is not None and unused_s < AWAY_S
        return Hindrance(NotLeasing.KEYBOARD, seconds=AWAY_S) if is_used else None

    def _unread(self, view: SlotView) -> Hindrance | None:
        if view.device.startswith("cpu") or not self.limits.watch_gpus:
            return None
        is_untold = self.limits.max_temperature is not None and view.sight and view.sight.temperature_c is None
        return Hindrance(NotLeasing.UNREAD, device=view.device) if view.sight is None or is_untold else None

    def _heat(self, view: SlotView) -> Hindrance | None:
        most, device = self.limits.max_temperature, view.device
        is_c = view.sight.temperature_c if view.sight else None
        if most is None or is_c is None:
            return None
        if is_c > most - (COOLING_C if device in self.hot else 0):
            self.hot.add(device)
            return Hindrance(NotLeasing.HOT, device=device, count=most)
        self.hot.discard(device)
        return None

    def _company(self, view: SlotView) -> Hindrance | None:
        if not self.limits.idle_only:
            return None
        if view.sight and view.sight.others:
            self.used_s[view.device] = view.now
        quiet_s = view.now - self.used_s.get(view.device, -math.inf)
        return Hindrance(NotLeasing.IN_USE, device=view.device) if quiet_s < QUIET_S else None


# All that holds a slot back but faults and the end; the first that applies is told (docs/lend-a-machine.md).
REASONS: dict[NotLeasing, Callable[[Judge, SlotView], Hindrance | None]] = {
    NotLeasing.ASLEEP: Judge._asleep,
    NotLeasing.PAUSED: Judge._pause,
    NotLeasing.LIMITED: Judge._limit,
    NotLeasing.HOURS: Judge._hours,
    NotLeasing.BATTERY: Judge._battery,
    NotLeasing.KEYBOARD: Judge._keyboard,
    NotLeasing.UNREAD: Judge._unread,
    NotLeasing.HOT: Judge._heat,
    NotLeasing.IN_USE: Judge._company,
}
LIFTABLE = {NotLeasing.HOURS, NotLeasing.BATTERY, NotLeasing.KEYBOARD, NotLeasing.IN_USE}


def parse_hours(text: str) -> tuple[Span, ...]:
    """Return the spans of "22-7", "22:30-6" or "22-7,12-13:30". Raises ValueError."""
    spans = tuple(_span(part.strip()) for part in text.split(","))
    if len(spans) > 24:
        raise ValueError(text)
    return spans


def _span(text: str) -> Span:
    match = _SPAN.fullmatch(text)
    if not match:
        raise ValueError(text)
    start, end = (int(match[n]) * 60 + int(match[n + 1] or 0) for n in (1, 3))
    minutes = [int(match[n] or 0) for n in (2, 4)]
    if max(minutes) > 59 or start >= DAY_MINUTES or end > DAY_MINUTES or start == end:
        raise ValueError(text)
    return start, end


def is_within(hours: Sequence[Span], minute: int) -> bool:
    """Return whether a minute of the day lies in one of the spans."""
    return any(_holds(span, minute) for span in hours)


def _holds(span: Span, minute: int) -> bool:
    start, end = span
    return start <= minute < end if start < end else minute >= start or minute < end


def next_start(hours: Sequence[Span], minute: int) -> str:
    """Return when the next span begins, as clocks show it."""
    start = min((start for start, _ in hours), key=lambda start: (start - minute) % DAY_MINUTES)
    return f"{start // 60:02}:{start % 60:02}"
