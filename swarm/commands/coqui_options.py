"""The options of Coqui's models, under the names that ebook2audiobook gives them, and of judging what voices say."""

import argparse
import os
from pathlib import Path

from swarm.config import ENV_LICENCE, ENV_OFFLINE, ENV_VERIFY

SAMPLING = (
    "temperature",
    "length-penalty",
    "num-beams",
    "repetition-penalty",
    "top-k",
    "top-p",
    "text-temp",
    "waveform-temp",
)
FLAGS = ("half", "deepspeed")


def add_model_options(group: argparse._ArgumentGroup) -> None:
    """--fine-tuned, --custom-model, --half, --deepspeed and the sampling settings; read back by `model_settings`."""
    group.add_argument("--fine-tuned", metavar="NAME", default="", help="another model of Coqui's list")
    group.add_argument(
        "--custom-model", metavar="PATH", default="", help="a model of your own: a folder or zip with its files"
    )
    group.add_argument("--half", action="store_true", help="half precision on GPUs (XTTS)")
    group.add_argument("--deepspeed", action="store_true", help="DeepSpeed on GPUs (XTTS), where it is installed")
    for name in SAMPLING:
        group.add_argument(f"--{name}", metavar="X", help=argparse.SUPPRESS)
    # Sentences are cut to what a model can speak in any case.
    group.add_argument("--enable-text-splitting", nargs="?", help=argparse.SUPPRESS)


def model_settings(arguments: argparse.Namespace) -> dict[str, str]:
    """What was said of sampling, as settings of the engine."""
    names = [name.replace("-", "_") for name in SAMPLING]
    said = {name: value for name in names if (value := getattr(arguments, name)) is not None}
    return said | {name: "yes" for name in FLAGS if getattr(arguments, name)}


RECOGNISER = "base"  # of faster-whisper


def add_voice_options(parser: argparse._ActionsContainer) -> None:
    """--accept-coqui-license, --models-dir, --offline, --verify, for the commands that speak; see `prepare_voices`."""
    add_license_option(parser)
    add_models_option(parser)
    parser.add_argument("--offline", action="store_true", help="download no model: speak with those that are here")
    parser.add_argument(
        "--verify",
        action="store_true",
        help="have a recogniser listen to every sentence, and doubtful ones spoken again",
    )


def add_license_option(parser: argparse._ActionsContainer) -> None:
    """--accept-coqui-license; read by `place_models`."""
    parser.add_argument(
        "--accept-coqui-license",
        action="store_true",
        help="you agree to the Coqui Public Model License of XTTS: non-commercial use only",
    )


def add_models_option(parser: argparse._ActionsContainer, default: str | None = None) -> None:
    """--models-dir; read by `place_models`."""
    parser.add_argument(
        "--models-dir",
        metavar="DIR",
        default=default,
        help="where Coqui's models lie and are downloaded to (default: its own places)",
    )


def place_models(arguments: argparse.Namespace) -> None:
    """Tell Coqui where its models lie and what is agreed to, by the variables that it looks at."""
    if getattr(arguments, "accept_coqui_license", False):
        os.environ[ENV_LICENCE] = "1"
    if arguments.models_dir:
        folder = Path(arguments.models_dir).expanduser().absolute()
        os.environ.update(TTS_HOME=str(folder), HF_HUB_CACHE=str(folder / "hub"))


def prepare_voices(arguments: argparse.Namespace) -> None:
    """Tell the engines' processes by variables, one of which Coqui itself looks at. Raises EnvironmentFault."""
    place_models(arguments)
    if arguments.offline:
        os.environ[ENV_OFFLINE] = "1"
    if arguments.verify:
        from swarm.voice.host.verify import check_verify

        check_verify()
        os.environ.setdefault(ENV_VERIFY, RECOGNISER)
