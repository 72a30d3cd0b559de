"""What a worker computes on: which GPUs this machine has, and one device for each slot."""

import subprocess
from collections.abc import Sequence

from swarm.errors import EnvironmentFault
from swarm.lease.message import Device
from swarm.node.platform import default_cpu_slots

LIST_GPUS = ("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
PATIENCE_S = 10.0


def list_gpus() -> list[str]:
    """The names of this machine's NVIDIA GPUs, by index; none where there is no driver."""
    try:
        answer = subprocess.run(LIST_GPUS, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in answer.stdout.splitlines() if line.strip()]


def slot_devices(asked: Sequence[str], slots: int | None, gpus: Sequence[str]) -> tuple[str, ...]:
    """One device a slot, named as torch names them: "cuda:0", "cpu:3" (slot 3 on the CPU).

    `asked` is ("cpu",), ("cuda",) for every GPU, ("cuda:1", ...), or () for GPUs if there are any, else the CPU;
    `slots` counts on the CPU in all, on GPUs each. Raises EnvironmentFault for a GPU that is not there.
    """
    wanted = list(asked) or (["cuda"] if gpus else ["cpu"])
    if wanted == ["cpu"]:
        return tuple(f"cpu:{slot}" for slot in range(slots or default_cpu_slots()))
    chosen = [f"cuda:{index}" for index in range(len(gpus))] if wanted == ["cuda"] else wanted
    missing = [name for name in chosen if int(name.partition(":")[2]) >= len(gpus)]
    if missing or not chosen:
        here = f"GPUs 0 to {len(gpus) - 1}" if gpus else "no NVIDIA GPU that its driver knows of"
        name = missing[0].partition(":")[2] if missing else "all"
        raise EnvironmentFault(
            f"--gpu {name}: this machine has {here}. `nvidia-smi` lists them; --cpu works without one."
        )
    return tuple(name for name in chosen for _ in range(slots or 1))


def describe(devices: Sequence[str], gpus: Sequence[str]) -> tuple[Device, ...]:
    """The devices behind the slots, each once, as a worker announces them."""
    if all(device.startswith("cpu") for device in devices):
        return (Device("cpu", f"{len(devices)} x CPU"),)
    return tuple(Device(name, gpus[int(name.partition(":")[2])]) for name in dict.fromkeys(devices))
