"""One job's sound: its reels are encoded as their clips come, and put together in reading order."""

import asyncio
import hashlib
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path

from swarm.audio.order import AudiobookOrder, FinishedBook, Mark, ReelClip, ReelOrder
from swarm.audio.reel import Reel, plan_reels
from swarm.audio.reel_file import ReelDamaged
from swarm.audio.studio import Studio
from swarm.book.model import Pause
from swarm.errors import EnvironmentFault
from swarm.lease.job import JobState, Place
from swarm.lease.record import ClipAccepted
from swarm.node.store import Store
from swarm.voice.language import long_code

GUESSED_S_A_CHARACTER = 0.075
MOST_ASSEMBLIES = 5

Damaged = Callable[[Place, str], None]


class Press:
    """Watches a job's places and turns finished stretches into the audiobook at `target`.

    `damaged` is called for an accepted clip that cannot be decoded; its place comes again.
    """

    def __init__(self, state: JobState, store: Store, studio: Studio, target: Path, damaged: Damaged) -> None:
        self._state = state
        self._store = store
        self._studio = studio
        self._target = target
        self.part = target.with_name(f".{target.name}.part")  # where it grows
        self._damaged = damaged
        self._reels = [reel for n, chapter in enumerate(state.facts.chapters) for reel in plan_reels(n, chapter)]
        self._starts = [(reel.chapter, reel.first) for reel in self._reels]
        self._changed = [asyncio.Event() for _ in self._reels]
        self._stored: set[Place] = set()  # an accepted clip is on the disk only once it was noticed

    def notice(self, place: Place) -> None:
        """What became of a place is on the disk now: see whether its reel can be encoded."""
        if place in self._state.accepted:
            self._stored.add(place)
        self._changed[bisect_right(self._starts, place) - 1].set()
        if self._state.complete:  # reels with gaps wait until nothing can fill them any more
            for event in self._changed:
                event.set()

    async def run(self) -> FinishedBook:
        """Encode and put together everything. Raises StoreError and EnvironmentFault."""
        self._stored |= self._state.accepted.keys()  # by earlier runs
        for torn in self._folder().glob("*.part"):  # by an encoder that died
            torn.unlink(missing_ok=True)
        async with asyncio.TaskGroup() as group:
            encoded = [group.create_task(self._encode(number)) for number in range(len(self._reels))]
            book = group.create_task(self._assemble(encoded))
        return book.result()

    async def _assemble(self, encoded: list["asyncio.Task[Path]"]) -> FinishedBook:
        await encoded[0]  # by then the sample rate is known
        for _ in range(MOST_ASSEMBLIES):
            try:
                await self._studio.begin(self._order())
                for task in encoded:
                    await self._studio.append(await task)
                return await self._studio.finish(self._marks(), self._target)
            except ReelDamaged as damage:  # on the disk, since it was encoded: once more
                number = next(n for n, task in enumerate(encoded) if task.done() and task.result() == damage.path)
                damage.path.unlink(missing_ok=True)
                encoded[number] = asyncio.create_task(self._encode(number))
        raise EnvironmentFault(f"{self._folder()} keeps losing what is written there: check its disk.")

    async def _encode(self, number: int) -> Path:
        """Wait until a reel's clips are there, then encode it, until all of them proved good."""
        reel, changed = self._reels[number], self._changed[number]
        while True:
            while not self._ready(reel):
                await changed.wait()
                changed.clear()
            order = self._reel_order(reel)
            if order.target.exists():  # from an earlier run; checked when it is appended
                return order.target
            done = await self._studio.encode(order)
            if not done.faults:
                return done.path
            for position, why in done.faults:
                place = (reel.chapter, reel.first + position)
                self._stored.discard(place)
                self._damaged(place, why)

    def _ready(self, reel: Reel) -> bool:
        places = [(reel.chapter, index) for index in range(reel.first, reel.end)]
        missing = [place for place in places if place not in self._stored]
        return not missing or (self._state.complete and not any(place in self._state.accepted for place in missing))

    def _reel_order(self, reel: Reel) -> ReelOrder:
        segments = self._state.facts.chapters[reel.chapter].segments[reel.first : reel.end]
        records = [self._state.accepted.get((reel.chapter, index)) for index in range(reel.first, reel.end)]
        pauses = tuple(segment.pause for segment in segments)
        gain_db = self._state.gain_db or 0.0
        return ReelOrder(
            clips=tuple(self._clip(record) for record in records),
            pauses=pauses,
            sample_rate=self._sample_rate(),
            gain_db=gain_db,
            target=self._folder() / f"{reel.chapter:05}-{reel.first:05}-{_digest(records, pauses, gain_db)}.reel",
        )

    def _clip(self, record: ClipAccepted | None) -> ReelClip | None:
        return None if record is None else ReelClip(self._store.clip_path(record.key), record.digest, record.samples)

    def _folder(self) -> Path:
        return self._store.folder(self._state.job) / "reels"

    def _sample_rate(self) -> int:
        return self._state.sample_rate or 24000  # nothing was spoken: there is only silence to encode

    def _order(self) -> AudiobookOrder:
        book, chapters = self._state.facts.book, self._state.facts.chapters
        characters = sum(len(segment.text) for chapter in chapters for segment in chapter.segments)
        return AudiobookOrder(
            part=self.part,
            sample_rate=self._sample_rate(),
            title=book.title,
            authors=book.authors,
            year=book.year,
            language=long_code(self._state.facts.recipe.language),
            description=book.description,
            cover=book.cover.data if book.cover else None,
            chapters=len(chapters),
            expected_s=characters * GUESSED_S_A_CHARACTER,
        )

    def _marks(self) -> tuple[Mark, ...]:
        first_reels = [number for number, (_, first) in enumerate(self._starts) if first == 0]
        titles = [chapter.title for chapter in self._state.facts.chapters]
        return tuple(Mark(title, number) for title, number in zip(titles, first_reels, strict=True))


def _digest(records: list[ClipAccepted | None], pauses: tuple[Pause, ...], gain_db: float) -> str:
    """A reel's name says what it was made of, so that an old one is never taken for it."""
    made_of = ([record and record.digest for record in records], pauses, round(gain_db, 3))
    return hashlib.sha256(repr(made_of).encode()).hexdigest()[:16]
