import io

import av
import pytest
import strict_webvtt
from hypothesis import given
from hypothesis import strategies as st

from swarm.audiobook.sound.subtitle import SubtitleLine, write_cue_sheet, write_subtitles
from swarm.audiobook.sound.tags import Tags

LINES = [
    SubtitleLine(0.0214, 1.5, "She said: \u201cA < B & C\u201d."),
    SubtitleLine(3725.9999, 3727.25, "Two\n\nlines."),
]


def test_players_read_the_times_and_the_text_back() -> None:
    for kind in ["vtt", "srt"]:
        text = write_subtitles(kind, LINES, Tags("T"))
        with av.open(io.BytesIO(text.encode()), format={"vtt": "webvtt"}.get(kind, kind)) as container:
            packets = [packet for packet in container.demux() if packet.size]
        times = [(float(p.pts * p.time_base), float(p.duration * p.time_base)) for p in packets]
        assert times == [(0.021, 1.479), (3726.0, 1.25)], kind
        said = [bytes(packet).decode().replace("&lt;", "<").replace("&amp;", "&") for packet in packets]
        assert said == [" ".join(line.text.split()) for line in LINES], kind  # short ones stay on one line


def test_lrc_has_minutes_and_hundredths_and_says_what_it_is_of() -> None:
    assert write_subtitles("lrc", LINES, Tags("Emma", ("Jane Austen",), part_title="I")).splitlines() == [
        "[ti:I]",
        "[ar:Jane Austen]",
        "[al:Emma]",
        "[00:00.02]She said: \u201cA < B & C\u201d.",
        "[62:06.00]Two lines.",
    ]


def test_a_cue_without_text_prolongs_the_one_before() -> None:
    lines = [SubtitleLine(0.0, 1.0, "It was 1234567"), SubtitleLine(1.25, 2.0, ""), SubtitleLine(2.25, 3.0, "then.")]
    assert write_subtitles("vtt", lines, Tags("T")).splitlines()[2:] == [
        "00:00:00.000 --> 00:00:02.000",
        "It was 1234567",
        "",
        "00:00:02.250 --> 00:00:03.000",
        "then.",
    ]


def test_a_first_cue_without_text_is_none() -> None:
    lines = [SubtitleLine(0.0, 1.0, ""), SubtitleLine(1.0, 2.0, " "), SubtitleLine(2.25, 3.0, "then.")]
    assert write_subtitles("vtt", lines, Tags("T")).splitlines()[2:] == ["00:00:02.250 --> 00:00:03.000", "then."]


LONG = SubtitleLine(
    10.0, 19.0, "It was a long day, and nobody knew when the rain would stop; we waited for the boat & sang."
)


def test_a_sentence_that_is_too_long_for_a_screen_is_several_cues() -> None:
    assert write_subtitles("vtt", [LONG], Tags("T")).splitlines()[1:] == [
        "",
        "00:00:10.000 --> 00:00:15.934",
        "It was a long day,",
        "and nobody knew when the rain would stop;",
        "",
        "00:00:16.033 --> 00:00:19.000",
        "we waited for the boat &amp; sang.",
    ]


def test_lyrics_have_a_line_for_each_cue() -> None:
    assert write_subtitles("lrc", [LONG], Tags("T")).splitlines()[3:] == [
        "[00:10.00]It was a long day, and nobody knew when the rain would stop;",
        "[00:16.03]we waited for the boat & sang.",
    ]


def timed(text: str, *words: float, start_s: float = 10.0, end_s: float = 14.0) -> SubtitleLine:
    """Return a line whose words begin at these seconds."""
    found, at = [], 0
    for word, moment_s in zip(text.split(), words, strict=False):
        at = text.index(word, at)
        found.append((at / len(text), moment_s))
        at += len(word)
    return SubtitleLine(start_s, end_s, text, tuple(found))


