"""Faults in the words of a queue."""

import pytest

from swarm.server.resident import tried_later, tried_on_demand
from swarm.system.disk import DAMAGED, FULL, NO_FILE

DELIVERY = "It is in /out; the same command delivers it, nothing is spoken or encoded again."


def test_a_queue_goes_on_by_itself_and_says_so() -> None:
    assert tried_later(FULL) == (
        "there is no space left on its disk; free some; the queue tries again by itself, nothing finished is lost"
    )
    assert tried_later(DELIVERY).endswith("the queue delivers it by itself, nothing is spoken or encoded again.")
    assert tried_later("It ended twice. Run the same command again to resume.") == (
        "It ended twice; the queue tries again by itself to resume."
    )


@pytest.mark.parametrize("why", [FULL, DAMAGED, NO_FILE, DELIVERY])
def test_no_user_of_a_queue_is_told_to_run_a_command_that_is_running(why: str) -> None:
    assert "same command" not in tried_later(why) + tried_on_demand(why, 3)
    assert "`e2a-swarm resume 3`" in tried_on_demand(why, 3)


def test_what_says_nothing_of_commands_stays() -> None:
    assert (
        tried_later("The book has no text.") == tried_on_demand("The book has no text.", 3) == "The book has no text."
    )
