"""The names of a job and of its audiobook's files, which follow from a book and the choices of its user.

The same book and the same choices give the same name, so that a command that is run again finds its job.
"""

import hashlib
import re
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import msgspec

from swarm.book.speech.lexicon import read_lexicon
from swarm.config import RenderConfig
from swarm.job.spec import Recipe
from swarm.system.text import is_device_name


def job_name(path: Path, title: str, recipe: Recipe, config: RenderConfig) -> str:
    """Return the name that always follows from a book of this title, a recipe and the choices of text."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(msgspec.json.encode((recipe.facts, config.chapters)))
    for choice in (config.reading, config.credits, config.cast):
        if choice is not None:
            digest.update(msgspec.json.encode(choice))
    if config.one_engine:
        digest.update(b"one engine")
    if config.preview_s:
        digest.update(msgspec.json.encode(config.preview_s))
    if config.preview_name:
        digest.update(config.preview_name.encode())
    if config.lexicon is not None:
        digest.update(msgspec.json.encode(read_lexicon(config.lexicon).rules))
    return f"{slug(title)}-{digest.hexdigest()[:10]}"


def slug(title: str) -> str:
    """Return a title as a file name for programs: lower-case ASCII letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48].strip("-") or "book"


def file_stem(title: str, authors: Sequence[str], chapters: str, *, preview: bool = False, voice: str = "") -> str:
    """Return the audiobook's file name without its ending: "Title - Author", with the chapters if they are chosen.

    `voice` is named if it is given: previews are made to compare voices.
    """
    author = " & ".join(authors[:3])
    name = f"{title} - {author}" if author else title
    if chapters:
        noun = "chapter" if chapters.isdigit() else "chapters"
        name += f" ({'preview of ' if preview else ''}{noun} {chapters}{f', {voice}' if voice else ''})"
    coding = sys.getfilesystemencoding()  # this coding is ASCII in some old locales
    writable = unicodedata.normalize("NFC", name).encode(coding, "replace").decode(coding)
    clean = re.sub(r'[\x00-\x1f<>:"/\\|?*]', " ", writable)
    short = re.sub(r"\s+", " ", clean).strip(" .-").encode()[:180].decode(errors="ignore").strip(" .-")
    return f"_{short}" if is_device_name(short) else short or "audiobook"
