from enum import Enum

import pytest

from swarm.lease.states import IllegalTransition, follow


class Light(Enum):
    RED = 1
    AMBER = 2
    GREEN = 3


TABLE = {
    Light.RED: frozenset({Light.AMBER}),
    Light.AMBER: frozenset({Light.RED, Light.GREEN}),
    Light.GREEN: frozenset({Light.AMBER}),
}


def test_a_state_that_the_table_lets_follow_follows_and_a_state_may_stay() -> None:
    assert follow(TABLE, Light.RED, Light.AMBER) is Light.AMBER
    assert follow(TABLE, Light.RED, Light.RED) is Light.RED


def test_any_other_transition_raises_and_names_both_states() -> None:
    with pytest.raises(IllegalTransition, match="Light: RED cannot become GREEN"):
        follow(TABLE, Light.RED, Light.GREEN)
