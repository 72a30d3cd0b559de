"""Checks of option values."""

import pytest

from swarm.commands.option import duration, word
from swarm.errors import UsageError


def test_a_length_of_time_has_days_hours_minutes_and_seconds() -> None:
    for text, seconds in [("55m", 3300), ("1h30m", 5400), ("90s", 90), ("2H", 7200), ("1h0m5s", 3605), ("2d", 172_800)]:
        assert duration("--for", text) == seconds


def test_what_is_no_length_of_time_is_refused_by_the_option() -> None:
    for text in ["", "55", "m", "0m", "-5m", "1w", "1.5h", "1m2h", "99999h", "٥m", "9" * 5000 + "s"]:
        with pytest.raises(UsageError, match="--for takes a length of time such as 55m"):
            duration("--for", text)


def test_a_tag_is_one_short_word() -> None:
    assert [word("--tag", text) for text in ("spot", "", "gpu-2.b")] == ["spot", "", "gpu-2.b"]
    for text in ("two words", "x" * 41, "<b>", "a\n", "--open;"):
        with pytest.raises(UsageError, match="--tag takes a word"):
            word("--tag", text)
