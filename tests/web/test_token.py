"""The token of a state folder."""

from pathlib import Path

import pytest

from swarm.errors import EnvironmentFault
from swarm.web.token import FILE, MAX_WRONG, Doorkeeper, obtain_token


def test_the_token_is_made_once_for_its_user_alone(tmp_path: Path) -> None:
    token = obtain_token(tmp_path)
    assert (len(token) > 30, obtain_token(tmp_path)) == (True, token)
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


def test_a_file_without_a_token_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("\n")
    with pytest.raises(EnvironmentFault, match="holds no token"):
        obtain_token(tmp_path)


def test_the_door_opens_again_after_a_minute() -> None:
    keeper = Doorkeeper("right")
    assert keeper.knows("bearer right")
    for _ in range(MAX_WRONG):
        assert not keeper.is_shut(60.0)
        assert not keeper.knows("Bearer wrong")
    assert keeper.is_shut(119.0)
    assert not keeper.is_shut(120.0)
