"""Addresses of coordinators: as users type them, as machines have them, as codes carry them, as they worked last."""

import ipaddress
import os
import re
import socket
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import ifaddr
import msgspec
from msgspec import Meta, Struct

from swarm.config import DEFAULT_PORT, ENV_COORDINATOR
from swarm.errors import EnvironmentFault, UsageError
from swarm.net.identity.keys import given_key
from swarm.net.identity.swarm_key import MAX_ADDRESSES, SwarmKey
from swarm.system.disk import guarded, read_json, replace_file
from swarm.system.machine import is_loopback, machine_name
from swarm.system.platform import adapters_hardware

FILE, OWN_FILE = "addresses.json", "coordinator.json"
STANDBYS = "standbys of "  # stands before the name of a swarm
MAX_PLACES = 4  # coordinators remembered for each swarm
MAX_SWARMS = 16
EVERYWHERE = ("", "0.0.0.0", "::", "*")
HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")  # a name or IPv4 address that others may be told
BRIDGES = ("docker", "br-", "veth", "virbr", "lxc", "lxd", "podman", "cni", "vboxnet", "vmnet", "vethernet")
TUNNELS = ("tailscale", "wg", "wireguard", "zt", "zerotier", "tun", "tap", "utun", "nebula")
SHARED = ipaddress.ip_network("100.64.0.0/10")  # Tailscale's, and those of providers that share addresses
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Places = list[list[str]]  # the addresses of each coordinator, in the order in which they are tried


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


# --- a code with addresses: CODE~HOST~HOST:PORT~IPV6_PORT


def code_with(key: SwarmKey, addresses: Iterable[str]) -> str:
    """Return a code that carries addresses, of characters that links and shells leave alone."""
    return "~".join([key.code, *map(_in_code, addresses)])


def _in_code(address: str) -> str:
    host, port = split_address(address)
    if port == DEFAULT_PORT:
        return host
    return f"{host}{'_' if ':' in host else ':'}{port}"


def addresses_in(key: SwarmKey) -> list[str]:
    """Return the "host:port" addresses that a code carried. Raises UsageError."""
    found = [_out_of_code(each) for each in key.addresses]
    if odd := [each for each in found if not _is_fitting(each)]:
        raise UsageError(f"{odd[0]} behind that code is not an address: copy the code again.")
    return found


def _out_of_code(text: str) -> str:
    host, _, port = text.rpartition("_")
    return parse_address(f"[{host}]:{port}" if ":" in host else text)


def fitting_addresses(told: Iterable[str]) -> list[str]:
    """Return those of some addresses that a machine may be told, each once and as many as are kept."""
    return list(dict.fromkeys(filter(_is_fitting, told)))[:MAX_ADDRESSES]


def _is_fitting(address: str) -> bool:
    host, _, port = address.rpartition(":")
    if not (port.isascii() and port.isdigit() and 0 < int(port[:9]) < 65536):
        return False
    in_brackets = host.startswith("[") and host.endswith("]")
    if parsed := _parsed(host[1:-1] if in_brackets else host):
        return in_brackets == (parsed.version == 6) and not _is_odd(parsed)
    return HOST.fullmatch(host) is not None


# --- what is remembered


def known_places(state_dir: Path, swarms: Iterable[str]) -> Places:
    """Return the addresses of each coordinator that is known of some swarms, those that worked last first.

    In the end come those of the code that was given to this machine. What is damaged tells none. Raises UsageError,
    EnvironmentFault.
    """
    known = _read(state_dir / FILE)
    given = given_key(state_dir)
    coded = [addresses_in(given)] if given and given.addresses else []
    return [*(place for swarm in swarms for place in known.get(swarm, [])), *coded]


def remember_place(state_dir: Path, swarm: str, addresses: Sequence[str]) -> None:
    """Remember a coordinator by the address that worked and those that it told, before others. Raises StoreError.

    One that told none keeps those that are known of it.
    """
    known = _read(state_dir / FILE)
    before = known.pop(swarm, [])
    same = [place for place in before if not set(place).isdisjoint(addresses)]
    kept = [] if len(addresses) > 1 else [address for place in same for address in place]
    place = list(dict.fromkeys([*addresses, *kept]))[: MAX_ADDRESSES + 1]
    known[swarm] = [place, *(other for other in before if other not in same)][:MAX_PLACES]
    if before != known[swarm]:
        _write(state_dir, known)


def remember_standbys(state_dir: Path, swarm: str, addresses: Sequence[str]) -> None:
    """Remember where standbys of a swarm are, those told last before others. Raises StoreError.

    One that is told no more is kept behind the others: it may be away for a moment, and its coordinator gone in that.
    """
    known, name = _read(state_dir / FILE), STANDBYS + swarm
    before = known.get(name, [])
    place = fitting_addresses([*addresses, *(address for each in before for address in each)])
    if place and before != [place]:
        known.pop(name, None)
        _write(state_dir, known | {name: [place]})


def known_standbys(state_dir: Path, swarms: Iterable[str]) -> Places:
    """Return where standbys of some swarms are, which are tried while no coordinator answers."""
    known = _read(state_dir / FILE)
    return [place for swarm in swarms for place in known.get(STANDBYS + swarm, [])]


def _write(state_dir: Path, known: dict[str, Places]) -> None:
    recent = dict(list(known.items())[-MAX_SWARMS:])
    with guarded(state_dir / FILE):
        replace_file(state_dir / FILE, msgspec.json.format(msgspec.json.encode(recent), indent=1))


