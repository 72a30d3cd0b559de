"""Reads back what a finished file of ours holds: its chapters and its cover."""

from base64 import b64decode
from pathlib import Path
from typing import Any

from swarm.audio.cover import Picture
from swarm.job.picture import picture_kind


def embedded_chapters(path: Path) -> list[tuple[str, float]]:
    """Return title and start in seconds of each chapter. Raises OSError."""
    import av

    with av.open(str(path)) as container:
        return [
            (chapter["metadata"].get("title", ""), float(chapter["start"] * (chapter["time_base"] or 0)))
            for chapter in container.chapters()
        ]


def embedded_cover(path: Path) -> Picture | None:
    """Return the cover; None if the file has none, or is of a kind that mutagen does not read (a WAV over 4 GiB)."""
    import mutagen

    try:
        file = mutagen.File(path)
    except mutagen.MutagenError:
        return None
    data = bytes(_cover_bytes(file)) if file is not None else b""
    kind = picture_kind(data)
    return Picture(kind, data) if kind in ("mjpeg", "png") else None


def _cover_bytes(file: Any) -> bytes:
    """Return the first picture of a file that mutagen opened, wherever its format has it."""
    from mutagen.flac import Picture as FlacPicture

    if hasattr(file, "pictures"):
        return next((picture.data for picture in file.pictures), b"")
    tags = file.tags or {}
    if "covr" in tags:
        return bytes(tags["covr"][0])
    if "metadata_block_picture" in tags:
        return bytes(FlacPicture(b64decode(tags["metadata_block_picture"][0])).data)
    return next((frame.data for key, frame in tags.items() if key.startswith("APIC")), b"")
