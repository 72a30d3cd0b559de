"""Bounds on wrong passwords: each address and all together have so many attempts, and wait after that. Pure."""

PER_ADDRESS = 5  # wrong passwords of one address within the time
IN_ALL = 60
FORGOTTEN_S = 300.0


class Attempts:
    """The wrong passwords of the last minutes."""

    def __init__(self) -> None:
        self._wrong: dict[str, list[float]] = {}

    def wait_s(self, address: str, now: float) -> float:
        """Return the seconds until an address may try again; 0 if it may at once."""
        self._forget(now)
        own = self._wrong.get(address, [])
        everyone = sorted(time for times in self._wrong.values() for time in times)
        waits = [own[-PER_ADDRESS] + FORGOTTEN_S - now] if len(own) >= PER_ADDRESS else []
        waits += [everyone[-IN_ALL] + FORGOTTEN_S - now] if len(everyone) >= IN_ALL else []
        return max(waits, default=0.0)

    def note_wrong(self, address: str, now: float) -> None:
        """Take in a wrong password."""
        self._wrong.setdefault(address, []).append(now)

    def note_right(self, address: str) -> None:
        """Take in the right password: its user may have mistyped it before."""
        self._wrong.pop(address, None)

    def _forget(self, now: float) -> None:
        since = now - FORGOTTEN_S
        kept = {address: [time for time in times if time > since] for address, times in self._wrong.items()}
        self._wrong = {address: times for address, times in kept.items() if times}