def test_words_of_a_cue_have_the_times_that_are_known() -> None:
    line = timed("It was <cold> & he said.", 10.0, 10.25, 10.5, 11.0, 11.5, 12.0)
    assert write_subtitles("vtt", [line], Tags("T")).splitlines()[2:] == [
        "00:00:10.000 --> 00:00:14.000",
        "It <00:00:10.250>was <00:00:10.500>&lt;cold&gt; <00:00:11.000>&amp; <00:00:11.500>he <00:00:12.000>said.",
    ]
    assert "<" not in write_subtitles("srt", [timed("It was cold.", 10.0, 10.5, 11.0)], Tags("T"))


def test_a_time_that_readers_refuse_is_left_out() -> None:
    line = timed("one two three four five six", 10.0, 10.0, 10.0004, 12.0, 11.0, 14.0)
    assert write_subtitles("vtt", [line], Tags("T")).splitlines()[-1] == "one two three <00:00:12.000>four five six"


def test_a_sentence_of_several_cues_is_cut_where_its_words_are_heard() -> None:
    text = "It was a long day, and nobody knew when the rain would stop; we waited for our boat & sang."
    line = timed(text, *(10.0 + number / 2 for number in range(20)), end_s=20.0)
    cues = strict_webvtt.read(write_subtitles("vtt", [line], Tags("T")))
    assert len(cues) > 1
    assert "".join(f"{cue.text} " for cue in cues).split() == text.split()
    words = [each for cue in cues for each in cue.words]
    moments = dict(zip(text.split(), (10 + number / 2 for number in range(20)), strict=False))
    assert len(words) == len(text.split()) - len(cues)  # the first of each cue has the cue's own time
    assert all(moments[word] == moment_s for word, moment_s in words)
    assert [cue.start_s for cue in cues[1:]] == pytest.approx(
        [moments[cue.text.split()[0]] for cue in cues[1:]], abs=0.1
    )


def test_words_of_a_script_without_spaces_keep_their_places() -> None:
    text = "春眠不覺曉處處聞啼鳥夜來風雨聲花落知多少春眠不覺曉處處聞啼鳥"
    line = SubtitleLine(0.0, 6.0, text, tuple((place / len(text), place / 6) for place in range(len(text))))
    [cue] = strict_webvtt.read(write_subtitles("vtt", [line], Tags("T")))
    assert cue.words == [(text[place], round(place / 6, 3)) for place in range(1, len(text))]
    assert cue.text.replace("\n", "") == text


texts = st.lists(st.text(st.sampled_from("abé <>&;\n-—.春聲\u200b"), min_size=1, max_size=90), max_size=4)
shares = st.lists(st.floats(0, 1), min_size=30, max_size=30).map(sorted)
seconds = st.lists(st.floats(0, 29), max_size=30).map(sorted)


@given(texts, shares, seconds)
def test_whatever_is_said_a_strict_reader_takes_it(said: list[str], places: list[float], moments: list[float]) -> None:
    known = tuple(zip(places, moments, strict=False))
    lines = [
        SubtitleLine(30.0 * number, 30.0 * number + 29, text, tuple((share, 30 * number + s) for share, s in known))
        for number, text in enumerate(said)
    ]
    cues = strict_webvtt.read(write_subtitles("vtt", lines, Tags("T")))
    assert "".join("".join(cue.text.split()) for cue in cues) == "".join("".join(text.split()) for text in said)


TAGS = Tags("Emma", ("Jane Austen", "Another"), part_title="Part\nI")


def test_times_are_minutes_seconds_and_frames_however_long_the_book_is() -> None:
    sheet = write_cue_sheet('Emma "1".mp3', TAGS, [("One", 0.0), ('Two, or "2"', 75.5), ("Three", 66 * 3600 + 0.999)])
    assert sheet.splitlines() == [
        'PERFORMER "Jane Austen, Another"',
        'TITLE "Part I"',
        "FILE \"Emma '1'.mp3\" MP3",
        "  TRACK 01 AUDIO",
        '    TITLE "One"',
        "    INDEX 01 00:00:00",
        "  TRACK 02 AUDIO",
        "    TITLE \"Two, or '2'\"",
        "    INDEX 01 01:15:37",
        "  TRACK 03 AUDIO",
        '    TITLE "Three"',
        "    INDEX 01 3960:00:74",
    ]
