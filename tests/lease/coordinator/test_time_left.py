import pytest

from swarm.lease.coordinator.time_left import EncodingPace, SpeechPace


def test_slots_that_keep_their_speeds_are_believed() -> None:
    pace = SpeechPace()
    for second in range(200):
        pace.observe(float(second), 100 * second, 100.0)
    assert pace.share == pytest.approx(1, abs=0.01)


def test_slots_that_reach_half_of_their_speeds_are_corrected_after_a_minute() -> None:
    pace = SpeechPace()
    for second in range(61):
        pace.observe(float(second), 50 * second, 100.0)
    assert pace.share == pytest.approx(0.55, abs=0.05)


def test_a_machine_that_gets_busy_or_idle_again_is_followed() -> None:
    pace, spoken = SpeechPace(), 0
    for second in range(600):
        pace.observe(float(second), spoken, 100.0)
        spoken += 30 if 200 <= second < 400 else 100
        if second == 399:
            assert pace.share < 0.45
    assert pace.share > 0.85


def test_nothing_is_concluded_before_a_speed_is_known_or_from_a_single_moment() -> None:
    pace = SpeechPace()
    assert pace.share == 1
    pace.observe(0.0, 0, 0.0)
    pace.observe(30.0, 500, 0.0)
    pace.observe(30.0, 500, 100.0)
    assert pace.share == 1


def test_encoding_that_keeps_up_sets_no_pace() -> None:
    pace = EncodingPace()
    for second in range(100):
        pace.observe(float(second), second // 10 / 20)
    assert pace.left_s(100.0, 0.5) == 0


def test_encoding_that_lags_behind_sets_the_pace_by_its_own_speed() -> None:
    pace = EncodingPace()
    for second in range(101):
        pace.observe(float(second), second // 10 / 40)
    assert pace.left_s(100.0, 0.9) == pytest.approx(300, rel=0.05)
    assert pace.left_s(105.0, 0.9) == pytest.approx(295, rel=0.05)


def test_what_is_left_to_encode_counts_after_the_last_sentence_however_little() -> None:
    pace = EncodingPace()
    for second in range(96):
        pace.observe(float(second), second // 5 / 20)
    assert pace.left_s(95.0, 1.0) == pytest.approx(5, rel=0.1)
    assert EncodingPace().left_s(10.0, 1.0) == 0


def test_the_first_reel_tells_nothing_since_it_waited_for_speech() -> None:
    pace = EncodingPace()
    for now, share in ((60.0, 0.05), (61.0, 0.1)):
        pace.observe(now, share)
        assert pace.left_s(now, 1.0) == 0
    pace.observe(62.0, 0.15)
    assert pace.left_s(62.0, 1.0) == pytest.approx(17, rel=0.01)


def test_a_share_that_falls_is_believed() -> None:
    pace = EncodingPace()
    for second, share in enumerate((1.0, 0.0, 0.1, 0.2, 0.3)):
        pace.observe(float(second), share)
    assert pace.share == 0.3
    assert pace.left_s(4.0, 1.0) == pytest.approx(7, rel=0.01)
