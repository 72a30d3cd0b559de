"""What is said of books, their sound and their files becomes a config, or is refused with a sentence."""

import argparse
from pathlib import Path

import pytest

from swarm.audiobook.sound.reel import START, VARY
from swarm.book.model.book import Pause
from swarm.book.model.reading_choice import Reading
from swarm.commands import option_table
from swarm.commands.book_config import render_config
from swarm.commands.main import parse as parse_line
from swarm.commands.option import option_parser
from swarm.commands.option_table import BOOKS, NETWORK, REFUSED, RENDERING
from swarm.config import ENV_ABS_TOKEN, RenderConfig, StyleConfig, UploadConfig
from swarm.errors import UsageError
from swarm.voice.host.registry import choose_recipe

HOME = ("--abs-server-url", "https://books.example/audiobookshelf/")


def parse(*words: str) -> argparse.Namespace:
    return option_parser((BOOKS, *RENDERING, NETWORK)).parse_args(words)


def render(*words: str) -> RenderConfig:
    return render_config(parse(*words))


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
    ("older", "words"),
    [
        ("--replace", "--edition replace"),
        ("--keep-both", "--edition keep"),
        ("--speaker-server http://[::1]:11434 --speaker-model a:8b", "--speaker-server http://[::1]:11434#a:8b"),
    ],
)
def test_an_older_word_means_what_is_said_today(older: str, words: str) -> None:
    assert render("a.epub", *older.split()) == render("a.epub", *words.split()) != render("a.epub")


def test_a_model_without_its_server_is_refused() -> None:
    with pytest.raises(UsageError, match="give --speaker-server URL#MODEL"):
        render("a.epub", "--speaker-model", "a:8b")


def test_books_by_every_way_of_naming_them(tmp_path: Path) -> None:
    for name in ("b.epub", "A.EPUB", "notes.txt"):
        (tmp_path / name).touch()
    books = render("x.epub", "--ebook", "y.epub", "--ebook", "x.epub", "--ebooks-dir", str(tmp_path)).books
    assert books == (Path("x.epub"), Path("y.epub"), tmp_path / "A.EPUB", tmp_path / "b.epub")


def test_a_folder_that_no_journal_can_name_is_refused_before_anything_is_spoken() -> None:
    with pytest.raises(UsageError, match=r"--output-dir /srv/caf\?: that name is no UTF-8"):
        render("book.epub", "--output-dir", "/srv/caf\udce9")


def test_words_of_ebook2audiobook_that_mean_nothing_here_are_refused_with_advice() -> None:
    for name in [option.name.strip("-") for option in REFUSED.options]:
        with pytest.raises(UsageError) as refusal:
            parse("a.epub", f"--{name}")
        assert str(refusal.value).startswith(f"--{name} is not supported: ")
        assert str(refusal.value).count(". ") == 0, name
        assert "{" not in str(refusal.value), name


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


def test_a_book_has_to_be_named() -> None:
    for words, part in [((), "Name a book"), (("--ebooks-dir", "/nonexistent"), "/nonexistent cannot be read")]:
        with pytest.raises(UsageError, match=part):
            render(*words)


def test_nonsense_is_refused_in_words() -> None:
    for words, part in [
        ("--speed nan", "--speed takes a number such as 1.25"),
        ("--speed fast", "'fast'"),
        ("--chapters 3-1", "3-1 names no chapter"),
        ("--chapters 0", "0 names no chapter"),
        ("--chapters 1;2", "numbers and ranges"),
        ("--chapters 1-", "numbers and ranges"),
        ("--engine-option speed", "NAME=VALUE"),
        ("--engine-option =1", "NAME=VALUE"),
        ("--min-workers -1", "--min-workers"),
        ("--min-workers two", "whole number"),
        ("--on-failure cry", "finish or stop"),
        ("--language x!", "no language"),
        ("--custom-model x --fine-tuned jenny", "exclude each other"),
        ("--notes aloud", "--notes takes skip or inline or end"),
        ("--ruby both", "--ruby takes base or reading"),
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
    ]:
        with pytest.raises(UsageError) as refusal:
            render("a.epub", *words.split())
        assert part in str(refusal.value)


def test_nothing_said_is_nothing_chosen() -> None:
    assert render("a.epub").reading is None
    assert render("a.epub", "--notes", "skip").reading is None


