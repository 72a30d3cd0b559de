"""openai: any voice that this machine's own server speaks, by OpenAI's speech API."""

import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import structs

from swarm.errors import SwarmError, UsageError
from swarm.job.card import EngineCard, SettingCard, VoiceCard
from swarm.job.spec import Recipe
from swarm.voice.engine import Check, Engine, EngineFault, Voice
from swarm.voice.openai.options import OPTION, server_url

LISTS_KEPT_S = 60.0  # between two looks at the server's lists of models and voices
MAX_NAMED = 10  # models in a sentence

CARD = EngineCard(
    name="openai",
    about="a speech server of your own, with OpenAI's API: Kokoro-FastAPI, vLLM, LocalAI, ...",
    languages=("*",),
    scripts=(),
    limits=(("", 300),),
    voices=(),
    casts=True,
    settings=(
        SettingCard("speed", 1.0, 0.25, 4.0, about="how fast the voice speaks"),
        SettingCard("instructions", "", about="how to speak, in words, for models that take them"),
        SettingCard("format", "wav", choices=("wav", "flac", "mp3", "pcm"), about="how the server sends sound"),
        SettingCard("pcm_rate", 24_000, 8000, 192_000, about="the rate of pcm in Hz, if the server does not say it"),
        SettingCard("seeds", False, about="send a seed, for servers that take one"),
        SettingCard("fields", "", about="more fields of the request: language=German,exaggeration=0.6"),
    ),
    install=f"e2a-swarm work {OPTION} URL",
    shares_process=True,
    takes=3,
    licence="that of the server's model",
    any_voice=True,
    any_model=True,
    manners=(
        ("whisper", "instructions", "Whisper."),
        ("shout", "instructions", "Shout."),
        ("ask", "instructions", "Ask it as a question."),
    ),
)


class OpenAiEngine(Engine):
    """The speech server of this machine. Only workers that have one offer this engine."""

    card = CARD

    def __init__(self) -> None:
        self._looking = threading.Lock()
        self._looked_s = -LISTS_KEPT_S
        self._models: tuple[str, ...] | None = ()
        self._voices: tuple[VoiceCard, ...] = ()
        self._fault = ""

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        """Have the server speak a few words with the recipe. Raises EngineFault."""
        from swarm.voice.openai.voice import open_voice

        return open_voice(recipe)

    def is_installed(self) -> bool:
        """Return whether this machine has a speech server."""
        try:
            return bool(server_url())
        except UsageError:
            return False

    def card_for(self, model: str, config: Mapping[str, object] | None = None) -> EngineCard:
        """Return the card, with the server's models and voices if this machine has a server that lists them."""
        self._look()
        if not self._models and not self._voices:
            return CARD
        has = f", with models {', '.join(self._models[:MAX_NAMED])}" if self._models else ""
        return structs.replace(CARD, about=f"the speech server {server_url()}{has}", voices=self._voices)

    def words_for(self, language: str) -> tuple[str, ...]:
        """Return the engine's name for ""; it is recommended for no language, since its server decides."""
        return () if language else (CARD.name,)

    def choose_model(self, word: str, language: str, model: str = "") -> str:
        """Return the model that was named, else the only one of this machine's server. Raises UsageError."""
        from swarm.voice.openai.voice import check_name

        self._look()
        known = self._models or ()
        if model and (not known or model in known):
            return check_name("model", model, slashes=True)
        if len(known) == 1 and not model:
            return known[0]
        there = f"; the server here has {', '.join(known[:MAX_NAMED])}" if known else ""
        if model:
            raise UsageError(f"The speech server has no model {model[:100]!r}{there}.")
        raise UsageError(f"Name the model of the speech server with --fine-tuned NAME{there or self._why()}.")

    def check_voice(self, name: str, language: str, model: str) -> str:
        """Return a voice's name that the server may have, such as a blend. Raises UsageError."""
        from swarm.voice.openai.voice import check_name

        if not name:
            raise UsageError(f"Name the voice of the speech server with --voice NAME{self._why()}.")
        return check_name("voice", name)

    def offered_models(self) -> tuple[str, ...]:
        """Return the server's models; ("*",) if it does not list them, () if it does not answer."""
        self._look()
        return ("*",) if self._models is None else self._models

    def checks(self) -> Iterable[Check]:
        """Check whether the server answers, and tell what it has."""
        name = f"engine {CARD.name}"
        self._looked_s = -LISTS_KEPT_S
        self._look()
        if self._fault:
            return (Check(name, "fail", self._fault, "start the server, or correct its address and key."),)
        models = "any model" if self._models is None else f"models {', '.join(self._models[:MAX_NAMED]) or 'none'}"
        return (Check(name, "ok", f"{server_url()} answers: {models}; {len(self._voices)} voices listed"),)

    def _why(self) -> str:
        return f": {self._fault}" if self._fault else ""

    def _look(self) -> None:
        """Ask the server for its lists, if the last answers are old."""
        with self._looking:
            if time.monotonic() - self._looked_s < LISTS_KEPT_S or not self.is_installed():
                return
            try:
                self._ask()
                self._fault = ""
            except (EngineFault, SwarmError) as fault:
                self._models, self._voices, self._fault = (), (), str(fault)
            self._looked_s = time.monotonic() - (LISTS_KEPT_S - 10 if self._fault else 0)

    def _ask(self) -> None:
        from swarm.voice.openai.voice import open_server

        server = open_server()
        try:
            self._models = server.models()
            self._voices = server.voices()
        finally:
            server.disconnect_server()


engine = OpenAiEngine()
