"""`e2a-swarm doctor`: check what a coordinator and a worker need on this machine."""

import argparse
import os
import platform
import re
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from swarm.commands.command_table import CONVERTING
from swarm.commands.house_settings import BOOKS, FILE_NAME, read_settings
from swarm.commands.machine_config import place_engines
from swarm.commands.option import option_parser
from swarm.commands.option_table import NETWORK
from swarm.commands.output import say, say_json, say_verdict
from swarm.config import DEFAULT_PORT, ENV_BIND, state_folder
from swarm.errors import EXIT_DONE, EXIT_ENVIRONMENT, EnvironmentFault, SwarmError, UsageError
from swarm.system.capacity import SLOT_BYTES, read_capacity
from swarm.system.disk import store_fault
from swarm.system.machine import clock_fault, package_line, unknown_zone
from swarm.system.platform import graphics_makers
from swarm.system.text import bytes_text, count_text
from swarm.voice.engine import Check, Verdict

AAC_SHARE = 0.75  # AAC is this share of the work on a reel
SLOW_ENCODING = 100.0  # times real time; one desktop of hibari speaks about as fast
Show = Callable[[Check], None]

INDENT = 6  # columns of the verdict


def run(arguments: argparse.Namespace) -> int:
    """Run the checks and print the result of each; return the exit code."""
    place_engines(arguments)
    show = (lambda check: None) if arguments.json else _show
    folder = state_folder(arguments.state_dir)
    found = _check_engine(arguments.engine, folder, show) if arguments.engine else _check_machine(folder, show)
    if arguments.json:
        say_json([check._asdict() for check in found])
    return EXIT_ENVIRONMENT if any(check.verdict == "fail" for check in found) else EXIT_DONE


def _check_machine(folder: Path, show: Show) -> list[Check]:
    found = []
    for check in check_all(folder):
        found.append(check)
        show(check)
    return found


def _check_engine(word: str, folder: Path, show: Show) -> list[Check]:
    """Run the checks of one engine. Raises EngineUnknown, EnvironmentFault."""
    from swarm.commands.conformance import Conformance
    from swarm.system.platform import run_loop
    from swarm.voice.host.registry import engine_for

    found = []

    async def check_all() -> None:
        async for check in Conformance(engine_for(word.lower()).card.name, folder).checks():
            found.append(check)
            show(check)

    run_loop(check_all())
    return found


def _show(check: Check) -> None:
    say_verdict(check.verdict, f"{check.name}: {check.text}", INDENT)
    if check.remedy:
        say(f"{'':<{INDENT}}{check.remedy}")


FULL_BYTES = 200 * 10**6  # not even a short book fits into less
TIGHT_BYTES = 2 * 10**9  # the sound of a long book, clips and audiobook
MDNS_GROUP = ("224.0.0.251", 5353)
NVIDIA_SMI = ("nvidia-smi", "--query-gpu=index,name,memory.total,driver_version", "--format=csv,noheader")
PATIENCE_S = 10.0


def check_python() -> Check:
    """Check the interpreter and the platform."""
    return Check("python", "ok", f"Python {platform.python_version()} on {platform.platform(terse=True)}")


