from pathlib import Path

import pytest

from swarm.commands.main import parse
from swarm.commands.style_options import style_config
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


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("--output-format wma", "take one of m4b"),
        ("--split 6", "such as 6h"),
        ("--bitrate loud", "such as 64k"),
        ("--bitrate 900k", "320k"),
        ("--output-format flac --bitrate 64k", "leave it out"),
        ("--channels 5.1", "mono or stereo"),
        ("--sample-rate 7", "from 8000"),
        ("--output-format opus --sample-rate 44100", "48000"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(words: str, answer: str) -> None:
    with pytest.raises(UsageError, match=answer):
        style(words)
