"""Every format, read back by FFmpeg and by mutagen."""

import io
import wave
from collections.abc import Sequence
from pathlib import Path

import av
import msgspec
import mutagen
import numpy as np
import pytest
from pictures import picture
from PIL import Image
from sounds import encode_reel, store, tone

from swarm.audiobook.sound.book_binder import Audiobook
from swarm.audiobook.sound.format import FORMATS, Coding, make_coding
from swarm.audiobook.sound.studio_request import (
    AudiobookDone,
    AudiobookRequest,
    Mark,
    ReelClip,
    ReelDone,
    ReelRequest,
    from_message,
    to_message,
)
from swarm.audiobook.sound.tagged import append_chunk
from swarm.audiobook.sound.tags import Tags
from swarm.job.clip_info import ClipInfo

JPEG = picture("mjpeg", "yuvj420p")
FRONT_COVER = 3  # to ID3 and FLAC
TAGS = Tags(
    "Bücher & Städte", ("Ann Ä.", "Bob"), "Untertitel", "Clara", "Die Reihe", "2", "1899", "Verlag", "Eine Tat.", "ger",
    "9780306406157", "B000FC1PJI", "Audiobook; Law; Trials", "Willa", "© 1899 Verlag", "Bücher und Städte",
    "Ä., Ann; Bob",
)  # fmt: skip

FREE = "----:com.apple.iTunes:"
ATOMS = {
    "title": "©nam", "album": "©alb", "artist": "©ART", "narrator": "©wrt", "year": "©day", "genre": "©gen",
    "description": "desc", "subtitle": f"{FREE}SUBTITLE", "series": f"{FREE}SERIES", "number": f"{FREE}SERIES-PART",
    "publisher": f"{FREE}PUBLISHER", "isbn": f"{FREE}ISBN", "language": f"{FREE}LANGUAGE", "asin": f"{FREE}ASIN",
    "translator": f"{FREE}TRANSLATOR", "rights": "cprt", "title sort": "sonm", "album sort": "soal",
    "artist sort": "soar", "album artist sort": "soaa", "long description": "ldes", "movement": "©mvn",
    "movement number": "©mvi",
}  # fmt: skip
FRAMES = {
    "title": "TIT2", "album": "TALB", "artist": "TPE1", "narrator": "TCOM", "year": "TDRC", "genre": "TCON",
    "description": "COMM::ger", "subtitle": "TIT3", "series": "TXXX:SERIES", "number": "TXXX:SERIES-PART",
    "publisher": "TPUB", "isbn": "TXXX:ISBN", "language": "TLAN", "asin": "TXXX:ASIN",
    "translator": "TXXX:TRANSLATOR", "rights": "TCOP", "title sort": "TSOT", "album sort": "TSOA",
    "artist sort": "TSOP", "album artist sort": "TSO2", "movement": "MVNM", "movement number": "MVIN",
}  # fmt: skip
COMMENTS = {
    "title": "title", "album": "album", "artist": "artist", "narrator": "narrator", "year": "date", "genre": "genre",
    "description": "description", "subtitle": "subtitle", "series": "series", "number": "series-part",
    "publisher": "publisher", "isbn": "isbn", "language": "language", "asin": "asin", "translator": "translator",
    "rights": "copyright", "title sort": "titlesort", "album sort": "albumsort", "artist sort": "artistsort",
    "album artist sort": "albumartistsort", "movement": "movementname", "movement number": "movement",
}  # fmt: skip


def build(
    folder: Path,
    name: str,
    rate: int = 24000,
    channels: int = 1,
    count: int = 8,
    titles: tuple[str, ...] = (),
    chapters: Sequence[str] = (),
    pause_s: float = 2.0,
    cover: bytes = JPEG,
) -> AudiobookDone:
    """Build a book of so many chapters; `titles` are those that are known when it begins."""
    coding = make_coding(name, rate, channels=channels)
    clips = [store(folder, tone(0.3 + 0.07 * number, rate), f"{number}", rate) for number in range(min(4, count))]
    reels = [
        encode_reel(ReelRequest((clip,), (pause_s,), rate, 0.0, folder / f"{number}.reel", coding))
        for number, clip in enumerate(clips)
    ]
    chapters = chapters or [f"Kapitel «{number}» 章" for number in range(count)]
    marks = [Mark(title, number) for number, title in enumerate(chapters)]
    titles = titles or tuple(mark.title for mark in marks)
    book = Audiobook(AudiobookRequest(folder / ".part", TAGS, FORMATS[name].family, coding, cover, titles))
    for number in range(count):
        book.append_reel(reels[number % len(reels)].path)
    return book.finish_file(marks, folder / f"book.{name}")


