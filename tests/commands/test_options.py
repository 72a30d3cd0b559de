import argparse
import os
import sys
from pathlib import Path

import pytest

from swarm.commands.book_config import render_config
from swarm.commands.machine_config import asked_devices, coordinate_config, prepare_voices, progress_mode
from swarm.commands.main import make_parser
from swarm.commands.main import parse as parse_line
from swarm.commands.option import option_parser
from swarm.commands.option_table import BOOKS, NETWORK, REFUSED, RENDERING, TERMINAL
from swarm.commands.work import limits_of as work_limits
from swarm.config import CoordinateConfig, Limits, RenderConfig, StyleConfig
from swarm.errors import EnvironmentFault, UsageError
from swarm.voice.host.registry import choose_recipe


def parse(*words: str) -> argparse.Namespace:
    return option_parser((BOOKS, *RENDERING, NETWORK)).parse_args(words)


def render(*words: str) -> RenderConfig:
    return render_config(parse(*words))


def worker(*words: str) -> argparse.Namespace:
    return make_parser().parse_args(["work", *words])


def devices(*words: str) -> tuple[str, ...]:
    return asked_devices(worker(*words))


def test_a_book_alone_is_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("E2A_SWARM_HOME", str(tmp_path))
    assert render("a.epub") == RenderConfig(books=(Path("a.epub"),), output_dir=Path(), state_dir=tmp_path)


def test_everything_said_arrives(tmp_path: Path) -> None:
    words = (
        f"a.epub --output-dir out --output-format M4A --tts-engine Espeak --voice fr-be --language fra --speed 1.5 "
        f"--chapters 1-3,7 --state-dir {tmp_path} --engine-option pitch=40 --engine-option x=a=b --min-workers 2 "
        f"--on-failure stop"
    )
    assert render(*words.split()) == RenderConfig(
        books=(Path("a.epub"),),
        output_dir=Path("out"),
        state_dir=tmp_path,
        style=StyleConfig(output_format="m4a"),
        engine="espeak",
        voice="fr-be",
        language="fr",
        chapters="1-3,7",
        settings={"speed": 1.5, "pitch": "40", "x": "a=b"},
        on_failure="stop",
        min_workers=2,
        options=("--output-format=M4A", "--chapters=1-3,7"),
    )


@pytest.mark.parametrize(
    ("said", "meant"), [("eng", "en"), ("en-GB", "en"), ("FR", "fr"), ("deu", "de"), ("ger", "de")]
)
def test_languages_by_any_code(said: str, meant: str) -> None:
    assert render("a.epub", "--language", said).language == meant


def test_books_by_every_way_of_naming_them(tmp_path: Path) -> None:
    for name in ("b.epub", "A.EPUB", "notes.txt"):
        (tmp_path / name).touch()
    books = render("x.epub", "--ebook", "y.epub", "--ebook", "x.epub", "--ebooks-dir", str(tmp_path)).books
    assert books == (Path("x.epub"), Path("y.epub"), tmp_path / "A.EPUB", tmp_path / "b.epub")


def test_headless_is_what_this_is_anyway() -> None:
    assert render("a.epub", "--headless") == render("a.epub")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("", "Name a book"),
        ("--ebooks-dir /nonexistent", "/nonexistent cannot be read"),
        ("a.epub --speed nan", "--speed takes a number such as 1.25"),
        ("a.epub --speed fast", "'fast'"),
        ("a.epub --chapters 3-1", "3-1 names no chapter"),
        ("a.epub --chapters 0", "0 names no chapter"),
        ("a.epub --chapters 1;2", "numbers and ranges"),
        ("a.epub --chapters 1-", "numbers and ranges"),
        ("a.epub --engine-option speed", "NAME=VALUE"),
        ("a.epub --engine-option =1", "NAME=VALUE"),
        ("a.epub --min-workers -1", "--min-workers"),
        ("a.epub --min-workers two", "whole number"),
        ("a.epub --on-failure cry", "finish or stop"),
        ("a.epub --output-format wma", "--output-format takes m4b or m4a"),
        ("a.epub --language x!", "no language"),
        ("a.epub --custom-model x --fine-tuned jenny", "exclude each other"),
    ],
)
def test_nonsense_is_refused_in_words(words: str, part: str) -> None:
    with pytest.raises(UsageError) as refusal:
        render(*words.split())
    assert part in str(refusal.value)


@pytest.mark.parametrize("name", [option.name.strip("-") for option in REFUSED.options])
@pytest.mark.parametrize("value", [(), ("x",)])
def test_words_of_ebook2audiobook_that_mean_nothing_here_are_refused_with_advice(
    name: str, value: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError) as refusal:
        parse("a.epub", f"--{name}", *value)
    assert str(refusal.value).startswith(f"--{name} is not supported: ")
    assert str(refusal.value).count(". ") == 0
    assert "{" not in str(refusal.value)


