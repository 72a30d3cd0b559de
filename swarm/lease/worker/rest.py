"""The pauses of a slot, and of single models that do not fit on its device."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from swarm.job.recipe import Recipe
from swarm.lease.message import Resting
from swarm.lease.reason import TRIED_AGAIN
from swarm.lease.worker.settings import DEFAULTS, WorkerSettings

CLIPS_BEFORE_TRUST = 10  # an engine that ran out of memory after fewer clips would run out of it again
MAX_MODELS = 4  # models known not to fit on a slot; coordinators may name any number

Trouble = Literal["memory", "lost", "engine"]  # engine: it fails at every text
Model = tuple[str, str]  # engine and model


@dataclass
class Rest:
    """The pauses of one slot. A pause after a fault ends by itself: `reason` is told the time."""

    settings: WorkerSettings = DEFAULTS
    limit: str = ""  # the operator's limit that applies now, "" if none does
    fault: str = ""  # the device's fault that made the slot step back
    trouble: Trouble = "memory"
    until_s: float = 0.0
    times: int = 0  # times the slot stepped back without a clip in between
    clips: int = CLIPS_BEFORE_TRUST  # clips since its engine was last started afresh for a fault of the device

    def step_back(self, trouble: Trouble, note: str, now: float, number: int = 0) -> None:
        """Begin a pause, longer each time. Slots of other numbers get other lengths, so that they do not meet again."""
        pause_s = self.settings.step_back_s * 2**self.times * (1 + number % 4 / 2)
        pause_s = min(self.settings.max_step_back_s, pause_s)
        self.trouble, self.until_s = trouble, now + pause_s
        self.fault = f"{note[:1500].rstrip('. ')}{TRIED_AGAIN} {pause_s / 60:.0f} min"
        self.times = min(self.times + 1, 10)

    def restarted(self) -> None:
        """Count clips anew: the engine is started afresh for a fault of the device."""
        self.clips = 0

    def spoke(self) -> None:
        """Count a clip: the device works."""
        self.clips += 1
        self.times, self.fault = 0, ""

    def stepped_back(self, now: float) -> bool:
        """Return whether the pause after a fault of the device still lasts."""
        return now < self.until_s

    def reason(self, now: float) -> str:
        """Return why the slot takes no lease, "" if it may."""
        return self.fault if self.stepped_back(now) else self.limit


def model_of(recipe: Recipe) -> Model:
    """Return the model of a recipe: what decides how much memory it takes."""
    return recipe.engine, recipe.model


@dataclass
class NoRoom:
    """The models that did not fit on a slot's device. Each rests by itself: the slot speaks with others meanwhile."""

    settings: WorkerSettings = DEFAULTS
    number: int = 0  # the slot's number
    rests: dict[Model, Rest] = field(default_factory=dict)  # the one that failed last comes last

    def step_back(self, recipe: Recipe, note: str, now: float) -> str:
        """Begin a pause of a model, longer each time; return its reason."""
        rest = self.rests.pop(model_of(recipe), None) or Rest(self.settings)
        self.rests[model_of(recipe)] = rest
        rest.step_back("memory", note, now, self.number)
        for oldest in list(self.rests)[:-MAX_MODELS]:
            del self.rests[oldest]
        return rest.fault

    def fits(self, recipe: Recipe) -> None:
        """Take in that a model has spoken here."""
        self.rests.pop(model_of(recipe), None)

    def left_s(self, recipe: Recipe, now: float) -> float:
        """Return for how many seconds a model still rests, 0 if it may be tried."""
        rest = self.rests.get(model_of(recipe))
        return max(0.0, rest.until_s - now) if rest else 0.0

    def _resting(self, now: float) -> Iterator[tuple[Model, Rest]]:
        return ((model, rest) for model, rest in self.rests.items() if rest.stepped_back(now))

    def report(self, now: float) -> list[Resting]:
        """Return what a heartbeat says of the models that rest."""
        return [Resting(self.number, rest.fault, "memory", *model) for model, rest in self._resting(now)]

    def reason(self, now: float) -> str:
        """Return what the user is told of the models that rest, "" if none does."""
        return "; ".join(f"{model or engine}: {rest.fault}" for (engine, model), rest in self._resting(now))
