"""The static files of the page: style, scripts, icons. Their address has a digest, and browsers cache them for good."""

import base64
import hashlib
from collections.abc import Mapping
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


def read_static_files() -> dict[str, StaticFile]:
    """Return all static files by their names."""
    folder = files("swarm.server.page") / "static"
    kinds = {path.name: KINDS.get(path.name[path.name.rfind(".") :]) for path in folder.iterdir()}
    return {name: StaticFile((folder / name).read_bytes(), kind) for name, kind in sorted(kinds.items()) if kind}


def read_style() -> str:
    """Return the style of all pages, which each has in itself: nothing has to be fetched before its first paint."""
    return (files("swarm.server.page") / "static" / "site.css").read_text(encoding="utf-8")


def hash_of(style: str) -> str:
    """Return a style as a policy of contents names it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}"


def digest_of(found: Mapping[str, StaticFile]) -> str:
    """Return one digest of all static files, since scripts import each other by plain names."""
    digest = hashlib.sha256()
    for name, file in found.items():
        digest.update(f"{name} {len(file.content)} ".encode())
        digest.update(file.content)
    return digest.hexdigest()[:16]
