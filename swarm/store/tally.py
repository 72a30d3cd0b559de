"""What a process has committed to its store since it began, for metrics. Nothing depends on it."""

from collections.abc import Iterable

from msgspec import Struct

from swarm.job.record import AnyRecord, ClipAccepted


class Tally(Struct):
    """Counts that only grow."""

    commits: int = 0  # transactions of journals
    clips: int = 0  # clips that were spoken
    clip_bytes: int = 0
    sound_s: float = 0.0
    work_s: float = 0.0  # seconds that engines spent on the clips
    retakes: int = 0  # takes beyond the first of each clip

    def commit(self, records: Iterable[AnyRecord]) -> None:
        """Count one commit."""
        self.commits += 1
        for record in records:
            if isinstance(record, ClipAccepted) and not record.reused:
                self.clips += 1
                self.clip_bytes += record.bytes
                self.sound_s += record.length_s
                self.work_s += record.work_s
                self.retakes += max(0, record.takes - 1)
