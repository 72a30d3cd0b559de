"""The devices of a worker: the GPUs of this machine, each proved, and one device for each slot."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import msgspec
from msgspec import Struct

from swarm.errors import EnvironmentFault
from swarm.lease.message import Device
from swarm.system.machine import Say
from swarm.system.platform import default_cpu_slots
from swarm.voice.host.registry import gpu_install_line
from swarm.watch.text import bytes_text

LIST_GPUS = ("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
PROVE = (sys.executable, "-P", "-m", "swarm.voice.probe")
PATIENCE_S = 10.0
PROOF_S = 180.0  # torch from a slow disk, and a driver that wakes its GPUs


class Gpu(Struct, frozen=True):
    """A GPU as torch names it, and how a computation on it ended: `fault` is empty if it can be used."""

    name: str  # "cuda:0" (ROCm's too), "mps"
    about: str = ""
    fault: str = ""
    memory_bytes: int = 0
    uuid: str = ""  # "GPU-..."
    driver: str = ""
    platform: str = ""  # "CUDA 12.8"

    def describe(self) -> str:
        """Return its name, memory and driver, as the swarm is told."""
        driver = f"driver {self.driver}" if self.driver else ""
        memory = bytes_text(self.memory_bytes) if self.memory_bytes else ""
        return ", ".join(fact for fact in (self.about or self.name, memory, driver, self.platform) if fact)


class Proof(Struct, frozen=True):
    """The GPUs that torch can compute on here; `fault` says why there is no torch to ask."""

    gpus: tuple[Gpu, ...] = ()
    torch: str = ""
    fault: str = ""


def list_gpus() -> list[str]:
    """Return the names of this machine's NVIDIA GPUs in their driver's order; none without a driver."""
    try:
        answer = subprocess.run(LIST_GPUS, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in answer.stdout.splitlines() if line.strip()]


def prove_gpus() -> Proof:
    """Have torch compute on every GPU, in a process of its own; takes seconds."""
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")  # GPU 0 is that of nvidia-smi, for the engines too
    if not find_spec("torch"):
        return Proof(fault=f"no torch is installed here to compute on one: {gpu_install_line()}")
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    env = {**os.environ, "PYTHONPATH": path}
    try:
        done = subprocess.run(
            PROVE, capture_output=True, timeout=PROOF_S, check=True, env=env, stdin=subprocess.DEVNULL
        )
        return msgspec.convert(json.loads(done.stdout.splitlines()[-1]), Proof)
    except subprocess.TimeoutExpired:
        return Proof(fault=f"torch has not answered for {PROOF_S:.0f} s")
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as fault:
        return Proof(fault=f"the process that asks torch failed: {fault}"[:300])


def find_devices(asked: Sequence[str], slots: int | None, say: Say) -> tuple[tuple[str, ...], tuple[Gpu, ...]]:
    """Return one device for each slot, and the GPUs behind them; see `slot_devices`. Raises EnvironmentFault."""
    if list(asked) == ["cpu"]:
        return slot_devices(asked, slots, ()), ()
    listed = [] if asked else list_gpus()
    if not asked and not listed:
        return slot_devices(("cpu",), slots, ()), ()
    proof = prove_gpus()
    usable = [gpu for gpu in proof.gpus if not gpu.fault]
    if not asked and not usable:
        say(f"{', '.join(listed)}: not used ({_why_none(proof)}); working on the CPU")
        return slot_devices(("cpu",), slots, ()), ()
    if not proof.gpus:
        raise EnvironmentFault(
            f"--gpu {_as_asked(asked)}: this machine has no GPU for that: {_why_none(proof)}. --cpu works without one."
        )
    devices = slot_devices(asked or [gpu.name for gpu in usable], slots, proof.gpus)
    return devices, tuple(gpu for gpu in proof.gpus if gpu.name in devices)


def _as_asked(names: Sequence[str]) -> str:
    """Return GPUs in the words of the option: "all", "0,1"."""
    return ",".join("all" if name == "cuda" else name.removeprefix("cuda:") for name in names)


def _why_none(proof: Proof) -> str:
    faults = [f"torch {proof.torch} cannot use {gpu.name}: {gpu.fault}" for gpu in proof.gpus if gpu.fault]
    return proof.fault or "; ".join(faults) or f"torch {proof.torch} finds none"


def slot_devices(asked: Sequence[str], slots: int | None, gpus: Sequence[Gpu]) -> tuple[str, ...]:
    """Return one device for each slot, named as torch names them: "cuda:0", "mps", "cpu:3" (slot 3 on the CPU).

    `asked` is ("cpu",), ("cuda",) for every GPU, or some of "cuda:1", "mps" and the beginnings of UUIDs; `slots` counts
    on the CPU in all, on GPUs each. Raises EnvironmentFault for a GPU that is not there or cannot be used.
    """
    if list(asked) == ["cpu"]:
        return tuple(f"cpu:{slot}" for slot in range(slots or default_cpu_slots()))
    named = [gpu for gpu in gpus if asked[0] == "cuda"] or [_named(name, gpus) for name in asked]
    for gpu in named:
        if gpu.fault:
            raise EnvironmentFault(f"torch cannot use {gpu.name}: {gpu.fault}. `e2a-swarm doctor` says more.")
    return tuple(gpu.name for gpu in dict.fromkeys(named) for _ in range(slots or 1))


def _named(name: str, gpus: Sequence[Gpu]) -> Gpu:
    found = [gpu for gpu in gpus if gpu.name == name or (gpu.uuid and gpu.uuid.lower().startswith(name.lower()))]
    if len(found) == 1:
        return found[0]
    here = ", ".join(f"{gpu.name} ({gpu.uuid or gpu.about})" for gpu in gpus) or "none"
    many = "more than one GPU has such a UUID" if found else "there is no such GPU"
    raise EnvironmentFault(f"--gpu {name.removeprefix('cuda:')}: {many}; here are {here}.")


def describe(devices: Sequence[str], gpus: Sequence[Gpu]) -> tuple[Device, ...]:
    """Return the devices behind the slots, each once, as a worker announces them."""
    if all(device.startswith("cpu") for device in devices):
        return (Device("cpu", f"{len(devices)} x CPU"),)
    return tuple(Device(gpu.name, gpu.describe()) for gpu in gpus)
