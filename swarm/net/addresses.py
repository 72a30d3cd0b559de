"""Addresses of coordinators: as users type them, as machines have them, and as they worked last."""

import ipaddress
import json
import os
import socket
from collections.abc import Iterable
from pathlib import Path

import ifaddr

from swarm.config import DEFAULT_PORT, ENV_COORDINATOR
from swarm.errors import EnvironmentFault, UsageError
from swarm.system.disk import guarded, read_json, replace_file

FILE = "addresses.json"
MAX_ADDRESSES = 4  # addresses remembered for each swarm
MAX_SWARMS = 16
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def parse_address(text: str) -> str:
    """Parse `host[:port]` into "host:port"; IPv6 with or without brackets. Raises UsageError."""
    host, port = text.strip(), ""
    if host.startswith("["):
        host, _, port = host[1:].partition("]")
        port = port.removeprefix(":")
    elif host.count(":") == 1:
        host, port = host.split(":")
    if not host or any(character in " /\\@," for character in host):
        raise UsageError(f"{text!r} is not an address; write HOST or HOST:PORT.")
    if port and not (port.isascii() and port.isdigit() and 0 < int(port[:9]) < 65536):
        raise UsageError(f"{port!r} in {text!r} is not a port; write HOST:PORT with a port from 1 to 65535.")
    return join_address(host, int(port or DEFAULT_PORT))


def join_address(host: str, port: int) -> str:
    """Return "host:port", with IPv6 in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def split_address(address: str) -> tuple[str, int]:
    """Return the host and port of "host:port", as `parse_address` returns it."""
    host, _, port = address.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


def fixed_address(chosen: str) -> str | None:
    """Return the one coordinator that the user named: --coordinator, else the environment. Raises UsageError."""
    text = chosen or os.environ.get(ENV_COORDINATOR, "")
    return parse_address(text) if text else None


def last_addresses(state_dir: Path, swarm: str) -> list[str]:
    """Return the addresses of a swarm's coordinators that worked, the latest first; none if the file is damaged."""
    return _read(state_dir / FILE).get(swarm, [])[:MAX_ADDRESSES]


def remember_address(state_dir: Path, swarm: str, address: str) -> None:
    """Remember an address that worked, before those that worked earlier. Raises StoreError."""
    known = _read(state_dir / FILE)
    before = known.pop(swarm, [])
    known[swarm] = [address, *(other for other in before if other != address)][:MAX_ADDRESSES]
    if before != known[swarm]:
        recent = dict(list(known.items())[-MAX_SWARMS:])
        with guarded(state_dir / FILE):
            replace_file(state_dir / FILE, json.dumps(recent, indent=1).encode())


def _read(path: Path) -> dict[str, list[str]]:
    return read_json(path, dict[str, list[str]]) or {}


def local_addresses() -> list[str]:
    """Return this machine's addresses that others may reach, IPv4 first; loopback only if there is no other."""
    found = [address for address, _ in _own()]
    reachable = [address for address in found if not address.is_loopback]
    ordered = sorted(reachable or found, key=lambda address: (address.version, int(address)))
    return [str(address) for address in ordered]


def own_address(towards: str, bound: str = "") -> str:
    """Return this machine's address on its way to a "host:port"; "" if there is none that others could use.

    `bound` is the address that it listens on, if it is one.
    """
    chosen = _parsed(bound)
    if chosen and not _is_odd(chosen):
        return str(chosen)
    try:
        family, kind, _, _, where = socket.getaddrinfo(*split_address(towards), type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as probe:
            probe.connect(where)  # sends nothing
            address = _parsed(probe.getsockname()[0])
    except OSError:
        return ""
    return str(address) if address and not _is_odd(address) else ""


def nearest_first(addresses: Iterable[str]) -> list[str]:
    """Sort numeric addresses, those in a network of this machine first; names and odd addresses are left out."""
    networks = [network for _, network in _own()]
    parsed = [address for text in addresses if (address := _parsed(text)) and not _is_odd(address)]
    far = {address: not any(address in network for network in networks) for address in parsed}
    return [str(address) for address in sorted(far, key=lambda address: (far[address], address.version))]


def _own() -> list[tuple[Address, ipaddress.IPv4Network | ipaddress.IPv6Network]]:
    try:
        ips = [ip for adapter in ifaddr.get_adapters() for ip in adapter.ips]
    except OSError as error:
        raise EnvironmentFault(f"This machine does not tell its network addresses: {error}.") from error
    texts = [(ip.ip if isinstance(ip.ip, str) else ip.ip[0], ip.network_prefix) for ip in ips]
    interfaces = [ipaddress.ip_interface(f"{text.partition('%')[0]}/{prefix}") for text, prefix in texts]
    return [(interface.ip, interface.network) for interface in interfaces if not _is_odd(interface.ip)]


def _parsed(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _is_odd(address: Address) -> bool:
    """Tell whether an address is of no use to others: IPv6 link-local needs the name of an interface here."""
    return address.is_multicast or address.is_unspecified or (address.version == 6 and address.is_link_local)
