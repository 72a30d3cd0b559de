"""`e2a-swarm serve`: a coordinator that stays, with a queue of books, a page and an interface for programs."""

import argparse
import getpass
import ipaddress
import re
import sys
from collections.abc import Sequence
from math import inf
from pathlib import Path
from typing import NamedTuple

from swarm.commands import option
from swarm.commands.add import inspect_words, page_fields, queued_config
from swarm.commands.book_config import files_given, voice_file, words_of
from swarm.commands.command_table import SERVE
from swarm.commands.machine_config import coordinate_config, open_trace, progress_mode
from swarm.commands.option import option_parser
from swarm.commands.output import warn
from swarm.config import RenderConfig, ServeConfig
from swarm.errors import UsageError
from swarm.net.addresses import full_code, join_address, local_addresses
from swarm.net.identity.keys import security
from swarm.server.api.app import Api
from swarm.server.api.feeds import ListeningApi
from swarm.server.api.host import Certificate, check_certificate, listen
from swarm.server.api.host import run as run_web
from swarm.server.api.tokens import Doorkeeper, obtain_token
from swarm.server.notices import Notifier, make_addresses, notify_urls, telling
from swarm.server.order_handler import OrderHandler
from swarm.server.page.advice import BookOptions, parse_price
from swarm.server.page.cli_process import OwnWorker
from swarm.server.page.front import SiteConfig, make_front
from swarm.server.page.log_in import MIN_LENGTH, Password, obtain_password
from swarm.server.queue_parts import TOKEN_FILE, token_digests
from swarm.server.resident import Resident
from swarm.server.stay import Loop, stay
from swarm.system.machine import Clock, Say, is_loopback
from swarm.system.platform import run_loop
from swarm.voice.host.registry import lack_of
from swarm.watch.progress import make_progress
from swarm.watch.service import Service

LOOPBACK, WEB_PORT, MAX_PORTS = "127.0.0.1", 5848, 100
PREFIX = re.compile(r"(/[A-Za-z0-9._~-]{1,50}){1,5}")


class WebPlace(NamedTuple):
    """Where the web side listens, and for whom."""

    host: str
    ports: Sequence[int]
    asks_for_password: bool
    prefix: str
    certificate: "Certificate | None"
    proxies: tuple[str, ...]  # addresses and networks; what they say of a request is believed

    def addresses(self, host: str, port: int) -> list[str]:
        """Return the addresses at which browsers reach a listener; those for other devices if there are any."""
        scheme = "https" if self.certificate else "http"
        return [f"{scheme}://{join_address(each, port)}{self.prefix}" for each in hosts_of(host) or [LOOPBACK]]


def web_place(arguments: argparse.Namespace) -> WebPlace | None:
    """Return where the web side listens; None for nowhere. Raises UsageError."""
    place = _place(arguments.web)
    if place is None:
        return None
    host, ports = place
    asks = arguments.web_password or not is_loopback(host)
    proxies = tuple(map(_proxy, arguments.web_proxy))
    return WebPlace(host, ports, asks, _prefix(arguments.web_prefix), _certificate(arguments), proxies)


def own_words(port: int, arguments: argparse.Namespace) -> list[str]:
    """Return the words of the command that speaks on this very machine, for the server at a port of it."""
    where = f"{arguments.bind.strip() or LOOPBACK}:{port}"
    return ["work", "--coordinator", where, *(["--open"] if arguments.open else [])]


def site_config(
    arguments: argparse.Namespace, place: WebPlace, state_dir: Path, note: Say, own: OwnWorker | None = None
) -> SiteConfig:
    """Return how the page is served; ask for its password at the first time. Raises SwarmError."""

    def join() -> str:
        return join_line(state_dir, is_open=arguments.open)

    prices = {price.engine: price for price in map(parse_price, arguments.price)}
    options = BookOptions(page_fields(arguments), lambda words: inspect_words(words, arguments), lack_of, prices)
    return SiteConfig(state_dir, web_password(place, state_dir, note), place.prefix, options, join, own)


