"""Writes MP3, Ogg, FLAC and WAV. Tags and chapters stand before the sound, so they are written twice.

An MP3 begins with its ID3 tag; a WAV has it in a chunk."""

import io
from base64 import b64encode
from collections.abc import Iterator, Sequence
from fractions import Fraction
from io import SEEK_END, BytesIO
from typing import IO, TYPE_CHECKING

import av
import mutagen.flac
import mutagen.id3
from mutagen import id3

from swarm.audiobook.sound.container import (
    SoundFile,
    add_picture,
    make_chapter,
    make_packet,
    open_container,
    picture_packet,
)
from swarm.audiobook.sound.cover import Picture
from swarm.audiobook.sound.reel_file import ReelSound
from swarm.audiobook.sound.studio_request import AudiobookRequest
from swarm.audiobook.sound.tags import Tags, clean_tag, comment_language, ffmpeg_tags

if TYPE_CHECKING:
    from av.container.core import Chapter  # only the stubs of PyAV have it

ID3_HEAD_BYTES = 10
MAX_TABLE = 255  # entries of a table of contents, which counts them in one byte; readers find chapters without it too
SORT_NAMES = frozenset({"TSOT", "TSOA", "TSOP"})
NO_OFFSET = 0xFFFFFFFF  # a chapter is found by its time, not by a place in the file


def id3_tag(tags: Tags, picture: Picture | None, chapters: "Sequence[Chapter]", room_bytes: int = 0) -> bytes:
    """Return a whole tag, padded to `room_bytes` where it is shorter.

    Chapters stand in their order: mutagen would sort a tag's frames by size, and some readers do not sort by time.
    """
    frames = (*_texts(tags), *_pictures(picture), *_table(chapters), *map(_chapter, range(len(chapters)), chapters))
    body = b"".join(map(_rendered, frames))
    body += bytes(max(0, room_bytes - ID3_HEAD_BYTES - len(body)))
    size: bytes = id3.BitPaddedInt.to_str(len(body), width=4)
    return b"ID3\x03\0\0" + size + body


def _rendered(frame: id3.Frame) -> bytes:
    """Return a frame as it stands in a tag."""
    tag, file = id3.ID3(), BytesIO()
    tag.add(frame)
    if frame.FrameID not in SORT_NAMES:  # mutagen would drop them, although players read them in version 2.3 too
        tag.update_to_v23()
    tag.save(file, v1=0, v2_version=3, padding=lambda info: 0)
    return file.getvalue()[ID3_HEAD_BYTES:]


def _texts(tags: Tags) -> Iterator[id3.Frame]:
    plain = (
        (id3.TIT2, tags.file_title),
        (id3.TIT3, tags.subtitle),
        (id3.TALB, tags.title),
        (id3.TPE1, tags.author),
        (id3.TPE2, tags.author),
        (id3.TCOM, tags.narrator),
        (id3.TDRC, tags.year),
        (id3.TCON, tags.genre),
        (id3.TRCK, tags.track),
        (id3.TPUB, tags.publisher),
        (id3.TLAN, tags.language),
        (id3.TCOP, tags.rights),
        (id3.TSOT, tags.file_title_sort),
        (id3.TSOA, tags.title_sort),
        (id3.TSOP, tags.author_sort),
        (id3.TSO2, tags.author_sort),
        (id3.MVNM, tags.series),
        (id3.MVIN, tags.series_number),
    )
    yield from (kind(encoding=id3.Encoding.UTF8, text=[clean_tag(text)]) for kind, text in plain if clean_tag(text))
    free = (
        ("SERIES", tags.series),
        ("SERIES-PART", tags.series_number),
        ("ISBN", tags.isbn),
        ("ASIN", tags.asin),
        ("TRANSLATOR", tags.translator),
    )
    for name, text in free:
        if clean_tag(text):
            yield id3.TXXX(encoding=id3.Encoding.UTF8, desc=name, text=[clean_tag(text)])
    if clean_tag(tags.description):
        language, description = comment_language(tags), [clean_tag(tags.description)]
        yield id3.COMM(encoding=id3.Encoding.UTF8, lang=language, desc="", text=description)


def _pictures(picture: Picture | None) -> Iterator[id3.Frame]:
    if picture:
        front = id3.PictureType.COVER_FRONT
        yield id3.APIC(encoding=id3.Encoding.LATIN1, mime=picture.mime, type=front, desc="", data=picture.data)