def heard(path: Path) -> tuple[np.ndarray, int]:
    """Return the left channel as a player has it, and its rate in Hz."""
    with av.open(str(path)) as container:
        rate = container.streams.audio[0].rate
        resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
        frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]), rate


def marks_of(path: Path) -> list[tuple[str, float]]:
    with av.open(str(path)) as container:
        return [(mark["metadata"]["title"], float(mark["start"] * mark["time_base"])) for mark in container.chapters()]


@pytest.mark.parametrize("name", FORMATS)
def test_chapters_of_every_format_begin_where_they_are_heard_and_it_is_as_long_as_its_sound(
    tmp_path: Path, name: str
) -> None:
    finished = build(tmp_path, name, 22050, 2)
    path = finished.path
    sound, heard_rate = heard(path)
    loud = np.flatnonzero(np.abs(sound) > 0.03)
    onsets = loud[np.concatenate([[0], np.flatnonzero(np.diff(loud) > heard_rate) + 1])] / heard_rate
    found = marks_of(path)
    assert [title for title, _ in found] == [f"Kapitel «{number}» 章" for number in range(8)]
    starts = np.array([start for _, start in found])
    assert starts[0] == 0
    assert np.all(onsets >= starts - 0.001)
    assert np.abs(onsets - starts)[1:].max() < 0.05
    assert onsets[0] < 0.1
    assert sound.size / heard_rate == pytest.approx(finished.duration_s, abs=0.02)
    assert mutagen.File(path).info.length == pytest.approx(finished.duration_s, abs=0.05)
    assert finished.bytes == path.stat().st_size


@pytest.mark.parametrize("name", ["flac", "wav"])
def test_lossless_formats_lose_nothing(tmp_path: Path, name: str) -> None:
    sound, _ = heard(build(tmp_path, name, count=1).path)
    expected = tone(0.3) / 32768
    where = int(np.argmax(np.abs(sound) > 1e-3))
    middle = expected[1000:6000]
    window = sound[max(0, where - 500) : where + 9000]
    best = min(np.abs(window[start : start + middle.size] - middle).max() for start in range(2500))
    assert best < 2 / 32768


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("m4b", ("©nam", "----:com.apple.iTunes:SUBTITLE", "----:com.apple.iTunes:SERIES", "©wrt", "covr")),
        ("mp3", ("TIT2", "TIT3", "TXXX:SERIES", "TCOM", "APIC:")),
        ("wav", ("TIT2", "TIT3", "TXXX:SERIES", "TCOM", "APIC:")),
        ("opus", ("title", "subtitle", "series", "composer", "metadata_block_picture")),
        ("flac", ("title", "subtitle", "series", "composer")),
    ],
)
def test_tags_and_cover_are_read_back_by_another_library(tmp_path: Path, name: str, names: tuple[str, ...]) -> None:
    file = mutagen.File(build(tmp_path, name, count=2).path)
    title, subtitle, series, narrator, *cover = (file[tag] for tag in names)
    wanted = ((title, TAGS.title), (subtitle, TAGS.subtitle), (series, TAGS.series), (narrator, TAGS.narrator))
    for found, value in wanted:
        assert value in (str(found[0]), bytes(found[0]).decode() if isinstance(found[0], bytes) else "")
    if name == "flac":
        assert (file.pictures[0].data, file.pictures[0].type) == (JPEG, FRONT_COVER)
    if name in ("mp3", "wav"):
        assert (cover[0].data, cover[0].type) == (JPEG, FRONT_COVER)
    if name == "m4b":
        assert bytes(cover[0][0]) == JPEG


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("m4b", ATOMS),
        ("m4a", ATOMS),
        ("mp3", FRAMES),
        ("wav", FRAMES),
        ("opus", COMMENTS),
        ("ogg", COMMENTS),
        ("flac", COMMENTS),
    ],
)
def test_every_tag_that_players_look_for_is_where_they_look(tmp_path: Path, name: str, names: dict[str, str]) -> None:
    file = mutagen.File(build(tmp_path, name, count=2).path)
    values = {
        "title": TAGS.title, "album": TAGS.title, "artist": "Ann Ä., Bob", "narrator": TAGS.narrator,
        "year": TAGS.year, "genre": TAGS.genre, "description": TAGS.description, "subtitle": TAGS.subtitle,
        "series": TAGS.series, "number": TAGS.series_number, "publisher": TAGS.publisher, "isbn": TAGS.isbn,
        "language": TAGS.language, "asin": TAGS.asin, "translator": "Willa", "rights": TAGS.rights,
        "title sort": TAGS.title_sort, "album sort": TAGS.title_sort, "artist sort": TAGS.author_sort,
        "album artist sort": TAGS.author_sort, "long description": TAGS.description, "movement": TAGS.series,
        "movement number": TAGS.series_number,
    }  # fmt: skip
    found = {key: file[tag][0] for key, tag in names.items()}
    texts = {key: value.decode() if isinstance(value, bytes) else str(value) for key, value in found.items()}
    assert texts == {key: value for key, value in values.items() if key in names}


