"""Feed tokens are kept over restarts, are revoked alone, and no more than a bounded number are made."""

from pathlib import Path

import pytest

from swarm.errors import StoreError, UsageError
from swarm.server.api.tokens import FEEDS_FILE, MAX_TOKENS, FeedTokens


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
