from types import SimpleNamespace
from typing import Any

from swarm.net.worker_connections import MAX_REFUSALS, Connection, Connections


def connection(refusal: str = "", **more: Any) -> Connection:
    socket: Any = SimpleNamespace(refusal=refusal)
    return Connection(socket, SimpleNamespace(), **more)  # type: ignore[arg-type]


def test_a_refusal_is_told_once_and_a_thousand_of_them_are_not() -> None:
    said: list[str] = []
    connections = Connections(said.append)
    for number in range(1000):
        connections[str(number)] = connection(f"refused {number}")
        for _ in range(2):
            connections.hear_refusal(connections[str(number)])
    assert said == [f"refused {number}" for number in range(MAX_REFUSALS)]
    assert connections.answered
    assert not connections.connected


def test_what_was_connected_once_is_proven_and_given_up_only_after_long() -> None:
    connections = Connections(lambda line: None)
    connections["new"] = connection(lost_s=90.0)
    connections["lost"] = connection(lost_s=50.0, proven=True)
    connections["there"] = connection(lost_s=10.0, proven=True, connected=True)
    assert connections.unproven(100.0) == {"new": 10.0}
    assert connections.abandoned(100.0, 20.0, ()) == ["lost"]
    assert connections.abandoned(100.0, 20.0, {"lost"}) == []
    assert connections.connected
