"""What the options say of this machine and its network: devices, voices, coordinator, log, terminal."""

import argparse
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.commands.option import one_of, share, whole
from swarm.commands.option_table import LICENCES, MACHINE_OPTIONS
from swarm.commands.output import warn
from swarm.config import (
    ENV_BIND,
    ENV_LOG,
    ENV_OFFLINE,
    ENV_VERIFY,
    ENV_VERIFY_SAMPLE,
    CoordinateConfig,
    RenderConfig,
)
from swarm.errors import UsageError

if TYPE_CHECKING:
    from swarm.watch.progress import Mode
    from swarm.watch.trace.recorder import Trace

FIRST_GPU = {"cuda": "0", "rocm": "0", "mps": "mps"}  # values of ebook2audiobook's --device, as --gpu takes them
UUID = re.compile(r"(GPU|MIG)-[0-9a-fA-F-]{1,60}")
MAX_ALSO_AT = 4
VERIFIED = ("all", "sample")  # --verify listens to all sentences or a sample


def progress_mode(arguments: argparse.Namespace) -> "Mode":
    """Return the mode of progress: the one of --quiet or --json, else "auto", which looks at the terminal."""
    if getattr(arguments, "json", False):
        return "json"
    return "quiet" if arguments.quiet else "auto"


def coordinate_config(arguments: argparse.Namespace, render: RenderConfig) -> CoordinateConfig:
    """Build the config from what is rendered and from the options of `NETWORK`. Raises UsageError."""
    from swarm.net.addresses import parse_address

    _mind_offline(arguments)
    return CoordinateConfig(
        render=render,
        bind=arguments.bind or os.environ.get(ENV_BIND, ""),
        port=whole("--port", arguments.port, 1, 65535) if arguments.port else None,
        open=arguments.open,
        approve=arguments.approve,
        advertise=not arguments.no_advertise,
        announce=parse_address(arguments.announce) if arguments.announce else "",
        also_at=_also_at(arguments.also_at),
        cross_check=share("--cross-check", arguments.cross_check),
    )


def _also_at(given: Sequence[str]) -> tuple[str, ...]:
    """Return the further addresses that lead here. Raises UsageError."""
    from swarm.net.addresses import fitting_addresses, parse_address

    addresses = [parse_address(each) for each in given]
    if len(addresses) > MAX_ALSO_AT or len(fitting_addresses(addresses)) < len(addresses):
        raise UsageError(f"--also-at takes {MAX_ALSO_AT} different addresses at most, of plain letters and digits.")
    return tuple(addresses)


def asked_devices(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Return the chosen devices: ("cpu",), ("cuda:0", "GPU-5a"), ("cuda",) for all GPUs, () for the default.

    Raises UsageError.
    """
    gpus = [part for text in arguments.gpu for part in text.split(",")]
    cpu = arguments.cpu
    if arguments.device:
        named = _named_device(arguments.device.strip())
        cpu = cpu or named == "cpu"
        gpus = gpus or ([] if named == "cpu" else [named])
    if cpu and gpus:
        raise UsageError("--cpu and --gpu exclude each other: start one worker for each.")
    if "all" in gpus:
        return ("cuda",)
    return ("cpu",) if cpu else tuple(dict.fromkeys(map(_gpu, gpus)))


def _named_device(text: str) -> str:
    """Return the device that --device means: "cpu", or a GPU as --gpu names it."""
    kind = text.lower()
    if kind in ("cpu", "all", *FIRST_GPU):
        return FIRST_GPU.get(kind, kind)
    if text.isdigit() or UUID.fullmatch(text):
        return text
    raise UsageError(f"--device {text} is not supported: use --cpu, --gpu N or --device MPS.")


def _gpu(text: str) -> str:
    from swarm.voice.onnx_session import GPU_PACKAGES

    if text == "mps" or text in GPU_PACKAGES.values() or UUID.fullmatch(text):
        return text
    return f"cuda:{whole('--gpu', text, 0, 255)}"


def place_engines(arguments: argparse.Namespace) -> None:
    """Set the environment variables of the options of engines for this machine. Raises UsageError."""
    for option in MACHINE_OPTIONS:
        if given := getattr(arguments, option.name.replace("-", "_")).strip():
            os.environ[option.variable] = option.check(given)
        elif os.environ.get(option.variable, "").strip():
            option.check(os.environ[option.variable])


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
    _mind_offline(arguments)
    if arguments.verify:
        _prepare_recogniser(one_of("--verify", arguments.verify, VERIFIED))


def _mind_offline(arguments: argparse.Namespace) -> None:
    if getattr(arguments, "offline", False):
        os.environ[ENV_OFFLINE] = "1"


def _prepare_recogniser(how: str) -> None:
    from swarm.voice.host.recogniser import check_verify, recogniser_name

    check_verify()
    os.environ[ENV_VERIFY] = recogniser_name()
    if how == "sample":
        os.environ[ENV_VERIFY_SAMPLE] = "1"


def open_trace(arguments: argparse.Namespace) -> "Trace":
    """Open the log that --log or E2A_SWARM_LOG names, if any. Raises UsageError if it cannot be written."""
    from swarm.watch.trace.log_file import open_log
    from swarm.watch.trace.recorder import NO_TRACE, Trace

    named = arguments.log.strip() or os.environ.get(ENV_LOG, "").strip()
    if not named:
        return NO_TRACE
    path = Path(named).expanduser()
    log = open_log(path)
    if log.path != path.resolve() and not getattr(arguments, "quiet", False):
        warn(f"log: {path.with_name(log.path.name)} ({path.name} is another process's)")
    return Trace(log)
