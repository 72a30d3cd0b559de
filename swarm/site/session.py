"""Sessions of browsers: signed cookies, and the tokens that forms bring along. Pure, but for making numbers."""

import hmac
import secrets
from collections.abc import Mapping
from hashlib import sha256

from msgspec import Struct

LIFE_S = 30 * 86_400.0  # each log-in begins a new session
MAX_ENDED = 500  # sessions that were ended before their time and are remembered


class SiteSession(Struct, frozen=True):
    """What a browser's cookie says."""

    number: str
    until_s: int  # seconds since the epoch
    is_in: bool  # whether the password was given, or none is asked for


class Sessions:
    """Makes and reads the cookies of sessions. Another `secret` makes all cookies void that were signed with it."""

    def __init__(self, secret: bytes, ended: Mapping[str, int] | None = None) -> None:
        self._secret = secret
        self.cookie_name = f"e2a-swarm-{self._sign('name')[:8]}"  # ports of one host share their cookies
        self.ended = dict(ended or {})  # each number of a session that was ended has the time until which it would last

    def begin(self, now: float, *, is_in: bool) -> SiteSession:
        """Return a new session."""
        return SiteSession(secrets.token_urlsafe(18), int(now + LIFE_S), is_in)

    def cookie(self, session: SiteSession) -> str:
        """Return the value of a session's cookie."""
        words = _words(session)
        return f"{words}.{self._sign(words)}"

    def read(self, cookie: str, now: float) -> SiteSession | None:
        """Return the session of a cookie; None if it is forged, over or ended."""
        words, _, signature = cookie[:500].rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(words).encode()):
            return None
        number, until, is_in = words.split(".")  # the words are sound: this very class signed them
        session = SiteSession(number, int(until), is_in == "in")
        return None if session.until_s <= now or number in self.ended else session

    def end(self, session: SiteSession, now: float) -> None:
        """Make a session's cookie void, though its browser may keep it."""
        self.ended = {number: until for number, until in self.ended.items() if until > now}
        while len(self.ended) >= MAX_ENDED:
            del self.ended[next(iter(self.ended))]
        self.ended[session.number] = session.until_s

    def form_token(self, session: SiteSession) -> str:
        """Return what each form of a session brings along, so that no other site can send one."""
        return self._sign(f"form {session.number}")

    def is_form_token(self, session: SiteSession, shown: str) -> bool:
        """Tell whether a form was made for a session."""
        return hmac.compare_digest(shown.encode(), self.form_token(session).encode())

    def _sign(self, text: str) -> str:
        return hmac.new(self._secret, text.encode(), sha256).hexdigest()


def _words(session: SiteSession) -> str:
    return f"{session.number}.{session.until_s}.{'in' if session.is_in else 'out'}"
