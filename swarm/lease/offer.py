"""What a worker offers in its greeting: engines and devices, and which of its slots a job is for."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from swarm.lease.envelope import MAX_FACTS, MAX_MODELS, Count, Name, Note

ANY = "any"  # kind of a device: a slot or an engine that is not bound to one kind
CPU, GPU = "cpu", "gpu"
BORROWED = "+"  # among the models of an offer it means any that another worker passes on


class EngineOffer(Struct, frozen=True, omit_defaults=True):
    """An engine that this worker can open, the languages it speaks with it, and its models.

    Of the models, "*" means that any can be had, "+" that any can be had that another worker passes on.
    `facts` are the cards of an engine that does not come with e2a-swarm, encoded (`voice/host/foreign.py`). They are
    bytes, so that a card of another version cannot keep the greeting from being read.
    """

    name: Name
    languages: Annotated[tuple[Name, ...], Meta(max_length=1000)]
    models: Annotated[tuple[Name, ...], Meta(max_length=MAX_MODELS)] = ("*",)
    batch: Count = 1  # segments that it speaks together; the coordinator counts MAX_BATCH at most
    facts: Annotated[bytes, Meta(max_length=MAX_FACTS)] = b""
    lacks: Annotated[tuple[Name, ...], Meta(max_length=1000)] = ()  # languages without a voice here, model or not
    device: Name = ""  # the kind that it computes on here, such as "any"; "": the card of the job's model says it


class Device(Struct, frozen=True, omit_defaults=True):
    """A device of a worker, proved at start."""

    name: Name  # "cpu", "cuda:0"
    about: Note = ""
    slots: Count = 0  # slots are numbered in the order of devices; 0: not told

    @property
    def kind(self) -> str:
        """Its kind: all that is no CPU is a GPU."""
        return CPU if self.name.startswith(CPU) else GPU


def slot_kinds(devices: Sequence[Device], slots: int) -> tuple[str, ...]:
    """Return the kind of each of a worker's slots; `ANY` for slots of which it does not tell the device."""
    told: list[str] = []
    for device in devices:
        told += [device.kind] * min(device.slots, slots - len(told))
    return (*told, *[ANY] * (slots - len(told)))


def fitting(kinds: Sequence[str], wanted: str) -> frozenset[int]:
    """Return the slots that a job for a kind of device is for: those of that kind, or all where there is none."""
    every = frozenset(range(len(kinds)))
    found = frozenset(slot for slot in every if wanted == ANY or kinds[slot] in (wanted, ANY))
    return found or every


class Figures(Struct, frozen=True, omit_defaults=True):
    """The readings of a device, from its driver; None and 0 stand for unknown ones."""

    device: Name
    busy: Annotated[int, Meta(ge=0, le=100)] | None = None  # percent of its time, by all programs
    memory_used: Count = 0  # bytes, by all programs
    memory_total: Count = 0
    temperature_c: Annotated[int, Meta(ge=-273, le=1000)] | None = None
