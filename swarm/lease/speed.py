"""How fast a slot speaks under a recipe: a running estimate that forgets."""

from dataclasses import dataclass

_KEEP = 0.85  # weight of the past at each clip: about the last seven decide


@dataclass
class Speed:
    """Characters and audio seconds a second of work, weighted towards the latest clips."""

    characters: float = 0.0
    audio_s: float = 0.0
    work_s: float = 0.0
    clips: int = 0

    def add(self, characters: int, audio_s: float, work_s: float) -> None:
        """Count one clip."""
        self.characters = self.characters * _KEEP + characters
        self.audio_s = self.audio_s * _KEEP + audio_s
        self.work_s = self.work_s * _KEEP + max(work_s, 1e-6)
        self.clips += 1

    @property
    def chars_s(self) -> float | None:
        """Characters a second; None while nothing is known."""
        return self.characters / self.work_s if self.work_s else None

    @property
    def realtime(self) -> float:
        """Seconds of audio a second of work; 0 while nothing is known."""
        return self.audio_s / self.work_s if self.work_s else 0.0
