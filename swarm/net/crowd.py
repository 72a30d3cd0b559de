"""The order in which announced names are looked at: a flood of announcements hides none for ever. Pure.

A name from before the flood is among the oldest, a name that comes after it among the newest. A name that was looked
at in vain comes again in a turn of its own. Names that proved themselves once come first.
"""

from collections import OrderedDict

MAX_NAMES = 4096  # more names push out those that are neither old nor new
TURNS = ("oldest", "newest", "again")


class Crowd:
    """The names that wait to be looked at."""

    def __init__(self, most: int = MAX_NAMES) -> None:
        self._most = most
        self._first: OrderedDict[str, None] = OrderedDict()
        self._fresh: OrderedDict[str, None] = OrderedDict()
        self._again: OrderedDict[str, None] = OrderedDict()
        self._turn = 0

    def __len__(self) -> int:
        return len(self._first) + len(self._fresh) + len(self._again)

    def add(self, name: str, *, first: bool = False) -> None:
        """Let a name wait that was announced; one that waits already keeps its place."""
        if name in self._first or name in self._fresh or name in self._again:
            return
        if first:
            self._first[name] = None
            return
        self._fresh[name] = None
        if len(self._fresh) > self._most:
            del self._fresh[list(self._fresh)[self._most // 2]]

    def again(self, name: str) -> None:
        """Let a name wait that was looked at in vain."""
        self._again[name] = None
        if len(self._again) > self._most:
            self._again.popitem(last=False)

    def drop(self, name: str) -> None:
        """Forget a name whose announcement is gone."""
        for names in (self._first, self._fresh, self._again):
            names.pop(name, None)

    def take(self) -> str | None:
        """Return the name whose turn it is, which waits no longer; None if no name waits."""
        if self._first:
            return self._first.popitem(last=False)[0]
        for _ in TURNS:
            turn = TURNS[self._turn]
            self._turn = (self._turn + 1) % len(TURNS)
            names = self._again if turn == "again" else self._fresh
            if names:
                return names.popitem(last=turn == "newest")[0]
        return None
