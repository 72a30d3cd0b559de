"""Feed tokens are kept over restarts, are revoked alone, and no more than a bounded number are made."""

from pathlib import Path

import pytest

from swarm.errors import EnvironmentFault, StoreError, UsageError
from swarm.server.api.tokens import MAX_TOKENS, MAX_WRONG, Doorkeeper, FeedTokens, obtain_token
from swarm.server.queue_parts import FEEDS_FILE, TOKEN_FILE


def test_tokens_are_kept_and_revoked(tmp_path: Path) -> None:
    tokens = FeedTokens(tmp_path)
    first, second = tokens.make("phone", 0, 1.0), tokens.make("", 7, 2.0)
    assert (first.id, second.id, second.name, second.book) == (1, 2, "feed 2", 7)
    again = FeedTokens(tmp_path)
    assert again.find_token(first.secret) == first
    again.revoke(1)
    assert [again.find_token(token.secret) for token in (first, second)] == [None, second]
    assert again.make("phone", 0, 3.0).id == 3
    with pytest.raises(UsageError, match="no feed 1"):
        again.revoke(1)


def test_their_number_is_bounded(tmp_path: Path) -> None:
    tokens = FeedTokens(tmp_path)
    for _ in range(MAX_TOKENS):
        tokens.make("x" * 1000, 0, 1.0)
    with pytest.raises(UsageError, match="revoke some"):
        tokens.make("one more", 0, 1.0)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / FEEDS_FILE).write_text("[{]")
    with pytest.raises(StoreError, match="make new feeds"):
        FeedTokens(tmp_path)


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
