from lxml import etree

from swarm.watch.page import report_page


def report(**changes: object) -> dict[str, object]:
    totals = {"spoken": 2, "segments": 3, "duration_s": 61.0, "audio_s": 50.0}
    plain = {"book": {"title": "Emma & <Co>", "authors": ["Jane"], "lost": []}, "totals": totals}
    return plain | {"missing": [], "doubtful": [], "unspoken": []} | changes


def row(**changes: object) -> dict[str, object]:
    plain = {"chapter": 0, "title": "I", "index": 1, "id": "1:2", "text": "Yes.", "reason": "too long"}
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