def check_state_folder(folder: Path) -> Check:
    """Check whether the state folder can be written, and how much room there is."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"e2a-swarm")
        free = shutil.disk_usage(folder).free
    except OSError as error:
        remedy = "give it to this user, or choose another with --state-dir or E2A_SWARM_HOME."
        return Check("state folder", "fail", str(store_fault(error, folder)), remedy)
    text = f"{folder}, {bytes_text(free)} free"
    if free >= TIGHT_BYTES:
        return Check("state folder", "ok", text)
    remedy = "free some room (`e2a-swarm jobs` shows what jobs take), or choose another folder with --state-dir."
    return Check("state folder", "fail" if free < FULL_BYTES else "warn", text, remedy)


def check_settings(folder: Path) -> Check:
    """Check the settings of the house, and name their file."""
    try:
        found = read_settings(folder)
    except UsageError as fault:
        return Check("settings", "fail", str(fault), "correct the file; docs/reference/README.md tells of it.")
    try:
        for section in found:
            _check_section(section, folder)
    except SwarmError as fault:
        text = f"[{section}] of {folder / FILE_NAME} has a value that commands refuse: {fault}"
        return Check("settings", "fail", text, "correct the file.")
    count = sum(map(len, found.values()))
    return Check("settings", "ok", f"{count_text(count, 'option') if count else 'none'} in {folder / FILE_NAME}")


def _check_section(section: str, folder: Path) -> None:
    """Build the config of a command that has the settings of a section. Raises the SwarmError of that command."""
    from swarm.commands.book_config import render_config
    from swarm.commands.machine_config import coordinate_config
    from swarm.commands.main import parse
    from swarm.commands.serve import web_place
    from swarm.commands.work import work_config
    from swarm.voice.host.registry import default_engine, engine_for
    from swarm.worker.devices import read_slots

    for command in ("convert", "coordinate") if section == BOOKS else (section,):
        needs = ["--segments", "1:1"] if command == "redo" else []
        given = parse([command, *needs, "--state-dir", str(folder)])
        usual = option_parser((NETWORK,)).parse_args([], option_parser(CONVERTING).parse_args([]))
        arguments = argparse.Namespace(**{**vars(usual), **vars(given), "books": ["book.epub"]})
        read_slots("--workers", arguments.workers)
        if command == "work":
            read_slots("--slots", arguments.slots)
            work_config(arguments)
        else:
            config = render_config(arguments)
            engine_for(config.engine or default_engine(""))
            coordinate_config(arguments, config)
        if command == "serve":
            web_place(arguments)


def check_capacity() -> Check:
    """Tell how many engines work side by side here, and what limits them."""
    capacity = read_capacity()
    cores = "1 core" if capacity.cores == 1 else f"{capacity.cores} cores"
    engines = "1 engine works" if capacity.slots == 1 else f"{capacity.slots} engines work side by side"
    text = f"{cores} and {bytes_text(int(capacity.free_bytes))} of free memory: {engines} unless you say otherwise"
    if capacity.slots == capacity.cores and capacity.free_bytes >= SLOT_BYTES:
        return Check("capacity", "ok", text)
    remedy = (
        f"end other programs, or raise the limit of this container; each engine takes up to {bytes_text(SLOT_BYTES)}."
    )
    return Check("capacity", "warn", text, remedy)


def check_sqlite() -> Check:
    """Tell SQLite's version. Bugs of a log with two writers do not matter here: there is only one."""
    return Check("sqlite", "ok", f"SQLite {sqlite3.sqlite_version}")


def check_sound() -> Check:
    """Check whether audiobooks can be encoded."""
    try:
        import av

        av.codec.Codec("aac", "w")
    except (ImportError, ValueError, OSError) as error:
        return Check("sound", "fail", f"PyAV has no AAC encoder: {error}", package_line("--force-reinstall", "av"))
    pace, cores = _encoding_pace(), read_capacity().cores
    text = f"PyAV {av.__version__} with AAC: a core encodes about {pace:.0f} x real time"
    if pace * cores >= SLOW_ENCODING:
        return Check("sound", "ok", text)
    remedy = "let another machine coordinate, or have workers with idle cores, which encode what they speak."
    return Check("sound", "warn", f"{text}, so files are behind a swarm that speaks faster", remedy)


def _encoding_pace() -> float:
    """Return how many seconds of sound one core encodes in a second."""
    import numpy as np

    from swarm.audiobook.sound.encoder import encode
    from swarm.audiobook.sound.format import Coding

    coding, frames = Coding(), 100
    hiss = np.random.RandomState(1).standard_normal(frames * coding.frame_samples).cumsum() % 0.3
    sound = np.asarray(hiss - hiss.mean(), np.float32)
    began_s = time.process_time()
    encode(sound, coding)
    return AAC_SHARE * sound.size / coding.sample_rate / max(time.process_time() - began_s, 1e-6)


