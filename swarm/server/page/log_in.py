"""Log in and out: the password of the page, kept as a slow hash, and bounds on wrong attempts."""

import asyncio
import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from swarm.config import ENV_WEB_PASSWORD
from swarm.errors import EnvironmentFault, UsageError
from swarm.server.api.host import knows_machine
from swarm.server.page.auth_middleware import AuthMiddleware, form_of, visitor_of
from swarm.server.page.site import Site
from swarm.server.queue_parts import PASSWORD_FILE
from swarm.system.disk import guarded, replace_file
from swarm.system.machine import Clock, address_of, is_loopback

FIRST_FILE = "web-password-for-first-log-in"
CREDENTIAL = "web-password"  # systemd has it by LoadCredential=web-password:...
MIN_LENGTH, MAX_LENGTH = 8, 1000
MAX_BYTES = 4096  # the file has no more
COST = 2**15  # scrypt takes 32 MiB with it, three times, some 0.3 s
BLOCKS, TIMES = 8, 3
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # no letter here looks like another


class Password:
    """A password as its hash. `check` takes a while: call it in another thread."""

    def __init__(self, stored: str) -> None:
        self.stored = stored

    def check(self, shown: str) -> bool:
        """Tell whether a password is the right one."""
        kind, cost, blocks, times, salt, _ = self.stored.split("$")
        again = _hash(shown, int(cost), int(blocks), int(times), base64.b64decode(salt))
        return kind == "scrypt" and hmac.compare_digest(again, self.stored)