def web_password(place: WebPlace, state_dir: Path, note: Say) -> Password | None:
    """Return the password of the page, if it needs one; ask for it at the first time. Raises SwarmError."""
    if not place.asks_for_password:
        return None
    return obtain_password(state_dir, note, _ask if sys.stdin.isatty() and sys.stderr.isatty() else None)


def join_line(state_dir: Path, *, is_open: bool) -> str:
    """Return the line that a machine runs to join the swarm. Raises EnvironmentFault."""
    key = security(state_dir, open=is_open)
    return f"e2a-swarm join {full_code(state_dir, key)}" if key else "e2a-swarm work --open"


def serve_web(
    place: WebPlace, config: SiteConfig, resident: Resident, order_handler: OrderHandler, room: Path, note: "Say"
) -> Loop:
    """Listen for browsers and programs, and return what serves them. Raises EnvironmentFault, StoreError."""
    token = config.state_dir / TOKEN_FILE
    doorkeeper = Doorkeeper(obtain_token(config.state_dir), token_digests(config.state_dir))
    listening = ListeningApi(resident, config.state_dir, Clock(), lambda: hosts_of(place.host))
    front = make_front(config, Api(resident, order_handler, room), order_handler, listening, doorkeeper, Clock())
    listener = listen(place.host, place.ports)
    first, *others = place.addresses(*listener.getsockname()[:2])
    also = "".join(f" and {other}/" for other in others)
    note(f"the page is at {first}/{also}, the interface for programs at {first}/api/v1; its token is in {token}")
    return run_web(front, listener, place.certificate, place.proxies)


def hosts_of(host: str) -> list[str]:
    """Return the addresses by which other devices reach what listens at a host; none if they do not."""
    if is_loopback(host):
        return []
    if host not in ("0.0.0.0", "::"):
        return [host]
    return [each for each in local_addresses() if (":" in each) == (":" in host) and not is_loopback(each)]


def _place(text: str) -> tuple[str, Sequence[int]] | None:
    """Return the host of --web and the ports to try; None for "off". Raises UsageError."""
    if text.strip().lower() == "off":
        return None
    if not text.strip():
        return LOOPBACK, range(WEB_PORT, WEB_PORT + MAX_PORTS)
    host, colon, port = text.strip().rpartition(":")
    if not colon or not host:
        raise UsageError(f"--web takes HOST:PORT such as 0.0.0.0:{WEB_PORT}, or off, not {text!r}.")
    return host.strip("[]"), [option.whole("--web", port, 1, 65535)]


def _prefix(text: str) -> str:
    prefix = text.strip().rstrip("/")
    if prefix and not PREFIX.fullmatch(prefix):
        raise UsageError(f"--web-prefix takes a path such as /audiobooks, not {text!r}.")
    return prefix


def _proxy(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text.strip()) if "/" in text else ipaddress.ip_address(text.strip()))
    except ValueError as fault:
        raise UsageError(f"--web-proxy takes the address of a proxy, such as 127.0.0.1, not {text!r}.") from fault


def _certificate(arguments: argparse.Namespace) -> Certificate | None:
    chain, key = arguments.web_cert.strip(), arguments.web_key.strip()
    if not chain and not key:
        return None
    if not chain or not key:
        raise UsageError("--web-cert and --web-key belong together: name both files.")
    return check_certificate(Path(chain).expanduser(), Path(key).expanduser())


def _ask() -> str:
    while True:
        first = getpass.getpass("A password for the page, which other machines reach: ")
        if len(first) < MIN_LENGTH:
            warn(f"It has to have {MIN_LENGTH} letters or more.")
        elif getpass.getpass("Once more: ") == first:
            return first
        else:
            warn("These were two different ones.")


