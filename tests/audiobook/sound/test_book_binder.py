from pathlib import Path

import av
import msgspec
import mutagen.mp4
import numpy as np
import pytest
from pictures import picture
from sounds import RATE, decoded, reel_of, store, tone

from swarm.audiobook.sound.book_binder import Audiobook
from swarm.audiobook.sound.format import Coding
from swarm.audiobook.sound.reel_file import ReelDamaged
from swarm.audiobook.sound.studio_request import AudiobookDone, AudiobookRequest, Mark, ReelDone
from swarm.audiobook.sound.tags import Tags

JPEG = picture("mjpeg", "yuvj420p")


def order(folder: Path, **changes: object) -> AudiobookRequest:
    plain = AudiobookRequest(folder / ".book.part", Tags("Bücher & Städte", ("Ann Ä.", "Bob"), language="eng"))
    return msgspec.structs.replace(plain, **changes)


def build(wanted: AudiobookRequest, reels: list[ReelDone], marks: list[Mark]) -> AudiobookDone:
    book = Audiobook(wanted)
    for reel in reels:
        book.append_reel(reel.path)
    return book.finish_file(marks, wanted.part.with_name("book.m4b"))


def atoms(path: Path) -> list[str]:
    data, position, found = path.read_bytes(), 0, []
    while position < len(data):
        found.append(data[position + 4 : position + 8].decode())
        position += int.from_bytes(data[position : position + 4], "big")
    return found


@pytest.fixture
def reel(tmp_path: Path) -> ReelDone:
    return reel_of(tmp_path, store(tmp_path, tone(0.4)), "one")


def test_chapter_marks_are_right_to_50_ms_after_135_chapters(tmp_path: Path) -> None:
    clips = [store(tmp_path, tone(0.2 + 0.007 * number), f"{number}") for number in range(7)]
    reels = [reel_of(tmp_path, clips[number % 7], f"{number}") for number in range(135)]
    finished = build(order(tmp_path, titles=("",) * 135), reels, [Mark(f"Chapter {n}", n) for n in range(135)])
    heard = decoded(finished.path)
    loud = np.flatnonzero(np.abs(heard) > 0.03)
    onsets = loud[np.concatenate([[0], np.flatnonzero(np.diff(loud) > RATE) + 1])] / RATE
    with av.open(str(finished.path)) as container:
        marks = np.array([float(chapter["start"] * chapter["time_base"]) for chapter in container.chapters()])
        assert container.duration / 1e6 == pytest.approx(finished.duration_s, abs=0.002)
    assert heard.size == round(finished.duration_s * RATE)
    assert len(onsets) == len(marks) == 135
    assert np.all(onsets >= marks)  # never in the middle of a word
    assert np.abs(onsets - marks).max() < 0.05


def test_joins_are_silent(tmp_path: Path) -> None:
    loud = store(tmp_path, tone(0.4, level=0.9))
    reels = [reel_of(tmp_path, loud, f"{number}", 0.15) for number in range(6)]
    heard = np.abs(decoded(build(order(tmp_path), reels, [Mark("All", 0)]).path))
    position = -1024
    for reel in reels[:-1]:
        position += reel.samples
        assert heard[position - 500 : position + 700].max() < 0.003  # the clip begins 1024 after the join
        assert heard[position + 1200 : position + 3000].max() > 0.7


def test_tags_chapters_and_cover_are_read_back_by_two_readers(tmp_path: Path, reel: ReelDone) -> None:
    tags_given = Tags("Bücher & Städte", ("Ann Ä.", "Bob"), year="1899", description="A long\nstory.", language="eng")
    wanted = order(tmp_path, tags=tags_given, cover=JPEG)
    finished = build(wanted, [reel, reel], [Mark("Erstes «Kapitel»", 0), Mark("第二章", 1)])
    with av.open(str(finished.path)) as container:
        tags, titles = container.metadata, [chapter["metadata"]["title"] for chapter in container.chapters()]
        assert [stream.metadata.get("language") for stream in container.streams.audio] == ["eng"]
        assert bytes(next(container.demux(container.streams.video[0]))) == JPEG
    assert titles == ["Erstes «Kapitel»", "第二章"]
    expected = {
        "title": wanted.tags.title,
        "album": wanted.tags.title,
        "artist": "Ann Ä., Bob",
        "album_artist": "Ann Ä., Bob",
    }
    expected |= {"date": "1899", "genre": "Audiobook", "media_type": "2", "description": "A long\nstory."}
    assert expected.items() <= tags.items()
    assert tags["major_brand"] == "M4B "
    other = mutagen.mp4.MP4(finished.path)
    assert [chapter.title for chapter in other.chapters] == titles
    assert other.chapters[1].start == pytest.approx((reel.samples - 512) / RATE, abs=0.002)
    assert other.tags["stik"] == [2]
    assert bytes(other.tags["covr"][0]) == JPEG
    assert other.tags["\xa9nam"] == [wanted.tags.title]


