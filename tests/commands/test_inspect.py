"""`inspect --cast`: who says how much, and how surely that is known."""

import json
import re
import shlex
from pathlib import Path

import epub_maker as maker
import pytest
from msgspec import structs
from pictures import picture

from swarm.book.any_file import read_book
from swarm.book.model.book import Block, Book, ChapterText, Doubt
from swarm.book.speech.casting import read_cast
from swarm.book.speech.dialogue import find_dialogue
from swarm.book.speech.lexicon import read_lexicon
from swarm.book.speech.script import make_script, with_word
from swarm.book.speech.speech import Speech
from swarm.commands.inspect import Character, Characters, cast_lines, find_characters, find_names
from swarm.commands.main import main
from swarm.config import RenderConfig, state_folder
from swarm.coordinator.book_cast import kept_file
from swarm.errors import EXIT_BOOK, EXIT_USAGE, UsageError
from swarm.job.spec import Recipe
from swarm.voice.espeak.engine import CARD as ESPEAK
from swarm.voice.metronome.engine import CARD as METRONOME

CARRIED = Path(__file__).parents[1] / "book" / "carried"


def test_the_chapters_of_a_carried_book(carried: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(carried / "alice.epub")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "Alice’s Adventures in Wonderland",
        "by Lewis Carroll",
        "English; engine hibari; 1865; no cover",
    ]
    assert "2 chapters, 4,248 words, about 22 min of sound" in lines
    assert "  List of Illustrations: list of illustrations (marked so in the book), 6 words" in lines


def test_as_json_with_the_text(carried: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(carried / "wallpaper.epub"), "--json", "--text"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["title"], found["authors"], found["language"]) == (
        "The Yellow Wallpaper", ["Charlotte Perkins Gilman"], "en",
    )  # fmt: skip
    [chapter] = found["chapters"]
    assert chapter["number"] == 1
    assert chapter["text"][1].startswith("It is very seldom that mere ordinary people")
    assert chapter["segments"] == len(chapter["text"])
    assert chapter["estimated_s"] == pytest.approx(32 * 60 + 34, rel=0.03)  # the length that hibari spoke
    colophon = {"title": "Colophon", "reason": "colophon", "grounds": "marked so in the book", "words": 15}
    assert colophon in found["left_out"]


def test_the_text_alone(books: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(books / "odd" / "epub2-ncx-only.epub"), "--text", "--quiet"]) == 0
    assert capsys.readouterr().out.split("\n") == [
        "",
        "--- 1. Loomings",
        "",
        "Loomings",
        "",
        "Call me Ishmael.",
        "",
        "",
    ]


def test_an_engine_that_does_not_speak_the_language_is_refused(
    carried: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = str(carried / "vingt.epub")
    assert main(["inspect", book, "--tts-engine", "hibari"]) == EXIT_USAGE
    assert "hibari" in capsys.readouterr().err
    assert main(["inspect", book, "--language", "eng", "--tts-engine", "hibari"]) == 0
    assert "English; engine hibari" in capsys.readouterr().out


@pytest.mark.slow
def test_the_length_is_that_of_the_engine(books: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(books / "vingt-mille-lieues-fr.epub"), "--json"]) == 0
    lengths = [chapter["estimated_s"] for chapter in json.loads(capsys.readouterr().out)["chapters"]]
    assert lengths[0] == pytest.approx(12 * 60 + 1, rel=0.03)  # the length that espeak spoke
    assert sum(lengths[1:6]) == pytest.approx(56 * 60 + 50, rel=0.03)


def test_two_books_are_one_too_many(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "my", "book.epub"]) == EXIT_USAGE
    assert "inspect takes one book; put its path in quotes" in capsys.readouterr().err


def test_a_name_that_was_cut_at_a_space_is_asked_for_in_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "my"]) == EXIT_BOOK
    assert "my does not exist: name a book's file, in quotes where" in capsys.readouterr().err


