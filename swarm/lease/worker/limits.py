"""An operator's limits on a worker: certain hours, a highest temperature, no work while others use the GPU.

The time of day, the readings of devices and the time now come as arguments.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from swarm.config import Limits, Span

COOLING = 5  # degrees below the limit at which a GPU goes on, so that it does not stop at every other sentence
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

    def reason(self, device: str, sight: Sight | None, minute: int, now: float) -> str:
        """Return why a slot on a device has to rest, "" if it may work. `minute` counts from local midnight."""
        if self.limits.hours and not is_within(self.limits.hours, minute):
            return f"until {next_start(self.limits.hours, minute)} (--hours)"
        if device.startswith("cpu") or not self.limits.watch_gpus:
            return ""
        if sight is None or (self.limits.max_temperature is not None and sight.temperature_c is None):
            return f"the driver of {device} does not tell what it is at (--max-temperature, --idle-only)"
        return self._heat(device, sight) or self._company(device, sight, now)

    def _heat(self, device: str, sight: Sight) -> str:
        most, is_c = self.limits.max_temperature, sight.temperature_c
        if most is None or is_c is None:
            return ""
        if is_c > most - (COOLING if device in self.hot else 0):
            self.hot.add(device)
            return f"{device} has been over {most} C and cools to {most - COOLING} (--max-temperature)"
        self.hot.discard(device)
        return ""

    def _company(self, device: str, sight: Sight, now: float) -> str:
        if not self.limits.idle_only:
            return ""
        if sight.others:
            self.used_s[device] = now
        quiet_s = now - self.used_s.get(device, -math.inf)
        return f"another program uses {device}, or just did (--idle-only)" if quiet_s < QUIET_S else ""


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
