from hypothesis import given
from hypothesis import strategies as st

from swarm.audio.pause import pause_samples
from swarm.audio.reel import FRAME_SAMPLES, LEAD_SAMPLES, Reel, lay_reel, plan_reels
from swarm.book.model import Chapter, Pause, Segment

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
        length_s = sum(len(segment.text) / 15 for segment in found[reel.first : reel.end])
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
    layout = lay_reel([1000, 0, 500], [Pause.SENTENCE, Pause.CLAUSE, Pause.CHAPTER], 24000)
    second = LEAD_SAMPLES + 1000 + pause_samples(Pause.SENTENCE, 24000)
    third = second + pause_samples(Pause.CLAUSE, 24000)
    assert layout.starts == (LEAD_SAMPLES, second, third)
    end = third + 500 + pause_samples(Pause.CHAPTER, 24000) - LEAD_SAMPLES
    assert end <= layout.samples < end + FRAME_SAMPLES


@given(st.lists(st.tuples(st.integers(0, 50_000), st.sampled_from(Pause)), max_size=20), st.sampled_from([8000, 22050]))
def test_a_reel_is_whole_frames_and_holds_all_of_its_clips(found: list[tuple[int, Pause]], rate: int) -> None:
    layout = lay_reel([length for length, _ in found], [pause for _, pause in found], rate)
    assert layout.samples % FRAME_SAMPLES == 0
    ends = [start + length for start, (length, _) in zip(layout.starts, found, strict=True)]
    assert all(end <= layout.samples for end in ends)
