"""What users of other machines want of this one."""

from pathlib import Path

from swarm.lease.envelope import Hindrance, NotLeasing
from swarm.lease.member_message import Instruct
from swarm.standby.copier import StandbySwitch
from swarm.worker.limit_watch import StandingOrders

PAUSED = Hindrance(NotLeasing.PAUSED, by="laptop")


def test_a_pause_rests_every_slot_until_somebody_resumes_it() -> None:
    orders, left = StandingOrders(), list[str]()
    line = orders.take_order(Instruct("pause", by="laptop"), lambda: left.append("left"))
    assert line.startswith("paused from laptop; ")
    assert orders.hindrances(2) == [PAUSED] * 2
    orders.take_order(Instruct("resume"), lambda: left.append("left"))
    assert (orders.hindrances(2), left) == ([None, None], [])


def test_a_limit_rests_the_slots_above_it() -> None:
    orders = StandingOrders()
    orders.take_order(Instruct("limit", 1, "laptop"), list)
    assert orders.hindrances(3) == [None, *[Hindrance(NotLeasing.LIMITED, by="laptop", count=1)] * 2]
    orders.take_order(Instruct("limit", 0, "laptop"), list)
    assert orders.hindrances(2) == [PAUSED] * 2  # the reason lets it be resumed like any other
    orders.take_order(Instruct("limit", 2, "laptop"), list)
    assert orders.hindrances(2) == [None, None]


def test_a_drained_machine_leaves_and_an_unknown_order_changes_nothing() -> None:
    orders, left = StandingOrders(), list[str]()
    orders.take_order(Instruct("drain", by="laptop"), lambda: left.append("left"))
    assert left == ["left"]
    assert "does not know" in orders.take_order(Instruct("move"), list)
    assert orders.hindrances(1) == [None]


def test_copies_are_begun_and_ended_by_order_where_the_machine_has_a_switch_for_them(tmp_path: Path) -> None:
    switch = StandbySwitch(tmp_path, on=False, turns=True)
    orders = StandingOrders(switch=switch)
    assert (orders.standby, StandingOrders().standby) == ("off", "")
    assert orders.take_order(Instruct("standby", by="laptop"), list) == "keeps a copy of each book, as laptop wants"
    assert (orders.standby, switch.on) == ("on", True)
    assert "no copies of books any more" in orders.take_order(Instruct("no-standby", by="laptop"), list)
    assert (orders.standby, switch.on) == ("off", False)
    assert "does not know" in StandingOrders().take_order(Instruct("standby"), list)


def test_the_owner_of_a_machine_can_refuse_all_orders() -> None:
    orders, left = StandingOrders(obeys=False), list[str]()
    for action in ("pause", "limit", "drain"):
        assert "--no-orders" in orders.take_order(Instruct(action), lambda: left.append("left"))
    assert (orders.hindrances(2), left) == ([None, None], [])
