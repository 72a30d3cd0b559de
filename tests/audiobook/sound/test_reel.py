from statistics import mean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.audiobook.sound.format import Coding
from swarm.audiobook.sound.reel import (
    PAUSE_LENGTHS_S,
    VARY_SHARE,
    Cue,
    Reel,
    Volume,
    by_chapter,
    by_length,
    cues,
    file_name,
    lay_reel,
    plan_reels,
    time_reel,
    varied_s,
    volume_marks,
    volume_name,
    whole_frames,
)
from swarm.audiobook.sound.studio_request import Mark
from swarm.book.model.book import Chapter, Pause, Segment

texts = st.integers(1, 2000).map(lambda length: "x" * length)
segments = st.lists(st.builds(Segment, texts, st.sampled_from(Pause)), max_size=80)


def chapter_of(lengths: list[int], pause: Pause = Pause.SENTENCE) -> Chapter:
    return Chapter("", tuple(Segment("x" * length, pause) for length in lengths))


@given(segments)
def test_reels_cover_a_chapter_once_and_in_order(found: list[Segment]) -> None:
    reels = plan_reels(3, Chapter("", tuple(found)))
    places = [place for reel in reels for place in range(reel.first, reel.end)]
    assert places == list(range(len(found)))
    assert all(reel.chapter == 3 and reel.first < reel.end for reel in reels)


@given(segments)
def test_a_reel_is_longer_than_its_bound_only_for_a_single_segment(found: list[Segment]) -> None:
    for reel in plan_reels(0, Chapter("", tuple(found))):
        length_s = sum(len(segment.spoken) / 15 for segment in found[reel.first : reel.end])
        assert length_s <= 78 or reel.end == reel.first + 1


def test_reels_of_even_sentences_are_about_a_minute() -> None:
    reels = plan_reels(0, chapter_of([75] * 200))  # 5 s each
    assert all(54 <= 5.35 * (reel.end - reel.first) <= 66 for reel in reels[:-1])


def test_a_cut_falls_on_the_longest_pause_near_the_minute() -> None:
    found = list(chapter_of([75] * 40).segments)
    found[9] = Segment("x" * 75, Pause.SCENE)
    found[10] = Segment("x" * 75, Pause.PARAGRAPH)
    assert plan_reels(0, Chapter("", tuple(found)))[0] == Reel(0, 0, 10)


def test_a_short_chapter_is_one_reel_and_an_empty_one_none() -> None:
    assert plan_reels(7, chapter_of([30, 40])) == (Reel(7, 0, 2),)
    assert plan_reels(7, chapter_of([])) == ()


def test_clips_lie_after_a_silent_lead_each_followed_by_its_pause() -> None:
    layout = lay_reel([1000, 700, 500], [0.35, 0.15, 2.0], 24000, 0.05)
    assert layout.starts == (1200, 1200 + 1000 + 8400, 1200 + 1000 + 8400 + 700 + 3600)
    assert layout.samples == layout.starts[2] + 500 + 48000 - 1200  # the lead comes out of the last pause


def test_a_missing_clip_doubles_no_pause() -> None:
    for pauses_s, gap_s in (([0.35, 0.65, 2.0], 0.65), ([0.65, 0.35, 2.0], 0.65)):
        layout = lay_reel([1000, 0, 500], pauses_s, 24000, 0.05)
        assert layout.starts[2] == 1200 + 1000 + round(gap_s * 24000)


def test_a_lead_longer_than_the_last_pause_cuts_nothing_of_the_last_clip() -> None:
    assert lay_reel([1000], [0.0], 24000, 0.05).samples == 2200


@given(st.integers(0, 10**7), st.sampled_from([8000, 22050, 24000]), st.sampled_from([24000, 44100, 48000]))
def test_as_few_whole_frames_as_hold_a_sound(samples: int, rate: int, target: int) -> None:
    frames = whole_frames(samples, rate, target, 1024)
    assert (frames - 1) * 1024 * rate < samples * target <= frames * 1024 * rate or frames == samples == 0


