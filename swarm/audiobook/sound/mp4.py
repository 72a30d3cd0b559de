"""Writes M4B and M4A: packets as they come, and index, tags and cover into room that is kept for them at the front."""

from collections.abc import Sequence
from fractions import Fraction
from typing import IO, TYPE_CHECKING

from mutagen import mp4

from swarm.audiobook.sound.container import SoundFile, make_packet, open_container
from swarm.audiobook.sound.cover import Picture
from swarm.audiobook.sound.reel_file import ReelSound
from swarm.audiobook.sound.studio_request import AudiobookRequest
from swarm.audiobook.sound.tags import Tags, clean_tag

if TYPE_CHECKING:
    from av.container.core import Chapter  # only the stubs of PyAV have it


HOLDER = "lyrics"  # FFmpeg's name of the atom that keeps the room, and which is gone afterwards
ATOM_BYTES = 128  # more than the heads of any one tag take
FREE = "----:com.apple.iTunes:"
AUDIOBOOK = 2  # the kind of media, to Apple's players


def room_for(tags: Tags, picture: Picture | None) -> str:
    """Return the text of the holder: as long as the tags and the cover will be at most."""
    texts = [*_texts(tags).values(), *_free_texts(tags).values()]
    size = sum(len(text.encode()) + ATOM_BYTES for text in texts) + 5 * ATOM_BYTES
    return " " * (size + (len(picture.data) if picture else 0))


def write_mp4_tags(file: IO[bytes], tags: Tags, picture: Picture | None) -> None:
    """Put the tags in the holder's place, in a finished file that is open for reading and writing. Raises OSError."""
    atoms = mp4.MP4Tags()
    atoms.update({name: [text] for name, text in _texts(tags).items()})
    for name, text in _free_texts(tags).items():
        atoms[FREE + name] = [mp4.MP4FreeForm(text.encode(), mp4.AtomDataType.UTF8)]
    atoms["stik"] = [AUDIOBOOK]
    if tags.series and tags.series_number.isdecimal():
        atoms["\xa9mvi"] = [int(tags.series_number)]
    if tags.parts:
        atoms["trkn"] = [(tags.part, tags.parts)]
    if picture:
        kind = mp4.MP4Cover.FORMAT_JPEG if picture.codec == "mjpeg" else mp4.MP4Cover.FORMAT_PNG
        atoms["covr"] = [mp4.MP4Cover(picture.data, kind)]
    atoms.save(file, padding=lambda info: max(0, info.padding))


def _texts(tags: Tags) -> dict[str, str]:
    """Return the tags that have an atom of their own."""
    return _given(
        {
            "\xa9nam": tags.file_title,
            "\xa9alb": tags.title,
            "\xa9ART": tags.author,
            "aART": tags.author,
            "\xa9wrt": tags.narrator,  # the composer, which is where audiobooks have it
            "\xa9day": tags.year,
            "\xa9gen": tags.genre,
            "\xa9cmt": tags.description,
            "desc": tags.description,
            "ldes": tags.description,
            "cprt": tags.rights,
            "sonm": tags.file_title_sort,
            "soal": tags.title_sort,
            "soar": tags.author_sort,
            "soaa": tags.author_sort,
            "\xa9mvn": tags.series,
            "tvsh": tags.series,
            "tven": tags.series_number,
        }
    )


def _free_texts(tags: Tags) -> dict[str, str]:
    """Return the tags that have none, by the names that Audiobookshelf and Mp3tag use."""
    return _given(
        {
            "SUBTITLE": tags.subtitle,
            "NARRATOR": tags.narrator,
            "SERIES": tags.series,
            "SERIES-PART": tags.series_number,
            "PUBLISHER": tags.publisher,
            "ISBN": tags.isbn,
            "ASIN": tags.asin,
            "TRANSLATOR": tags.translator,
            "LANGUAGE": tags.language,
        }
    )


def _given(texts: dict[str, str]) -> dict[str, str]:
    clean = {name: clean_tag(text) for name, text in texts.items()}
    return {name: text for name, text in clean.items() if text}


MAX_OLD_LIST = 255  # chapters in the list that older players read; a longer one would be wrong, so it is left out

# Room for the index at the front of the file, so that it plays while it is still being fetched.
INDEX_PACKET_BYTES = 5
INDEX_CHAPTER_BYTES = 700
INDEX_BASE_BYTES = 64 << 10


class Mp4File(SoundFile):
    """An unfinished M4B, with room for a number of packets and chapters."""

    def __init__(self, request: AudiobookRequest, picture: Picture | None, packets: int, chapters: int) -> None:
        """Start the file. Raises OSError."""
        super().__init__(request, picture)
        self._room_packets, self._room_chapters, self._packets = packets, chapters, 0
        holder = room_for(request.tags, picture)
        options = {
            "brand": "M4B ",
            "movflags": "+disable_chpl" if chapters > MAX_OLD_LIST else "-disable_chpl",
            "moov_size": str(self._index_bytes(len(holder))),
        }
        self._container, self._sound = open_container(self._file, "mp4", request, {HOLDER: holder}, options)
        self._container.start_encoding()

    def _index_bytes(self, tag_bytes: int) -> int:
        variable = self._room_packets * INDEX_PACKET_BYTES + self._room_chapters * INDEX_CHAPTER_BYTES
        return INDEX_BASE_BYTES + variable + tag_bytes

    def _write(self, reel: ReelSound) -> None:
        frame, time_base = self._request.coding.frame_samples, Fraction(1, self._request.coding.sample_rate)
        for data in reel.packets:
            self._container.mux_one(make_packet(data, self._sound, self.samples, frame, time_base))
            self.samples += frame
        self._packets += len(reel.packets)

    def has_room(self, chapters: "Sequence[Chapter] | None") -> bool:
        """Return whether the index of all packets so far will fit, and the chapters if they are known."""
        return self._packets <= self._room_packets and (chapters is None or len(chapters) <= self._room_chapters)

    def _finish(self, chapters: "Sequence[Chapter]") -> None:
        self._container.set_chapters(list(chapters))
        self._container.close()
        write_mp4_tags(self._file, self._request.tags, self._picture)