def test_every_choice_arrives() -> None:
    names = ("--include", "notes", "--include", "Index", "--exclude", "I")
    chosen = render("a.epub", "--notes", "End", *names, "--alt-text", "--ruby=reading").reading
    assert chosen == Reading("end", "reading", True, ("notes", "Index"), ("I",))


def style(words: str) -> StyleConfig:
    return render("a.epub", *words.replace("_", "-").split()).style


def test_everything_said_of_the_file_arrives() -> None:
    words = "--output-format .MP3 --split chapter --bitrate 96k --channels stereo --sample-rate 44100"
    assert style(f"{words} --title T --author A --narrator N --cover c.jpg") == StyleConfig(
        output_format="mp3", split="chapter", bitrate=96_000, channels=2, sample_rate=44_100,
        title="T", author="A", narrator="N", cover=Path("c.jpg"),
    )  # fmt: skip


def test_loudness_and_pauses() -> None:
    assert style("--loudness -16 --pause sentence=0.5 --pause chapter=3") == StyleConfig(
        loudness="-16", pauses_s=(("chapter", 3.0), ("sentence", 0.5))
    )


def test_tags() -> None:
    wanted = (("genre", "Poetry"), ("series-part", ""), ("year", "1899"))
    assert style("--tag year=1899 --tag genre=Poetry --tag series-part=").tags == wanted


def test_files_beside() -> None:
    assert style("--beside OPF,cover").beside == ("cover", "opf")
    assert style("--beside opf --beside cue,cover").beside == ("cover", "cue", "opf")


def test_every_kind_of_pause_can_be_set() -> None:
    assert {*Pause, START, VARY} == set(option_table.PAUSES)


def config(*words: str) -> UploadConfig | None:
    return render_config(parse_line(["convert", "a.epub", *words])).upload


def test_a_server_a_token_and_a_library_are_what_it_takes() -> None:
    found = config(*HOME, "--abs_api_token", "t0ken", "--abs_library_id", "lib-1", "--abs_auto_upload", "--abs_enabled")
    assert found == UploadConfig(server="https://books.example/audiobookshelf", token="t0ken", abs_library_id="lib-1")
    assert config() is None


def test_the_token_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENV_ABS_TOKEN, "fr0m-there")
    assert config() is None
    assert config(*HOME) == UploadConfig(server="https://books.example/audiobookshelf", token="fr0m-there")
    assert config(*HOME, "--abs-api-token", "0ther") == UploadConfig(
        server="https://books.example/audiobookshelf", token="0ther"
    )


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (HOME, "needs a token"),
        (("--abs-api-token", "x"), "--abs-server-url is missing"),
        (("--abs-library-id", "x"), "--abs-server-url is missing"),
        ((*HOME, "--abs-api-token", "two words"), "cannot be right"),
        ((*HOME, "--abs-api-token", "x", "--abs-library-id", "a/b"), "takes a library's id"),
        (("--abs-server-url", "books.example", "--abs-api-token", "x"), "takes an address such as"),
        (("--abs-server-url", "ftp://books", "--abs-api-token", "x"), "takes an address such as"),
        (("--abs-server-url", "http://a:9x", "--abs-api-token", "x"), "takes an address such as"),
        (("--abs-server-url", "http://a/?q", "--abs-api-token", "x"), "takes an address such as"),
    ],
)
def test_an_upload_that_cannot_be_meant_is_refused(
    words: tuple[str, ...], answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ENV_ABS_TOKEN, raising=False)
    with pytest.raises(UsageError, match=answer):
        config(*words)


def test_no_secret_is_repeated_in_a_refusal() -> None:
    for words in (
        (*HOME, "--abs-api-token", "s3cret token"),
        ("--abs-server-url", "https://me:s3cret@b", "--abs-api-token", "x"),
    ):
        with pytest.raises(UsageError) as refused:
            config(*words)
        assert "s3cret" not in str(refused.value)


def test_verify_takes_no_book_for_its_value() -> None:
    for words, how, books in [
        (["convert", "--verify", "book.epub"], "all", ["book.epub"]),
        (["convert", "book.epub", "--verify"], "all", ["book.epub"]),
        (["convert", "--verify", "sample", "book.epub"], "sample", ["book.epub"]),
        (["convert", "--verify=sample", "sample"], "sample", ["sample"]),
        (["convert", "book.epub"], "", ["book.epub"]),
        (["convert", "--", "--verify", "sample"], "", ["--verify", "sample"]),
    ]:
        arguments = parse_line(words)
        assert (arguments.verify, arguments.books) == (how, books)
