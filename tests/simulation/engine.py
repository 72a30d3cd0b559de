"""A simulated engine: loads, speaks, hangs, crashes, fails on certain texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clips import speak
from files import check_latents, latents_made

from swarm.job.job_file import VOICE, JobFile, find_latents
from swarm.job.recipe import Recipe

if TYPE_CHECKING:
    from worker import SimWorker


class SimEngine:
    """One slot's engine; an order to a killed one is never reported but as a late, stale failure."""

    def __init__(self, worker: SimWorker, slot: int) -> None:
        self.worker, self.slot = worker, slot
        self.recipe: Recipe | None = None
        self.busy = False
        self.latents = ""  # the digest of those it speaks with
        self.life = 0
        self.began_s = 0.0
        self.since_s: dict[str, float] = {}  # on each coordinator's clock of waking hours, when it began to speak

    def kill(self) -> None:
        """End it; what it was at is reported as a crash."""
        self.life += 1
        self.recipe, self.busy = None, False

    def load(self, turn: int, recipe: Recipe, job_files: tuple[JobFile, ...]) -> None:
        """Open a voice."""
        assert not self.busy, "loaded while it works"
        self.busy = True
        self.life += 1
        random = self.worker.world.random
        self.worker.later(random.choice([0.1, 1.0, 5.0]), self._loaded, self.life, turn, recipe, job_files)

    def _loaded(self, life: int, turn: int, recipe: Recipe, job_files: tuple[JobFile, ...]) -> None:
        if life != self.life:
            return
        self.busy = False
        mislaid = not self.worker.disk.has(job_files)
        if mislaid or not self.worker.able:
            self.worker.unable(self.slot, turn, mislaid)
            return
        self.recipe = recipe
        given = find_latents(job_files)
        made = (
            latents_made(self.worker) if not given and any(job_file.name == VOICE for job_file in job_files) else None
        )
        latents = given or made
        self.latents = latents.digest if latents else ""
        self.worker.opened(self.slot, turn, made)

    def speak(self, turn: int, text: str, seed: int) -> None:
        """Speak a text."""
        assert not self.busy, "asked to speak while it works"
        assert self.recipe is not None, "asked to speak before a voice is loaded"
        self.busy = True
        world, worker = self.worker.world, self.worker
        slot = worker.core.slots[self.slot]
        place = (slot.leases[0].job.job, slot.leases[0].chapter, slot.line.index if slot.line else -1)
        check_latents(worker, place, self.latents)
        fate = world.fate(worker, text)
        world.log(worker.name, f"slot {self.slot} speaks {place}, fate {fate or 'well'}", place)
        self.began_s = world.heap.now
        self.since_s = {coordinator.name: coordinator.awake_s() for coordinator in world.coordinators}
        if fate == "hang":
            return
        work_s = len(text) / (worker.chars_s * world.pace(worker))
        worker.later(work_s, self._spoken, self.life, turn, text, seed, work_s, fate, place)

    def _spoken(
        self, life: int, turn: int, text: str, seed: int, work_s: float, fate: str, place: tuple[str, int, int]
    ) -> None:
        if life != self.life:
            self.worker.failed(self.slot, turn, "crashed")
            return
        self.busy = False
        if fate == "crashed":
            self.recipe = None
        if fate:
            self.worker.failed(self.slot, turn, fate)
            return
        self.worker.world.judge.repeats.spoken(self.worker, place)
        self.worker.spoken(self.slot, turn, speak(text, seed, self.worker.world.bytes_a_character, work_s))