def check_encryption() -> Check:
    """Check whether messages can be encrypted."""
    try:
        import zmq
    except (ImportError, OSError) as error:
        return Check("encryption", "fail", f"ZeroMQ does not load: {error}", package_line("--force-reinstall", "pyzmq"))
    if zmq.has("curve"):
        return Check("encryption", "ok", f"ZeroMQ {zmq.zmq_version()} can encrypt")
    remedy = f"install pyzmq's own wheel: {package_line('--force-reinstall', '--only-binary', 'pyzmq', 'pyzmq')}"
    return Check("encryption", "fail", f"ZeroMQ {zmq.zmq_version()} cannot encrypt", remedy)


def check_engines() -> Iterator[Check]:
    """Check whether each engine loads; one that computes on the CPU and needs no download is opened too."""
    from swarm.voice.host.registry import engine_targets

    for name, target in engine_targets().items():
        try:
            yield from _check_one_engine(name, target)
        except (Exception, SystemExit) as error:  # a foreign engine may raise any exception
            text = f"{target} does not open: {type(error).__name__}: {error}"
            yield Check(f"engine {name}", "fail", text, "reinstall the package that it comes with.")


def _check_one_engine(name: str, target: str) -> Iterator[Check]:
    from swarm.voice.environment import find_environment
    from swarm.voice.host.foreign import housed_engines
    from swarm.voice.host.installer import is_current
    from swarm.voice.host.process import engine_checks
    from swarm.voice.host.registry import choose_recipe, load_engine

    engine = housed_engines().get(name) or load_engine(target)
    if not engine.is_installed():
        lack = "no server is named" if engine.card.any_model else "not installed"
        text = f"{lack}; {engine.card.install} brings {engine.card.about}"
        yield Check(f"engine {name}", "-", text)
        return
    # A GPU's model takes minutes to load, so it is not opened.
    if engine.card.device == "cpu" and not engine.models() and not engine.requirements:
        language = "en" if engine.card.speaks("en") else engine.card.languages[0]
        engine.open(choose_recipe(language, engine=name), "cpu")
    yield from engine_checks(engine) or [Check(f"engine {name}", "ok", engine.card.about)]
    if (environment := find_environment(name)) and not is_current(engine, environment):
        text = "its environment was made for an earlier version of e2a-swarm"
        yield Check(f"environment {name}", "warn", text, f"e2a-swarm engines install {name}")


def check_port(port: int = DEFAULT_PORT, bind: str = "") -> Check:
    """Check whether another program listens on the usual port."""
    try:
        socket.create_connection((bind or "127.0.0.1", port), timeout=1.0).close()
    except OSError:
        return Check("port", "ok", f"port {port} is free")
    remedy = "another coordinator has it, it seems; a new one takes the next free port by itself, or give --port."
    return Check("port", "warn", f"port {port} is taken", remedy)


def check_multicast(bind: str = "") -> Check:
    """Check for an interface over which machines can be found; sends nothing."""
    remedy = "connect to the network, or name the coordinator on each worker: e2a-swarm work --coordinator HOST"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            if bind and ":" not in bind:
                probe.bind((bind, 0))
            probe.connect(MDNS_GROUP)  # looks up the route; no packet leaves
            address = probe.getsockname()[0]
        except OSError as error:
            return Check("network", "warn", f"no interface for multicast: {error.strerror or error}", remedy)
    if address.startswith("127."):
        return Check("network", "warn", f"multicast leaves by {address} only: other machines are not found", remedy)
    return Check("network", "ok", f"machines are looked for from {address}")