def hash_password(password: str, cost: int = 0) -> Password:
    """Return a password as a slow hash. Raises UsageError for one that is too short or too long."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise UsageError(f"The password of the page has to have {MIN_LENGTH} letters or more.")
    return Password(_hash(password, cost or COST, BLOCKS, TIMES, secrets.token_bytes(16)))


def _hash(password: str, cost: int, blocks: int, times: int, salt: bytes) -> str:
    words = password[:MAX_LENGTH].encode(errors="surrogatepass")
    key = hashlib.scrypt(words, salt=salt, n=cost, r=blocks, p=times, maxmem=256 * 1024 * 1024, dklen=32)
    return f"scrypt${cost}${blocks}${times}${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"


def obtain_password(state_dir: Path, note: Callable[[str], None], ask: Callable[[], str] | None = None) -> Password:
    """Return the password of a state folder; at the first time `ask` the user for it, or make one.

    A password of the environment or of systemd replaces the kept one. Raises StoreError, EnvironmentFault, UsageError.
    """
    if given := _given():
        kept = read_password(state_dir)
        return kept if kept and kept.check(given) else _keep(state_dir, given)
    if kept := read_password(state_dir):
        return kept
    if ask:
        return _keep(state_dir, ask())
    made = "-".join("".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(4))
    path = state_dir / FIRST_FILE
    with guarded(path):
        replace_file(path, f"{made}\n".encode(), 0o600)
    note(f"a password for the page was made: it is in {path} until somebody logs in with it")
    return _keep(state_dir, made)


def read_password(state_dir: Path) -> Password | None:
    """Return the password that a state folder keeps; None if it has none. Raises StoreError, EnvironmentFault."""
    path = state_dir / PASSWORD_FILE
    with guarded(path):
        if not path.exists():
            return None
        text = path.read_bytes()[:MAX_BYTES].decode(errors="replace").strip()
    parts = text.split("$")
    if len(parts) != 6 or parts[0] != "scrypt" or not all(part.isdecimal() for part in parts[1:4]):
        raise EnvironmentFault(f"{path} holds no password: remove it, and start again for a new one.")
    return Password(text)


def forget_first_password(state_dir: Path) -> None:
    """Remove the file with a password that was made, since its user has it now."""
    path = state_dir / FIRST_FILE
    with guarded(path):
        path.unlink(missing_ok=True)


def _given() -> str:
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    path = Path(folder) / CREDENTIAL
    if folder and path.is_file():
        return path.read_text(encoding="utf-8", errors="replace")[:MAX_LENGTH].strip()
    return os.environ.get(ENV_WEB_PASSWORD, "").strip()


def _keep(state_dir: Path, password: str) -> Password:
    hashed, path = hash_password(password), state_dir / PASSWORD_FILE
    with guarded(path):
        replace_file(path, f"{hashed.stored}\n".encode(), 0o600)
    return hashed


PER_ADDRESS = 5  # wrong passwords of one address within the time
IN_ALL = 60
FORGOTTEN_S = 300.0


class Attempts:
    """The wrong passwords of the last minutes."""

    def __init__(self) -> None:
        self._wrong: dict[str, list[float]] = {}

    def wait_s(self, address: str, now: float, *, is_known: bool = False) -> float:
        """Return the seconds until an address may try again; 0 if it may at once.

        One that is known does not wait for what all others did.
        """
        self._forget(now)
        own = self._wrong.get(address, [])
        everyone = sorted(time for times in self._wrong.values() for time in times)
        waits = [own[-PER_ADDRESS] + FORGOTTEN_S - now] if len(own) >= PER_ADDRESS else []
        waits += [everyone[-IN_ALL] + FORGOTTEN_S - now] if len(everyone) >= IN_ALL and not is_known else []
        return max(waits, default=0.0)

    def note_wrong(self, address: str, now: float) -> None:
        """Take in a wrong password."""
        self._wrong.setdefault(address, []).append(now)

    def note_right(self, address: str) -> None:
        """Take in the right password: its user may have mistyped it before."""
        self._wrong.pop(address, None)

    def _forget(self, now: float) -> None:
        since = now - FORGOTTEN_S
        kept = {address: [time for time in times if time > since] for address, times in self._wrong.items()}
        self._wrong = {address: times for address, times in kept.items() if times}


PASSED_ON = ("x-forwarded-for", "forwarded", "via")


def _who_tries(request: Request) -> tuple[str, bool]:
    """Return what stands for the machine that a request comes from, and whether it is known: this one itself, or one
    where a session is in. What a proxy on this machine passes on is not of this machine.
    """
    host = request.client.host if request.client else ""
    is_here, is_passed_on = is_loopback(host), any(name in request.headers for name in PASSED_ON)
    name = f"{address_of(host)}{' by a proxy' if is_here and is_passed_on else ''}"
    return name, not is_passed_on if is_here else knows_machine(host)


class LogIn:
    """The views of the password. `given` is called when the right one was."""

    def __init__(
        self, site: Site, middleware: AuthMiddleware, password: Password, clock: Clock, given: Callable[[], None]
    ) -> None:
        self._site, self._middleware, self._password = site, middleware, password
        self._clock, self._given = clock, given
        self._attempts = Attempts()
        self._one_by_one = asyncio.Lock()  # each check takes 32 MiB, so only one runs at a time

    def routes(self) -> list[BaseRoute]:
        """Return the routes of these views."""
        return [
            Route("/log-in", self.show, methods=["GET"]),
            Route("/log-in", self.enter, methods=["POST"]),
            Route("/log-out", self.leave, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Show the form for the password."""
        if visitor_of(request).session.is_in:
            return self._site.to("/")
        return self._site.render(request, "log-in.html", why="")

    async def enter(self, request: Request) -> Response:
        """Begin a session if the password is right."""
        address, is_known = _who_tries(request)
        shown = form_of(request).get("password", [""])[0]
        async with self._one_by_one:
            wait_s = self._attempts.wait_s(address, self._clock.now(), is_known=is_known)
            if wait_s > 0:
                why = f"Too many wrong passwords came. Try again in {round(wait_s) + 1} seconds."
                return self._site.render(request, "log-in.html", 429, why=why)
            is_right = await asyncio.to_thread(self._password.check, shown)
            if not is_right:
                self._attempts.note_wrong(address, self._clock.now())
                return self._site.render(request, "log-in.html", 403, why="This is not the password.")
        self._attempts.note_right(address)
        self._given()
        answer = self._site.to("/")
        answer.headers["Set-Cookie"] = self._middleware.let_in(request)
        return answer

    async def leave(self, request: Request) -> Response:
        """End the session."""
        self._middleware.end_session(visitor_of(request).session)
        return self._site.to("/log-in")
