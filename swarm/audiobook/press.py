"""Encodes the reels of one job as their clips come, and puts them together in reading order."""

import asyncio
import glob
import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path

from msgspec import structs

from swarm.audiobook.sound.format import Coding, head_samples
from swarm.audiobook.sound.reel import (
    Cue,
    Reel,
    ReelTimes,
    Volume,
    by_chapter,
    by_length,
    cues,
    plan_reels,
    time_reel,
    volume_marks,
    volume_name,
)
from swarm.audiobook.sound.reel_file import ReelDamaged
from swarm.audiobook.sound.studio import Binder, Studio
from swarm.audiobook.sound.studio_request import AudiobookDone, AudiobookRequest, ReelClip, ReelDone, ReelRequest
from swarm.audiobook.sound.tags import Tags
from swarm.audiobook.style import CHAPTER_SPLIT, Style
from swarm.errors import EnvironmentFault
from swarm.job.record import ClipAccepted, GainFixed
from swarm.job.state import JobState, Place
from swarm.job.store.store import DiskStore
from swarm.system.machine import machine_name

EXPECTED_CHARACTER_S = 0.075  # a guess of the speech for a character; it sets the room for a file's index
MAX_REEL_LOSSES = 5  # times that one reel is encoded again
REEL_FORMAT = 7  # raise it to have all reels encoded again: each reel's name contains it

MEASURED_S = 120.0  # speech of this length is within a few tenths of a LU of the whole book
# Once this much is spoken, the gain is measured without the places that are set aside so far.
MAX_WAIT_FOR_START_S = 10 * MEASURED_S

Damaged = Callable[[Place, str], None]
Measured = Callable[[GainFixed], None]
Written = Callable[[AudiobookDone], None]
MayFinish = Callable[[], Awaitable[None]]
Maker = Callable[[Reel, ReelRequest], Awaitable[ReelDone]]


async def at_once() -> None:
    """Wait for nothing."""


