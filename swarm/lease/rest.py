"""Why a slot takes no lease for now: its operator's limits, or a device that has no room for it or is gone."""

from dataclasses import dataclass
from typing import Literal

STEP_BACK_S = 300.0  # a game may be over by then
MOST_STEP_BACK_S = 3600.0
SOON = 10  # clips: an engine that was started afresh and runs out of memory within so many would do so again

Trouble = Literal["memory", "lost"]


@dataclass
class Rest:
    """The pauses of one slot. What ends by itself ends by the time that is given to `reason`."""

    limit: str = ""  # what of the operator's limits keeps it from working; "" where nothing does
    fault: str = ""  # why it stepped back
    trouble: Trouble = "memory"
    until_s: float = 0.0
    times: int = 0  # it stepped back, one after the other
    clips: int = SOON  # since its engine was last started afresh for a fault of the device

    def step_back(self, trouble: Trouble, note: str, now: float, number: int = 0) -> None:
        """Take nothing for a while, longer each time; slots of other numbers for other whiles, lest they meet again."""
        pause_s = min(MOST_STEP_BACK_S, STEP_BACK_S * 2**self.times * (1 + number % 4 / 2))
        self.trouble, self.until_s = trouble, now + pause_s
        self.fault = f"{note[:1500].rstrip('. ')}; it is tried again after {pause_s / 60:.0f} min"
        self.times = min(self.times + 1, 10)

    def restarted(self) -> None:
        """Its engine is started afresh for a fault of the device."""
        self.clips = 0

    def spoke(self) -> None:
        """It works."""
        self.clips += 1
        self.times, self.fault = 0, ""

    def stepped_back(self, now: float) -> bool:
        """Whether a fault of its device still keeps it out."""
        return now < self.until_s

    def reason(self, now: float) -> str:
        """Why it takes nothing; "" where it does."""
        return self.fault if self.stepped_back(now) else self.limit