def check_addresses(folder: Path) -> Iterator[Check]:
    """Try all addresses that this machine knows of coordinators of its swarm, and tell why some do not answer."""
    from swarm.net.client import SILENCE, knock_everywhere
    from swarm.net.identity.keys import load_key
    from swarm.system.platform import run_loop

    try:
        key = load_key(folder)
        places = run_loop(knock_everywhere(folder, key)) if key else []
    except (EnvironmentFault, UsageError) as fault:
        yield Check("addresses", "fail", str(fault), "`e2a-swarm join CODE --replace` brings others.")
        return
    for place in places:
        is_reached = any(not (knock.refusal or knock.silence) for knock in place)
        for address, refusal, silence in place:
            text, remedy = (
                (refusal, "") if refusal else SILENCE.get(silence, ("a coordinator of this swarm answers", ""))
            )
            verdict: Verdict = "ok" if not (refusal or silence) else "-" if is_reached else "warn"
            yield Check(f"address {address}", verdict, text, "" if is_reached else remedy)


def check_gpu() -> Check:
    """Check which GPUs there are, and whether torch can use them."""
    from swarm.worker.devices import prove_gpus

    try:
        answer = subprocess.run(
            NVIDIA_SMI, capture_output=True, text=True, timeout=PATIENCE_S, check=True, errors="replace"
        )
    except FileNotFoundError:
        return Check("gpu", "-", "no NVIDIA driver: this machine speaks on its CPU")
    except (OSError, subprocess.SubprocessError) as error:
        return Check(
            "gpu", "warn", f"nvidia-smi fails: {error}", "restart the machine, or reinstall the NVIDIA driver."
        )
    gpus = "; ".join(line.strip() for line in answer.stdout.splitlines() if line.strip())
    proof = prove_gpus()
    if proof.fault and not proof.has_torch:
        return Check("gpu", "ok", f"{gpus}; unused: {proof.fault}")
    if any(not gpu.fault for gpu in proof.gpus):
        return Check("gpu", "ok", f"{gpus}; torch {proof.torch} can use them")
    remedy = "install the torch that fits the driver (pytorch.org), or update the driver."
    driver = next((gpu.driver for gpu in proof.gpus if gpu.driver), "") or gpus.partition(";")[0].rpartition(", ")[2]
    told = [driver_fault(driver, proof.cuda), *(card_fault(gpu.capability, proof.archs) for gpu in proof.gpus)]
    why = "; ".join(dict.fromkeys(filter(None, told)))
    why = why or proof.fault or "; ".join(gpu.fault for gpu in proof.gpus) or "it finds none"
    return Check("gpu", "warn", f"{gpus}; torch {proof.torch} cannot use them: {why}", remedy)


_INSTEAD = {"AMD": "onnxruntime-migraphx", "Intel": "onnxruntime-openvino", "NVIDIA": "onnxruntime-gpu"}
_BESIDE = "onnxruntime-ep-webgpu"


def check_library_gpu() -> Check:
    """Check which GPUs ONNX Runtime computes on, for engines that need no torch, and say what could."""
    from swarm.voice.onnx_session import gpu_kinds
    from swarm.worker.devices import prove_library

    makers = graphics_makers()
    if not gpu_kinds():
        if not makers:
            return Check("gpu by onnx", "-", "no graphics card is known here: engines by ONNX Runtime speak on the CPU")
        instead = "".join(f", or {_INSTEAD[each]} in place of onnxruntime" for each in makers if each in _INSTEAD)
        text = f"{' and '.join(makers)} is here, and ONNX Runtime is one for CPUs: engines by it do not use it"
        return Check("gpu by onnx", "-", text, f"{package_line(_BESIDE)}{instead}.")
    proof = prove_library()
    usable = [gpu.name for gpu in proof.gpus if not gpu.fault]
    if usable:
        text = f"{proof.asked} computes on {', '.join(usable)}, for engines whose weights are floats"
        return Check("gpu by onnx", "ok", text)
    why = proof.fault or "; ".join(f"{gpu.name}: {gpu.fault}" for gpu in proof.gpus)
    return Check(
        "gpu by onnx", "warn", f"{proof.asked} uses no GPU: {why}", "update the driver; on Linux WebGPU needs Vulkan."
    )