def run(arguments: argparse.Namespace) -> int:
    """Serve the queue; return the exit code."""

    def configure(book: Path, words: Sequence[str]) -> RenderConfig:
        return queued_config(words, book, arguments)

    service = Service()
    progress = service.watch(make_progress(progress_mode(arguments)))
    any_book = configure(Path("book.epub"), ())  # options that make no sense are refused now
    config = ServeConfig(
        network=coordinate_config(arguments, any_book),
        watched=_folders(arguments),
        words=kept_words(arguments),
        given=files_named(arguments),
        left=left_options(arguments),
        wake_above_s=_wake_above_s(arguments.wake_above),
    )
    place, state_dir = web_place(arguments), config.network.render.state_dir
    own = OwnWorker(lambda port: own_words(port, arguments), state_dir, progress.note, is_on=arguments.speak)
    site = site_config(arguments, place, state_dir, progress.note, own) if place else None
    notifier = _notifier(arguments.notify, state_dir, progress.note)

    def beside(resident: Resident, order_handler: OrderHandler, room: Path, port: int) -> Sequence[Loop]:
        own.is_over = lambda: resident.is_stopping
        web = [serve_web(place, site, resident, order_handler, room, progress.note)] if place and site else []
        return [*web, *([notifier.run(resident)] if notifier else []), own.run(port)]

    with open_trace(arguments) as trace:
        return run_loop(telling(notifier, stay(config, configure, progress, service, trace, beside)))


# Options that another machine does not take from this one: about its disk, its addresses and its terminal, who may come
# in, and where audiobooks and secrets are sent.
OWN = {
    "--state-dir", "--output-dir", "--watch", "--notify", "--announce", "--also-at", "--bind", "--web-cert",
    "--web-key", "--web-proxy", "--open", "--speak", "--abs-server-url", "--abs-library-id", "--abs-api-token",
    "--quiet", "--verbose", "--json", "--log",
}  # fmt: skip
TOLD = {
    "--watch",
    "--notify",
    "--announce",
    "--also-at",
    "--web",
    "--web-cert",
    "--abs-server-url",
}  # users may want these again
EVERYWHERE = ("0.0.0.0", "::")


def kept_words(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Return the options that also hold on a machine that takes the queue over, as words of a command line."""
    left_out = own_options(arguments)
    return tuple(word for word in _given_words(arguments) if word.partition("=")[0] not in left_out)


def left_options(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Return the options that were given and hold here alone, of those that users may want on another machine, too."""
    left_out = TOLD & own_options(arguments)
    return tuple(
        dict.fromkeys(name for word in _given_words(arguments) if (name := word.partition("=")[0]) in left_out)
    )


def _given_words(arguments: argparse.Namespace) -> tuple[str, ...]:
    return words_of(option_parser(SERVE.sheets), arguments)


def own_options(arguments: argparse.Namespace) -> set[str]:
    """Return the options that hold on this machine alone, and those that name its files."""
    place = _place(arguments.web)
    is_here = place and (arguments.web_cert or not (is_loopback(place[0]) or place[0] in EVERYWHERE))
    # An address of this machine says nothing on another one, and no page is to be open without its certificate.
    return OWN | files_named(arguments).keys() | ({"--web"} if is_here else set())


def files_named(arguments: argparse.Namespace) -> dict[str, Path]:
    """Return the files of this machine that options for the sound name, by option."""
    files = {name: Path(value).expanduser() for name, value in files_given(arguments).items()}
    recording = voice_file(arguments.voice)
    return files | ({"--voice": recording} if recording else {})


def _notifier(given: Sequence[str], state_dir: Path, note: Say) -> Notifier | None:
    """Return what tells the addresses of --notify; None without any. Raises UsageError, EnvironmentFault."""
    urls = notify_urls(given)
    return Notifier(make_addresses(urls), state_dir, Clock(), note) if urls else None


def _wake_above_s(text: str) -> float:
    """Return the seconds of work above which machines are woken. Raises UsageError."""
    return inf if text.strip().lower() == "off" else option.duration("--wake-above", text)


def _folders(arguments: argparse.Namespace) -> tuple[Path, ...]:
    """Return the folders to be watched. Raises UsageError for one that is none."""
    folders = tuple(Path(name).expanduser() for name in arguments.watch)
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"--watch takes a folder that exists, not {folder}.")
    return folders
