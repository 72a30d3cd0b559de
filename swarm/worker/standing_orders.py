"""What users of the swarm want of this machine for the time being. Its owner's limits hold besides."""

from collections.abc import Callable

from swarm.lease.order import Instruct
from swarm.lease.reason import PAUSED_FROM
from swarm.watch.text import count_text
from swarm.worker.standby_switch import StandbySwitch


class StandingOrders:
    """The last order of each kind, until the worker ends: starting it again overrules all."""

    def __init__(self, *, obeys: bool = True, switch: StandbySwitch | None = None) -> None:
        """`switch`: of the copies of books, where there may be some."""
        self._obeys, self.switch = obeys, switch
        self._paused_by: str | None = None
        self._limit: tuple[int, str] | None = None  # the number of slots, and who set it

    def take(self, order: Instruct, leave: Callable[[], object]) -> str:
        """Take in an order, and `leave` the swarm if it says so; return a line for this machine's owner."""
        who = order.by or "another machine"
        if not self._obeys:
            return f"{who} wants this machine to {order.action}; it does not, because of --no-orders"
        match order.action:
            case "pause":
                self._paused_by = who
                return f"{PAUSED_FROM} {who}; `e2a-swarm resume` or a new start lets it go on"
            case "resume":
                self._paused_by = self._limit = None
                return f"goes on, as {who} wants"
            case "limit":
                self._limit = order.count, who
                return (
                    f"speaks with {order.count or 'none'} of its slots{' at most' * bool(order.count)}, as {who} wants"
                )
            case "drain":
                leave()
                return f"finishes its sentences and leaves, as {who} wants"
            case "standby" | "no-standby" if self.switch:
                return self.switch.turn(who, on=order.action == "standby")
            case other:
                return f"{who} wants this machine to {other}, which it does not know"

    @property
    def standby(self) -> str:
        """What coordinators are told of the copies, as in `Heartbeat`."""
        return self.switch.state if self.switch else ""

    def reasons(self, slots: int) -> list[str]:
        """Return why each slot has to rest; "" if it may work."""
        most, who = self._limit or (slots, "")
        paused_by = who if most == 0 else self._paused_by
        if paused_by is not None:
            return [f"{PAUSED_FROM} {paused_by}"] * slots
        return [f"limited to {count_text(most, 'slot')} from {who}" if slot >= most else "" for slot in range(slots)]