def check_clock(now_s: float | None = None) -> Check:
    """Check whether the clock was ever set."""
    now_s = time.time() if now_s is None else now_s
    said = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now_s))
    if fault := clock_fault(now_s):
        remedy = "set the clock; --hours, invites and times in reports are wrong until then."
        return Check("clock", "warn", fault, remedy)
    if zone := unknown_zone():
        remedy = "set TZ to a name such as Europe/Berlin; until then --hours counts in UTC."
        return Check("clock", "warn", f"{said} UTC; TZ={zone} is no time zone that this machine knows", remedy)
    return Check("clock", "ok", f"{said} UTC")


def check_key(folder: Path) -> Check:
    """Check whether this machine has a valid key."""
    from swarm.net.identity.keys import key_place, load_key

    remedy = "run `e2a-swarm join CODE{}` with the code of the machine that coordinates."
    try:
        key = load_key(folder)
    except EnvironmentFault as error:
        return Check("key", "fail", str(error), remedy.format(" --replace"))
    if key is None:
        text = "this machine is in no swarm yet; `convert` needs no key and `coordinate` makes one"
        return Check("key", "warn", text, remedy.format(""))
    return Check("key", "ok", f"from {key_place(folder)}")


def check_all(folder: Path) -> Iterator[Check]:
    """Yield all checks, one after the other."""
    from swarm.voice.host.recogniser import check_recogniser  # engines take a while to import

    bind = os.environ.get(ENV_BIND, "")
    checks: tuple[Callable[[], Check], ...] = (
        check_python,
        check_capacity,
        lambda: check_state_folder(folder),
        lambda: check_settings(folder),
        check_sqlite,
        check_sound,
        check_encryption,
        lambda: check_key(folder),
        lambda: check_port(bind=bind),
        lambda: check_multicast(bind),
        check_gpu,
        check_library_gpu,
        check_clock,
    )
    for check in checks:
        yield check()
    yield from check_addresses(folder)
    yield check_recogniser()
    yield from check_engines()


# By the major version of CUDA: https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html
OLDEST_DRIVERS = {11: 450, 12: 525, 13: 580}
_VERSION = re.compile(r"(\d{1,5})(?:\.(\d{1,5}))?", re.ASCII)
_ARCH = re.compile(r"(sm|compute)_(\d{1,3})(\d)[a-z]?", re.ASCII)


def driver_fault(driver: str, cuda: str) -> str:
    """Return why a driver is too old for a version of CUDA, "" if it is not, or if that cannot be told."""
    own, wanted = _VERSION.match(driver), _VERSION.match(cuda)
    oldest = OLDEST_DRIVERS.get(int(wanted[1])) if wanted else None
    if own is None or oldest is None or int(own[1]) >= oldest:
        return ""
    return f"its CUDA {cuda} needs driver {oldest} or newer, and {driver} is installed"


def card_fault(capability: str, archs: Sequence[str]) -> str:
    """Return why a card is too old for a torch of these architectures, "" if it is not, or if that cannot be told.

    Code for a card runs on later ones of the same generation, and what is only compiled halfway ("compute_90") on all
    later ones.
    """
    own = _VERSION.fullmatch(capability)
    known = [match for arch in archs if (match := _ARCH.fullmatch(arch))]
    if own is None or not known:
        return ""
    major, minor = int(own[1]), int(own[2] or 0)
    for kind, built_major, built_minor in (match.groups() for match in known):
        older = (int(built_major), int(built_minor)) <= (major, minor)
        if older and (kind == "compute" or int(built_major) == major):
            return ""
    oldest = min((int(match[2]), int(match[3])) for match in known)
    return f"it has compute capability {capability}, and this torch is for {oldest[0]}.{oldest[1]} and newer ones"
