"""The list of the engines that come with e2a-swarm. Other packages add theirs as entry points."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

# The name of each engine and its "module:object". Commands list and prefer the engines in this order.
BUILT_IN = {
    "hibari": "swarm.voice.hibari.engine:engine",
    "kokoro": "swarm.voice.kokoro.engine:engine",
    "piper": "swarm.voice.piper.engine:engine",
    "espeak": "swarm.voice.espeak.engine:engine",
    "metronome": "swarm.voice.metronome.engine:engine",
    "coqui": "swarm.voice.coqui.engine:engine",
    "chatterbox": "swarm.voice.chatterbox.engine:engine",
    "qwen": "swarm.voice.qwen.engine:engine",
    "openai": "swarm.voice.openai.engine:engine",
}

# Modules whose OPTIONS, LICENCES and MACHINE_OPTIONS engines add to the command line. They import quickly, since --help
# reads them.
OPTIONS = {"coqui": "swarm.voice.coqui.options", "openai": "swarm.voice.openai.options"}


@lru_cache(maxsize=1)
def registered(entry_points: Callable[..., Iterable[Any]], group: str, *_path: str) -> dict[str, str]:
    """Return the "module:object" of each engine that a package registers; to look takes 7 ms, and many ask."""
    return {entry.name: entry.value for entry in entry_points(group=group)}
