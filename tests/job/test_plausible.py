from swarm.job.clip_info import implausible


def test_speech_is_plausible() -> None:
    for length_s, text in [
        (4.2, "The night is long and the wind is cold."),
        (0.01, "..."),
        (9.0, "1,000,000"),
        (0.0, ""),
    ]:
        assert implausible(length_s, text) is None


def test_what_is_far_too_long_or_short_is_not_and_says_so() -> None:
    for length_s, text in [(1799.0, "Yes."), (1801.0, "word " * 5000), (0.001, "a word")]:
        assert "are plausible" in str(implausible(length_s, text))
