import argparse
from pathlib import Path

import pytest

from swarm.commands import preview
from swarm.commands.book_config import render_config
from swarm.commands.main import parse
from swarm.config import RenderConfig
from swarm.errors import EXIT_DONE, EXIT_ENVIRONMENT, EXIT_GAPS, EnvironmentFault, UsageError


def asked(*words: str) -> argparse.Namespace:
    return parse(["preview", "a.epub", *words])


def test_a_preview_is_the_beginning_of_one_chapter() -> None:
    arguments = asked("--chapter", "3", "--seconds", "10")
    config = preview.preview_config(arguments, render_config(arguments))
    assert (config.chapters, config.preview_s) == ("3", 10.0)


def test_what_is_no_chapter_is_refused() -> None:
    for words in [("--chapter", "0"), ("--chapter", "1-2"), ("--seconds", "9999"), ("--chapters", "2")]:
        with pytest.raises(UsageError, match=words[0]):
            preview.run(asked(*words))


def test_what_makes_no_sense_for_a_short_file_is_refused() -> None:
    for words in [
        ("--split", "chapter"),
        ("--keep-chapters",),
        ("--read-along",),
        ("--read-along-words",),
        ("--report", "html"),
        ("--beside", "opf"),
        ("--credits",),
    ]:
        with pytest.raises(
            UsageError, match=f"{words[0]}: preview writes one short file: use this option with `e2a-swarm convert`."
        ):
            preview.run(asked(*words))


def test_a_preview_is_not_uploaded() -> None:
    words = ["preview", "a.epub", "--abs-server-url", "http://books", "--abs-api-token", "x"]
    arguments = parse(words)
    assert render_config(arguments).upload is not None
    assert preview.preview_config(arguments, render_config(arguments)).upload is None


def test_every_voice_of_the_engine_speaks_a_preview_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "book.txt").write_text("Era uma noite fria. Ficamos junto ao fogo.", encoding="utf-8")
    spoken: list[tuple[str, float]] = []

    def convert(arguments: argparse.Namespace, config: RenderConfig) -> int:
        spoken.append((config.voice, config.preview_s))
        return EXIT_GAPS if config.voice == "pt" else EXIT_DONE

    monkeypatch.setattr("swarm.commands.convert.run_with", convert)
    words = ("--language", "pt", "--tts-engine", "espeak", "--voice", "ALL", "--seconds", "3")
    arguments = parse(["preview", str(tmp_path / "book.txt"), *words])
    assert preview.run(arguments) == EXIT_GAPS
    assert spoken == [("pt", 3.0), ("pt-br", 3.0)]
    with pytest.raises(UsageError, match="--voice all: name one book"):
        preview.run(parse(["preview", str(tmp_path / "book.txt"), "--voice", "all", "--custom-model", str(tmp_path)]))


def test_a_voice_that_is_not_to_be_had_keeps_no_other_from_its_preview(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "book.txt").write_text("Era uma noite fria. Ficamos junto ao fogo.", encoding="utf-8")
    spoken: list[str] = []

    def convert(arguments: argparse.Namespace, config: RenderConfig) -> int:
        if config.voice == "pt":
            raise EnvironmentFault("its server is out of reach: try again later.")
        spoken.append(config.voice)
        return EXIT_DONE

    monkeypatch.setattr("swarm.commands.convert.run_with", convert)
    words = ("--language", "pt", "--tts-engine", "espeak", "--voice", "all")
    assert preview.run(parse(["preview", str(tmp_path / "book.txt"), *words])) == EXIT_ENVIRONMENT
    assert spoken == ["pt-br"]
    assert capsys.readouterr().err == "pt: its server is out of reach: try again later.\n"
