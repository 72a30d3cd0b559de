import json
from pathlib import Path

import pytest

from swarm.commands import convert, redo
from swarm.commands.main import parse
from swarm.commands.redo import moment_s, redo_config
from swarm.config import ENV_ABS_TOKEN, RedoConfig, RenderConfig
from swarm.coordinator.brought_files import BroughtFiles
from swarm.coordinator.prepare import find_job
from swarm.coordinator.seen_engines import SeenEngines
from swarm.errors import UsageError
from swarm.job.store.store import DiskStore
from swarm.system.disk import STATE_VERSION, VERSION_FILE


def chosen(*words: str) -> RedoConfig:
    return redo_config(parse(["redo", "a.epub", *words]))


def test_what_is_said_is_meant() -> None:
    assert chosen("--segments", "3:12,4/1-3", "--chapter", "7", "--doubtful") == RedoConfig(
        segments=((3, 12, 12), (4, 1, 3)), chapters=(7,), doubtful=True
    )
    assert chosen("--text", "the Colonel", "--say", "") == RedoConfig(texts=("the Colonel",), say="")
    assert chosen("--text", "the", "--all") == RedoConfig(texts=("the",), every=True)


def test_a_character_has_another_voice_or_another_name() -> None:
    assert chosen("--recast", "Hall = am_adam").recast == ("Hall", "am_adam")
    assert chosen("--rename", "the Captain=Nemo").rename == ("the Captain", "Nemo")
    with pytest.raises(UsageError, match="--rename takes a character's name and another one"):
        chosen("--rename", "the Captain")


def test_what_cannot_be_meant_is_refused_in_words() -> None:
    for words, answer in [
        ("", "Choose what"),
        ("--say x", "Choose what"),
        ("--all", "Choose what"),
        ("--segments 12", "chapter:sentence"),
        ("--chapter x", "whole number"),
    ]:
        with pytest.raises(UsageError, match=answer):
            chosen(*words.split())


def test_a_moment_is_given_as_players_show_it() -> None:
    for text, seconds in [("1:23:45", 5025), ("83:45", 5025), ("5025.5", 5025.5), (" 4:05 ", 245), ("0:00:01", 1)]:
        assert moment_s(text) == seconds


def test_what_is_no_moment_is_refused() -> None:
    for text in ["", "1:2:3:4", "1h", "-5", "1:-3", "١:٢"]:
        with pytest.raises(UsageError, match="1:23:45"):
            moment_s(text)


def test_no_clock_shows_more_than_59_minutes_or_seconds() -> None:
    for text in ["9:99:99", "1:60:00", "4:60", "0:00:75.5"]:
        with pytest.raises(UsageError, match="no such time"):
            moment_s(text)


@pytest.fixture
def audiobook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("E2A_SWARM_HOME", str(tmp_path / "state"))
    monkeypatch.delenv(ENV_ABS_TOKEN, raising=False)
    rows = [
        {
            "chapter": 3,
            "sentence": n,
            "id": f"3:{n}",
            "text": f"T{n}.",
            "file": "E.mp3",
            "at_s": 5.0 * n,
            "end_s": 5.0 * n + 4,
        }
        for n in (1, 2)
    ]
    report = {"version": 2, "book": {"job": "emma-1", "source": "/books/emma.epub"}, "totals": {}, "segments": rows}
    options = ["--output-format=mp3", "--pause=scene=2", "--title=Mine", "--of-tomorrow=1"]
    (tmp_path / "E.report.json").write_text(json.dumps({**report, "options": options}))
    (tmp_path / "E.mp3").write_bytes(b"sound")
    return tmp_path / "E.mp3"


@pytest.fixture
def configs(monkeypatch: pytest.MonkeyPatch) -> list[RenderConfig]:
    found: list[RenderConfig] = []
    monkeypatch.setattr(convert, "run_with", lambda arguments, config: found.append(config) or 0)
    return found


def run(*words: object) -> int:
    return redo.run(parse(["redo", *map(str, words)]))


def test_job_place_and_options_come_from_the_report_of_a_file(audiobook: Path, configs: list[RenderConfig]) -> None:
    assert run(audiobook, "--at", "0:11.5", "--at", "0:08", "--say", "x", "--title", "New") == 0
    [config] = configs
    assert (config.style.output_format, config.style.pauses_s, config.style.title) == ("mp3", (("scene", 2.0),), "New")
    assert (config.output_dir, config.books) == (audiobook.parent, (Path("/books/emma.epub"),))
    assert config.redo == RedoConfig(
        segments=((3, 2, 2), (3, 1, 1)),
        say="x",
        job="emma-1",
        stem="E",
        notes=() if config.redo is None else config.redo.notes,
    )
    assert config.redo.notes == ()


def test_the_sentence_just_before_a_moment_is_named_too(audiobook: Path, configs: list[RenderConfig]) -> None:
    run(audiobook, "--at", "10.2")
    assert configs[0].redo is not None
    assert configs[0].redo.notes == ('0:10 is in 3:2; 3:1 ends just before it: "T1."',)


@pytest.mark.parametrize("words", [("--voice", "x"), ("--speed", "1"), ("--chapters", "1"), ("--output-dir", "/x")])
def test_options_that_a_finished_file_cannot_have_are_refused(audiobook: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match=f"so {words[0]} means nothing here"):
        run(audiobook, "--text", "T", *words)


def test_a_moment_needs_a_file_and_a_file_comes_alone(audiobook: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="counts in a finished file"):
        run(tmp_path / "emma.epub", "--at", "1:00")
    with pytest.raises(UsageError, match="only one"):
        run(audiobook, tmp_path / "emma.epub", "--at", "0:06")


def test_it_is_uploaded_where_it_was_and_the_token_is_asked_for(
    audiobook: Path, configs: list[RenderConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    DiskStore(audiobook.parent / "state").close()
    folder = audiobook.parent / "state" / "jobs" / "emma-1"
    folder.mkdir(parents=True)
    (folder.parents[1] / VERSION_FILE).write_text(str(STATE_VERSION))
    (folder / "uploads.json").write_text('{"https://books.example#lib-1": 12.5}')
    run(audiobook, "--text", "T")
    monkeypatch.setenv(ENV_ABS_TOKEN, "t0ken")
    run(audiobook, "--text", "T")
    without, with_token = configs
    assert without.redo is not None
    assert without.upload is None
    assert ENV_ABS_TOKEN in without.redo.notes[0]
    assert with_token.upload is not None
    assert (with_token.upload.server, with_token.upload.abs_library_id) == ("https://books.example", "lib-1")


def test_a_book_that_only_a_worker_could_speak_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = tmp_path / "book.txt"
    book.write_text("Es war eine kalte Nacht. Wir saßen am Feuer.", encoding="utf-8")
    monkeypatch.setattr(SeenEngines, "words", lambda self, language: {"xtts"})
    config = RenderConfig(books=(book,), output_dir=tmp_path, state_dir=tmp_path / "state", language="de")
    job, recipe, *_ = find_job(config, book, BroughtFiles(), SeenEngines(tmp_path))
    assert recipe.engine == "coqui"
    assert redo._job_of(config, book) == job
