"""The options of engines: their own settings, their models and licences, and the verification of their clips."""

import argparse
import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.commands.parser import one_of
from swarm.config import ENV_OFFLINE, ENV_VERIFY, ENV_VERIFY_SAMPLE
from swarm.voice.built_in import OPTIONS, EngineOption, Licence, MachineOption

if TYPE_CHECKING:
    from swarm.job.recipe import Setting

ADDED = {name: importlib.import_module(module) for name, module in OPTIONS.items()}
ENGINE_OPTIONS: tuple[EngineOption, ...] = tuple(option for added in ADDED.values() for option in added.OPTIONS)
LICENCES: dict[str, Licence] = {
    f"accept-{name}-license": licence for name, added in ADDED.items() for licence in added.LICENCES
}
VERIFIED = ("all", "sample")  # --verify listens to all sentences or a sample
MACHINE_OPTIONS: tuple[MachineOption, ...] = tuple(
    option for added in ADDED.values() for option in added.MACHINE_OPTIONS
)


def add_model_options(group: argparse._ArgumentGroup) -> None:
    """Add --fine-tuned, --custom-model and the options of settings, which `model_settings` reads."""
    group.add_argument(
        "--fine-tuned", metavar="NAME", default="", help="another model of the engine: a name from `e2a-swarm models`"
    )
    group.add_argument(
        "--custom-model", metavar="PATH", default="", help="a model of your own: a folder or zip with its files"
    )
    for option in ENGINE_OPTIONS:
        flag, about = f"--{option.setting.replace('_', '-')}", option.about or argparse.SUPPRESS
        if option.switch:
            group.add_argument(flag, action="store_true", help=about)
        else:
            group.add_argument(flag, metavar="X", help=about)
    # ebook2audiobook's switch is accepted without effect, since sentences are always cut to the model's limit.
    group.add_argument("--enable-text-splitting", nargs="?", help=argparse.SUPPRESS)


def model_settings(arguments: argparse.Namespace) -> "dict[str, Setting]":
    """Return the settings that have an option of their own and were given."""
    given = {option.setting: getattr(arguments, option.setting) for option in ENGINE_OPTIONS}
    return {name: value for name, value in given.items() if value not in (None, False)}


def add_voice_options(parser: argparse._ActionsContainer) -> None:
    """Add the licences, --models-dir, --offline, --verify and --tts-server, which `prepare_voices` reads."""
    add_license_options(parser)
    add_models_option(parser)
    add_machine_options(parser)
    parser.add_argument("--offline", action="store_true", help="download no models: speak with those on this machine")
    parser.add_argument(
        "--verify",
        nargs="?",
        const="all",
        default="",
        metavar="sample",
        help="check every sentence with a speech recogniser, or a tenth of them, and speak doubtful ones again",
    )


def add_machine_options(parser: argparse._ActionsContainer) -> None:
    """Add what engines need to know of this machine, which `place_engines` reads."""
    for option in MACHINE_OPTIONS:
        parser.add_argument(f"--{option.name}", metavar=option.metavar, default="", help=option.about)


def place_engines(arguments: argparse.Namespace) -> None:
    """Set the environment variables of the options of `add_machine_options`. Raises UsageError."""
    for option in MACHINE_OPTIONS:
        if given := getattr(arguments, option.name.replace("-", "_")).strip():
            os.environ[option.variable] = option.check(given)
        elif os.environ.get(option.variable, "").strip():
            option.check(os.environ[option.variable])


def add_license_options(parser: argparse._ActionsContainer) -> None:
    """Add an option for each licence that the operator has to agree to. `place_models` reads them."""
    for name, licence in LICENCES.items():
        parser.add_argument(f"--{name}", action="store_true", help=f"you agree to {licence.about}")


def add_models_option(parser: argparse._ActionsContainer, default: str | None = None) -> None:
    """Add --models-dir, which `place_models` reads."""
    parser.add_argument(
        "--models-dir",
        metavar="DIR",
        default=default,
        help="the folder for models (default: each engine's own folder)",
    )


def place_models(arguments: argparse.Namespace) -> None:
    """Set the environment variables that tell engines the folder of models and the accepted licences."""
    for name, licence in LICENCES.items():
        if getattr(arguments, name.replace("-", "_"), False):
            os.environ[licence.variable] = "1"
    if arguments.models_dir:
        from swarm.voice.host.registry import all_engines

        folder = Path(arguments.models_dir).expanduser().absolute()
        for engine in all_engines():
            os.environ.update(engine.models_variables(folder))


def prepare_voices(arguments: argparse.Namespace) -> None:
    """Set the environment variables that pass the options to engine processes. Raises EnvironmentFault."""
    place_models(arguments)
    place_engines(arguments)
    if arguments.offline:
        os.environ[ENV_OFFLINE] = "1"
    if arguments.verify:
        _prepare_recogniser(one_of("--verify", arguments.verify, VERIFIED))


def _prepare_recogniser(how: str) -> None:
    from swarm.voice.host.recogniser import check_verify, recogniser_name

    check_verify()
    os.environ[ENV_VERIFY] = recogniser_name()
    if how == "sample":
        os.environ[ENV_VERIFY_SAMPLE] = "1"
