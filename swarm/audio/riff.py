"""A chunk more at the end of a finished WAV: where its tags, chapters and cover find room, as ID3."""

from io import SEEK_END
from typing import IO

ID3 = b"id3 "
RIFF, RF64 = b"RIFF", b"RF64"  # the second where more than 4 GiB do not fit into the first's size
HEAD_BYTES = 8
MOST_RIFF_BYTES = 0xFFFFFFFF
LONG_SIZE_AT = 20  # in an RF64: behind the heads of the file and of its first chunk


def append_chunk(file: IO[bytes], kind: bytes, data: bytes) -> None:
    """Add a chunk to a WAV that is open for reading and writing. Raises OSError.

    A file that is none, or that would grow beyond what its size can say, stays as it is.
    """
    end = file.seek(0, SEEK_END)
    file.seek(0)
    kept = file.read(4)
    chunk = bytes(end % 2) + kind + len(data).to_bytes(4, "little") + data + bytes(len(data) % 2)
    size = end + len(chunk) - HEAD_BYTES
    if kept == RIFF and size <= MOST_RIFF_BYTES:
        place, said = 4, size.to_bytes(4, "little")
    elif kept == RF64:
        place, said = LONG_SIZE_AT, size.to_bytes(8, "little")
    else:
        return
    file.seek(end)
    file.write(chunk)
    file.seek(place)
    file.write(said)
