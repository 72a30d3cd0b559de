from swarm.system.text import (
    about_text,
    bytes_text,
    clean,
    count_text,
    duration_text,
    in_tens,
    percent,
    plain_line,
    plain_lines,
    speed_text,
)


def test_a_title_cannot_steer_the_terminal() -> None:
    assert clean("\x1b[2JMoby\r\nDick\x07 \u202e") == "[2JMoby Dick"


def test_a_line_of_a_stranger_keeps_its_words_and_steers_nothing() -> None:
    assert plain_line("\x1b[2JMoby  \r\nDick\x9b\u202e\u2028") == " [2JMoby   Dick "
    assert plain_line("می\u200cخواهم 👩\u200d🚀") == "می\u200cخواهم 👩\u200d🚀"
    assert plain_lines("  one\x07\n\ttwo") == "  one \n two"


def test_a_title_is_bounded() -> None:
    assert len(clean("a" * 10_000)) == 200


def test_percent_rounds_down_so_that_100_means_all() -> None:
    assert percent(999_999, 1_000_000) == 99
    assert percent(5, 5) == 100
    assert percent(0, 0) == 100


def test_durations() -> None:
    for seconds, text in [
        (0, "0 s"),
        (0.2, "less than 1 s"),
        (59.4, "59 s"),
        (200, "3 min 20 s"),
        (3599.7, "1 h"),
        (900, "15 min"),
        (27120, "7 h 32 min"),
    ]:
        assert duration_text(seconds) == text


def test_guesses_are_coarse() -> None:
    for seconds, text in [
        (3, "less than a minute"),
        (49, "less than a minute"),
        (50, "about 1 min"),
        (240, "about 4 min"),
        (26 * 60, "about 25 min"),
        (57.4 * 60, "about 55 min"),
        (58 * 60, "about 1 h"),
        (80 * 60, "about 1 h 20 min"),
        (14 * 3600, "about 14 h"),
        (3 * 86400, "about 3 days"),
    ]:
        assert about_text(seconds) == text


def test_speeds_and_counts_and_bytes() -> None:
    assert [speed_text(x) for x in (0, 0.44, 9.96, 84.6)] == ["", "0.4x", "10x", "85x"]
    assert [count_text(n, "sentence") for n in (0, 1, 2)] == ["0 sentences", "1 sentence", "2 sentences"]
    assert [bytes_text(n) for n in (12, 1500, 45 * 10**6, 10**10)] == ["12 bytes", "1.5 kB", "45 MB", "10 GB"]


def test_percentages_are_news_by_tens_and_other_figures_always() -> None:
    assert in_tens("downloading XTTS v2, 43 %") == in_tens("downloading XTTS v2, 48 %") == "downloading XTTS v2, 40 %"
    assert in_tens("fetching it, 3 %") == in_tens("fetching it, 9 %") != in_tens("fetching it, 10 %")
    assert in_tens("fetching it, 100 %") == "fetching it, 100 %"
    assert in_tens("waiting for 2 more workers") != in_tens("waiting for 1 more worker")
