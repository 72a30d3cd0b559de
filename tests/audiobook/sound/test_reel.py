from hypothesis import given
from hypothesis import strategies as st

from swarm.audiobook.sound.reel import PAUSE_LENGTHS_S, Reel, lay_reel, plan_reels, whole_frames
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
