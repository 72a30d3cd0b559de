import argparse

import pytest

from swarm.commands import preview
from swarm.commands.main import parse
from swarm.commands.options import render_config
from swarm.errors import UsageError


def asked(*words: str) -> argparse.Namespace:
    return parse(["preview", "a.epub", *words])


def test_a_preview_is_the_beginning_of_one_chapter() -> None:
    arguments = asked("--chapter", "3", "--seconds", "10")
    config = preview.preview_config(arguments, render_config(arguments))
    assert (config.chapters, config.preview_s) == ("3", 10.0)


@pytest.mark.parametrize(
    "words", [("--chapter", "0"), ("--chapter", "1-2"), ("--seconds", "9999"), ("--chapters", "2")]
)
def test_what_is_no_chapter_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match=words[0]):
        preview.run(asked(*words))


@pytest.mark.parametrize(
    "words",
    [
        ("--split", "chapter"),
        ("--keep-chapters",),
        ("--read-along",),
        ("--report", "html"),
        ("--beside", "opf"),
        ("--credits",),
    ],
)
def test_what_makes_no_sense_for_a_short_file_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(
        UsageError, match=f"{words[0]}: preview writes one short file: use this option with `e2a-swarm convert`."
    ):
        preview.run(asked(*words))


def test_a_preview_is_not_uploaded() -> None:
    words = ["preview", "a.epub", "--abs-server-url", "http://books", "--abs-api-token", "x"]
    arguments = parse(words)
    assert render_config(arguments).upload is not None
    assert preview.preview_config(arguments, render_config(arguments)).upload is None
