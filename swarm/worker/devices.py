"""The devices of a worker: the GPUs of this machine, each proved, and how many slots each device has; and its greeting,
which tells of them and of its engines.

A GPU has slots of its own, and the cores have theirs beside it. The smallest model that is known decides: for a larger
one the core rests slots.
"""

import importlib
import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from swarm import __version__
from swarm.errors import EnvironmentFault, UsageError
from swarm.lease.envelope import MAX_BATCH, MAX_FACTS, MAX_MODELS
from swarm.lease.message import BORROWED, CPU, GPU, MAX_ENCODERS, PROTOCOL, Device, EngineOffer, Hello
from swarm.system.capacity import Capacity, default_cpu_slots, read_capacity
from swarm.system.child import command_of, variables_of
from swarm.system.machine import Say, machine_name, new_nonce, worker_id
from swarm.system.text import bytes_text, is_like_fingerprint
from swarm.voice.built_in import BUILT_IN
from swarm.voice.engine import Engine
from swarm.voice.environment import find_environments
from swarm.voice.host.foreign import encode_facts
from swarm.voice.host.registry import gpu_install_line, installed_engines
from swarm.voice.onnx_session import gpu_kinds

DIGITS = re.compile(r"[0-9]{1,4}", re.ASCII)
MAX_SLOTS = 1024  # messages carry no more slots of a worker
MAX_AUTO = 4  # a GPU gets no more unless the user says so: its slots take turns at its processors
ENCODER_BYTES = 160_000_000  # the encoder beside an engine takes so much (docs/benchmarks.md)


class Slots(Struct, frozen=True):
    """The numbers of slots that the user wants on each GPU, and on the cores together; None: as many as fit."""

    gpu: int | None = None
    cpu: int | None = None


def read_slots(option: str, text: str) -> Slots:
    """Return what "auto", "4" (on each GPU, and on the cores) or "gpu:2,cpu:8" means. Raises UsageError."""
    word = text.strip().lower()
    if word == "auto":
        return Slots()
    told = {GPU: word, CPU: word} if ":" not in word else {}
    for part in word.split(",") if ":" in word else ():
        kind, _, number = (piece.strip() for piece in part.partition(":"))
        if kind not in (GPU, CPU) or kind in told:
            raise _refused(option, text)
        told[kind] = number
    numbers = {kind: _number(number) for kind, number in told.items() if number != "auto"}
    slots = Slots(numbers.get(GPU), numbers.get(CPU))
    if -1 in numbers.values() or (slots.gpu, slots.cpu) == (0, 0):
        raise _refused(option, text)
    return slots


def _number(digits: str) -> int:
    """Return a number of slots, -1 for what is none."""
    return int(digits) if DIGITS.fullmatch(digits) and int(digits) <= MAX_SLOTS else -1


def _refused(option: str, text: str) -> UsageError:
    return UsageError(
        f"{option} takes auto, a number from 1 to {MAX_SLOTS:,}, or a number for each kind of device such as "
        f"gpu:1,cpu:8, not {text[:100]!r}."
    )


def capacity_for(capacity: Capacity, least: int) -> Capacity:
    """Return a machine's capacity for the smallest model that it has measured, which took `least` bytes; 0: for any."""
    return replace(capacity, slot_bytes=min(capacity.slot_bytes, least + ENCODER_BYTES)) if least else capacity


def core_slots(slots: Slots, capacity: Capacity, on_gpus: int) -> tuple[str, ...]:
    """Return a device for each slot on the cores, "cpu:3" being the fourth of them.

    Each slot on a GPU keeps a core busy, which is left to it unless the user says a number.
    """
    most = MAX_SLOTS - on_gpus
    number = max(1, capacity.slots - on_gpus) if slots.cpu is None else slots.cpu
    return tuple(f"{CPU}:{slot}" for slot in range(min(number, most)))