def _read(path: Path) -> dict[str, Places]:
    told = read_json(path, dict[str, list[str | list[str]]]) or {}  # before 0.3 each place was one address
    return {swarm: [[each] if isinstance(each, str) else each for each in places] for swarm, places in told.items()}


# --- this machine's own


class OwnPlace(Struct, frozen=True):
    """Where a coordinator of this machine listens, and by which addresses others reach it besides."""

    port: Annotated[int, Meta(ge=1, le=65535)] = DEFAULT_PORT
    bind: str = ""
    announce: str = ""  # given, it stands in place of this machine's own addresses
    also: tuple[str, ...] = ()  # those of relays, or ports that a router passes on

    def addresses(self) -> list[str]:
        """Return the addresses that other machines are told, in the order in which they try them."""
        names: list[str] = []
        if self.announce:
            own = [self.announce]
        elif self.bind in EVERYWHERE:
            own, names = (
                [join_address(host, self.port) for host in _far_hosts()],
                [f"{machine_name()}.local:{self.port}"],
            )
        else:
            own = [] if is_loopback(self.bind) else [join_address(self.bind, self.port)]
        most = MAX_ADDRESSES - len(names) - len(self.also)
        return fitting_addresses([*own[:most], *self.also, *names])

    @property
    def here(self) -> str:
        """The address by which this machine itself reaches it."""
        return join_address("127.0.0.1" if self.bind in EVERYWHERE else self.bind, self.port)

    def keep(self, state_dir: Path) -> None:
        """Have codes that other commands of this machine print carry these addresses. Raises StoreError."""
        with guarded(state_dir / OWN_FILE):
            replace_file(state_dir / OWN_FILE, msgspec.json.encode(self))


def own_place(state_dir: Path) -> OwnPlace:
    """Return where a coordinator of this machine listened last; the usual place if none did."""
    return read_json(state_dir / OWN_FILE, OwnPlace) or OwnPlace()


def full_code(state_dir: Path, key: SwarmKey) -> str:
    """Return a code with the addresses of this machine. Raises EnvironmentFault."""
    return code_with(key, own_place(state_dir).addresses())


def _far_hosts() -> list[str]:
    """Return this machine's addresses: those of networks that are near first, then tunnels', and one of IPv6."""
    ranked = [(_rank(name, address), int(address), str(address)) for name, address, _ in _adapters()]
    ordered = [(rank, host) for rank, _, host in sorted(ranked) if rank < UNFIT]
    return [host for rank, host in ordered if rank < IPV6] + [host for rank, host in ordered if rank == IPV6][:1]


NEAR, TUNNEL, IPV6, UNFIT = range(4)


def _rank(adapter: str, address: Address) -> int:
    if address.is_loopback or address.is_link_local or adapter.startswith(BRIDGES):
        return UNFIT
    if address.version == 6:
        return IPV6
    return TUNNEL if address in SHARED or adapter.startswith(TUNNELS) else NEAR


# --- waking other machines

MAGIC_PORT = 9  # the cards look at the bytes alone


def hardware_addresses() -> list[str]:
    """Return the addresses by which a magic packet wakes this machine."""
    found = [text for name, text in adapters_hardware() if not name.startswith((*BRIDGES, *TUNNELS))]
    return list(dict.fromkeys(text for text in found if text.strip("0:")))


def send_magic(hardware: Iterable[str]) -> None:
    """Wake machines by the magic packet, from each IPv4 network that this machine is in, as far as that works."""
    networks = list[tuple[Address, Network]]()
    with suppress(EnvironmentFault):
        networks += [(address, network) for name, address, network in _adapters() if _rank(name, address) == NEAR]
    for address, network in networks:
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:  # a network may be gone
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            sender.bind((str(address), 0))
            for each in hardware:
                sender.sendto(magic_packet(each), (str(network.broadcast_address), MAGIC_PORT))


def magic_packet(hardware: str) -> bytes:
    """Return the packet that wakes the machine with a hardware address."""
    return b"\xff" * 6 + bytes.fromhex(hardware.replace(":", "")) * 16


def local_addresses() -> list[str]:
    """Return this machine's addresses that others may reach, IPv4 first; loopback only if there is no other."""
    found = [address for _, address, _ in _adapters()]
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
    networks = [network for _, _, network in _adapters()]
    parsed = [address for text in addresses if (address := _parsed(text)) and not _is_odd(address)]
    far = {address: not any(address in network for network in networks) for address in parsed}
    return [str(address) for address in sorted(far, key=lambda address: (far[address], address.version))]


def is_near(host: str) -> bool:
    """Tell whether a host is given by an address in a network that this machine is in itself."""
    address = _parsed(host)
    return address is not None and any(address in network for _, _, network in _adapters())


def _adapters() -> list[tuple[str, Address, Network]]:
    """Return each address of this machine with the name of its adapter in small letters, and its network."""
    try:
        ips = [(adapter.nice_name.lower(), ip) for adapter in ifaddr.get_adapters() for ip in adapter.ips]
    except OSError as error:
        raise EnvironmentFault(f"This machine does not tell its network addresses: {error}.") from error
    texts = [(name, ip.ip if isinstance(ip.ip, str) else ip.ip[0], ip.network_prefix) for name, ip in ips]
    found = [(name, ipaddress.ip_interface(f"{text.partition('%')[0]}/{prefix}")) for name, text, prefix in texts]
    return [(name, each.ip, each.network) for name, each in found if not _is_odd(each.ip)]


def _parsed(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _is_odd(address: Address) -> bool:
    """Tell whether an address is of no use to others: IPv6 link-local needs the name of an interface here."""
    return address.is_multicast or address.is_unspecified or (address.version == 6 and address.is_link_local)
