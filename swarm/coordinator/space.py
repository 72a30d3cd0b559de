"""An estimate, before a book is spoken, of the room that it takes: no disk should be full in the middle of the night.

All constants of the estimate are here, each with what it was measured on.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from swarm.edition.read_along import sound_style
from swarm.edition.style import Style
from swarm.errors import EnvironmentFault
from swarm.job.state import JobState
from swarm.store.usage import size_of
from swarm.system.platform import disk_of, free_bytes
from swarm.voice.host.registry import estimate_s
from swarm.watch.text import bytes_text

# FLAC keeps 0.55 of hibari's 16-bit samples, 0.58 of espeak's, measured on The Yellow Wallpaper.
FLAC_SHARE = 0.57
VOICE_RATE = 24_000  # Hz, of nearly all voices; the true rate is known after one sentence
EVERY_CLIP_BYTES = 4096  # a half-empty last block, and its rows in the journal
# Pace and FLAC come out within a fifth of the estimate with the voices at hand; another voice may be a third slower.
# So there is certainly too little room only where half of it does not fit.
MAX_WRONG = 2.0
WARN_SHARE = 1.2
# A book that takes less is spoken in a minute or two: trying is the better estimate.
MIN_BYTES = 50_000_000


@dataclass
class Need:
    """Bytes that will be written, by disk; `files` of them are the audiobook's, `folders` names the places."""

    bytes: dict[object, float] = field(default_factory=dict)
    folders: dict[object, Path] = field(default_factory=dict)
    files: float = 0.0

    def add(self, folder: Path, size: float) -> None:
        """Add so many bytes to the need of an existing folder."""
        disk = disk_of(folder)
        self.bytes[disk] = self.bytes.get(disk, 0.0) + size
        self.folders.setdefault(disk, folder)


def clip_bytes(state: JobState) -> float:
    """Estimate the bytes of the clips that are still to be spoken."""
    left = [
        len(segment.spoken)
        for number, chapter in enumerate(state.spec.chapters)
        for index, segment in enumerate(chapter.segments)
        if (number, index) not in state.accepted
    ]
    rate = state.sample_rate or VOICE_RATE
    return estimate_s(state.spec.recipe, sum(left)) * rate * 2 * FLAC_SHARE + len(left) * EVERY_CLIP_BYTES


def file_bytes(state: JobState, style: Style) -> tuple[float, float]:
    """Estimate the bytes of the reels, and of the audiobook's files."""
    segments = [segment for chapter in state.spec.chapters for segment in chapter.segments]
    seconds = estimate_s(state.spec.recipe, sum(len(segment.spoken) for segment in segments))
    seconds += sum(style.pause_s(segment.pause) for segment in segments)
    coding = style.coding(state.sample_rate or VOICE_RATE)
    samples = seconds * coding.sample_rate * coding.channels * 2
    reels = seconds * coding.bitrate / 8 or samples * FLAC_SHARE
    whole = samples if style.format.family == "wav" else reels
    return reels, whole * (2 if style.keep_chapters else 1)


def book_need(state: JobState, style: Style, folder: Path, job: Path, state_dir: Path) -> Need:
    """Estimate the room for a book: its files in `folder`, the rest in the state folder; `job` has what exists."""
    reels, files = file_bytes(state, style)
    encoded = 0 if state.finished else size_of(job / "reels")
    need = Need(files=files)
    need.add(state_dir, clip_bytes(state) + max(0.0, reels - encoded))
    need.add(folder, files)
    if style.read_along:
        sound = sound_style(style)
        more_reels, sounds = file_bytes(state, sound)
        need.add(state_dir, sounds + (0 if sound.format.codec == style.format.codec else more_reels))
        need.add(folder, sounds)
        need.files += sounds
    return need


def check_space(needs: Iterable[Need]) -> list[str]:
    """Return warnings where room may run out on a disk. Raises EnvironmentFault where it certainly does."""
    total = Need()
    for need in needs:
        for disk, size in need.bytes.items():
            total.add(need.folders[disk], size)
    notes = [judge(folder, total.bytes[disk], free_bytes(folder)) for disk, folder in total.folders.items()]
    return [note for note in notes if note]


def judge(where: Path | str, size: float, free: int | None) -> str:
    """Return a warning if so many bytes may not fit into a place; "" if they do. Raises EnvironmentFault."""
    if free is None or size < MIN_BYTES or free > size * WARN_SHARE:
        return ""
    spec = f"about {bytes_text(round(size))} will be written to {where}, where {bytes_text(free)} are free"
    if free < size / MAX_WRONG:
        raise EnvironmentFault(
            f"There is too little room: {spec}. Free some (`e2a-swarm jobs` shows what old jobs hold), or name "
            "another folder with --output-dir or --state-dir."
        )
    return f"room may run out: {spec}"
