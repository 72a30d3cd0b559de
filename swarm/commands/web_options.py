"""The options of `serve` for its page and its interface for programs."""

import argparse
import ipaddress
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from swarm.commands import checks
from swarm.errors import UsageError

if TYPE_CHECKING:
    from swarm.coordinator.desk import Desk
    from swarm.coordinator.resident import Resident
    from swarm.coordinator.stay import Loop
    from swarm.site.make import SiteConfig
    from swarm.site.password import Password
    from swarm.system.machine import Say
    from swarm.web.certificate import Certificate

LOOPBACK, WEB_PORT, MAX_PORTS = "127.0.0.1", 5848, 100
PREFIX = re.compile(r"(/[A-Za-z0-9._~-]{1,50}){1,5}")


class WebPlace(NamedTuple):
    """Where the web side listens, and for whom."""

    host: str
    ports: Sequence[int]
    asks_for_password: bool
    prefix: str
    certificate: "Certificate | None"


def add_web_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that `web_place` reads."""
    group = parser.add_argument_group("web")
    group.add_argument(
        "--web",
        metavar="HOST:PORT|off",
        default="",
        help=f"where the page and the interface for programs listen (default: {LOOPBACK}:{WEB_PORT} or the next free "
        "port)",
    )
    group.add_argument(
        "--web-password", action="store_true", help="ask for the password of the page on this machine, too"
    )
    group.add_argument(
        "--web-prefix",
        metavar="PATH",
        default="",
        help="the path at which a proxy serves the page: /audiobooks",
    )
    group.add_argument(
        "--price",
        metavar="ENGINE=AMOUNT",
        action="append",
        default=[],
        help="what an engine that is paid charges for a million characters, for the estimates of the page: "
        '"openai=15 USD"; may be repeated',
    )
    group.add_argument("--web-cert", metavar="FILE", default="", help="a certificate with its chain, for TLS")
    group.add_argument("--web-key", metavar="FILE", default="", help="the key of that certificate")


def web_place(arguments: argparse.Namespace) -> WebPlace | None:
    """Return where the web side listens; None for nowhere. Raises UsageError."""
    place = _place(arguments.web)
    if place is None:
        return None
    host, ports = place
    asks = arguments.web_password or not is_loopback(host)
    return WebPlace(host, ports, asks, _prefix(arguments.web_prefix), _certificate(arguments))


def site_config(arguments: argparse.Namespace, place: WebPlace, state_dir: Path, note: "Say") -> "SiteConfig":
    """Return how the page is served; ask for its password at the first time. Raises SwarmError."""
    from swarm.commands.page_fields import inspect_words, page_fields
    from swarm.site.add import BookOptions
    from swarm.site.make import SiteConfig
    from swarm.site.price import parse_price

    def join() -> str:
        return join_line(state_dir, is_open=arguments.open)

    prices = {price.engine: price for price in map(parse_price, arguments.price)}
    options = BookOptions(page_fields(arguments), lambda words: inspect_words(words, arguments), prices)
    return SiteConfig(state_dir, web_password(place, state_dir, note), place.prefix, options, join)


def web_password(place: WebPlace, state_dir: Path, note: "Say") -> "Password | None":
    """Return the password of the page, if it needs one; ask for it at the first time. Raises SwarmError."""
    import sys

    from swarm.site.password import obtain_password

    if not place.asks_for_password:
        return None
    return obtain_password(state_dir, note, _ask if sys.stdin.isatty() and sys.stderr.isatty() else None)


def join_line(state_dir: Path, *, is_open: bool) -> str:
    """Return the line that a machine runs to join the swarm. Raises EnvironmentFault."""
    from swarm.net.keys import security

    key = security(state_dir, open=is_open)
    return f"e2a-swarm join {key.code}" if key else "e2a-swarm work --open"


def serve_web(
    place: WebPlace, config: "SiteConfig", resident: "Resident", desk: "Desk", room: Path, note: "Say"
) -> "Loop":
    """Listen for browsers and programs, and return what serves them. Raises EnvironmentFault, StoreError."""
    from swarm.site.make import make_front
    from swarm.system.machine import Clock
    from swarm.web.app import Api
    from swarm.web.host import listen, run
    from swarm.web.listening import Listening
    from swarm.web.token import FILE, Doorkeeper, obtain_token

    token = config.state_dir / FILE
    doorkeeper = Doorkeeper(obtain_token(config.state_dir))
    listening = Listening(resident, config.state_dir, Clock())
    front = make_front(config, Api(resident, desk, room), desk, listening, doorkeeper, Clock())
    listener = listen(place.host, place.ports)
    host, port = listener.getsockname()[:2]
    name = f"[{host}]" if ":" in host else host
    address = f"http{'s' if place.certificate else ''}://{name}:{port}{place.prefix}"
    note(f"the page is at {address}/, the interface for programs at {address}/api/v1; its token is in {token}")
    return run(front, listener, place.certificate)


def is_loopback(host: str) -> bool:
    """Tell whether only programs of this machine reach a host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _place(text: str) -> tuple[str, Sequence[int]] | None:
    """Return the host of --web and the ports to try; None for "off". Raises UsageError."""
    if text.strip().lower() == "off":
        return None
    if not text.strip():
        return LOOPBACK, range(WEB_PORT, WEB_PORT + MAX_PORTS)
    host, colon, port = text.strip().rpartition(":")
    if not colon or not host:
        raise UsageError(f"--web takes HOST:PORT such as 0.0.0.0:{WEB_PORT}, or off, not {text!r}.")
    return host.strip("[]"), [checks.whole("--web", port, 1, 65535)]


def _prefix(text: str) -> str:
    prefix = text.strip().rstrip("/")
    if prefix and not PREFIX.fullmatch(prefix):
        raise UsageError(f"--web-prefix takes a path such as /audiobooks, not {text!r}.")
    return prefix


def _certificate(arguments: argparse.Namespace) -> "Certificate | None":
    from swarm.web.certificate import check_certificate

    chain, key = arguments.web_cert.strip(), arguments.web_key.strip()
    if not chain and not key:
        return None
    if not chain or not key:
        raise UsageError("--web-cert and --web-key belong together: name both files.")
    return check_certificate(Path(chain).expanduser(), Path(key).expanduser())


def _ask() -> str:
    import getpass

    from swarm.commands.output import warn
    from swarm.site.password import MIN_LENGTH

    while True:
        first = getpass.getpass("A password for the page, which other machines reach: ")
        if len(first) < MIN_LENGTH:
            warn(f"It has to have {MIN_LENGTH} letters or more.")
        elif getpass.getpass("Once more: ") == first:
            return first
        else:
            warn("These were two different ones.")