def long_titles(count: int) -> list[str]:
    """Return titles of 60 to 200 bytes, as old novels have them."""
    whole = "In which глава 章 begins, and " * 9
    return [f"{number}: {whole}".encode()[: 60 + number % 141].decode(errors="ignore") for number in range(count)]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        *((name, count) for name in ("mp3", "wav") for count in (26, 256, 300)),
        ("m4b", 300),
        ("opus", 300),
        ("flac", 300),
    ],
)
def test_many_chapters_of_long_titles_are_whole_to_strict_readers(tmp_path: Path, name: str, count: int) -> None:
    titles = long_titles(count)
    path = build(tmp_path, name, count=count, chapters=titles, pause_s=0.1).path
    assert [title for title, _ in marks_of(path)] == titles
    assert (tinytag_says(path), mediainfo_says(path)[:3]) == ((TAGS.title, JPEG), (TAGS.title, True, TAGS.isbn))
    if name in ("mp3", "wav"):  # MediaInfo does not look for chapters there
        found = mutagen.File(path).tags
        assert [str(found[f"CHAP:ch{number}"].sub_frames["TIT2"]) for number in range(count)] == titles
    else:
        assert mediainfo_says(path)[3] == titles
    if name == "mp3":
        assert eyed3_says(path) == (TAGS.title, JPEG, titles)


def test_a_large_cover_hides_no_chapters_of_an_opus_file(tmp_path: Path) -> None:
    """MediaInfo gives up on a comment of over 300 kB, and then sees neither the cover nor the chapters."""
    file = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 256, (1000, 1000, 3), np.uint8)
    Image.fromarray(noise).save(file, "JPEG", quality=60)
    assert len(file.getvalue()) > 400_000
    path = build(tmp_path, "opus", count=60, cover=file.getvalue()).path
    assert mediainfo_says(path)[1]
    assert len(mediainfo_says(path)[3]) == 60


def tinytag_says(path: Path) -> tuple[str, bytes]:
    tinytag = pytest.importorskip("tinytag")
    found = tinytag.TinyTag.get(path, image=True)
    return found.title, found.images.front_cover.data


def mediainfo_says(path: Path) -> tuple[str, bool, str, list[str]]:
    pymediainfo = pytest.importorskip("pymediainfo")
    found = pymediainfo.MediaInfo.parse(path)
    whole = found.general_tracks[0]
    menu = found.menu_tracks[0].to_data() if found.menu_tracks else {}
    return whole.track_name, whole.cover == "Yes", whole.isbn, [menu[key] for key in sorted(menu) if key[:2].isdigit()]


