"""What is said of a standby."""

import pytest

from swarm.lease.member_message import StandbyStatus
from swarm.watch.words import standby_state, standby_text


@pytest.mark.parametrize(
    ("standby", "state", "text"),
    [
        (StandbyStatus("tower", 1.4), "following", "1 s behind"),
        (StandbyStatus("tower", None, behind=7), "copying", "copying, 7 records behind"),
        (StandbyStatus("tower", 90.0, 80.0), "away", "away for 1 min 20 s"),
    ],
)
def test_a_standby_follows_copies_or_is_away(standby: StandbyStatus, state: str, text: str) -> None:
    assert (standby_state(standby), standby_text(standby)) == (state, text)
