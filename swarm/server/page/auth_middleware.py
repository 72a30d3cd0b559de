"""Which request of a browser comes in, as whom, and which headers each answer carries.

Sessions are signed cookies; the state folder keeps the secret that signs them, and which ones were ended.
"""

import hmac
import secrets
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import msgspec
from msgspec import Struct
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from swarm.server.api.app import names_loopback, path_of
from swarm.server.api.host import note_session
from swarm.server.page.static_files import hash_of, read_style
from swarm.system.disk import guarded, replace_file
from swarm.system.machine import Clock

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

    def begin_session(self, now: float, *, is_in: bool) -> SiteSession:
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

    def end_session(self, session: SiteSession, now: float) -> None:
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


POLICY = (
    f"default-src 'none'; script-src 'self'; style-src 'self' '{hash_of(read_style())}'; "
    "img-src 'self'; media-src 'self' blob:; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
SAFE = ("GET", "HEAD")
FORM = "application/x-www-form-urlencoded"
MAX_FORM_BYTES = 2 * 1024 * 1024  # twenty books with some thousand chapters need so much
MAX_FIELDS = 50_000
NEED_NO_LOG_IN = ("/log-in", "/join", "/manifest.webmanifest")
STATIC = "/static/"


class Visitor(Struct, frozen=True):
    """A browser, as the pages know it."""

    session: SiteSession
    form_token: str


class AuthMiddleware:
    """A middleware around the pages. `is_open`: only this machine comes in, and no password is needed."""

    def __init__(
        self, app: ASGIApp, sessions: Sessions, clock: Clock, keep: Callable[[], None], *, is_open: bool
    ) -> None:
        self._app, self._sessions, self._clock, self._is_open = app, sessions, clock, is_open
        self._keep = keep  # writes which sessions were ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        known = self._known(request)
        if known and known.is_in and request.client:
            note_session(request.client.host)
        session = known or self._sessions.begin_session(self._clock.now(), is_in=self._is_open)
        scope.setdefault("state", {})["visitor"] = Visitor(session, self._sessions.form_token(session))
        send = _with_headers(send, "" if known else self._set_cookie(request, session))
        refusal = await self._refusal(request, session)
        if refusal:
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _known(self, request: Request) -> SiteSession | None:
        return self._sessions.read(request.cookies.get(self._sessions.cookie_name, ""), self._clock.now())

    def admits(self, scope: Scope) -> bool:
        """Tell whether a request that only reads comes from a browser that is logged in."""
        request = Request(scope)
        if self._is_open and not names_loopback(request.headers.get("host", "")):
            return False
        session = self._known(request)
        return request.method in SAFE and session is not None and session.is_in

    def let_in(self, request: Request) -> str:
        """Begin a session of a browser that gave the password; return its Set-Cookie header."""
        return self._set_cookie(request, self._sessions.begin_session(self._clock.now(), is_in=True))

    def end_session(self, session: SiteSession) -> None:
        """End a session, also for the next start. Raises StoreError."""
        self._sessions.end_session(session, self._clock.now())
        self._keep()

    def _set_cookie(self, request: Request, session: SiteSession) -> str:
        return set_cookie(request, self._sessions.cookie_name, self._sessions.cookie(session), int(LIFE_S))

    async def _refusal(self, request: Request, session: SiteSession) -> Response | None:
        """Return why a request is not passed on; None if it is."""
        path = path_of(request.scope)
        if path.startswith(STATIC):
            return None
        if self._is_open and not names_loopback(request.headers.get("host", "")):
            return _plain(421, "This page is for its own machine alone. Start `serve` with --web-password for others.")
        if request.method not in SAFE and not await self._is_own(request, session):
            return _plain(403, "This form is out of date or comes from another site. Load the page again.")
        if not session.is_in and path not in NEED_NO_LOG_IN:
            return self._to_log_in(request, path)
        return None

    def _to_log_in(self, request: Request, path: str) -> Response:
        if request.method in SAFE and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse(f"{request.scope.get('root_path', '')}/log-in", 303)
        return _plain(401, "Log in first.")

    async def _is_own(self, request: Request, session: SiteSession) -> bool:
        """Tell whether a request that changes something was made by a page of this site; read its form."""
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
            return False
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return False
        shown = request.headers.get("x-form-token", "")
        if request.headers.get("content-type", "").partition(";")[0].strip() == FORM:
            form = await _read_form(request)
            request.scope["state"]["form"] = form
            shown = shown or form.get("form_token", [""])[0]
        return self._sessions.is_form_token(session, shown)


def visitor_of(request: Request) -> Visitor:
    """Return the browser that a request comes from."""
    visitor: Visitor = request.scope["state"]["visitor"]
    return visitor


def form_of(request: Request) -> Mapping[str, list[str]]:
    """Return the fields of the form that was sent."""
    form: Mapping[str, list[str]] = request.scope["state"].get("form", {})
    return form


def set_cookie(request: Request, name: str, value: str, life_s: int) -> str:
    """Return a Set-Cookie header for this site alone, which no script can read."""
    secure = "; Secure" if request.url.scheme == "https" else ""
    path = request.scope.get("root_path", "") or "/"
    return f"{name}={value}; Max-Age={life_s}; Path={path}; HttpOnly; SameSite=Strict{secure}"


async def _read_form(request: Request) -> dict[str, list[str]]:
    """Return the fields of a form; none if it is too large or broken."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_FORM_BYTES:
                return {}
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except (ClientDisconnect, ValueError):
        return {}
    form: dict[str, list[str]] = {}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return form


def _plain(code: int, why: str) -> Response:
    return PlainTextResponse(f"{why}\n", code)


def _with_headers(send: Send, cookie: str) -> Send:
    """Return a `send` that adds the headers of safety, and the cookie to pages that set none, to an answer."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
            if cookie and headers.get("content-type", "").startswith("text/html"):
                headers.setdefault("Set-Cookie", cookie)
        await send(message)

    return sending


FILE, ENDED_FILE = "web-secret", "web-ended-sessions.json"
LENGTH = 32
MAX_BYTES = 100 * MAX_ENDED


def obtain_secret(state_dir: Path) -> bytes:
    """Return the secret of a state folder, and make it at the first time. Raises StoreError."""
    path = state_dir / FILE
    with guarded(path):
        kept = path.read_bytes()[:LENGTH] if path.is_file() else b""
        if len(kept) < LENGTH:
            kept = secrets.token_bytes(LENGTH)
            replace_file(path, kept, 0o600)
    return kept


def read_ended(state_dir: Path) -> dict[str, int]:
    """Return the sessions that were ended before their time; none if the file is damaged. Raises StoreError."""
    path = state_dir / ENDED_FILE
    with guarded(path):
        data = path.read_bytes() if path.is_file() and path.stat().st_size <= MAX_BYTES else b"{}"
    try:
        return msgspec.json.decode(data, type=dict[str, int])
    except msgspec.MsgspecError:
        return {}


def keep_ended(state_dir: Path, sessions: Sessions) -> None:
    """Write the sessions that were ended, so that a restart does not let them in again. Raises StoreError."""
    path = state_dir / ENDED_FILE
    with guarded(path):
        replace_file(path, msgspec.json.encode(sessions.ended), 0o600)
