"""How many lines a peer may have shown: what it makes a machine say does not fill its terminal or its log."""

from dataclasses import dataclass, field


@dataclass
class LineRation:
    """At most `most` lines at once, and one more each `line_s` seconds; `too_many` is said once in place of others."""

    most: int
    line_s: float
    too_many: str
    left: float = field(init=False)
    counted_s: float = 0.0
    is_told: bool = False

    def __post_init__(self) -> None:
        self.left = self.most

    def allow(self, line: str, now: float) -> str:
        """Return the line if it may be shown; else say once that too many come, then return ""."""
        self.left = min(self.most, self.left + (now - self.counted_s) / self.line_s)
        self.counted_s = now
        if self.left >= 1:
            self.left, self.is_told = self.left - 1, False
            return line
        was_told, self.is_told = self.is_told, True
        return "" if was_told else self.too_many