def test_a_book_of_more_chapters_than_old_lists_hold_shows_them_all(tmp_path: Path, reel: ReelDone) -> None:
    marks = [Mark(f"Chapter {number}", number) for number in range(300)]
    finished = build(order(tmp_path, titles=("",) * 300), [reel] * 300, marks)
    with av.open(str(finished.path)) as container:
        assert [chapter["metadata"]["title"] for chapter in container.chapters()] == [mark.title for mark in marks]
    assert not mutagen.mp4.MP4(finished.path).chapters  # a list that ends at 255 would be wrong


@pytest.mark.parametrize(("expected_s", "chapters"), [(3600.0, 300), (0.0, 1)])
def test_the_index_lies_in_front_even_when_the_guess_was_wrong(
    tmp_path: Path, reel: ReelDone, expected_s: float, chapters: int
) -> None:
    marks = [Mark("x" * 400, number) for number in range(300)]
    finished = build(order(tmp_path, expected_s=expected_s, titles=("",) * chapters, cover=JPEG), [reel] * 300, marks)
    found = atoms(finished.path)
    assert found.index("moov") < found.index("mdat")
    assert decoded(finished.path).size == round(finished.duration_s * RATE)
    with av.open(str(finished.path)) as container:
        assert len(container.chapters()) == 300


def test_a_chapter_without_sound_is_not_marked(tmp_path: Path, reel: ReelDone) -> None:
    finished = build(
        order(tmp_path), [reel, reel], [Mark("Empty", 0), Mark("One", 0), Mark("Two", 1), Mark("No more", 2)]
    )
    with av.open(str(finished.path)) as container:
        assert [chapter["metadata"]["title"] for chapter in container.chapters()] == ["One", "Two"]


def test_the_same_reels_make_the_same_file(tmp_path: Path, reel: ReelDone) -> None:
    first = build(order(tmp_path), [reel], [Mark("One", 0)]).path.read_bytes()
    assert build(order(tmp_path), [reel], [Mark("One", 0)]).path.read_bytes() == first


def test_a_damaged_reel_is_refused_and_the_book_goes_on_without_it(tmp_path: Path, reel: ReelDone) -> None:
    cut = tmp_path / "cut.reel"
    cut.write_bytes(reel.path.read_bytes()[:-5])
    other = reel_of(
        tmp_path, store(tmp_path, tone(0.3, 22050), "other", 22050), "other", coding=Coding(sample_rate=22050)
    )
    book = Audiobook(order(tmp_path))
    book.append_reel(reel.path)
    for damaged in (cut, other.path):
        with pytest.raises(ReelDamaged):
            book.append_reel(damaged)
    book.append_reel(reel.path)
    finished = book.finish_file([Mark("One", 0), Mark("Two", 1)], tmp_path / "book.m4b")
    assert finished.duration_s * RATE == pytest.approx(2 * reel.samples - 1024)


def test_only_the_finished_book_bears_its_name(tmp_path: Path, reel: ReelDone) -> None:
    wanted = order(tmp_path)
    book = Audiobook(wanted)
    book.append_reel(reel.path)
    assert wanted.part.exists()
    book.finish_file([Mark("One", 0)], tmp_path / "book.m4b")
    assert not wanted.part.exists()
    Audiobook(wanted).abandon_file()
    assert not wanted.part.exists()


def test_in_place_of_a_cover_that_cannot_be_shown_one_is_drawn_and_that_is_said(tmp_path: Path, reel: ReelDone) -> None:
    finished = build(order(tmp_path, cover=b"<svg/>"), [reel], [Mark("One", 0)])
    assert finished.notes == ("its cover is of a kind that cannot be shown: one is drawn in its place",)
    with av.open(str(finished.path)) as container:
        assert container.streams.video


def test_who_wants_no_cover_gets_none(tmp_path: Path, reel: ReelDone) -> None:
    finished = build(order(tmp_path, cover=b""), [reel], [Mark("One", 0)])
    with av.open(str(finished.path)) as container:
        assert not container.streams.video
