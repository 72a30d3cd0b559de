"""The engines that come with e2a-swarm, and the options that they add to the command line. It imports quickly, for
`--help`.

Other packages add theirs as entry points."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

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


class EngineOption(NamedTuple):
    """A setting of an engine that has an option of its own: "top_k" has --top-k."""

    setting: str
    about: str = ""  # the help text; empty hides the option
    switch: bool = False  # the option takes no value and sets the setting to True


class Licence(NamedTuple):
    """Terms that the operator of a worker has to agree to before certain models are used there."""

    name: str  # the value of `ModelCard.licence`
    about: str  # the terms in one line, which follows "you agree to"
    variable: str  # the environment variable that is "1" once the operator has agreed


class MachineOption(NamedTuple):
    """An option of the machine that speaks, never of a job. Engine processes get it as an environment variable."""

    name: str  # without the dashes
    metavar: str
    about: str
    variable: str
    check: Callable[[str], str]  # returns the variable's value, or raises UsageError