def test_every_pause_has_a_length_and_they_grow_with_what_they_stand_for() -> None:
    order = [Pause.CLAUSE, Pause.SENTENCE, Pause.PARAGRAPH, Pause.HEADING, Pause.SCENE, Pause.CHAPTER]
    assert set(order) == set(Pause)
    lengths = [PAUSE_LENGTHS_S[pause] for pause in order]
    assert lengths == sorted(set(lengths))


SHORT, LONG = "He went.", "He went home " * 20


def lengths(text: str, share: float = VARY_SHARE, pause: Pause = Pause.SENTENCE) -> list[float]:
    return [varied_s(pause, PAUSE_LENGTHS_S[pause], share, text, (1, index)) for index in range(200)]


def test_a_pause_varies_by_its_share_and_never_by_more() -> None:
    for text in (SHORT, LONG):
        assert all(0.4 <= length <= 0.6 for length in lengths(text))
        assert pstdev(lengths(text)) > 0.02


def test_it_is_longer_after_a_long_sentence() -> None:
    assert mean(lengths(LONG)) > mean(lengths(SHORT)) + 0.05


def test_the_same_sentence_in_the_same_place_has_the_same_pause() -> None:
    assert lengths(SHORT) == lengths(SHORT)
    assert varied_s(Pause.SENTENCE, 0.5, 0.2, SHORT, (1, 2)) == pytest.approx(0.4417, abs=0.0001)


def test_pauses_that_mark_a_place_never_vary() -> None:
    for pause in (Pause.CLAUSE, Pause.HEADING, Pause.SCENE, Pause.CHAPTER):
        assert set(lengths(LONG, pause=pause)) == {PAUSE_LENGTHS_S[pause]}


def test_a_share_of_nothing_is_the_usual_length() -> None:
    assert set(lengths(SHORT, 0.0)) == {0.5}
    assert varied_s(Pause.SENTENCE, 0.0, 1.0, SHORT, (0, 0)) == 0


def test_kinds_stay_apart_however_they_vary() -> None:
    assert max(lengths(LONG)) < min(lengths(SHORT, pause=Pause.PARAGRAPH))
    assert max(lengths(LONG, pause=Pause.PARAGRAPH)) < PAUSE_LENGTHS_S[Pause.HEADING]


CODING = Coding()


def test_a_reel_is_whole_frames_and_its_clips_follow_its_lead() -> None:
    times = time_reel([24000, 0, 12000], [0.5, 0.5, 2.0], 24000, CODING)
    lead_s = 1024 / 24000
    assert times.spans_s == ((lead_s, lead_s + 1), None, (lead_s + 1.5, lead_s + 2.0))
    assert round(times.length_s * 24000) % 1024 == 0
    assert 0 <= times.length_s - (lead_s + 4.0 - lead_s) < lead_s


def test_another_rate_moves_nothing() -> None:
    plain = time_reel([22050], [1.0], 22050, Coding(sample_rate=22050))
    other = time_reel([22050], [1.0], 22050, Coding(sample_rate=44100))
    (start_s, end_s), (other_start_s, other_end_s) = plain.spans_s[0], other.spans_s[0]
    assert abs((end_s - start_s) - (other_end_s - other_start_s)) < 1e-9


def test_reels_follow_one_another() -> None:
    times = time_reel([24000, 24000], [0.5, 2.0], 24000, CODING)
    found = cues([Reel(0, 0, 2), Reel(1, 0, 2)], [times, times], -0.1)
    assert [(cue.chapter, cue.index) for cue in found] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    first, third = found[0], found[2]
    assert third == Cue(1, 0, first.start_s + times.length_s, first.end_s + times.length_s)


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


def test_a_title_that_is_a_device_of_windows_becomes_another_name() -> None:
    for title in ["Con", "nul", "COM1", "Aux. A Story"]:
        first, dot, rest = title.partition(".")
        assert file_name(title) == f"{first}_{dot}{rest}"
        assert file_name(f"{title} Story".replace(".", "")) == f"{title} Story".replace(".", "")
