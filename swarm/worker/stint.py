"""When a worker leaves by itself: a machine that is rented ends before it is taken away, and does not wait for work."""

from swarm.watch.text import duration_text

LAST_S = 60.0  # nothing new is begun so shortly before the end, so that the sentences under way are finished
LAST_SHARE = 0.1  # a short stint has this share of its time in place of LAST_S


class Stint:
    """How long a worker stays: `for_s` seconds in all, and `idle_s` seconds without work; None: without end."""

    def __init__(self, for_s: float | None, idle_s: float | None, now: float) -> None:
        self._for_s, self._idle_s = for_s, idle_s
        self._began_s = self._worked_s = now

    @property
    def is_endless(self) -> bool:
        """Whether this worker stays until it is stopped."""
        return self._for_s is None and self._idle_s is None

    def over(self, *, working: bool, now: float) -> str:
        """Take in whether the worker is working; return why it should leave, "" if it should stay."""
        if working:
            self._worked_s = now
        if self._for_s is not None and now - self._began_s >= self._for_s - min(LAST_S, LAST_SHARE * self._for_s):
            return f"its {duration_text(self._for_s)} (--for) are nearly over"
        if self._idle_s is not None and now - self._worked_s >= self._idle_s:
            return f"there was no work for {duration_text(self._idle_s)} (--exit-when-idle)"
        return ""
