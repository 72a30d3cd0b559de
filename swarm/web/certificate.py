"""The files of TLS, checked before the first connection."""

import ssl
from pathlib import Path
from typing import NamedTuple

from swarm.errors import EnvironmentFault


class Certificate(NamedTuple):
    """The files of TLS: the certificate with its chain, and its key."""

    chain: Path
    key: Path


def check_certificate(chain: Path, key: Path) -> Certificate:
    """Return a certificate whose files fit together. Raises EnvironmentFault."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key, password=lambda: "")
    except OSError as fault:
        why = fault.strerror if isinstance(fault, FileNotFoundError | PermissionError) else str(fault)
        raise EnvironmentFault(f"--web-cert {chain} and --web-key {key} cannot be used for TLS: {why}.") from fault
    return Certificate(chain, key)
