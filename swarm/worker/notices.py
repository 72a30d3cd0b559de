"""The lines that a worker prints at times: how much it has spoken, how fast, and which slots rest."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from swarm.lease.message import Clip, Job
from swarm.lease.worker.download import Downloads
from swarm.lease.worker.slot import EngineSlot
from swarm.watch.text import bytes_text, count_text, duration_text, speed_text
from swarm.watch.words import files_text

NOTICE_INTERVAL_S = 60.0
MAX_TOLD = 1000  # jobs and notes that are remembered as told


@dataclass
class Notices:
    """Counts of what was spoken since the start, and what was last printed of them, and when."""

    sentences: int = 0
    audio_s: float = 0.0
    work_s: float = 0.0
    said: int = 0
    said_s: float = 0.0
    rests: dict[int, str] = field(default_factory=dict)  # the reason of each slot's rest

    def add(self, clip: Clip) -> None:
        """Count a clip that was spoken."""
        self.sentences += 1
        self.audio_s += clip.length_s
        self.work_s += clip.work_s

    def news(self, now: float) -> str:
        """Return a line at most once a minute; "" if nothing was spoken since the last one."""
        if self.sentences == self.said or now - self.said_s < NOTICE_INTERVAL_S:
            return ""
        return self.line(now)

    def line(self, now: float) -> str:
        """Return a line that tells how much was spoken so far."""
        self.said, self.said_s = self.sentences, now
        speed = f", {speed_text(self.audio_s / self.work_s)} real time a slot" if self.work_s else ""
        return f"spoke {count_text(self.sentences, 'sentence')} so far, {duration_text(self.audio_s)} of sound{speed}"

    def rest_news(self, slots: Iterable[EngineSlot], now: float) -> list[str]:
        """Return lines about the slots that rest now and did not before, and those that go on."""
        before, self.rests = self.rests, {slot.number: slot.rest_reason(now) for slot in slots}
        return rest_lines(before, self.rests)


@dataclass
class ToldOnce:
    """What the user was told already and need not read again, but for what was told long ago."""

    words: dict[str, None] = field(default_factory=dict)

    def is_news(self, words: str) -> bool:
        """Return whether these words were not told yet, and count them as told."""
        if words in self.words:
            return False
        self.words[words] = None
        if len(self.words) > MAX_TOLD:
            del self.words[next(iter(self.words))]
        return True


def introduction(job: Job, downloads: Downloads) -> Iterator[str]:
    """Yield what is told of a job that is new here."""
    yield f"speaking {job.title} with {job.recipe.engine}"
    if (files := job.job_files) and not downloads.has(files):
        size = bytes_text(sum(file.size for file in files))
        yield f"first fetching {files_text(file.name for file in files)}, {size}, if it is not here already"


def rest_lines(before: Mapping[int, str], after: Mapping[int, str]) -> list[str]:
    """Return lines about rests that began or ended. Both arguments map slots to the reason of their rest, or ""."""
    news = {slot: why for slot, why in after.items() if why != before.get(slot, "")}
    return [
        _line(why, [slot for slot in news if news[slot] == why], len(after)) for why in dict.fromkeys(news.values())
    ]


def _line(why: str, slots: list[int], total: int) -> str:
    if len(slots) == total:
        return f"resting: {why}" if why else "going on"
    named = ", ".join(map(str, slots))
    if len(slots) == 1:
        return f"slot {named} rests: {why}" if why else f"slot {named} resumes"
    return f"slots {named} rest: {why}" if why else f"slots {named} resume"
