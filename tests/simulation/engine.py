"""A simulated engine: loads, speaks, prefetches, hangs, crashes, fails on certain texts."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from clips import speak
from faults import NO_ROOM
from files import check_latents, latents_made
from slots import Words, next_words
from story import Violation

from swarm.job.clip_info import SpokenClip
from swarm.job.job_asset import VOICE, JobAsset, find_latents
from swarm.job.spec import Recipe

if TYPE_CHECKING:
    from worker import SimWorker

NO_ROOM_SHARE = 0.3  # a share of loads, in worlds where models do not fit at times
GUEST = "guest:fr;interpreter;;anna"  # the voice of some segments, in worlds that have guests
BROKEN = "broken"  # the fate of a text in an engine that fails at every text
Place = tuple[str, int, int]  # job, chapter, index


@dataclass
class Utterance:
    """A batch in an engine: when it is begun and done, in the world's seconds, and what becomes of it and its texts."""

    batch: tuple[Words, ...]
    begun_s: float
    done_s: float
    work_s: float
    fate: str
    missing: tuple[bool, ...]  # true for each text without a clip


class SimEngine:
    """One slot's engine. It speaks one batch after the other; a killed one reports nothing but a late failure."""

    def __init__(self, worker: SimWorker, slot: int) -> None:
        self.worker, self.slot = worker, slot
        self.recipe: Recipe | None = None
        self.busy = False  # whether an order was not reported yet
        self.latents = ""  # the digest of those it speaks with
        self.life = 0
        self.began_s = self.loaded_s = 0.0
        self.since_s: dict[str, float] = {}  # on each coordinator's clock of waking hours, when the order came
        self.free_s = 0.0  # when it is through with all batches
        self.crashed = False  # a batch that was withdrawn meanwhile crashed it
        self.ahead: Utterance | None = None

    @property
    def prefetched(self) -> tuple[Words, ...]:
        """The texts and the seeds that it was told to speak next."""
        return self.ahead.batch if self.ahead else ()

    def kill(self) -> None:
        """End it; what is under way is reported as a crash."""
        self.life += 1
        self.recipe, self.busy = None, False
        self.free_s, self.crashed, self.ahead = 0.0, False, None

    def load(self, turn: int, recipe: Recipe, job_files: tuple[JobAsset, ...]) -> None:
        """Open a voice."""
        assert not self.busy, "loaded while it works"
        if self.ahead:
            raise Violation(f"{self.worker.name} loads another voice, and {self.ahead.batch} was not withdrawn")
        self.kill()
        self.busy = True
        random = self.worker.world.random
        self.worker.later(random.choice([0.1, 1.0, 5.0]), self._loaded, self.life, turn, recipe, job_files)

    def _loaded(self, life: int, turn: int, recipe: Recipe, job_files: tuple[JobAsset, ...]) -> None:
        if life != self.life:
            return
        self.busy, self.loaded_s = False, self.worker.world.heap.now
        mislaid = not self.worker.disk.has(job_files)
        if mislaid or not self.worker.able:
            self.worker.unable(self.slot, turn, mislaid)
            return
        if NO_ROOM in self.worker.world.faults and self.worker.world.room_random.random() < NO_ROOM_SHARE:
            self.worker.no_room(self.slot, turn)
            return
        self.recipe = recipe
        given = find_latents(job_files)
        has_voice = any(job_file.name == VOICE for job_file in job_files)
        made = latents_made(self.worker) if has_voice and not given else None
        latents = given or made
        self.latents = latents.digest if latents else ""
        self.worker.opened(self.slot, turn, made)

    # --- speaking

    def speak(self, turn: int, batch: tuple[Words, ...]) -> None:
        """Speak some texts together, or collect them if they were prefetched."""
        assert not self.busy, "asked to speak while it works"
        assert self.recipe is not None, "asked to speak before a voice is loaded"
        places = self._places()
        if self.ahead and self.ahead.batch != batch:
            raise Violation(f"{self.worker.name} is asked for {batch}, with {self.ahead.batch} prefetched", *places)
        if not self.worker.hosts and any(GUEST in text for text, _ in batch):
            raise Violation(f"{self.worker.name} is asked for a guest that it lacks", *places)
        if len(batch) > self.worker.batch:
            raise Violation(f"{self.worker.name} is asked for {len(batch)} texts together", *places)
        self.busy = True
        world = self.worker.world
        check_latents(self.worker, places[0], self.latents, self._link)
        said, self.ahead = self.ahead or self._begin(batch), None
        how = "collects" if said.done_s <= world.heap.now else "speaks"
        for place in places:
            world.log(self.worker.name, f"slot {self.slot} {how} {place}, fate {said.fate or 'well'}", place)
        self.began_s = world.heap.now
        self.since_s = {coordinator.name: coordinator.awake_s() for coordinator in world.coordinators}
        if said.done_s < inf:
            self.worker.later(max(0.0, said.done_s - world.heap.now), self._spoken, self.life, turn, said, places)

    def prefetch(self, batch: tuple[Words, ...]) -> None:
        """Speak some texts after those under way, and keep their clips."""
        if not self.busy or self.recipe is None:
            raise Violation(f"{self.worker.name} prefetches while its slot speaks nothing", *self._places())
        assert self.ahead is None, "told to prefetch two batches"
        self.worker.world.log(self.worker.name, f"slot {self.slot} prefetches {[w[0][:12].strip() for w in batch]}")
        self.ahead = self._begin(batch)

    def cancel_prefetch(self) -> None:
        """Drop the prefetched batch, which the engine finishes if it has begun it."""
        if self.ahead is None:  # it ended with the engine
            return
        recur = "recurring texts" in self.worker.world.faults  # then another lease may begin with the same words
        if not recur and self.ahead.batch == next_words(self.worker.core.slots[self.slot], len(self.ahead.batch)):
            raise Violation(f"{self.worker.name} withdraws {self.ahead.batch}, and speaks it next", *self._places())
        if self.worker.world.heap.now < self.ahead.begun_s:
            self.free_s = self.ahead.begun_s
        elif self.ahead.fate == "crashed":
            self.crashed = True
        self.ahead = None

    def _places(self) -> list[Place]:
        slot = self.worker.core.slots[self.slot]
        if not slot.leases or not slot.lines:
            return [("", -1, -1)]
        return [(slot.leases[0].job.job, slot.leases[0].chapter, line.index) for line in slot.lines]

    @property
    def _link(self) -> str:
        """The coordinator that the slot works for."""
        slot = self.worker.core.slots[self.slot]
        return slot.leases[0].link if slot.leases else ""

    def _begin(self, batch: tuple[Words, ...]) -> Utterance:
        """Queue a batch behind the one under way. A text that fails spoils all, or is missing beside the others."""
        world, worker = self.worker.world, self.worker
        begun_s = max(world.heap.now, self.free_s)
        fates = [world.fate(worker, self.slot, words[0]) for words in batch]
        spoils = [fate for fate in fates if fate and not (len(batch) > 1 and fate == "silent")]
        fate = "crashed" if self.crashed else next(iter(spoils), "" if not all(fates) else fates[0])
        characters = sum(len(words[0]) for words in batch)
        work_s = characters * len(batch) ** (worker.batch_curve - 1) / (worker.chars_s * world.pace(worker))
        self.free_s = inf if fate == "hang" else begun_s + work_s
        return Utterance(batch, begun_s, self.free_s, work_s, fate, tuple(map(bool, fates)))

    def _spoken(self, life: int, turn: int, said: Utterance, places: list[Place]) -> None:
        if life != self.life:
            self.worker.failed(self.slot, turn, "crashed")
            return
        self.busy = False
        if said.fate in ("crashed", "memory", "device"):
            self.kill()
        if said.fate:
            self.worker.failed(self.slot, turn, said.fate)
            return
        clips: list[SpokenClip | None] = []
        for words, place, missing in zip(said.batch, places, said.missing, strict=True):
            if not missing and not self.worker.core.slots[self.slot].is_proving:
                self.worker.world.judge.repeats.spoken(self.worker, place, self._link)
            work_s = said.work_s * len(words[0]) / sum(len(text) for text, *_ in said.batch)
            spoken = speak(words[0], words[1], self.worker.world.bytes_a_character, work_s)
            clips.append(None if missing else spoken)
        self.worker.spoken(self.slot, turn, clips)
