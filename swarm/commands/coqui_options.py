"""The options of Coqui's models, under the names that ebook2audiobook gives them."""

import argparse
import os

from swarm.config import ENV_LICENCE

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
    group.add_argument("--half", action="store_true", help="half precision on GPUs (XTTS): less memory")
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


def add_licence_option(parser: argparse.ArgumentParser) -> None:
    """--accept-coqui-license, for the commands that load models."""
    parser.add_argument(
        "--accept-coqui-license",
        action="store_true",
        help="you agree to the Coqui Public Model License of XTTS: non-commercial use only",
    )


def accept_licence(arguments: argparse.Namespace) -> None:
    """Tell the engines' processes, by the variable that Coqui itself looks at."""
    if arguments.accept_coqui_license:
        os.environ[ENV_LICENCE] = "1"