def test_devices() -> None:
    assert devices() == ()
    assert devices("--cpu") == devices("--device", "CPU") == ("cpu",)
    assert devices("--device", "CUDA") == devices("--gpu", "0") == ("cuda:0",)
    assert devices("--gpu", "1", "--gpu", "0,1") == ("cuda:1", "cuda:0")
    assert devices("--gpu", "all") == ("cuda",)
    assert devices("--gpu", "GPU-5a1e,1") == ("GPU-5a1e", "cuda:1")
    assert devices("--device", "MPS") == ("mps",)
    assert devices("--device", "ROCM") == ("cuda:0",)
    assert devices("--device", "cuda", "--gpu", "1") == ("cuda:1",)
    assert devices("--device", "1") == ("cuda:1",)
    assert devices("--device", "all") == ("cuda",)
    assert devices("--device", "GPU-5a1e") == ("GPU-5a1e",)


@pytest.mark.parametrize(
    "words", ["--cpu --gpu 0", "--gpu first", "--gpu -1", "--device TPU", "--device ²", "--device 256", "--gpu 1,"]
)
def test_devices_that_cannot_be_meant(words: str) -> None:
    with pytest.raises(UsageError):
        devices(*words.split())


def configured(*words: str) -> CoordinateConfig:
    return coordinate_config(parse(*words), render_config(parse(*words)))


def test_where_a_coordinator_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("E2A_SWARM_BIND", "10.0.0.1")
    config = configured("a.epub")
    assert (config.bind, config.port, config.open, config.advertise) == ("10.0.0.1", None, False, True)
    config = configured("a.epub", "--port", "6000", "--bind", "::1", "--open", "--no-advertise")
    assert (config.bind, config.port, config.open, config.advertise) == ("::1", 6000, True, False)
    with pytest.raises(UsageError, match="--port takes a whole number from 1 to 65535"):
        configured("a.epub", "--port", "70000")


def test_a_coordinator_is_asked_for_no_device() -> None:
    with pytest.raises(UsageError, match="e2a-swarm work"):
        parse("a.epub", "--device", "CUDA")


def test_progress_is_shown_as_asked() -> None:
    parser = option_parser((TERMINAL,))
    modes = [progress_mode(parser.parse_args(words)) for words in ([], ["--quiet"], ["--json"], ["--json", "--quiet"])]
    assert modes == ["auto", "quiet", "json", "json"]


def test_the_words_for_sampling_are_settings_of_the_engine() -> None:
    sampling = ("--temperature", "0.6", "--top-k", "20", "--half", "--enable-text-splitting")
    config = render("a.epub", "--tts-engine", "xtts", "--fine-tuned", "jenny", *sampling, "--engine-option", "top_k=30")
    assert (config.engine, config.model) == ("xtts", "jenny")
    assert config.settings == {"temperature": "0.6", "top_k": "30", "half": True}


def test_every_word_of_ebook2audiobook_for_sampling_is_a_setting_of_its_engine() -> None:
    xtts = {"temperature": "0.6", "length_penalty": "1.1", "num_beams": "2", "repetition_penalty": "4", "top_k": "20"}
    xtts["top_p"] = "0.8"
    words = [word for name, value in xtts.items() for word in (f"--{name.replace('_', '-')}", value)]
    config = render("a.epub", "--tts-engine", "xtts", *words, "--enable-text-splitting")
    settings = dict(choose_recipe("en", engine=config.engine, settings=config.settings).settings)
    assert {name: settings[name] for name in xtts} == {name: type(settings[name])(xtts[name]) for name in xtts}
    plain = dict(choose_recipe("en", engine=config.engine).settings)
    assert all(settings[name] != plain[name] for name in xtts)


def test_half_precision_and_deepspeed_are_off_unless_asked_for_and_part_of_the_recipe() -> None:
    asked = render("a.epub", "--tts-engine", "xtts", "--half", "--deepspeed").settings
    for options, on in ((asked, True), ({}, False)):
        settings = dict(choose_recipe("en", engine="xtts", settings=options).settings)
        assert (settings["half"], settings["deepspeed"]) == (on, on)
    with pytest.raises(UsageError, match="no setting 'half'"):
        choose_recipe("en", engine="vits", settings=asked)


