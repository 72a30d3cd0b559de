"""The token that a program shows to the interface of a resident coordinator: one for each state folder."""

import hmac
import os
import secrets
from pathlib import Path

from swarm.errors import EnvironmentFault
from swarm.system.disk import guarded

FILE = "web-token"
MAX_BYTES = 1000
MAX_WRONG = 20  # wrong tokens a minute, of all together; further ones are told to wait


def obtain_token(state_dir: Path) -> str:
    """Return the token of a state folder, and make it at the first time. Raises StoreError, EnvironmentFault."""
    path = state_dir / FILE
    with guarded(path):
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            token = path.read_text(encoding="utf-8", errors="replace")[:MAX_BYTES].strip()
        else:
            token = secrets.token_urlsafe(32)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(f"{token}\n")
    if len(token) < 16:
        raise EnvironmentFault(f"{path} holds no token: remove it, and start again for a new one.")
    return token


class Doorkeeper:
    """Tells whether a request shows the token, and whether those that do not are to wait.

    The token itself passes always: a program with an old one would lock all others out.
    """

    def __init__(self, token: str) -> None:
        self._token = token.encode()
        self._wrong = 0
        self._minute = 0

    def knows(self, authorization: str) -> bool:
        """Return whether an Authorization header is `Bearer` and the token."""
        kind, _, shown = authorization.partition(" ")
        return kind.lower() == "bearer" and hmac.compare_digest(shown.strip().encode(), self._token)

    def is_tried(self, now: float) -> bool:
        """Count a wrong token; return whether too many came within this minute."""
        if int(now // 60) != self._minute:
            self._minute, self._wrong = int(now // 60), 0
        self._wrong += 1
        return self._wrong > MAX_WRONG
