"""The token of a state folder."""

from pathlib import Path

import pytest

from swarm.errors import EnvironmentFault
from swarm.server.api.tokens import MAX_WRONG, TOKEN_FILE, Doorkeeper, obtain_token


def test_the_token_is_made_once_for_its_user_alone(tmp_path: Path) -> None:
    token = obtain_token(tmp_path)
    assert (len(token) > 30, obtain_token(tmp_path)) == (True, token)
    assert (tmp_path / TOKEN_FILE).stat().st_mode & 0o077 == 0


def test_a_file_without_a_token_is_named(tmp_path: Path) -> None:
    (tmp_path / TOKEN_FILE).write_text("\n")
    with pytest.raises(EnvironmentFault, match="holds no token"):
        obtain_token(tmp_path)


def test_wrong_tokens_wait_for_the_end_of_the_minute_and_the_right_one_never_does() -> None:
    keeper = Doorkeeper("right")
    assert not keeper.knows("Bearer wrong")
    assert [keeper.is_tried(60.0) for _ in range(MAX_WRONG + 1)] == [False] * MAX_WRONG + [True]
    assert keeper.is_tried(119.0)
    assert keeper.knows("bearer right")
    assert not keeper.is_tried(120.0)
