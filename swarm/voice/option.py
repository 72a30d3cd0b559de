"""Options that built-in engines add to the command line, as values that are quick to import: `--help` reads them."""

from typing import NamedTuple


class EngineOption(NamedTuple):
    """A setting of an engine that has an option of its own: "top_k" has --top-k."""

    setting: str
    about: str = ""  # the help; without one the option is hidden
    switch: bool = False  # takes no value: it sets the setting to True


class Licence(NamedTuple):
    """Terms that the operator of a worker has to agree to before certain models are used there."""

    name: str  # as the cards of those models have it
    about: str  # what is agreed to, in one line
    variable: str  # the environment variable that is "1" where the operator agrees
