"""What users of the swarm want of this machine for the time being. Its owner's limits hold besides."""

from collections.abc import Callable

from swarm.lease.order import Instruct


class StandingOrders:
    """The last order of each kind, until the worker ends: starting it again overrules all."""

    def __init__(self, *, obeys: bool = True) -> None:
        self._obeys = obeys
        self._paused_by: str | None = None
        self._limit: tuple[int, str] | None = None  # slots, and who said so

    def take(self, order: Instruct, leave: Callable[[], object]) -> str:
        """Take in an order, and `leave` the swarm if it says so; return a line for this machine's owner."""
        who = order.by or "another machine"
        if not self._obeys:
            return f"{who} wants this machine to {order.action}; it does not, because of --no-orders"
        match order.action:
            case "pause":
                self._paused_by = who
                return f"paused from {who}; `e2a-swarm resume` or a new start lets it go on"
            case "resume":
                self._paused_by = self._limit = None
                return f"goes on, as {who} wants"
            case "limit":
                self._limit = order.count, who
                return f"speaks with {order.count} of its slots at most, as {who} wants"
            case "drain":
                leave()
                return f"finishes its sentences and leaves, as {who} wants"
            case other:
                return f"{who} wants this machine to {other}, which it does not know"

    def reasons(self, slots: int) -> list[str]:
        """Return why each slot has to rest; "" if it may work."""
        paused = f"paused from {self._paused_by}" if self._paused_by is not None else ""
        most, who = self._limit or (slots, "")
        return [paused or (f"limited to {most} slots from {who}" if slot >= most else "") for slot in range(slots)]
