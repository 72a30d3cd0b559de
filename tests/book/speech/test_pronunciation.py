from pathlib import Path

import epub_maker as maker
import pytest
from msgspec.structs import replace

from swarm.book.any_file import read_book
from swarm.book.model.book import Book, Rule
from swarm.book.page.input_bounds import MAX_BOOK_LEXICONS
from swarm.book.speech.lexicon import NO_LEXICON, Lexicon
from swarm.book.speech.script import make_script
from swarm.job.card import EngineCard

CARD = EngineCard("tester", "", ("*",), (), (("", 300),), (), numbers=("*",), abbreviations=("*",))
TAKER = replace(CARD, phonemes=("en",))
LINK = '<link rel="pronunciation" type="application/pls+xml" href="en.pls"/></head>'
ITEM = '<item id="pls" href="en.pls" media-type="application/pls+xml"/>'


def pls(*lexemes: str, language: str = "en-US") -> str:
    return (
        f'<lexicon xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" alphabet="ipa" xml:lang="{language}">'
        f"{''.join(f'<lexeme>{lexeme}</lexeme>' for lexeme in lexemes)}</lexicon>"
    )


W3C = pls("<grapheme>W3C</grapheme><alias>World  Wide Web\n Consortium</alias>")


def book(folder: Path, lexicon: str, *, link: str = LINK, manifest: str = ITEM, body: str = "<p>The W3C.</p>") -> Book:
    page = maker.page(body).replace("</head>", link)
    more = {"OEBPS/en.pls": lexicon}
    return read_book(maker.make(folder, {"a.xhtml": page}, manifest=manifest, more=more))


def said(read: Book, lexicon: Lexicon = NO_LEXICON, card: EngineCard = CARD) -> str:
    return " ".join(segment.engine_text for segment in make_script(read, card, "en", "", lexicon)[0].segments)


def test_the_aliases_of_a_books_lexicon_are_said(tmp_path: Path) -> None:
    assert said(book(tmp_path, W3C)) == "The World Wide Web Consortium."


@pytest.mark.parametrize(
    "rule", [Rule("W3C", "W 3 C"), Rule(r"W(\d)C", r"W \1 C", pattern=True), Rule("w3c", "W 3 C", "en")]
)
def test_the_users_own_lexicon_wins(tmp_path: Path, rule: Rule) -> None:
    assert said(book(tmp_path, W3C), Lexicon((rule,))) == "The W 3 C."


def test_a_lexicon_counts_only_where_it_is_in_the_manifest_linked_and_of_the_language(tmp_path: Path) -> None:
    french = pls("<grapheme>W3C</grapheme><alias>x</alias>", language="fr")
    for read in (book(tmp_path, W3C, manifest=""), book(tmp_path, W3C, link="</head>"), book(tmp_path, french)):
        assert said(read) == "The W3C."


def test_phonemes_are_said_by_engines_that_take_them(tmp_path: Path) -> None:
    read = book(tmp_path, pls("<grapheme>W3C</grapheme><phoneme>ˈdʌb ə</phoneme><phoneme>x</phoneme>"))
    assert said(read) == "The W3C."
    assert said(read, card=TAKER) == "The ⟦W3C|ˈdʌb_ə⟧."
    assert said(read, Lexicon((Rule("W3C", "W 3 C"),)), TAKER) == "The W 3 C."


def test_phonemes_of_another_alphabet_are_not_used_and_that_is_said(tmp_path: Path) -> None:
    read = book(tmp_path, pls("<grapheme>W3C</grapheme><phoneme alphabet='x-sampa'>@</phoneme>"))
    assert said(read, card=TAKER) == "The W3C."
    assert "words that OEBPS/en.pls gives in phonemes that are not of the IPA: 1" in read.oddities


@pytest.mark.parametrize(
    "damage",
    ["<lexicon>", "", "<!DOCTYPE l [<!ENTITY a 'x'><!ENTITY b '&a;&a;'>]><l>&b;", "<a>" * 100_000, "x" * (5 << 20)],
)
def test_a_damaged_lexicon_is_named_and_the_book_read(tmp_path: Path, damage: str) -> None:
    read = book(tmp_path, damage)
    assert said(read) == "The W3C."
    assert "its lexicon OEBPS/en.pls cannot be read: words are said without it" in read.oddities


def test_entities_of_a_lexicon_fetch_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    entity = f"<!DOCTYPE lexicon [<!ENTITY x SYSTEM '{secret.as_uri()}'>]>"
    read = book(tmp_path, entity + pls("<grapheme>W3C</grapheme><alias>&x;</alias>"))
    assert said(read) == "The W3C."


def test_no_word_becomes_a_page(tmp_path: Path) -> None:
    assert said(book(tmp_path, pls(f"<grapheme>W3C</grapheme><alias>{'ha ' * 100}</alias>"))) == "The W3C."


def test_only_so_many_lexicons_are_read(tmp_path: Path) -> None:
    names = [f"{number}.pls" for number in range(MAX_BOOK_LEXICONS + 1)]
    manifest = "".join(f'<item id="{name}" href="{name}" media-type="application/pls+xml"/>' for name in names)
    links = "".join(f'<link rel="pronunciation" href="{name}"/>' for name in names) + "</head>"
    page = maker.page("<p>The W3C.</p>").replace("</head>", links)
    more = {f"OEBPS/{name}": W3C for name in names}
    read = read_book(maker.make(tmp_path, {"a.xhtml": page}, manifest=manifest, more=more))
    assert len(read.pronunciations) == MAX_BOOK_LEXICONS
    assert any(line.startswith("of its lexicons only") for line in read.oddities)


def test_a_real_book_with_phonemes_is_read_as_it_is_written_by_others(books: Path) -> None:
    read = read_book(books / "odd" / "pls-lexicon-and-ssml.epub")
    assert len(read.pronunciations) == 71
    assert all(rule.phonemes for rule in read.pronunciations)
    assert "⟦" not in " ".join(segment.engine_text for segment in make_script(read, CARD, "en")[0].segments)
