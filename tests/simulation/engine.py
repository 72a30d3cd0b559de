"""A simulated engine: loads, speaks, prefetches, hangs, crashes, fails on certain texts."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from clips import speak
from files import check_latents, latents_made
from slots import Words, next_words
from story import Violation

from swarm.job.job_file import VOICE, JobFile, find_latents
from swarm.job.recipe import Recipe

if TYPE_CHECKING:
    from worker import SimWorker

BROKEN = "broken"  # the fate of a text in an engine that fails at every text
Place = tuple[str, int, int]  # job, chapter, index


@dataclass
class Utterance:
    """One text in an engine: when it is begun and done, in the world's seconds, and what becomes of it."""

    words: Words
    begun_s: float
    done_s: float
    work_s: float
    fate: str


class SimEngine:
    """One slot's engine. It speaks one text after the other; a killed one reports nothing but a late failure."""

    def __init__(self, worker: SimWorker, slot: int) -> None:
        self.worker, self.slot = worker, slot
        self.recipe: Recipe | None = None
        self.busy = False  # whether an order was not reported yet
        self.latents = ""  # the digest of those it speaks with
        self.life = 0
        self.began_s = self.loaded_s = 0.0
        self.since_s: dict[str, float] = {}  # on each coordinator's clock of waking hours, when the order came
        self.free_s = 0.0  # when it is through with all texts
        self.crashed = False  # by a text that was withdrawn meanwhile
        self.ahead: Utterance | None = None

    @property
    def prefetched(self) -> Words | None:
        """The text and the seed that it was told to speak next."""
        return self.ahead.words if self.ahead else None

    def kill(self) -> None:
        """End it; the text under way is reported as a crash."""
        self.life += 1
        self.recipe, self.busy = None, False
        self.free_s, self.crashed, self.ahead = 0.0, False, None

    def load(self, turn: int, recipe: Recipe, job_files: tuple[JobFile, ...]) -> None:
        """Open a voice."""
        assert not self.busy, "loaded while it works"
        if self.ahead:
            raise Violation(f"{self.worker.name} loads another voice, and {self.ahead.words} was not withdrawn")
        self.kill()
        self.busy = True
        random = self.worker.world.random
        self.worker.later(random.choice([0.1, 1.0, 5.0]), self._loaded, self.life, turn, recipe, job_files)

    def _loaded(self, life: int, turn: int, recipe: Recipe, job_files: tuple[JobFile, ...]) -> None:
        if life != self.life:
            return
        self.busy, self.loaded_s = False, self.worker.world.heap.now
        mislaid = not self.worker.disk.has(job_files)
        if mislaid or not self.worker.able:
            self.worker.unable(self.slot, turn, mislaid)
            return
        self.recipe = recipe
        given = find_latents(job_files)
        has_voice = any(job_file.name == VOICE for job_file in job_files)
        made = latents_made(self.worker) if has_voice and not given else None
        latents = given or made
        self.latents = latents.digest if latents else ""
        self.worker.opened(self.slot, turn, made)

    # --- speaking

    def speak(self, turn: int, text: str, seed: int) -> None:
        """Speak a text, or collect it if it was prefetched."""
        assert not self.busy, "asked to speak while it works"
        assert self.recipe is not None, "asked to speak before a voice is loaded"
        place = self._place()
        if self.ahead and self.ahead.words != (text, seed):
            raise Violation(
                f"{self.worker.name} is asked for {(text, seed)}, with {self.ahead.words} prefetched", place
            )
        self.busy = True
        world = self.worker.world
        check_latents(self.worker, place, self.latents)
        said, self.ahead = self.ahead or self._begin((text, seed)), None
        how = "collects" if said.done_s <= world.heap.now else "speaks"
        world.log(self.worker.name, f"slot {self.slot} {how} {place}, fate {said.fate or 'well'}", place)
        self.began_s = world.heap.now
        self.since_s = {coordinator.name: coordinator.awake_s() for coordinator in world.coordinators}
        if said.done_s < inf:
            self.worker.later(max(0.0, said.done_s - world.heap.now), self._spoken, self.life, turn, said, place)

    def prefetch(self, text: str, seed: int) -> None:
        """Speak a text after the one under way, and keep its clip."""
        if not self.busy or self.recipe is None:
            raise Violation(f"{self.worker.name} prefetches while its slot speaks nothing", self._place())
        assert self.ahead is None, "told to prefetch two texts"
        self.worker.world.log(self.worker.name, f"slot {self.slot} prefetches {text[:12].strip()!r}")
        self.ahead = self._begin((text, seed))

    def cancel_prefetch(self) -> None:
        """Drop the prefetched text, which the engine finishes if it has begun it."""
        if self.ahead is None:  # it ended with the engine
            return
        recur = "recurring texts" in self.worker.world.faults  # then another lease may begin with the same words
        if not recur and self.ahead.words == next_words(self.worker.core.slots[self.slot]):
            raise Violation(f"{self.worker.name} withdraws {self.ahead.words}, and speaks it next", self._place())
        if self.worker.world.heap.now < self.ahead.begun_s:
            self.free_s = self.ahead.begun_s
        elif self.ahead.fate == "crashed":
            self.crashed = True
        self.ahead = None

    def _place(self) -> Place:
        slot = self.worker.core.slots[self.slot]
        if not slot.leases:
            return "", -1, -1
        return slot.leases[0].job.job, slot.leases[0].chapter, slot.line.index if slot.line else -1

    def _begin(self, words: Words) -> Utterance:
        """Queue a text behind the one under way."""
        world, worker = self.worker.world, self.worker
        begun_s = max(world.heap.now, self.free_s)
        fate = "crashed" if self.crashed else world.fate(worker, self.slot, words[0])
        work_s = len(words[0]) / (worker.chars_s * world.pace(worker))
        self.free_s = inf if fate == "hang" else begun_s + work_s
        return Utterance(words, begun_s, self.free_s, work_s, fate)

    def _spoken(self, life: int, turn: int, said: Utterance, place: Place) -> None:
        if life != self.life:
            self.worker.failed(self.slot, turn, "crashed")
            return
        self.busy = False
        if said.fate in ("crashed", "memory", "device"):
            self.kill()
        if said.fate:
            self.worker.failed(self.slot, turn, said.fate)
            return
        if not self.worker.core.slots[self.slot].is_proving:
            self.worker.world.judge.repeats.spoken(self.worker, place)
        clip = speak(*said.words, self.worker.world.bytes_a_character, said.work_s)
        self.worker.spoken(self.slot, turn, clip)
