from pathlib import Path

import epub_maker as maker

from swarm.book.any_file import read_book
from swarm.book.model.book import Saying
from swarm.book.page.spoken_mark import Marker
from swarm.book.speech.script import make_script
from swarm.voice.coqui.card import COQUI
from swarm.voice.espeak.engine import CARD as ESPEAK
from swarm.voice.hibari.engine import CARD as HIBARI


def test_phonemes_are_of_the_word_that_has_them_and_of_no_other() -> None:
    marker = Marker((Saying("read", 1, "rɛd"), Saying("N.", 0, "nɔrθ")))
    assert marker.mark("I read it N. of N. there.") == "I read it ⟦N.|nɔrθ⟧ of N. there."
    assert marker.mark("I had read and read.") == "I had ⟦read|rɛd⟧ and read."


def said(folder: Path, body: str, engine: str = "hibari") -> list[str]:
    page = maker.page(body).replace("<html ", '<html xmlns:ssml="http://www.w3.org/2001/10/synthesis" ')
    book = read_book(maker.make(folder, {"1.xhtml": page}))
    card = {"hibari": HIBARI, "espeak": ESPEAK, "coqui": COQUI}[engine]
    return [segment.engine_text for segment in make_script(book, card, "en")[0].segments]


BODY = '<p ssml:alphabet="ipa">Here I read. I had <span ssml:ph="rɛd">read</span>, <b ssml:ph="nɔrθ">N.</b> of it.</p>'


def test_a_books_own_phonemes_are_said_by_engines_that_take_them(tmp_path: Path) -> None:
    assert said(tmp_path, BODY) == ["Here I read.", "I had ⟦read|rɛd⟧, ⟦N.|nɔrθ⟧ of it."]
    assert said(tmp_path, BODY, "espeak")[1] == "I had ⟦read|rɛd⟧, ⟦N.|nɔrθ⟧ of it."
    assert said(tmp_path, BODY, "coqui")[1] == "I had read, N. of it."
    assert said(tmp_path, BODY.replace('"ipa"', '"x-sampa"'))[1] == "I had ⟦read|ɹɛd⟧, N. of it."


def test_figures_in_a_mark_stay_and_those_around_it_are_said(tmp_path: Path) -> None:
    body = '<p>At <i ssml:ph="ˈθɜrti dɪˈgriz">30°</i> in Chapter IV</p>'
    assert said(tmp_path, body) == ["At ⟦30°|ˈθɜrti_dɪˈgriz⟧ in Chapter four"]


def test_a_block_in_an_element_with_phonemes_takes_none_of_them(tmp_path: Path) -> None:
    assert said(tmp_path, '<div ssml:ph="x">One<p>two</p>three</div>') == ["One", "two", "three"]


def test_a_real_book_says_its_directions(books: Path) -> None:
    script = make_script(read_book(books / "odd" / "pls-lexicon-and-ssml.epub"), HIBARI, "en")
    texts = [segment.engine_text for chapter in script for segment in chapter.segments]
    assert any(text.startswith("It is bounded ⟦N.|nɔrθ⟧ by Tennessee") for text in texts)
    assert sum(text.count("⟦") for text in texts) > 200
