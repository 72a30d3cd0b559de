from pathlib import Path

import pytest

from swarm.audiobook.sound.reel import START, VARY
from swarm.book.model.book import Pause
from swarm.commands import option_table
from swarm.commands.book_config import style_config
from swarm.commands.main import parse
from swarm.config import StyleConfig
from swarm.errors import UsageError


def style(words: str) -> StyleConfig:
    return style_config(parse(["convert", "a.epub", *words.split()]))


def test_everything_said_arrives() -> None:
    words = "--output-format .MP3 --split chapter --bitrate 96k --channels stereo --sample-rate 44100"
    assert style(f"{words} --title T --author A --narrator N --cover c.jpg") == StyleConfig(
        output_format="mp3", split="chapter", bitrate=96_000, channels=2, sample_rate=44_100,
        title="T", author="A", narrator="N", cover=Path("c.jpg"),
    )  # fmt: skip


def test_the_words_of_ebook2audiobook() -> None:
    assert style("--output_format flac --output_channel stereo") == StyleConfig(output_format="flac", channels=2)


def test_loudness_and_pauses() -> None:
    assert style("--loudness -16 --pause sentence=0.5 --pause chapter=3") == StyleConfig(
        loudness="-16", pauses_s=(("chapter", 3.0), ("sentence", 0.5))
    )


def test_tags() -> None:
    wanted = (("genre", "Poetry"), ("series-part", ""), ("year", "1899"))
    assert style("--tag year=1899 --tag genre=Poetry --tag series-part=").tags == wanted


def test_files_beside() -> None:
    assert style("--beside OPF,cover").beside == ("cover", "opf")


def test_every_kind_of_pause_can_be_set() -> None:
    assert {*Pause, START, VARY} == set(option_table.PAUSES)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("--output-format wma", "takes m4b or m4a"),
        ("--split 6", "such as 6h"),
        ("--bitrate loud", "such as 64k"),
        ("--bitrate 900k", "320k"),
        ("--output-format flac --bitrate 64k", "leave it out"),
        ("--channels 5.1", "mono or stereo"),
        ("--loudness loud", "such as -18"),
        ("--subtitles ass", "takes vtt or srt or lrc"),
        ("--beside nfo", "cover, cue, opf"),
        ("--tag mood=dark", "kinds are subtitle"),
        ("--tag year", "KIND=TEXT"),
        ("--pause comma=1", "kinds are clause"),
        ("--pause sentence=soon", "such as paragraph=0.8"),
        ("--pause sentence=31", "up to 30"),
        ("--pause vary=2", "vary=SHARE up to 1"),
        ("--sample-rate 7", "from 8000"),
        ("--output-format opus --sample-rate 44100", "48000"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(words: str, answer: str) -> None:
    with pytest.raises(UsageError, match=answer):
        style(words)
