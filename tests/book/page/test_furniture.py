from swarm.book.model.reading_choice import Reading
from swarm.book.page.document import DEFAULT_READING, read_document
from swarm.book.page.markup import parse


def texts(body: str, reading: Reading = DEFAULT_READING) -> list[str]:
    page = f'<html xmlns="http://www.w3.org/1999/xhtml"><body>{body}</body></html>'
    return [passage.text for passage in read_document(parse(page.encode(), "a page"), set(), reading).passages]


def test_what_stands_about_the_text_is_not_read() -> None:
    for body, expected in [
        ("<p>into the Hofgarten,<span class='lnum'>10</span></p>", ["into the Hofgarten,"]),
        ("<p>on<a id='Page_19'>[19]</a>ward</p>", ["onward"]),
        ("<p>on<span id='page12' class='pb'>p. 12</span>ward</p>", ["onward"]),
        ("<p><span id='p1'>Call me Ishmael.</span></p>", ["Call me Ishmael."]),
        ("<p><span class='pagenum'>A long line that is no number</span></p>", ["A long line that is no number"]),
        ("<p>A whale.<br/><span><a>Agrandir</a></span></p><p><a href='#t'>Back to Contents</a></p>", ["A whale."]),
        ("<p>A note. <a href='#r'>↩\ufe0e</a> <a href='#r'>⤴</a></p>", ["A note."]),
        (
            "<p>On.</p><p><a href='a'>Previous</a> | <a href='b'>[Contents]</a> <a href='c'>Next »</a></p>"
            "<div><a>Top</a></div>",
            ["On."],
        ),
        ("<p><a href='a'>Next</a> he came</p><p><a href='b'>The Index</a></p>", ["Next he came", "The Index"]),
        (
            "<p>On.</p><div><strong>Parent topic:</strong> <a href='a'>Chapter V Vectors</a></div>"
            "<div>Next topic: <a href='b'>The End</a></div>",
            ["On."],
        ),
        ("<p>On.</p><p><a href='a'>← Previous</a> <a href='b'>Next →</a></p>", ["On."]),
        ("<p>On.</p><div>Previous topic: <a href='a'>I</a> Next topic: <a href='b'>II</a></div>", ["On."]),
        ("<p>Let x<sub>i</sub> and H<sub>2</sub>O be.</p>", ["Let x i and H2O be."]),
        ("<p>Next topic: the <a href='b'>End</a> of it</p>", ["Next topic: the End of it"]),
        ("<p>He wished to enlarge <a href='#x'>on that</a></p>", ["He wished to enlarge on that"]),
        ("<figure><figcaption>The boat. (Page 432.)</figcaption></figure>", ["The boat."]),
        ("<p>See the map (page 432).</p>", ["See the map (page 432)."]),
        ("<p>[Illustration]</p><p>[Illustration: The boat.]</p>", ["The boat."]),
        (
            "<div class='stanza'><div>one</div> <div>two</div></div><div class='stanza'><p>3</p></div>",
            ["one\ntwo", "3"],
        ),
    ]:
        assert texts(body) == expected


def test_drop_caps_are_whole_words() -> None:
    for body, expected in [
        ("<p><span class='dropcap'>T</span>\n he end</p>", ["The end"]),
        ("<p><span class='dropcap'>A</span> man</p>", ["A man"]),
        ("<p><i>N</i> is a number, <span class='c7'>T</span> is too.</p>", ["N is a number, T is too."]),
        ("<p><span class='c7'>I</span> was there</p>", ["I was there"]),
        ("<p><span class='first-letter'>W</span> hen</p><p><b class='dc'>T</b>\nHE END</p>", ["When", "THE END"]),
        ("<p><img class='cap' alt='O' src='o.png'/>nce upon</p>", ["Once upon"]),
        ("<p><img alt='A ship at sea'/>And then</p>", ["And then"]),
    ]:
        assert texts(body) == expected


def test_pictures_are_described_where_one_asks_for_it() -> None:
    body = "<p>before <img alt='a ship'/> after</p><div><img alt='a whale'/></div>"
    assert texts(body) == ["before after"]
    assert texts(body, Reading(alt_text=True)) == ["before a ship after", "a whale"]
    body = (
        "<p>a<img alt='page-3.jpg'/><img alt='Image'/><img alt='figure'/><img alt='Image 12'/><img alt='a rabbit'/></p>"
    )
    assert texts(body, Reading(alt_text=True)) == ["a a rabbit"]  # what says nothing is passed over


def test_ruby_is_read_once_by_its_base_or_by_its_reading() -> None:
    body = "<p>の<ruby>山路<rp>(</rp><rt>やまみち</rt><rp>)</rp></ruby>を</p>"
    assert texts(body) == ["の山路を"]
    assert texts(body, Reading(ruby="reading")) == ["のやまみちを"]


def test_lines_of_links_to_other_pages_are_not_read() -> None:
    for line in [
        "<p><a href='1'>Previous</a> <a href='2'>Home</a> <a href='3'>Next</a></p>",
        "<table><tr><td><a href='1'>Prev</a></td><td><a href='2'>Up</a></td><td><a href='3'>Next</a></td></tr></table>",
        "<p>Chapter " + " ".join(f"<a href='{n}.html'>{n}</a>" for n in range(1, 51)) + "</p>",
    ]:
        assert texts(f"<p>before</p>{line}<p>after</p>") == ["before", "after"]


def test_a_sentence_with_links_to_numbers_is_read() -> None:
    links = " and ".join(f"<a href='#{n}'>{n}</a>" for n in range(1, 6))
    assert texts(f"<p>See the rules {links} of the old book of laws.</p>") != []