class Press:
    """Follows a job's places and turns finished stretches into the audiobook at `target`.

    `damaged` is called for an accepted clip that cannot be decoded; its place is noticed again once it has a new clip.
    `measured` is called once in the life of a job for each level, with the gain that its voice needs. If the style
    keeps chapters, each gets its own file too, as soon as it is finished. `written` is called for each finished file,
    and `may_finish` awaited before each. `maker` makes the reels, of the studio or of workers.
    """

    def __init__(
        self,
        state: JobState,
        store: DiskStore,
        studio: Studio,
        target: Path,
        style: Style,
        damaged: Damaged,
        measured: Measured,
        written: Written = lambda book: None,
        may_finish: MayFinish = at_once,
        maker: Maker | None = None,
    ) -> None:
        self._maker = maker or (lambda reel, request: studio.encode_reel(state.job, request))
        self._state = state
        self._store = store
        self._studio = studio
        self._target = target
        self._style = style
        self.parts: list[Path] = []
        self.bound: list[tuple[Volume, AudiobookDone]] = []  # the finished files
        self._damaged = damaged
        self._measured = measured
        self._written = written
        self._may_finish = may_finish
        self.used: set[Path] = set()  # reels of the finished files
        self.spared: set[Path] = set()  # reels that another press needs
        self.all_at_once = False  # whether no file is written before everything is spoken
        self._starting = asyncio.Lock()
        self._noticed = asyncio.Event()  # a place was noticed
        self._gain_known = asyncio.Event()
        self._titles = [chapter.title for chapter in state.spec.chapters]
        self._reels = [reel for n, chapter in enumerate(state.spec.chapters) for reel in plan_reels(n, chapter)]
        self._starts = [(reel.chapter, reel.first) for reel in self._reels]
        self._changed = [asyncio.Event() for _ in self._reels]
        self._encoded: list[asyncio.Task[Path]] = []
        self._remade = Counter[int]()  # how often each reel was encoded again
        self._begun: dict[Volume, list[int]] = {}  # how often the reels of a file had been when it was begun
        self._stored: set[Place] = set()  # places whose accepted clips are on the disk
        self._gaps: set[Place] = set()  # places whose quarantine is on the disk

    @property
    def encoded(self) -> float:
        """The share of the reels that are encoded."""
        return sum(task.done() for task in self._encoded) / max(1, len(self._encoded))

    def notice_place(self, place: Place) -> None:
        """Take notice that the outcome of a place is on the disk, and wake the encoder of its reel."""
        if place in self._state.accepted:
            self._stored.add(place)
        else:
            self._gaps.add(place)
        self._noticed.set()
        self._changed[bisect_right(self._starts, place) - 1].set()
        if self._state.complete:  # reels with gaps waited until nothing could fill them
            for event in self._changed:
                event.set()

    async def make_files(self) -> tuple[AudiobookDone, ...]:
        """Encode and put together everything. Raises StoreError and EnvironmentFault."""
        self._stored |= self._state.accepted.keys()  # clips of earlier runs
        self._gaps |= self._state.quarantined.keys()
        for torn in self._folder().glob("*.part"):  # left by an encoder that died
            torn.unlink(missing_ok=True)
        beside = f".{glob.escape(self._target.name.rpartition('.')[0])}.*.{self._mark}.part"
        for torn in self._target.parent.glob(beside):  # a file in another format, of a run that was killed
            torn.unlink(missing_ok=True)
        async with asyncio.TaskGroup() as self._group:
            group = self._group
            encoded = self._encoded = [group.create_task(self._encode(number)) for number in range(len(self._reels))]
            books = group.create_task(self._assemble(encoded))
            group.create_task(self._fix_gain())
            volumes = by_chapter(self._reels, self._titles) if self._style.keep_chapters else []
            kept = [group.create_task(self._keep(volume, encoded)) for volume in volumes]
        self.bound += [task.result() for task in kept]
        await self._bind_again(encoded)
        self.used |= {task.result() for task in encoded}
        # The other reels are of other styles, or of clips that were replaced.
        for path in set(self._folder().glob("*.reel")) - self.used - self.spared:
            path.unlink(missing_ok=True)
        return tuple(book for _, book in self.bound[: len(books.result())])

    async def _assemble(self, encoded: list["asyncio.Task[Path]"]) -> tuple[AudiobookDone, ...]:
        await (asyncio.wait(encoded) if self.all_at_once else encoded[0])  # the sample rate is known then
        for volume in await self._volumes(encoded):
            self.bound.append((volume, await self._bind(volume, encoded)))
        return tuple(book for _, book in self.bound)

    async def _keep(self, volume: Volume, encoded: list["asyncio.Task[Path]"]) -> tuple[Volume, AudiobookDone]:
        """Write the file of one chapter once all its reels are there, even if chapters before it are not finished."""
        await asyncio.wait(encoded if self.all_at_once else encoded[volume.first : volume.end])
        return volume, await self._bind(volume, encoded)

    async def _bind_again(self, encoded: list["asyncio.Task[Path]"]) -> None:
        """Put the files together once more that were finished with reels which were not to be trusted."""
        async with asyncio.TaskGroup() as self._group:
            for place, (volume, _) in enumerate(self.bound):
                if self._is_outdated(volume):
                    self.bound[place] = volume, await self._bind(volume, encoded)

    def _remakes(self, volume: Volume) -> list[int]:
        return [self._remade[number] for number in range(volume.first, volume.end)]

    def _is_outdated(self, volume: Volume) -> bool:
        return self._begun[volume] != self._remakes(volume)

    def distrust(self, worker: str) -> None:
        """Encode all reels again that a worker may have encoded: those of its clips alone."""
        for number in range(len(self._encoded)):
            by = {record.worker for record in self._records(self._reels[number]) if record}
            if by == {worker}:
                self._make_again(number)

    def reopen(self, place: Place) -> None:
        """Wait for another clip of a place, and encode its reel again."""
        self._stored.discard(place)
        if self._encoded:
            self._make_again(bisect_right(self._starts, place) - 1)

    def _make_again(self, number: int) -> None:
        task = self._encoded[number]
        if task.done() and not task.cancelled() and not task.exception():
            task.result().unlink(missing_ok=True)
            self._remade[number] += 1
            self._encoded[number] = self._group.create_task(self._encode(number))

    async def _volumes(self, encoded: Sequence["asyncio.Task[Path]"]) -> list[Volume]:
        split = self._style.split
        if not split:
            return [Volume(0, len(self._reels))]
        if split == CHAPTER_SPLIT:
            return by_chapter(self._reels, self._titles)
        await asyncio.wait(encoded)  # lengths are known then
        lengths_s = [self._times(reel).length_s for reel in self._reels]
        max_s = 3600 * float(split.removesuffix("h")) - self._start_s
        return by_length(self._reels, lengths_s, max_s, self._style.part_form)

    async def _bind(self, volume: Volume, encoded: list["asyncio.Task[Path]"]) -> AudiobookDone:
        """Put one file together once its first reel is there. Raises EnvironmentFault."""
        await encoded[volume.first]
        whole = asyncio.ensure_future(asyncio.wait(encoded[volume.first : volume.end]))
        try:
            async with self._studio.binder(whole) as binder:
                book = await self._bind_with(binder, volume, encoded)
        finally:
            whole.cancel()
        self._written(book)
        return book

    async def _bind_with(self, binder: Binder, volume: Volume, encoded: list["asyncio.Task[Path]"]) -> AudiobookDone:
        """Put one file together, encoding damaged reels again. Raises EnvironmentFault."""
        start = await self._start_reel()
        marks = volume_marks(volume, self._reels, self._titles, shift=1 if start else 0)
        target = self._volume_path(volume)
        request = self._request(volume, target, tuple(mark.title for mark in marks))
        self.parts.append(request.part)
        number, losses = volume.first, Counter[Path]()
        while True:
            try:
                if number == volume.first:
                    self._begun[volume] = self._remakes(volume)
                    await binder.begin_file(request)
                    if start:
                        await binder.append_reel(start)
                while number < volume.end:
                    await binder.append_reel(await encoded[number])
                    number += 1
                if self._is_outdated(volume):
                    number = volume.first
                    continue
                await self._may_finish()
                return await binder.finish_file(marks, target)
            except ReelDamaged as damage:  # on the disk, after it was encoded
                losses[damage.path] += 1
                if losses[damage.path] == MAX_REEL_LOSSES:
                    raise EnvironmentFault(f"{damage.path} keeps being lost: check its disk.") from damage
                if damage.path == start:
                    start.unlink(missing_ok=True)
                    start = await self._start_reel()
                if self._encode_again(damage.path, encoded) != number:
                    number = volume.first  # an earlier reel: the file has to be started again

    async def _start_reel(self) -> Path | None:
        """Return the reel of silence that each file begins with, encoded if it is not there; None if there is none."""
        start_s = self._style.start_s
        if not start_s:
            return None
        target = self._folder() / f"start-{_digest([None], start_s, self._coding())}.reel"
        self.used.add(target)
        async with self._starting:  # files that are written at the same time share it
            if not target.exists():
                silence = structs.replace(self._sound_request([None], [start_s]), target=target)
                await self._studio.encode_reel(self._state.job, silence)
        return target

    @property
    def _start_s(self) -> float:
        """The seconds of the reel that each file begins with."""
        start_s = self._style.start_s
        return time_reel([0], [start_s], self._sample_rate(), self._coding()).length_s if start_s else 0.0

    def _encode_again(self, damaged: Path, encoded: list["asyncio.Task[Path]"]) -> int | None:
        """Encode a damaged reel again and return its number; None if that is under way for another file."""
        for number, task in enumerate(encoded):
            if task.done() and task.result() == damaged:
                damaged.unlink(missing_ok=True)
                encoded[number] = self._group.create_task(self._encode(number))
                return number
        return None

    async def _fix_gain(self) -> None:
        """Measure the voice by the first minutes of the book, if that was not done before and a level is asked for."""
        while self._level not in self._state.gains_db and self._style.level.target_lufs is not None:
            places = self._first_minutes()
            if places is None:
                await self._noticed.wait()
                self._noticed.clear()
                continue
            found = await self._studio.measure_gain(self._state.job, self._measuring_request(places))
            if found.faults:
                self._report([(places[position], why) for position, why in found.faults])
                continue
            self._measured(GainFixed(found.gain_db, self._level, found.heard_lufs))
        self._gain_known.set()

    def _report(self, faults: Iterable[tuple[Place, str]]) -> None:
        """Have the places of damaged clips spoken again."""
        for place, why in faults:
            if place in self._stored:  # a reel may have reported it meanwhile
                self._stored.discard(place)
                self._damaged(place, why)

    def _first_minutes(self) -> list[Place] | None:
        """Return the places of the clips to measure, in reading order; None while there are too few.

        Only a place that is set aside is passed over, so it does not matter which clip reaches the disk first.
        """
        places, heard_s = list[Place](), 0.0
        patient = self._state.audio_s < MAX_WAIT_FOR_START_S and not self._state.complete
        for number, chapter in enumerate(self._state.spec.chapters):
            for place in ((number, index) for index in range(len(chapter.segments))):
                record = self._state.accepted.get(place) if place in self._stored else None
                if record is None:
                    if patient or place not in self._gaps or place not in self._state.quarantined:
                        return None
                    continue
                places.append(place)
                heard_s += record.length_s
                if heard_s >= MEASURED_S:
                    return places
        return places if self._state.complete else None

    def _measuring_request(self, places: Sequence[Place]) -> ReelRequest:
        chapters = self._state.spec.chapters
        clips = [self._clip(self._state.accepted[place]) for place in places]
        return self._sound_request(
            clips, [self._style.pause_after_s(chapters[n].segments[i], (n, i)) for n, i in places]
        )

    def _sound_request(self, clips: Sequence[ReelClip | None], pauses_s: Sequence[float]) -> ReelRequest:
        rate, level = self._sample_rate(), self._style.level
        return ReelRequest(tuple(clips), tuple(pauses_s), rate, 0.0, Path(), self._coding(), level)

    async def _encode(self, number: int) -> Path:
        """Wait for a reel's clips and encode it; if some are damaged, wait for new ones and try again."""
        reel, changed = self._reels[number], self._changed[number]
        await self._gain_known.wait()
        while True:
            while not self._ready(reel):
                await changed.wait()
                changed.clear()
            request = self._reel_request(reel)
            if request.target.exists():  # an earlier run made it; it is checked when it is appended
                return request.target
            done = await self._maker(reel, request)
            if not done.faults and self._reel_request(reel).target == request.target:  # else a clip was replaced
                return done.path
            self._report([((reel.chapter, reel.first + position), why) for position, why in done.faults])

    def _ready(self, reel: Reel) -> bool:
        places = [(reel.chapter, index) for index in range(reel.first, reel.end)]
        missing = [place for place in places if place not in self._stored]
        return not missing or (self._state.complete and self._gaps.issuperset(missing))

    def _reel_request(self, reel: Reel) -> ReelRequest:
        records, pauses_s = self._records(reel), self._pauses_s(reel)
        gain_db = self._state.gains_db.get(self._level, 0.0)
        digest = _digest(records, pauses_s, gain_db, self._style.level, self._coding())
        target = self._folder() / f"{reel.chapter:05}-{reel.first:05}-{digest}.reel"
        request = self._sound_request([self._clip(record) for record in records], pauses_s)
        return structs.replace(request, gain_db=gain_db, target=target)

    def _records(self, reel: Reel) -> list[ClipAccepted | None]:
        return [self._state.accepted.get((reel.chapter, index)) for index in range(reel.first, reel.end)]

    def _pauses_s(self, reel: Reel) -> tuple[float, ...]:
        segments = self._state.spec.chapters[reel.chapter].segments
        places = range(reel.first, reel.end)
        return tuple(self._style.pause_after_s(segments[index], (reel.chapter, index)) for index in places)

    def _times(self, reel: Reel) -> ReelTimes:
        """Return the times of a reel's clips, known from their lengths."""
        samples = [record.samples if record else 0 for record in self._records(reel)]
        return time_reel(samples, self._pauses_s(reel), self._sample_rate(), self._coding())

    def cues(self, volume: Volume) -> list[Cue]:
        """Return when each place of a file is heard; exact once all its clips are there."""
        reels, coding = self._reels[volume.first : volume.end], self._coding()
        begin_s = head_samples(self._style.format.family, coding) / coding.sample_rate + self._start_s
        return cues(reels, [self._times(reel) for reel in reels], begin_s)

    def _clip(self, record: ClipAccepted | None) -> ReelClip | None:
        return None if record is None else ReelClip(self._store.clip_path(record.key, self._state.job), record.info)

    def _folder(self) -> Path:
        return self._store.folder(self._state.job) / "reels"

    @property
    def _mark(self) -> str:
        """A mark in the names of unfinished files, of this job and state folder alone: others may write beside them."""
        whose = f"{machine_name()}/{self._store.folder(self._state.job).absolute()}"
        return hashlib.sha256(whose.encode(errors="replace")).hexdigest()[:8]

    @property
    def _level(self) -> str:
        return f"{self._style.level.target_lufs}/{self._style.level.peak_db}/{self._style.format.codec}"

    def _sample_rate(self) -> int:
        return self._state.sample_rate or 24000  # nothing was spoken, so there is only silence to encode

    def _coding(self) -> Coding:
        return self._style.coding(self._sample_rate())

    def _volume_path(self, volume: Volume) -> Path:
        if not volume.number:
            return self._target
        folder = self._target.with_name(self._target.name.rpartition(".")[0])
        return folder / volume_name(volume, self._style.tags.title, self._style.output_format)

    def tags(self, volume: Volume) -> Tags:
        """Return the tags of one file."""
        if not volume.number:
            return self._style.tags
        return structs.replace(self._style.tags, part_title=volume.title, part=volume.number, parts=volume.count)

    def _request(self, volume: Volume, target: Path, titles: tuple[str, ...]) -> AudiobookRequest:
        chapters = {reel.chapter for reel in self._reels[volume.first : volume.end]}
        characters = sum(len(segment.spoken) for n in chapters for segment in self._state.spec.chapters[n].segments)
        return AudiobookRequest(
            part=target.with_name(f".{target.name}.{self._mark}.part"),
            tags=self.tags(volume),
            family=self._style.format.family,
            coding=self._coding(),
            cover=self._style.cover,
            titles=titles,
            expected_s=characters * EXPECTED_CHARACTER_S,
        )


def _digest(records: Sequence[ClipAccepted | None], *settings: object) -> str:
    """Return a digest of everything a reel is made of, so that an outdated reel is never used."""
    made_of = (REEL_FORMAT, [record and record.digest for record in records], settings)
    return hashlib.sha256(repr(made_of).encode()).hexdigest()[:16]
