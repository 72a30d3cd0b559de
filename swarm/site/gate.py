"""The gate of the page: which request comes in, as whom, and which headers each answer carries."""

from collections.abc import Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from swarm.site.session import LIFE_S, Sessions, SiteSession
from swarm.site.static_files import hash_of, read_style
from swarm.system.machine import Clock
from swarm.web.app import path_of

POLICY = (
    f"default-src 'none'; script-src 'self'; style-src 'self' '{hash_of(read_style())}'; "
    "img-src 'self'; media-src 'self' blob:; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
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
NEED_NO_LOG_IN = ("/log-in", "/offline", "/manifest.webmanifest", "/worker.js")
STATIC = "/static/"


class Visitor(Struct, frozen=True):
    """A browser, as the pages know it."""

    session: SiteSession
    form_token: str


class SiteGate:
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
        session = known or self._sessions.begin(self._clock.now(), is_in=self._is_open)
        scope.setdefault("state", {})["visitor"] = Visitor(session, self._sessions.form_token(session))
        send = _with_headers(send, "" if known else self._set_cookie(request, session))
        refusal = await self._refusal(request, session)
        if refusal:
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _known(self, request: Request) -> SiteSession | None:
        return self._sessions.read(cookie_of(request.headers, self._sessions.cookie_name), self._clock.now())

    def admits(self, scope: Scope) -> bool:
        """Tell whether a request that only reads comes from a browser that is logged in."""
        request = Request(scope)
        if self._is_open and not is_loopback(request.headers.get("host", "")):
            return False
        session = self._known(request)
        return request.method in SAFE and session is not None and session.is_in

    def let_in(self, request: Request) -> str:
        """Begin a session of a browser that gave the password; return its Set-Cookie header."""
        return self._set_cookie(request, self._sessions.begin(self._clock.now(), is_in=True))

    def end(self, session: SiteSession) -> None:
        """End a session, also for the next start. Raises StoreError."""
        self._sessions.end(session, self._clock.now())
        self._keep()

    def _set_cookie(self, request: Request, session: SiteSession) -> str:
        return set_cookie(request, self._sessions.cookie_name, self._sessions.cookie(session), int(LIFE_S))

    async def _refusal(self, request: Request, session: SiteSession) -> Response | None:
        """Return why a request is not passed on; None if it is."""
        path = path_of(request.scope)
        if path.startswith(STATIC) or path == "/worker.js":
            return None
        if self._is_open and not is_loopback(request.headers.get("host", "")):
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


def cookie_of(headers: Mapping[str, str], name: str) -> str:
    """Return the value of a cookie; "" if it was not sent."""
    try:
        found = SimpleCookie(headers.get("cookie", "")[:8000]).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


def set_cookie(request: Request, name: str, value: str, life_s: int) -> str:
    """Return a Set-Cookie header for this site alone, which no script can read."""
    secure = "; Secure" if request.url.scheme == "https" else ""
    path = request.scope.get("root_path", "") or "/"
    return f"{name}={value}; Max-Age={life_s}; Path={path}; HttpOnly; SameSite=Strict{secure}"


def is_loopback(host: str) -> bool:
    """Tell whether the Host header of a request names this very machine: other names may be tricks of a site."""
    name = (urlsplit(f"//{host}").hostname or "") if host.isprintable() and "@" not in host else ""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


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
