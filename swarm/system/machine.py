"""This machine: its identity in the swarm, its clock, its environment, and how e2a-swarm was installed on it."""

import hashlib
import ipaddress
import json
import os
import re
import secrets
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from swarm.system.disk import guarded, replace_file
from swarm.system.text import is_like_fingerprint

Say = Callable[[str], None]


def worker_id(state_dir: Path, name: str) -> str:
    """Return the id of the worker of that name, which stays the same after a restart. Raises StoreError.

    The nodes of a cluster share a home folder, and so this file: only the worker that made it has the id that is there.
    """
    path = state_dir / "worker-id"
    with guarded(path):
        known = path.read_bytes()[:200].decode("utf-8", "replace").split("\n", 1) if path.exists() else [""]
        if re.fullmatch("[0-9a-f]{16}", kept := known[0].strip()):
            is_ours = known[1:] in ([], [""], [name])
            return kept if is_ours else hashlib.blake2b(f"{kept}/{name}".encode(), digest_size=8).hexdigest()
        fresh = secrets.token_hex(8)
        replace_file(path, f"{fresh}\n{name}".encode())
        return fresh


def new_nonce() -> str:
    """Return 16 random hexadecimal digits that tell this process from all others."""
    return secrets.token_hex(8)


def machine_name() -> str:
    """Return the name that people know this machine by: its host name, unless that looks like a fingerprint."""
    name = socket.gethostname().split(".")[0][:50] or "nameless"
    return f"host-{name}" if is_like_fingerprint(name) else name


class Clock:
    """A clock in seconds since the epoch that never goes back while the process runs, even if the wall clock does.

    It goes on while the machine sleeps where the system has such a clock, so that a sleep is noticed.
    """

    def __init__(self) -> None:
        self._offset_s = time.time() - _running_s()

    def now(self) -> float:
        """Return the seconds since the epoch."""
        return self._offset_s + _running_s()


def _running_s() -> float:
    """Return the seconds since some moment in the past, sleeps of the machine included as far as the system tells."""
    boot_time = getattr(time, "CLOCK_BOOTTIME", None)
    if boot_time is not None:
        with suppress(OSError):  # some sandboxes lack it
            return time.clock_gettime(boot_time)
    return time.monotonic()


OLDEST_NOW_S = 1_767_225_600  # 2026-01-01: a clock before it was never set
BY_RULE = re.compile(r"(<[+\w-]+>|[A-Za-z]{3,})[+-]?\d")  # "CET-1CEST" says all that there is to know
ALWAYS = ("", "UTC", "GMT")


def clock_fault(now_s: float) -> str:
    """Return what is wrong with a clock that says so many seconds since the epoch; "" if it may be right."""
    said = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now_s))
    return f"it says {said} UTC" if now_s < OLDEST_NOW_S else ""


def unknown_zone() -> str:
    """Return what the variable TZ says if no such time zone is known here; else ""."""
    named = os.environ.get("TZ", "").removeprefix(":")
    if named in ALWAYS or BY_RULE.match(named) or not hasattr(time, "tzset"):  # Windows has a time zone of its own
        return ""
    try:
        if named.startswith("/"):
            with Path(named).open("rb") as file:
                ZoneInfo.from_file(file)
        else:
            ZoneInfo(named)
    except (ValueError, OSError, LookupError):  # ZoneInfoNotFoundError is a LookupError
        return named
    return ""


NAME = "e2a-swarm"
IMAGE_EXTRAS = "E2A_SWARM_IMAGE_EXTRAS"  # set in the container image, such as "[notify]": nothing is installed there
CHECKOUT = Path(__file__).resolve().parents[2]


def extra_line(extra: str) -> str:
    """Return the command line that adds an extra such as "coqui" to this installation."""
    if (built := os.environ.get(IMAGE_EXTRAS)) is not None:
        wanted = {extra, *filter(None, built.strip("[]").split(","))}
        return f'docker build --build-arg EXTRAS="[{",".join(sorted(wanted))}]" --tag e2a-swarm .'
    if not _source()[0]:
        return package_line(*(f'"{each}"' for each in _packages_of(extra)))
    if not _is_uv_tool():
        return f"{_installer()} {_requirement(extra)}"
    extras = sorted({extra, *_extras_of_uv_tool()})  # a tool that is installed again has only what is named
    return f"uv tool install {_requirement(','.join(extras))}"


def package_line(*packages: str) -> str:
    """Return the command line that adds packages to this installation."""
    return " ".join((_installer(), *packages))


def _installer() -> str:
    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    if (Path(sys.prefix) / "pipx_metadata.json").exists():
        return f"pipx runpip {NAME} install"
    if _is_uv_tool() or not find_spec("pip"):
        return f"uv pip install --python {python}"
    return f"{python} -m pip install"


def _is_uv_tool() -> bool:
    return (Path(sys.prefix) / "uv-receipt.toml").exists()


def _extras_of_uv_tool() -> list[str]:
    import tomllib

    try:
        receipt = tomllib.loads((Path(sys.prefix) / "uv-receipt.toml").read_text(encoding="utf-8"))
        required = [found for found in receipt["tool"]["requirements"] if found["name"] == NAME]
        return [str(extra) for found in required for extra in found.get("extras", ())]
    except (OSError, ValueError, LookupError, TypeError):
        return []


def _packages_of(extra: str) -> list[str]:
    """Return the packages of an extra, for a program whose origin is not known, as in Debian's package.

    Its own name is never given to an installer: a stranger who registered it on an index would be run here.
    """
    from importlib.metadata import requires

    lines = (line.partition(";") for line in requires(NAME) or ())
    return [package.strip() for package, _, marker in lines if re.search(rf"extra == [\"']{extra}[\"']", marker)]


def _requirement(extras: str) -> str:
    """Return what an installer has to be given for e2a-swarm with extras: where it came from."""
    source, tail, editable = _source()
    return f'{"-e " if editable else ""}"{source}[{extras}]{tail}"'


def _source() -> tuple[str, str, bool]:
    """Return what comes before the extras and what after them, and whether this is an editable clone (PEP 610).

    The first is "" where that is not known.
    """
    # Imported here, since both bring much that an engine's process never uses.
    from importlib.metadata import PackageNotFoundError, distribution
    from urllib.request import url2pathname

    try:
        record = distribution(NAME).read_text("direct_url.json")
        origin = json.loads(record or '{"url": ""}')
        address = urlsplit(origin["url"])
        if address.scheme == "file":
            return url2pathname(address.path), "", bool(origin.get("dir_info", {}).get("editable"))
        system = origin["vcs_info"]["vcs"] + "+" if "vcs_info" in origin else ""
        return (NAME, f" @ {system}{origin['url']}", False) if address.scheme else ("", "", False)
    except PackageNotFoundError:
        return str(CHECKOUT), "", True  # run from a clone by cli.py
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return "", "", False


def is_loopback(host: str) -> bool:
    """Tell whether only programs of this machine reach a host, which is an address or a name."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return f".{host.lower()}".endswith(".localhost")


def address_of(host: str) -> str:
    """Return what stands for one machine: an IPv4 address, or the network of an IPv6 address."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False).network_address)
