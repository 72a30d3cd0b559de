"""The options and licences that built-in engines add to the command line. They import quickly, for `--help`."""

from collections.abc import Callable
from typing import NamedTuple


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