def gpu_slots(slots: Slots, free: Mapping[str, int], least: Mapping[str, int], cores: int) -> tuple[str, ...]:
    """Return a device for each slot on these GPUs, which keep their order.

    `free` has the free bytes of each, `least` what the smallest model took of those of which one was measured. A slot
    keeps a core busy, so the machine has no more slots than cores, but one on each GPU.
    """
    most = max(1, min(MAX_AUTO, cores // len(free)))
    fitting = {name: max(1, min(most, free[name] // need)) for name, need in least.items() if name in free}
    numbers = {name: fitting.get(name, 1) if slots.gpu is None else slots.gpu for name in free}
    return tuple(name for name, number in numbers.items() for _ in range(number))[:MAX_SLOTS]


LIST_GPUS = ("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
PROBE = "swarm.voice.probe"
LIST_TIMEOUT_S = 10.0
NO_DRIVER = "no NVIDIA driver is installed (nvidia-smi lists no GPU)"
AMD_DRIVER = Path("/dev/kfd")
PROOF_TIMEOUT_S = 180.0  # torch may load from a slow disk, and the driver may have to wake its GPUs


class Gpu(Struct, frozen=True):
    """A GPU as torch names it, or a kind of GPU by ONNX Runtime.

    `fault` tells why it cannot be used, and is empty if it can.
    """

    name: str  # "cuda:0", also for ROCm, "mps", or a kind such as "webgpu"
    about: str = ""
    fault: str = ""
    memory_bytes: int = 0
    free_bytes: int = 0  # the memory that was free when the GPU was proved
    uuid: str = ""  # e.g. "GPU-5a..."
    driver: str = ""
    platform: str = ""  # e.g. "CUDA 12.8"
    capability: str = ""  # e.g. "8.6"; only GPUs of NVIDIA have one

    @property
    def is_nvidia(self) -> bool:
        """Whether NVIDIA's driver knows it by its UUID."""
        return self.uuid.startswith(("GPU-", "MIG-"))

    def describe(self) -> str:
        """Return its name, memory, driver and platform in one line, which coordinators show."""
        driver = f"driver {self.driver}" if self.driver else ""
        memory = bytes_text(self.memory_bytes) if self.memory_bytes else ""
        return ", ".join(fact for fact in (self.about or self.name, memory, driver, self.platform) if fact)


class Proof(Struct, frozen=True):
    """The GPUs that a library finds here. `fault` tells why it could not be asked, and is empty if it could."""

    gpus: tuple[Gpu, ...] = ()
    torch: str = ""  # the library's version
    cuda: str = ""  # torch was built for this version
    archs: tuple[str, ...] = ()  # torch was built for these, e.g. "sm_86"
    fault: str = ""
    has_torch: bool = True
    library: str = "torch"  # what was asked; ONNX Runtime where there is no torch

    @property
    def asked(self) -> str:
        """The library that was asked, with its version."""
        return f"{self.library} {self.torch}".rstrip()


def list_gpus() -> list[str]:
    """Return the names of this machine's NVIDIA GPUs in their driver's order; [] without a driver."""
    try:
        answer = subprocess.run(LIST_GPUS, capture_output=True, text=True, timeout=LIST_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in answer.stdout.splitlines() if line.strip()]


def prove_gpus() -> Proof:
    """Test every GPU in a process of its own, with the torch of an engine's environment or the program's own.

    Without torch, ONNX Runtime is asked if a package of it is for GPUs. It takes seconds.
    """
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")  # makes GPU 0 that of nvidia-smi, for engine processes too
    home = next((each for each in find_environments() if each.has("torch")), None)
    if home is None and not find_spec("torch"):
        if gpu_kinds():
            return prove_library()
        return Proof(fault=f"no torch is installed here to compute on one: {gpu_install_line()}", has_torch=False)
    return _proven(command_of(PROBE, home.python if home else None), home.python if home else None)


def prove_library() -> Proof:
    """Test every kind of GPU that ONNX Runtime's packages are for, in a process of its own."""
    proof = _proven([*command_of(PROBE), "library"], None)
    return structs.replace(proof, has_torch=False, library="ONNX Runtime")


def _proven(command: Sequence[str], python: Path | None) -> Proof:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            timeout=PROOF_TIMEOUT_S,
            check=True,
            env=variables_of(python),
            stdin=subprocess.DEVNULL,
        )
        return msgspec.convert(json.loads(done.stdout.splitlines()[-1]), Proof)
    except subprocess.TimeoutExpired:
        return Proof(fault=f"it has not answered for {PROOF_TIMEOUT_S:.0f} s")
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as fault:
        return Proof(fault=f"the process that looks for GPUs failed: {fault}"[:300])


def _why_none(asked: Sequence[str], proof: Proof) -> str:
    """Return why there is no GPU: torch is no remedy where no driver is."""
    has_driver = "mps" in asked or list_gpus() or AMD_DRIVER.exists()
    return _gpu_fault(proof) if has_driver or proof.has_torch else NO_DRIVER


def find_devices(
    asked: Sequence[str], slots: Slots, say: Say, least: Mapping[str, int] | None = None
) -> tuple[tuple[str, ...], tuple[Gpu, ...]]:
    """Return one device for each slot, those on GPUs first, and the GPUs; `asked` is ("cpu",), (), or as in `choose`.

    `least` is what the smallest model took here, by kind of device (`Needs.least`). Raises EnvironmentFault for a GPU
    that is missing or cannot be used.
    """
    least = least or {}
    if list(asked) == [CPU] or slots.gpu == 0:
        return _cpu_devices(slots, say, least), ()
    listed = [] if asked else list_gpus()
    if not asked and not listed and not gpu_kinds():
        return _cpu_devices(slots, say, least), ()
    proof = prove_library() if {*asked} & {*gpu_kinds()} else prove_gpus()
    usable = [gpu for gpu in proof.gpus if not gpu.fault]
    if not asked and not usable:
        say(f"{', '.join(listed or ['GPU'])}: not used ({_gpu_fault(proof)}); working on the CPU")
        return _cpu_devices(slots, say, least), ()
    if not proof.gpus:
        raise EnvironmentFault(
            f"GPU {_gpu_names(asked)} cannot be used: this machine has no usable GPU: {_why_none(asked, proof)}. "
            "Use --cpu to work without one."
        )
    gpus = choose(asked or [gpu.name for gpu in usable], proof.gpus)
    needs = {gpu.name: least[gpu.about] for gpu in gpus if gpu.about in least}
    devices = gpu_slots(slots, {gpu.name: gpu.free_bytes for gpu in gpus}, needs, read_capacity().cores)
    return (*devices, *_cpu_devices(slots, say, least, len(devices))), gpus


def _cpu_devices(slots: Slots, say: Say, least: Mapping[str, int], on_gpus: int = 0) -> tuple[str, ...]:
    """Return one device for each slot on the cores; say so if memory allows fewer than one a core."""
    capacity = capacity_for(read_capacity(), least.get(CPU, 0))
    if slots.cpu is None and capacity.slots < capacity.cores:
        say(f"{_engines(capacity)}: {bytes_text(int(capacity.free_bytes))} of memory are free")
    if capacity.free_bytes < capacity.slot_bytes:
        need = bytes_text(capacity.slot_bytes)
        say(f"an engine with its encoder takes up to {need}: end other programs, or choose a smaller voice")
    return core_slots(slots, capacity, on_gpus)


def _engines(capacity: Capacity) -> str:
    many = "engine works" if capacity.slots == 1 else "engines work"
    return f"{capacity.slots} {many} side by side, not one on each of the {capacity.cores} cores"


def _gpu_names(names: Sequence[str]) -> str:
    """Return some devices as a user names them: "all", "0,1"."""
    return ",".join("all" if name == "cuda" else name.removeprefix("cuda:") for name in names)


def _gpu_fault(proof: Proof) -> str:
    faults = [f"{proof.asked} cannot use {gpu.name}: {gpu.fault}" for gpu in proof.gpus if gpu.fault]
    return proof.fault or "; ".join(faults) or f"{proof.asked} finds none"


def choose(asked: Sequence[str], gpus: Sequence[Gpu]) -> tuple[Gpu, ...]:
    """Return the GPUs that are asked for, each once.

    `asked` is ("cuda",) for every GPU, or some of "cuda:1", "mps" and prefixes of UUIDs. Raises EnvironmentFault for a
    GPU that is missing or cannot be used.
    """
    named = [gpu for gpu in gpus if asked[0] == "cuda"] or [_named(name, gpus) for name in asked]
    for gpu in named:
        if gpu.fault:
            raise EnvironmentFault(f"GPU {gpu.name} cannot be used: {gpu.fault}. `e2a-swarm doctor` says more.")
    return tuple(dict.fromkeys(named))


def _named(name: str, gpus: Sequence[Gpu]) -> Gpu:
    found = [gpu for gpu in gpus if gpu.name == name or (gpu.uuid and gpu.uuid.lower().startswith(name.lower()))]
    if len(found) == 1:
        return found[0]
    here = ", ".join(f"{gpu.name} ({gpu.uuid or gpu.about})" for gpu in gpus) or "none"
    many = "more than one GPU has such a UUID" if found else "there is no such GPU"
    raise EnvironmentFault(f"--gpu {name.removeprefix('cuda:')}: {many}; here are {here}.")


def describe(devices: Sequence[str], gpus: Sequence[Gpu]) -> tuple[Device, ...]:
    """Return each device of the slots once, with its number of slots, as a worker announces them."""
    chosen = [Device(gpu.name, gpu.describe(), devices.count(gpu.name)) for gpu in gpus]
    on_cores = sum(device.startswith(CPU) for device in devices)
    return (*chosen, *((Device(CPU, f"{on_cores} x CPU", on_cores),) if on_cores else ()))


def abouts_of(gpus: Sequence[Gpu]) -> dict[str, str]:
    """Return what each GPU is, by its name: models take the same memory of equal ones."""
    return {gpu.name: gpu.about for gpu in gpus if gpu.about}


def uuids_of(gpus: Sequence[Gpu]) -> dict[str, str]:
    """Return the UUIDs of NVIDIA's GPUs by their names; {} if there is only one, or one whose UUID is not known."""
    nvidia = [gpu for gpu in gpus if gpu.platform.startswith("CUDA")]
    known = all(gpu.is_nvidia for gpu in nvidia)
    return {gpu.name: gpu.uuid for gpu in nvidia} if known and len(nvidia) > 1 else {}


MAX_ALL_FACTS = 30_000  # bytes of all engines' cards: a greeting has to fit into a control message


def greeting(
    state_dir: Path,
    devices: Sequence[str],
    gpus: Sequence[Gpu],
    name: str = "",
    only: Sequence[str] = (),
    tag: str = "",
    key: bytes = b"",
) -> Hello:
    """Return the `Hello` of this machine, as `engine_offers` does. Raises UsageError, StoreError."""
    name = name or machine_name()
    if is_like_fingerprint(name):
        raise UsageError(f"The name {name} looks like the fingerprint of a key: choose another one with --name.")
    return Hello(
        worker=worker_id(state_dir, name),
        nonce=new_nonce(),
        name=name,
        version=__version__,
        engines=engine_offers(only),
        devices=describe(devices, gpus),
        slots=len(devices),
        protocol=PROTOCOL,
        tag=tag,
        key=key,
        encoders=min(max(1, default_cpu_slots() // 2), MAX_ENCODERS),
    )


def engine_offers(only: Sequence[str] = ()) -> tuple[EngineOffer, ...]:
    """Return the engines and models that this machine has now; both may come and go.

    `only` are names of engines; () stands for all.
    """
    importlib.invalidate_caches()  # a package may have been installed just now
    room, offers = MAX_ALL_FACTS, []
    for engine in (engine for engine in installed_engines() if not only or engine.card.name in only):
        facts = b"" if engine.card.name in BUILT_IN else encode_facts(engine, min(room, MAX_FACTS))
        room -= len(facts)
        offers.append(_offer(engine, facts))
    return tuple(offers)


def _offer(engine: Engine, facts: bytes) -> EngineOffer:
    card, models = engine.card, engine.offered_models()[:MAX_MODELS]
    if "*" not in models and engine.shares_models:
        models = (*models[: MAX_MODELS - 1], BORROWED)
    batch = max(1, min(card.batch, MAX_BATCH))
    lacks = engine.lacking_languages() if card.name in BUILT_IN else ()
    return EngineOffer(card.name, card.languages, models, batch, facts, lacks=lacks, device=engine.computes_on())
