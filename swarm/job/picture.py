"""Tells the kind of a picture by its first bytes. This module imports no picture library."""


def picture_kind(data: bytes) -> str:
    """Return FFmpeg's name for the kind; "" if covers cannot be of it."""
    if data.startswith(b"\xff\xd8\xff"):
        return "mjpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"GIF8"):
        return "gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "webp"
    if data.startswith((b"II*\0", b"MM\0*")):
        return "tiff"
    if data[4:12] in (b"ftypavif", b"ftypavis"):
        return "avif"
    return "bmp" if data.startswith(b"BM") else ""
