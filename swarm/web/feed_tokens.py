"""The tokens of feeds: each opens what podcast and reading apps may fetch, and can be revoked alone."""

import hmac
import secrets
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from swarm.errors import StoreError, UsageError
from swarm.system.disk import guarded, replace_file
from swarm.watch.text import clean

FILE = "feed-tokens.json"
MAX_TOKENS = 200
MAX_NAME = 100
MAX_BYTES = 256 * 1024


class FeedToken(Struct, frozen=True):
    """A token: who has it is its name's business. `book` is the number of the only book that it opens, 0 for all."""

    id: int
    name: Annotated[str, Meta(max_length=MAX_NAME)]
    secret: str
    book: int = 0
    made_s: float = 0.0


class FeedTokens:
    """The tokens of a state folder, in a file that only its owner reads. Raises StoreError where the disk fails."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / FILE
        self._tokens = self._read()

    @property
    def all(self) -> tuple[FeedToken, ...]:
        """All tokens, the oldest first."""
        return self._tokens

    def make(self, name: str, book: int, now: float) -> FeedToken:
        """Make a token. Raises UsageError if there are too many."""
        if len(self._tokens) >= MAX_TOKENS:
            raise UsageError(f"There are {MAX_TOKENS} feeds: revoke some first.")
        number = max((token.id for token in self._tokens), default=0) + 1
        made = FeedToken(number, clean(name, MAX_NAME) or f"feed {number}", secrets.token_urlsafe(24), book, now)
        self._write((*self._tokens, made))
        return made

    def revoke(self, number: int) -> FeedToken:
        """Revoke a token and return it. Raises UsageError if there is none of that number."""
        for token in self._tokens:
            if token.id == number:
                self._write(tuple(other for other in self._tokens if other.id != number))
                return token
        raise UsageError(f"There is no feed {number}.")

    def find(self, secret: str) -> FeedToken | None:
        """Return the token with a secret; None if there is none."""
        shown, found = secret.encode(errors="replace"), None
        for token in self._tokens:  # every token is compared, so that the time tells nothing
            if hmac.compare_digest(token.secret.encode(), shown):
                found = token
        return found

    def _read(self) -> tuple[FeedToken, ...]:
        with guarded(self._path):
            if not self._path.exists():
                return ()
            data = self._path.read_bytes()[: MAX_BYTES + 1]
        try:
            return tuple(msgspec.json.decode(data, type=tuple[FeedToken, ...]))
        except (msgspec.MsgspecError, RecursionError) as fault:
            raise StoreError(f"{self._path} is damaged: remove it, and make new feeds.") from fault

    def _write(self, tokens: tuple[FeedToken, ...]) -> None:
        with guarded(self._path):
            replace_file(self._path, msgspec.json.encode(tokens), mode=0o600)
        self._tokens = tokens