def _table(chapters: "Sequence[Chapter]") -> Iterator[id3.Frame]:
    if 0 < len(chapters) <= MAX_TABLE:
        names = [f"ch{number}" for number in range(len(chapters))]
        flags = id3.CTOCFlags.TOP_LEVEL | id3.CTOCFlags.ORDERED
        yield id3.CTOC(element_id="toc", flags=flags, child_element_ids=names, sub_frames=[])


def _chapter(number: int, chapter: "Chapter") -> id3.Frame:
    start_ms, end_ms = (int(chapter[end] * (chapter["time_base"] or 0) * 1000) for end in ("start", "end"))
    title = id3.TIT2(encoding=id3.Encoding.UTF8, text=[chapter["metadata"]["title"]])
    return id3.CHAP(
        element_id=f"ch{number}",
        start_time=start_ms,
        end_time=end_ms,
        start_offset=NO_OFFSET,
        end_offset=NO_OFFSET,
        sub_frames=[title],
    )


OPTIONS = {
    # The tag is ours. A constant bit rate needs no table, and nothing may be cut from the first reel.
    "mp3": {"id3v2_version": "0", "write_xing": "0"},
    "ogg": {},
    "flac": {},
    "wav": {"rf64": "auto"},  # files over 4 GiB need it
}
STREAMINFO_END = 42  # FFmpeg completes a FLAC up to here at the end, so this part is not written again
OPUS_SKIP = 312  # samples at 48 kHz: each stream of this encoder tells players to leave them out
MAX_COMMENTS = 1000  # chapters of an Ogg or FLAC: players know comments of three digits, CHAPTER000 to CHAPTER999
ID3 = b"id3 "

RIFF, RF64 = b"RIFF", b"RF64"  # the second is for files over 4 GiB

RIFF_HEAD_BYTES = 8

MAX_RIFF_BYTES = 0xFFFFFFFF

LONG_SIZE_AT = 20  # an RF64 has its size behind the heads of the file and of its first chunk


class TaggedFile(SoundFile):
    """An unfinished file, with room for chapters of these titles."""

    def __init__(self, request: AudiobookRequest, picture: Picture | None, chapters: "Sequence[Chapter]") -> None:
        """Start the file. Raises OSError."""
        super().__init__(request, picture)
        self._room = len(_front(request, picture, chapters))
        if request.family == "mp3":
            self._file.write(id3_tag(request.tags, picture, chapters))
        self._container, self._sound = _start(request, picture, self._file, chapters)

    @property
    def extradata(self) -> bytes:
        """The configuration for decoders; empty for sound that is encoded here."""
        return b"" if self._request.family in ("flac", "wav") else super().extradata

    def _write(self, reel: ReelSound) -> None:
        if self._request.family in ("flac", "wav"):
            self._write_pcm(b"".join(reel.packets))
        else:
            self._write_packets(reel)

    def _write_packets(self, reel: ReelSound) -> None:
        coding = self._request.coding
        clock_rate = coding.kind.clock_rate or coding.sample_rate
        scale, frame, time_base = clock_rate // coding.sample_rate, coding.frame_samples, Fraction(1, clock_rate)
        shift = frame * scale - OPUS_SKIP if self._request.family == "ogg" else 0
        for data in reel.packets:
            place = self.samples * scale + shift
            self._container.mux_one(make_packet(data, self._sound, place, frame * scale, time_base))
            self.samples += frame

    def _write_pcm(self, flac: bytes) -> None:
        import soundfile  # here, since other formats need neither it nor numpy

        pcm, _ = soundfile.read(io.BytesIO(flac), dtype="int16", always_2d=True)
        coding = self._request.coding
        frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout=coding.layout)
        frame.sample_rate, frame.pts = coding.sample_rate, self.samples
        frame.time_base = Fraction(1, coding.sample_rate)
        self._container.mux(self._sound.encode(frame))
        self.samples += len(pcm)

    def has_room(self, chapters: "Sequence[Chapter] | None") -> bool:
        """Return whether the front with these chapters fits into the place of the one that was written."""
        if chapters is None or self._request.family == "wav":
            return True
        size = len(_front(self._request, self._picture, chapters))
        return size <= self._room if self._request.family == "mp3" else size == self._room

    def _finish(self, chapters: "Sequence[Chapter]") -> None:
        """Write the front again, with the chapters' times."""
        if self._request.family in ("flac", "wav"):
            self._container.mux(self._sound.encode(None))
        self._container.close()
        if self._request.family == "wav":
            append_chunk(self._file, ID3, id3_tag(self._request.tags, self._picture, chapters))
        else:
            keep = STREAMINFO_END if self._request.family == "flac" else 0
            self._file.seek(keep)
            self._file.write(_front(self._request, self._picture, chapters, self._room)[keep:])


