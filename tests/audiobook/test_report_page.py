import base64
import hashlib
import json
import re

from lxml import etree

from swarm.audiobook.report_page import STYLE, in_quotes, report_page


def report(**changes: object) -> dict[str, object]:
    totals = {"spoken": 2, "segments": 3, "duration_s": 61.0, "audio_s": 50.0}
    plain = {"book": {"title": "Emma & <Co>", "authors": ["Jane"], "lost": []}, "totals": totals}
    return plain | {"missing": [], "doubtful": [], "unspoken": [], "segments": [], "chapters": []} | changes


def row(**changes: object) -> dict[str, object]:
    plain = {"chapter": 1, "title": "I", "sentence": 2, "id": "1:2", "text": "Yes.", "reason": "too long"}
    return plain | {"file": "Emma #1/01 - I.m4b", "at_s": 3661.5, "end_s": 3663.0} | changes


def test_a_doubtful_sentence_can_be_played_where_it_is() -> None:
    page = etree.HTML(report_page(report(doubtful=[row()])))
    (player,) = page.iter("audio")
    assert player.get("src") == "Emma%20%231/01%20-%20I.m4b#t=3660.50,3664.00"
    text = " ".join(page.itertext())
    assert "1:2, I  at 1:01:01" in text
    assert "Yes." in text


def test_what_a_book_says_is_text_and_never_markup() -> None:
    evil = "<script>alert(1)</script>"
    html = report_page(report(missing=[row(title=evil, text=evil, reason=evil)], unspoken=[]))
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_sentence_without_a_place_has_no_player_and_a_whole_book_says_so() -> None:
    assert "<audio" not in report_page(report(missing=[row(at_s=None, file="", end_s=None)]))
    assert "Nothing is missing" in report_page(report())


def test_what_could_not_be_read_of_the_book_is_named() -> None:
    book = {"title": "Emma", "authors": [], "lost": ["text is lost: <2>.xhtml cannot be read"]}
    html = report_page(report(book=book))
    assert "text is lost: &lt;2&gt;.xhtml cannot be read" in html
    assert "Nothing is missing" not in html


def test_engines_beside_that_of_the_book_are_named() -> None:
    guests = [{"language": "fr", "engine": "espeak", "model": "", "voice": "fr", "sentences": 2}]
    html = report_page(report(guests=guests))
    assert "<p>In other languages: French (2 sentences) by espeak.</p>" in html
    assert "Nothing is missing" in html
    assert "other languages" not in report_page(report(guests=[]))


WHOLE = {
    "chapters": [{"chapter": 1, "title": "<I>"}, {"chapter": 2, "title": "II"}],
    "segments": [
        {"chapter": 1, "id": "1:1", "text": "Yes & <no>.", "file": "Emma/01 #.mp3", "at_s": 0.02},
        {"chapter": 1, "id": "1:2", "text": "Lost.", "file": "", "at_s": None},
        {"chapter": 2, "id": "2:1", "text": "Well.", "file": "Emma/02.mp3", "at_s": 1.5},
    ],
}


def test_the_whole_book_is_played_and_each_sentence_has_the_command_that_mends_it() -> None:
    page = etree.HTML(report_page(report(**WHOLE), ["Emma/01 #.mp3", "Emma/02.mp3"]))
    [player] = page.iter("audio")
    assert json.loads(player.get("data-files")) == ["Emma/01%20%23.mp3", "Emma/02.mp3"]
    rows = [(row.get("id"), row.get("data-f"), row.get("data-t")) for row in page.iter("p") if row.get("id")]
    assert rows == [("s1:1", "0", "0.02"), ("s2:1", "1", "1.50")]
    assert [summary.text for summary in page.iter("summary")] == ["1. <I>", "2. II"]
    commands = [code.get("data-begin") for code in page.iter("code") if code.get("data-begin")]
    assert commands == ['e2a-swarm redo "Emma/01 #.mp3" --segments ']


def test_who_speaks_is_told_at_the_sentence_and_in_a_list_with_what_was_given_by_hand() -> None:
    sentence = {"chapter": 1, "id": "1:2", "text": "Yes.", "file": "E.mp3", "at_s": 0.5, "speaker": "<Ann>"}
    cast = [
        {"name": "<Ann>", "voice": "tock", "sentences": 2, "given": ["1:2"]},
        {"name": "narrator", "voice": "", "sentences": 1, "given": []},
    ]
    page = etree.HTML(report_page(report(**{**WHOLE, "segments": [sentence]}, cast=cast), ["E.mp3"]))
    rows = ["".join(row.itertext()) for row in page.xpath("//h2[.='Who speaks']/following-sibling::ul[1]/li")]
    assert rows == ["<Ann>: 2 sentences, by tock given by hand: 1:2", "narrator: 1 sentence, by the narrator’s voice"]
    assert "".join(page.xpath("//p[@data-t]")[0].itertext()) == "1:2 <Ann>: Yes."
    assert "Who speaks" not in report_page(report(**WHOLE), ["E.mp3"])


def test_its_own_script_is_the_only_one_that_browsers_run() -> None:
    html = report_page(report(**WHOLE), ["Emma/01 #.mp3"])
    [script] = re.findall("<script>(.*?)</script>", html, re.DOTALL)
    hashed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{hashed}'" in html
    assert "Yes &amp; &lt;no&gt;." in html


def test_words_of_the_book_have_its_language_and_the_page_fits_a_phone() -> None:
    book = {"title": "Emma", "authors": [], "lost": [], "language": "pt"}
    page = etree.HTML(report_page(report(**WHOLE, book=book, doubtful=[row()]), ["Emma/01 #.mp3"]))
    assert page.get("lang") == "en"
    found = {element.tag for element in page.iter("*") if element.get("lang") == "pt"}
    assert found == {"h1", "blockquote", "details"}
    assert [meta.get("content") for meta in page.iter("meta") if meta.get("name") == "viewport"] == [
        "width=device-width,initial-scale=1"
    ]
    assert all(player.get("aria-label") for player in page.iter("audio"))


def test_all_its_text_can_be_read_in_light_and_in_the_dark() -> None:
    """Check the contrast that WCAG asks for: 4.5 for text, on the plain page and on a marked sentence."""
    themes = [dict(re.findall(r"--(\w+):(#\w+)", part)) for part in STYLE.split("prefers-color-scheme:dark")]
    for colours in themes:
        assert contrast(colours["text"], colours["back"]) > 7
        assert contrast(colours["quiet"], colours["back"]) > 4.5
        assert contrast(colours["text"], colours["now"]) > 7
        assert contrast(colours["quiet"], colours["over"]) > 4.5


def contrast(one: str, other: str) -> float:
    """Return the ratio of two colours by WCAG 2.2."""
    low, high = sorted(map(_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_file_name_is_one_word_of_a_shell() -> None:
    for name, word in [("Emma's.mp3", '"Emma\'s.mp3"'), ("$HOME.mp3", "'$HOME.mp3'"), ('a"b', "'a\"b'")]:
        assert in_quotes(name) == word
