"""hibari: natural English on the CPU."""

from typing import TYPE_CHECKING

from swarm.lease.recipe import Recipe
from swarm.voice.card import EngineCard
from swarm.voice.cards import HIBARI
from swarm.voice.engine import EngineFault, FaultKind, Pcm, Voice
from swarm.voice.pcm import from_floats

if TYPE_CHECKING:
    from hibari import Hibari


class HibariVoice:
    """The one voice that the package carries."""

    def __init__(self, model: "Hibari", speed: float) -> None:
        self._model, self._speed = model, speed
        self.sample_rate: int = model.sample_rate

    def speak(self, text: str, seed: int) -> Pcm:
        """Speak one segment; no samples where the text has nothing to say. Raises EngineFault."""
        return from_floats(self._model(text, speed=self._speed, seed=seed))


class HibariEngine:
    """Loads the model into ONNX Runtime, one thread."""

    card: EngineCard = HIBARI

    def open(self, recipe: Recipe, device: str) -> Voice:
        """Load the model, about 0.7 s; always on the CPU. Raises EngineFault(UNAVAILABLE)."""
        if recipe.voice not in [voice.name for voice in self.card.voices]:  # the package would download others
            raise EngineFault(FaultKind.UNAVAILABLE, f"hibari has no voice {recipe.voice!r} here.")
        try:
            from hibari import Hibari
        except ImportError as fault:
            raise EngineFault(FaultKind.UNAVAILABLE, f"hibari cannot be loaded here: {fault}.") from fault
        model = Hibari(voice=recipe.voice, threads=1)
        model("Ready.", seed=0)  # the lexicon is loaded by the first sentence
        return HibariVoice(model, float(dict(recipe.settings).get("speed", 1.0)))


engine = HibariEngine()
