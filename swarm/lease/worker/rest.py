"""The pauses of a slot, and of single models that do not fit on its device, and the limits of an operator that ask
for them: certain hours, a highest temperature, no work while others use the GPU.

The time of day, the readings of devices and the time now come as arguments."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from swarm.config import Limits, Span
from swarm.job.spec import Recipe
from swarm.lease.core_settings import COOLING_C, WORKER_DEFAULTS, WorkerSettings
from swarm.lease.envelope import Hindrance, NotLeasing, Resting

CLIPS_BEFORE_TRUST = 10  # an engine that ran out of memory after fewer clips would run out of it again
MAX_MODELS = 4  # models known not to fit on a slot; coordinators may name any number

Model = tuple[str, str]  # engine and model


@dataclass
class Rest:
    """The pauses of one slot. A pause after a fault ends by itself: `reason` is told the time."""

    settings: WorkerSettings = WORKER_DEFAULTS
    limit: Hindrance | None = None  # the operator's limit that applies now
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
DAY_MINUTES = 24 * 60


_SPAN = re.compile(r"(\d{1,2})(?::(\d{2}))?-(\d{1,2})(?::(\d{2}))?", re.ASCII)


@dataclass(frozen=True)
class Sight:
    """A reading of a GPU as the limits need it; None: the driver does not say."""

    temperature_c: int | None = None
    others: bool = False  # processes of others use it


@dataclass
class Judge:
    """Decides whether devices may work, and remembers what it needs for that."""

    limits: Limits
    hot: set[str] = field(default_factory=set)
    used_s: dict[str, float] = field(default_factory=dict)  # others were last seen to use each device then

    def hindrance(self, device: str, sight: Sight | None, minute: int, now: float) -> Hindrance | None:
        """Return why a slot on a device has to rest, None if it may work. `minute` counts from local midnight."""
        if self.limits.hours and not is_within(self.limits.hours, minute):
            return Hindrance(NotLeasing.HOURS, clock=next_start(self.limits.hours, minute))
        if device.startswith("cpu") or not self.limits.watch_gpus:
            return None
        if sight is None or (self.limits.max_temperature is not None and sight.temperature_c is None):
            return Hindrance(NotLeasing.UNREAD, device=device)
        return self._heat(device, sight) or self._company(device, sight, now)

    def _heat(self, device: str, sight: Sight) -> Hindrance | None:
        most, is_c = self.limits.max_temperature, sight.temperature_c
        if most is None or is_c is None:
            return None
        if is_c > most - (COOLING_C if device in self.hot else 0):
            self.hot.add(device)
            return Hindrance(NotLeasing.HOT, device=device, count=most)
        self.hot.discard(device)
        return None

    def _company(self, device: str, sight: Sight, now: float) -> Hindrance | None:
        if not self.limits.idle_only:
            return None
        if sight.others:
            self.used_s[device] = now
        quiet_s = now - self.used_s.get(device, -math.inf)
        return Hindrance(NotLeasing.IN_USE, device=device) if quiet_s < QUIET_S else None


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
