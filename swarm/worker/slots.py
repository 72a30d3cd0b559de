"""How many slots each device of a worker has: pure. A GPU has slots of its own, and the cores have theirs beside it.

The smallest model that is known decides: for a larger one, slots for which there is no room rest.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from msgspec import Struct

from swarm.errors import UsageError
from swarm.lease.offer import CPU, GPU
from swarm.system.capacity import Capacity

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