@pytest.mark.parametrize("said", [True, False])
def test_the_licence_is_accepted_where_models_are_loaded(said: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COQUI_TOS_AGREED", "0")
    prepare_voices(worker(*["--accept-coqui-license"] * said))
    assert os.environ["COQUI_TOS_AGREED"] == ("1" if said else "0")


def test_a_coordinator_accepts_no_licence_for_its_workers() -> None:
    with pytest.raises(UsageError, match="give it to `e2a-swarm work`"):
        parse("a.epub", "--accept-coqui-license")


def test_a_folder_means_each_of_its_books_once(tmp_path: Path) -> None:
    for name in ("a.epub", "a.mobi", "b.MOBI", "c.pdf", "notes.txt", "d.jpg"):
        (tmp_path / name).touch()
    books = [tmp_path / "a.epub", tmp_path / "b.MOBI", tmp_path / "c.pdf"]
    assert render(str(tmp_path)).books == tuple(books)


def test_texts_and_pages_of_a_folder_have_to_be_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    with pytest.raises(UsageError, match="Text, HTML and Markdown files are not taken from a folder"):
        render(str(tmp_path))
    assert render(str(tmp_path / "a.txt")).books == (tmp_path / "a.txt",)


def test_models_may_lie_in_a_folder_of_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("TTS_HOME", "HF_HUB_CACHE"):
        monkeypatch.setenv(name, "elsewhere")
    prepare_voices(worker(*["--models-dir", str(tmp_path)]))
    assert (os.environ["TTS_HOME"], os.environ["HF_HUB_CACHE"]) == (str(tmp_path), str(tmp_path / "hub"))


def test_a_recogniser_listens_where_one_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm.voice.host.recogniser.prove", lambda: "")
    monkeypatch.setenv("E2A_SWARM_VERIFY", "small")
    prepare_voices(worker(*["--verify"]))
    assert os.environ["E2A_SWARM_VERIFY"] == "small"
    assert "E2A_SWARM_VERIFY_SAMPLE" not in os.environ
    monkeypatch.setenv("E2A_SWARM_VERIFY_SAMPLE", "")  # restored after the test
    prepare_voices(worker(*["--verify", "sample"]))
    assert os.environ["E2A_SWARM_VERIFY_SAMPLE"] == "1"
    with pytest.raises(UsageError, match="--verify"):
        prepare_voices(worker(*["--verify=tenth"]))
    monkeypatch.delenv("E2A_SWARM_VERIFY")
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(EnvironmentFault, match=r"\[verify\]"):
        prepare_voices(worker(*["--verify"]))
    assert "E2A_SWARM_VERIFY" not in os.environ


def limits(*words: str) -> Limits:
    arguments = worker(*words)
    return work_limits(arguments, asked_devices(arguments))


def test_when_a_worker_may_work(monkeypatch: pytest.MonkeyPatch) -> None:
    assert limits("--gpu", "0") == Limits()
    said = limits("--gpu", "0", "--hours", "22-7,12-13:30", "--idle-only", "--max-temperature", "80")
    assert said == Limits(((22 * 60, 7 * 60), (12 * 60, 13 * 60 + 30)), 80, True)
    assert limits("--cpu", "--hours", "22-7") == Limits(((22 * 60, 7 * 60),))
    monkeypatch.setenv("TZ", "Europe/Berln")
    with pytest.raises(UsageError, match="TZ=Europe/Berln is no time zone"):
        limits("--hours", "22-7")
    assert limits("--cpu") == Limits()


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--hours", "night"), "--hours takes spans such as 22-7"),
        (("--hours", "22-22"), "not '22-22'"),
        (("--max-temperature", "warm"), "--max-temperature takes a whole number"),
        (("--max-temperature", "5"), "from 30 to 120"),
        (("--cpu", "--idle-only"), "with --cpu only --hours"),
        (("--cpu", "--max-temperature", "80"), "are for GPUs"),
    ],
)
def test_limits_that_make_no_sense_are_refused(words: tuple[str, ...], part: str) -> None:
    with pytest.raises(UsageError, match=part):
        limits(*words)


@pytest.mark.parametrize("command", ["work", "status"])
def test_a_second_coordinator_does_not_silently_replace_the_first(command: str) -> None:
    with pytest.raises(UsageError, match="names one coordinator; without it, all"):
        parse_line([command, "--coordinator", "one:5847", "--coordinator", "two:5847"])
    assert parse_line([command, "--coordinator", "one", "--coordinator", "one"]).coordinator == "one"


def test_options_of_the_file_can_be_given_again_as_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = ["--output-format", "mp3", "--title=-x", "--pause", "scene=1", "--pause", "clause=0", "--keep-chapters"]
    words = render("b.epub", *given, "--cover", "a.png", "--include", "notes", "--speed", "1.5").options
    pauses = ("--pause=scene=1", "--pause=clause=0")
    cover = f"--cover={tmp_path / 'a.png'}"
    others = ("--output-format=mp3", "--title=-x", "--keep-chapters", cover, "--include=notes")
    assert sorted(words) == sorted((*pauses, *others))
    assert render("b.epub", *words).options == words
    assert render("b.epub").options == ()


@pytest.mark.parametrize(
    ("words", "how", "books"),
    [
        (["convert", "--verify", "book.epub"], "all", ["book.epub"]),
        (["convert", "book.epub", "--verify"], "all", ["book.epub"]),
        (["convert", "--verify", "sample", "book.epub"], "sample", ["book.epub"]),
        (["convert", "--verify=sample", "sample"], "sample", ["sample"]),
        (["convert", "book.epub"], "", ["book.epub"]),
        (["convert", "--", "--verify", "sample"], "", ["--verify", "sample"]),
    ],
)
def test_verify_takes_no_book_for_its_value(words: list[str], how: str, books: list[str]) -> None:
    arguments = parse_line(words)
    assert (arguments.verify, arguments.books) == (how, books)
