import io

import av
import pytest

from swarm.audio.caption import SubtitleLine
from swarm.audio.subtitle import write_subtitles
from swarm.audio.tags import Tags

LINES = [
    SubtitleLine(0.0214, 1.5, "She said: \u201cA < B & C\u201d."),
    SubtitleLine(3725.9999, 3727.25, "Two\n\nlines."),
]


@pytest.mark.parametrize("kind", ["vtt", "srt"])
def test_players_read_the_times_and_the_text_back(kind: str) -> None:
    text = write_subtitles(kind, LINES, Tags("T"))
    with av.open(io.BytesIO(text.encode()), format={"vtt": "webvtt"}.get(kind, kind)) as container:
        packets = [packet for packet in container.demux() if packet.size]
    times = [(float(p.pts * p.time_base), float(p.duration * p.time_base)) for p in packets]
    assert times == [(0.021, 1.479), (3726.0, 1.25)]
    said = [bytes(packet).decode().replace("&lt;", "<").replace("&amp;", "&") for packet in packets]
    assert said == [" ".join(line.text.split()) for line in LINES]  # short ones stay on one line


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
