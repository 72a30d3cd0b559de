"""Has sounds of one sentence compared while a book is spoken, as the core decides (`coordinate --cross-check`)."""

import asyncio
from collections.abc import Callable, Mapping

from swarm.audiobook.edition import Edition
from swarm.job.record import ClipAccepted
from swarm.job.store.store import DiskStore
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.outcome import Comparison, Outcome
from swarm.system.machine import Clock


class CheckDesk:
    """Compares the sounds that the core had spoken again, and lets go of clips that are not to be trusted."""

    def __init__(
        self,
        core: CoordinatorCore,
        store: DiskStore,
        editions: Mapping[str, Edition],
        clock: Clock,
        do: Callable[[Outcome], None],
    ) -> None:
        self._core, self._store, self._editions, self._clock, self._do = core, store, editions, clock, do
        self.tasks: set[asyncio.Task[None]] = set()

    def carry_out(self, outcome: Outcome) -> None:
        """Begin to compare what came, and drop the clips of places that are open again: all is on the disk by now."""
        for comparison in outcome.comparisons:
            task = asyncio.create_task(self._compare(comparison))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        self._drop(outcome)

    def _drop(self, outcome: Outcome) -> None:
        """Drop the clips of places that are open again: no other book may take them from the disk."""
        for job, place, key in outcome.reopened:
            edition = self._editions.get(job)
            clip = edition.state.accepted.get(place) if edition else None
            if clip is None or clip.key != key:
                self._store.discard_clip(key, job)
            if edition and clip is None:
                edition.reopen(place)

    async def _compare(self, comparison: Comparison) -> None:
        job, place = comparison.job, (comparison.chapter, comparison.index)
        clip = self._editions[job].state.accepted.get(place) if job in self._editions else None
        if clip is None or clip.key != comparison.key:
            return
        alike = await asyncio.to_thread(self._find_alike, clip, comparison)
        if job in self._editions:
            outcome = self._core.compared(job, place, comparison.session, alike, self._clock.now())
            self._drop(outcome)  # at once: a clip that comes now must not find the one on the disk
            self._do(outcome)

    def _find_alike(self, clip: ClipAccepted, comparison: Comparison) -> tuple[int, ...]:
        from swarm.coordinator.verification import find_alike  # loads NumPy, which a coordinator does without otherwise

        return find_alike(self._store, clip, comparison)
