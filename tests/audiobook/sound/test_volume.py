import pytest

from swarm.audiobook.sound.reel import Reel, Volume, by_chapter, by_length, file_name, volume_marks, volume_name
from swarm.audiobook.sound.studio_request import Mark

REELS = [Reel(0, 0, 5), Reel(0, 5, 9), Reel(1, 0, 4), Reel(3, 0, 4), Reel(3, 4, 8)]  # chapter 2 is empty
TITLES = ["One", "Two", "Nothing", "Four"]


def test_a_file_for_each_chapter_that_has_something_to_say() -> None:
    assert by_chapter(REELS, TITLES) == [
        Volume(0, 2, 1, 3, "One"), Volume(2, 3, 2, 3, "Two"), Volume(3, 5, 3, 3, "Four")
    ]  # fmt: skip


def test_files_of_a_length_are_cut_between_chapters_and_within_one_only_if_it_is_longer() -> None:
    assert by_length(REELS, [30, 30, 30, 60, 60], 100, "Part {} of {}") == [
        Volume(0, 3, 1, 3, "Part 1 of 3"), Volume(3, 4, 2, 3, "Part 2 of 3"), Volume(4, 5, 3, 3, "Part 3 of 3")
    ]  # fmt: skip


def test_the_only_file_of_a_short_book_has_the_books_title_and_is_no_part():
    (only,) = by_length(REELS, [60] * 5, 1000, "Part {} of {}")
    assert only == Volume(0, 5, 1, 1, "")
    assert volume_name(only, "Emma", "mp3") == "01 - Emma.mp3"


def test_the_marks_of_a_file_count_its_own_reels() -> None:
    assert volume_marks(Volume(0, 5), REELS, TITLES) == (Mark("One", 0), Mark("Two", 2), Mark("Four", 3))
    assert volume_marks(Volume(0, 5), REELS, TITLES, shift=1) == (Mark("One", 0), Mark("Two", 3), Mark("Four", 4))
    assert volume_marks(Volume(1, 4), REELS, TITLES) == (Mark("One", 0), Mark("Two", 1), Mark("Four", 2))


def test_names_sort_as_the_book_goes_and_lead_nowhere_else() -> None:
    names = [volume_name(Volume(0, 1, number, 120, "A/B: c?"), "Book", "mp3") for number in (2, 10, 100)]
    assert names == ["002 - A B c.mp3", "010 - A B c.mp3", "100 - A B c.mp3"]
    assert volume_name(Volume(0, 1, 1, 3, ""), "", "mp3") == "01 -.mp3"
    assert len(file_name("é" * 500).encode()) <= 120


@pytest.mark.parametrize("title", ["Con", "nul", "COM1", "Aux. A Story"])
def test_a_title_that_is_a_device_of_windows_becomes_another_name(title: str) -> None:
    first, dot, rest = title.partition(".")
    assert file_name(title) == f"{first}_{dot}{rest}"
    assert file_name(f"{title} Story".replace(".", "")) == f"{title} Story".replace(".", "")
