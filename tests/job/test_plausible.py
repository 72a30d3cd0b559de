import pytest

from swarm.job.clip_info import implausible


@pytest.mark.parametrize(
    ("length_s", "text"),
    [(4.2, "The night is long and the wind is cold."), (0.01, "..."), (9.0, "1,000,000"), (0.0, "")],
)
def test_speech_is_plausible(length_s: float, text: str) -> None:
    assert implausible(length_s, text) is None


@pytest.mark.parametrize(("length_s", "text"), [(1799.0, "Yes."), (1801.0, "word " * 5000), (0.001, "a word")])
def test_what_is_far_too_long_or_short_is_not_and_says_so(length_s: float, text: str) -> None:
    assert "are plausible" in str(implausible(length_s, text))