def _start(
    request: AudiobookRequest, picture: Picture | None, file: IO[bytes], chapters: "Sequence[Chapter]"
) -> "tuple[av.container.OutputContainer, av.AudioStream]":
    family = request.family
    tags = {} if family == "mp3" else ffmpeg_tags(request.tags, family)
    if family == "ogg" and picture:
        tags["METADATA_BLOCK_PICTURE"] = _picture_block(picture)
    if family in ("ogg", "flac"):
        tags |= _chapter_comments(chapters)
    container, sound = open_container(file, family, request, tags, OPTIONS[family])
    cover = add_picture(container, picture) if picture and family == "flac" else None
    container.start_encoding()
    if picture and cover:
        container.mux_one(picture_packet(picture, cover))
    return container, sound


def _front(
    request: AudiobookRequest, picture: Picture | None, chapters: "Sequence[Chapter]", room_bytes: int = 0
) -> bytes:
    """Return what stands before the sound; only an MP3's can be padded to `room_bytes`."""
    if request.family == "mp3":
        return id3_tag(request.tags, picture, chapters, room_bytes)
    file = io.BytesIO()
    container, _ = _start(request, picture, file, chapters)
    container.close()
    return file.getvalue()


def chapters_note(request: AudiobookRequest, chapters: "Sequence[Chapter]") -> str:
    """Return a sentence for the user if the format cannot hold so many chapters, else an empty one."""
    if request.family not in ("ogg", "flac") or len(chapters) <= MAX_COMMENTS:
        return ""
    kind = "Opus" if request.family == "ogg" else "FLAC"
    return (
        f"{kind} files hold {MAX_COMMENTS} chapter marks: the last one reaches over chapters {MAX_COMMENTS} to "
        f"{len(chapters)}. M4B, MP3 and WAV hold them all"
    )


def blank_chapters(titles: Sequence[str], sample_rate: int) -> "list[Chapter]":
    """Return chapters of which only the titles are known."""
    return [make_chapter(number, 0, 0, sample_rate, title) for number, title in enumerate(titles)]


def _chapter_comments(chapters: "Sequence[Chapter]") -> dict[str, str]:
    """Return chapters as Vorbis comments: FFmpeg reads them, but writes none to a FLAC and wrong ones to an Ogg.

    The last one that there is a comment for reaches to the end of the file.
    """
    found = {}
    for number, chapter in enumerate(chapters[:MAX_COMMENTS]):
        milliseconds = int(chapter["start"] * (chapter["time_base"] or 0) * 1000)
        seconds, milliseconds = divmod(milliseconds, 1000)
        found[f"CHAPTER{number:03}"] = (
            f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"
        )
        found[f"CHAPTER{number:03}NAME"] = chapter["metadata"]["title"]
    return found


def _picture_block(picture: Picture) -> str:
    """Return a cover as an Ogg comment holds it: FLAC's picture block in base64."""
    block = mutagen.flac.Picture()
    block.type, block.mime, block.data = mutagen.id3.PictureType.COVER_FRONT, picture.mime, picture.data
    return b64encode(block.write()).decode()


def append_chunk(file: IO[bytes], kind: bytes, data: bytes) -> None:
    """Add a chunk to a WAV that is open for reading and writing; mutagen knows none over 4 GiB. Raises OSError.

    A file that is no WAV, or that would grow beyond what its size can say, stays as it is.
    """
    end = file.seek(0, SEEK_END)
    file.seek(0)
    kept = file.read(4)
    chunk = bytes(end % 2) + kind + len(data).to_bytes(4, "little") + data + bytes(len(data) % 2)
    size = end + len(chunk) - RIFF_HEAD_BYTES
    if kept == RIFF and size <= MAX_RIFF_BYTES:
        place, said = 4, size.to_bytes(4, "little")
    elif kept == RF64:
        place, said = LONG_SIZE_AT, size.to_bytes(8, "little")
    else:
        return
    file.seek(end)
    file.write(chunk)
    file.seek(place)
    file.write(said)
