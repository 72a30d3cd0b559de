from swarm.audiobook.sound.format import Coding
from swarm.audiobook.sound.reel import Cue, Reel, cues, time_reel

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