def eyed3_says(path: Path) -> tuple[str, bytes, list[str]]:
    eyed3 = pytest.importorskip("eyed3")
    tag = eyed3.load(path).tag
    return tag.title, tag.images[0].image_data, [chapter.title for chapter in tag.chapters]


@pytest.mark.parametrize("name", ["opus", "flac"])
def test_the_last_chapter_that_a_format_can_mark_reaches_to_the_end(tmp_path: Path, name: str) -> None:
    finished = build(tmp_path, name, count=1003, pause_s=0.1)
    found = marks_of(finished.path)
    assert [title for title, _ in found] == [f"Kapitel «{number}» 章" for number in range(1000)]
    assert len(mediainfo_says(finished.path)[3]) == 1000
    with av.open(str(finished.path)) as container:
        last = container.chapters()[-1]
    assert float(last["end"] * last["time_base"]) == pytest.approx(finished.duration_s, abs=0.05)
    kind = {"opus": "Opus", "flac": "FLAC"}[name]
    assert finished.notes == (
        f"{kind} files hold 1000 chapter marks: the last one reaches over chapters 1000 to 1003. M4B, MP3 and WAV hold "
        "them all",
    )


@pytest.mark.parametrize("name", ["m4b", "mp3"])
def test_a_file_whose_titles_were_not_known_is_written_again(tmp_path: Path, name: str) -> None:
    path = build(tmp_path, name, titles=("x",)).path
    assert len(marks_of(path)) == 8
    assert heard(path)[0].size > 0


def wav(samples: int) -> io.BytesIO:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, 24000, samples, "NONE", ""))
        writer.writeframes(bytes(2 * samples))
    return file


def chunks(data: bytes) -> dict[bytes, bytes]:
    found, place = {}, 12
    while place < len(data):
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        found[data[place : place + 4]] = data[place + 8 : place + 8 + size]
        place += 8 + size + size % 2
    return found


def test_a_chunk_is_added_and_counted_and_the_sound_is_as_it_was() -> None:
    file = wav(100)
    append_chunk(file, b"id3 ", b"odd")
    data = file.getvalue()
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    assert len(data) % 2 == 0
    assert chunks(data) | {b"fmt ": b""} == {b"fmt ": b"", b"data": bytes(200), b"id3 ": b"odd"}
    file.seek(0)
    with wave.open(file) as reader:
        assert reader.getnframes() == 100


def test_in_a_file_of_more_than_4_gib_the_long_size_counts_it() -> None:
    head = b"RF64" + b"\xff" * 4 + b"WAVEds64" + (28).to_bytes(4, "little")
    file = io.BytesIO(head + (0).to_bytes(8, "little") + bytes(20))
    append_chunk(file, b"id3 ", b"even")
    data = file.getvalue()
    assert data[:20] == head
    assert int.from_bytes(data[20:28], "little") == len(data) - 8
    assert data.endswith(b"id3 \x04\0\0\0even")


def test_what_is_no_wav_stays_as_it_is() -> None:
    file = io.BytesIO(b"fLaC....")
    append_chunk(file, b"id3 ", b"x")
    assert file.getvalue() == b"fLaC...."


INFO = ClipInfo(samples=5, sample_rate=24_000, digest="0" * 64, work_s=0.5)


def test_values_come_through_a_pipe_unchanged() -> None:
    for value in [
        ReelRequest((ReelClip(Path("ä.flac"), INFO), None), (0.1, 2.0), 24000, 1.5, Path("r")),
        ReelDone(Path("r"), 10, 20, ((0, "why"),)),
        AudiobookRequest(Path("p"), Tags("T", ("A", "B")), coding=Coding("opus"), cover=b"\xff\x00"),
        Mark("T", 3),
    ]:
        message = msgspec.msgpack.decode(msgspec.msgpack.encode(to_message(value)))
        assert from_message(message, type(value)) == value


def test_what_is_no_order_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        from_message({"clips": 3}, ReelRequest)