def test_titles_that_are_left_out_are_whole_and_a_beginning_has_them_read(
    books: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    book = str(books / "alice-illustrated.epub")
    assert main(["inspect", book]) == 0
    out = capsys.readouterr().out
    [line] = [
        line for line in out.splitlines() if line.endswith(": list of illustrations (marked so in the book), 657 words")
    ]
    title = line.strip().partition(": list of ")[0]
    assert "…" not in title
    assert len(line) > 80
    assert main(["inspect", book, "--include", f"{title[:18]}…"]) == 0
    assert "list of illustrations (marked" not in capsys.readouterr().out

    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["inspect", book]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines())) <= 80
    assert f" {line.strip()} " in f" {' '.join(shown.split())} "


def test_notes_are_read_where_one_wants_them(carried: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = str(carried / "vingt.epub")
    chosen = ("--tts-engine", "espeak", "--notes", "inline", "--exclude", "CHAPITRE II LE POUR ET LE CONTRE.")
    assert main(["inspect", book, "--text", *chosen]) == 0
    out = capsys.readouterr().out
    assert "French; engine espeak; 1870; no cover; 1 note" in out
    assert "\nNote : Environ cent six mètres.\n" in out
    assert "  CHAPITRE II LE POUR ET LE CONTRE.: not wanted (left out as asked), " in out
    assert "1 chapter, " in out


def test_a_part_that_is_left_out_can_be_had(carried: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = str(carried / "wallpaper.epub")
    assert main(["inspect", book, "--include", "colophon"]) == 0
    assert "2 chapters" in capsys.readouterr().out
    assert main(["inspect", book, "--include", "nothing"]) == EXIT_USAGE


def test_what_is_odd_about_a_file_is_said(books: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(books / "odd" / "spine-nonlinear.epub")]) == 0
    out = capsys.readouterr().out
    assert "content_002.xhtml stands outside the reading order and is not read" in out
    assert "no cover" in out


def test_words_are_counted_where_no_spaces_part_them(books: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = str(books / "odd" / "japanese-vertical-ruby-preview.epub")
    assert main(["inspect", book, "--tts-engine", "metronome", "--json"]) == 0
    [chapter] = json.loads(capsys.readouterr().out)["chapters"]
    assert chapter["words"] == pytest.approx(chapter["characters"] / 2, rel=0.15)


def test_a_chapter_in_another_language_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prose = dict(line.split("\t") for line in (CARRIED / "prose.tsv").read_text(encoding="utf-8").splitlines())
    book = tmp_path / "book.md"
    texts = [prose["en"]] * 3 + [prose["vi"]]
    book.write_text("\n\n".join(f"# Part {n}\n\n{text}" for n, text in enumerate(texts, start=1)), encoding="utf-8")
    assert main(["inspect", str(book)]) == 0
    assert "chapter 4 is Vietnamese" in capsys.readouterr().out.splitlines()
    assert main(["inspect", str(book), "--json"]) == 0
    assert [chapter["language"] for chapter in json.loads(capsys.readouterr().out)["chapters"]] == ["", "", "", "vi"]


def test_a_cover_that_cannot_be_shown_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    item = '<item id="c" href="c.png" media-type="image/png" properties="cover-image"/>'
    more: dict[str, str | bytes] = {"OEBPS/c.png": picture("png", "rgb24", 1, 1)}
    path = maker.make(tmp_path, {"one.xhtml": maker.page("<p>One.</p>")}, manifest=item, more=more)
    assert main(["inspect", str(path)]) == 0
    assert "its cover is a picture of only 1 x 1 pixels: one is drawn in its place" in capsys.readouterr().out


TEXTS = (
    "“You see,” said Holmes. “It is simple.”",
    "“Indeed?” asked Watson.",
    "“Quite.”",
    "He rose. [voice:anna]Come.[/voice]",
    "“No,” said one of them.",
)
CHAPTER = ChapterText("One", tuple(Block("paragraph", text) for text in TEXTS))


def characters_of(chapter: ChapterText) -> Characters:
    texts = [[block.text for block in chapter.blocks]]
    return find_characters(texts, find_dialogue(texts, "en"))


def test_speakers_are_counted_by_how_surely_they_are_known() -> None:
    found = characters_of(CHAPTER)
    assert found.speakers[0] == Character("Holmes", 33, named=2, in_turn=1)
    assert {each.name: (each.named, each.unknown) for each in found.speakers} == {
        "Holmes": (2, 0),
        "Watson": (1, 0),
        "": (0, 1),
    }
    assert found.marks == ("anna",)
    assert 0.3 < found.dialogue < 0.6


def test_the_list_is_a_cast_as_soon_as_voices_are_named(tmp_path: Path) -> None:
    path = tmp_path / "cast.txt"
    lines = cast_lines(characters_of(CHAPTER))
    path.write_text("\n".join(lines))
    assert read_cast(path).voices == ()
    path.write_text("\n".join(line.removeprefix("#") if line.endswith("= VOICE") else line for line in lines))
    cast = read_cast(path)
    assert (cast.dialogue, cast.speakers, cast.marks) == (
        "VOICE",
        (("he", "VOICE"), ("she", "VOICE"), ("Holmes", "VOICE"), ("Watson", "VOICE")),
        (("anna", "VOICE"),),
    )


def test_a_book_without_dialogue_has_no_speakers() -> None:
    assert characters_of(ChapterText("One", (Block("paragraph", "It rained."),))) == Characters(0.0, ())


def test_inspect_prints_the_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = tmp_path / "night.txt"
    book.write_text("One\n\n" + "\n\n".join(TEXTS))
    assert main(["inspect", str(book), "--cast"]) == 0
    said = capsys.readouterr().out
    assert "# 3 quotations, 1 of them by what stands around; 33 characters" in said
    assert "#Holmes = VOICE" in said
    assert main(["inspect", str(book), "--cast", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["speakers"][0]["name"] == "Holmes"


def test_the_text_tells_who_says_each_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = tmp_path / "night.txt"
    book.write_text("One\n\n“So,” said Mr. Utterson.\n\nIt rained.\n\n“Who is there?”\n\nNobody.\n\n“Ah,” said Ann.")
    assert main(["inspect", str(book), "--cast", "--text", "--language", "en"]) == 0
    everything = capsys.readouterr().out
    assert main(["inspect", str(book), "--cast", "--text", "--quiet", "--language", "en"]) == 0
    said = [line for line in capsys.readouterr().out.splitlines() if line]
    assert said == [
        "--- 1. One", "One", "Mr. Utterson: “So,”", "said Mister Utterson.", "It rained.", "?: “Who is there?”",
        "Nobody.", "Ann: “Ah,”", "said Ann.",
    ]  # fmt: skip
    assert everything.startswith("# ")
    assert "\nAnn: “Ah,”\nsaid Ann.\n" in everything


def test_the_list_names_voices_if_the_engine_has_several(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book, path = tmp_path / "night.txt", tmp_path / "cast.txt"
    rows = (
        "“So,” said Mr. Utterson.",
        "“Ah,” said Mrs. Poole.",
        "“Well,” said Mr. Utterson.",
        "“Oh,” said Mrs. Poole.",
    )
    book.write_text("One\n\n" + "\n\n".join(rows * 4))
    assert main(["inspect", str(book), "--cast", "--tts-engine", "kokoro", "--language", "en"]) == 0
    path.write_text(capsys.readouterr().out)
    voices = dict(read_cast(path).speakers)
    assert (voices["Mr. Utterson"][:2], voices["Mrs. Poole"][:2]) == ("am", "af")
    assert voices["Mrs. Poole"] != "af_heart"  # which is the narrator's


def test_the_list_has_the_voices_of_a_series_and_no_line_wider_than_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = tmp_path / "night.txt"
    rows = ("“So,” said Mr. Utterson.", "“Ah,” said Mrs. Poole.", "“Oh,” said Utterson.", "“Well,” said John Utterson.")
    book.write_text("One\n\n" + "\n\n".join(rows * 8))
    command = ["inspect", str(book), "--cast", "--tts-engine", "kokoro", "--language", "en"]
    config = RenderConfig(books=(), output_dir=tmp_path, state_dir=state_folder())
    kept = kept_file(config, read_book(book, None), Recipe("kokoro", "", "en"))
    kept.parent.mkdir(parents=True)
    kept.write_text("Poole | Mrs. Poole = bf_emma\n")
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "Poole = bf_emma" in said.splitlines()
    assert max(map(len, said.splitlines())) <= 80


def test_the_list_says_which_voices_are_downloaded_and_offline_it_names_none_of_these(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    book = tmp_path / "night.txt"
    book.write_text("One\n\n" + "\n\n".join(("“So,” said Mr. Utterson.", "“Ah,” said Mrs. Poole.") * 8))
    command = ["inspect", str(book), "--cast", "--tts-engine", "hibari", "--language", "en"]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert said.startswith("# Not here yet, and downloaded before the book begins: ")
    [voice] = re.findall(r"(?m)^Mr\. Utterson = (\w+)$", said)
    assert voice in said.partition(" of the text")[0]
    monkeypatch.setenv("E2A_SWARM_OFFLINE", "1")
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "#Mr. Utterson = VOICE" in said and voice not in said


def test_the_option_beside_a_doubt_can_be_copied_into_a_shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (path := tmp_path / "night.txt").write_text("One\n\nIt rained all night.")
    kind = "transcriber's note"
    doubt = Doubt(kind, 1, 4, left_out=True, examples=(), option=f"--include={kind}")
    book = structs.replace(read_book(path, None), doubts=(doubt,))
    monkeypatch.setattr("swarm.commands.inspect.read_book", lambda *_, **__: book)
    assert main(["inspect", str(path)]) == 0
    [option] = re.findall(r"left out; (.*) decides", capsys.readouterr().out)
    assert shlex.split(option) == ["--include", kind]


def test_a_person_with_several_names_is_one_row() -> None:
    texts = ("“So,” said Mr. Utterson.", "“Ah,” said Poole.", "“Well,” said Utterson.")
    found = characters_of(ChapterText("One", tuple(Block("paragraph", text) for text in texts)))
    assert [(each.name, each.named) for each in found.speakers] == [("Utterson", 2), ("Poole", 1)]


TEXT = "They saw Queequeg. He and Queequeg met Ahab, and Queequeg smiled at Mr. Starbuck. A whale came."
CHAPTERS = (ChapterText("One", (Block("paragraph", TEXT),)),)


def test_names_are_listed_as_a_dictionary_that_can_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book, lexicon = tmp_path / "book.txt", tmp_path / "names.txt"
    book.write_text(f"{TEXT}\n\n{TEXT}")
    assert main(["inspect", str(book), "--names", "--language", "en", "--tts-engine", "espeak"]) == 0
    listed = capsys.readouterr().out
    assert "# 6 times: KWEEK-weg /kwˈiːkwɛɡ/\nQueequeg = Queequeg\n" in listed
    lexicon.write_text(listed.replace("Ahab = Ahab", "Ahab = Ayhab"))
    rules = {rule.written: rule.said for rule in read_lexicon(lexicon).rules}
    assert rules == {"Queequeg": "Queequeg", "Ahab": "Ayhab", "Starbuck": "Starbuck"}
    assert {rule.language for rule in read_lexicon(lexicon).rules} == {"en"}


def test_an_engine_that_tells_no_phonemes_lists_the_names_alone() -> None:
    assert [name.phonemes for name in find_names(CHAPTERS, Speech(METRONOME), "en")][:1] == [""]
    assert find_names(CHAPTERS, Speech(ESPEAK), "en")[0].times == 3


def test_a_preview_of_a_name_has_the_sentences_with_it() -> None:
    script = make_script(Book("T", (), "en", CHAPTERS), ESPEAK, "en")
    found = with_word(script, "ahab", 1_000)
    assert [segment.written for segment in found[0].segments] == [
        "He and Queequeg met Ahab, and Queequeg smiled at Mr. Starbuck."
    ]
    assert len(with_word(script, "Queequeg", 1)[0].segments) == 1
    with pytest.raises(UsageError, match="--name Moby: no sentence"):
        with_word(script, "Moby", 10)
