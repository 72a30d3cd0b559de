"""The static files of the page: style, script, icons. Each has an address with its digest, and is cached for good."""

import hashlib
from importlib.resources import files
from typing import NamedTuple

KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}


class StaticFile(NamedTuple):
    """A static file and how it is served."""

    content: bytes
    kind: str
    digest: str


def read_static_files() -> dict[str, StaticFile]:
    """Return all static files by their names."""
    folder = files("swarm.site") / "static"
    found = {}
    for path in folder.iterdir():
        kind = KINDS.get(path.name[path.name.rfind(".") :])
        if kind:
            content = path.read_bytes()
            found[path.name] = StaticFile(content, kind, hashlib.sha256(content).hexdigest()[:16])
    return found
