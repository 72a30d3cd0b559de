"""The tokens of a resident coordinator: one for programs, and those of feeds, each of which can be revoked alone."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from swarm.errors import EnvironmentFault, NotThere, StoreError, UsageError
from swarm.server.queue_parts import FEEDS_FILE, TOKEN_FILE
from swarm.system.disk import guarded, replace_file
from swarm.system.text import clean

MAX_TOKENS = 200
MAX_NAME = 100
MAX_FEEDS_BYTES = 256 * 1024


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
        self._path = state_dir / FEEDS_FILE
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
        """Revoke a token and return it. Raises NotThere if there is none of that number."""
        for token in self._tokens:
            if token.id == number:
                self._write(tuple(other for other in self._tokens if other.id != number))
                return token
        raise NotThere(f"There is no feed {number}.")

    def find_token(self, secret: str) -> FeedToken | None:
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
            data = self._path.read_bytes()[: MAX_FEEDS_BYTES + 1]
        try:
            return tuple(msgspec.json.decode(data, type=tuple[FeedToken, ...]))
        except (msgspec.MsgspecError, RecursionError) as fault:
            raise StoreError(f"{self._path} is damaged: remove it, and make new feeds.") from fault

    def _write(self, tokens: tuple[FeedToken, ...]) -> None:
        with guarded(self._path):
            replace_file(self._path, msgspec.json.encode(tokens), mode=0o600)
        self._tokens = tokens


MAX_TOKEN_BYTES = 1000
MAX_WRONG = 20  # wrong tokens a minute, of all together; further ones are told to wait


def obtain_token(state_dir: Path) -> str:
    """Return the token of a state folder, and make it at the first time. Raises StoreError, EnvironmentFault."""
    path = state_dir / TOKEN_FILE
    with guarded(path):
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            token = path.read_text(encoding="utf-8", errors="replace")[:MAX_TOKEN_BYTES].strip()
        else:
            token = secrets.token_urlsafe(32)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(f"{token}\n")
    if len(token) < 16:
        raise EnvironmentFault(f"{path} holds no token: remove it, and start again for a new one.")
    return token


class Doorkeeper:
    """Tells whether a request shows the token, and whether those that do not are to wait.

    The token itself passes always: a program with an old one would lock all others out. So do the tokens of machines
    that had the queue before, of which digests are known.
    """

    def __init__(self, token: str, earlier: Collection[str] = ()) -> None:
        self._digests = (hashlib.sha256(token.encode()).hexdigest(), *earlier)
        self._wrong = 0
        self._minute = 0

    def knows(self, authorization: str) -> bool:
        """Return whether an Authorization header is `Bearer` and the token."""
        kind, _, shown = authorization.partition(" ")
        digest = hashlib.sha256(shown.strip().encode(errors="replace")).hexdigest()
        return kind.lower() == "bearer" and any(hmac.compare_digest(digest, known) for known in self._digests)

    def is_tried(self, now: float) -> bool:
        """Count a wrong token; return whether too many came within this minute."""
        if int(now // 60) != self._minute:
            self._minute, self._wrong = int(now // 60), 0
        self._wrong += 1
        return self._wrong > MAX_WRONG
