from swarm.book.page.document import Document, read_document, without_verse_numbers
from swarm.book.page.markup import parse

HEAD = (
    '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" xml:lang="fr"><head>'
    "<title>no</title><style>no</style></head><body>"
)


def document(body: str, *anchors: str) -> Document:
    return read_document(parse((HEAD + body + "</body></html>").encode(), "a page"), set(anchors))


def texts(body: str) -> list[str]:
    return [passage.text for passage in document(body).passages]


def kinds(body: str) -> list[str]:
    return [passage.kind for passage in document(body).passages]


def test_every_word_that_a_reader_sees_once() -> None:
    for body, expected in [
        ("bare <div>in a div</div> tail", ["bare", "in a div", "tail"]),
        ("<ul><li>one<ul><li><p>two</p></li></ul>three</li></ul>", ["one", "two", "three"]),
        ("<table><tr><th>a</th><td>b</td></tr><tr><td><p>c</p></td></tr></table>", ["a\nb", "c"]),
        ("<p>a line<br/>\n  another<br/>third</p>", ["a line\nanother\nthird"]),
        ("<p>a paragraph<br/><br/>another</p>", ["a paragraph", "another"]),
        ("<pre>one\n  two</pre>", ["one\ntwo"]),
        ("<p>\n one\n two\u00a0three </p>", ["one two three"]),
        ('<p><span class="dropcap">O</span>nce <b>up</b>on a<i> time</i></p>', ["Once upon a time"]),
        ("<p><span>one\n</span><span>two</span></p>", ["one two"]),
        ("<p>ex\u00adam\u200bple\ufeff s\u2060o\u200d far</p>", ["example so far"]),
        ("<p><ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字<rt>じ</rt></ruby></p>", ["漢字"]),
        ("<p>kept<script>no</script><!-- no --><?no no?> too</p>", ["kept too"]),
        ("<p hidden=''>no</p><p style='color: red; display : none'>no</p><p>yes</p>", ["yes"]),
        ("<p>word<a epub:type='noteref'>1</a>. Next<sup>[<a role='doc-noteref'>2</a>]</sup>!</p>", ["word. Next!"]),
        ("<p>the 2<sup>nd</sup> time</p>", ["the 2nd time"]),
        ("<p>a word<sup>1</sup> and <i>more</i>.<sup>12</sup> So¹ it</p>", ["a word and more. So¹ it"]),
        ("<p>40 m<sup>2</sup>, 9 km², x<sup>2</sup>, 10<sup>3</sup>, word²</p>", ["40 m², 9 km², x², 10³, word"]),
        ("<p>in 1850<sup>3</sup> 10<sup>-3</sup> H<sub>2</sub>O<sup>+</sup></p>", ["in 1850 10⁻³ H2O+"]),
        ('<p xmlns:s="http://www.w3.org/2001/10/synthesis">the <b s:ph="wʌn" s:alphabet="ipa">1</b></p>', ["the 1"]),
        ("<p><sup>1</sup>In the beginning. <sup>2</sup>And</p>", ["1 In the beginning. 2 And"]),
        ("<p>a word<sup><a href='#no'>1</a></sup>, more<sup>[<a href='no'>2</a>]</sup></p>", ["a word, more"]),
        ("<p>the 1<sup><a href='#no'>st</a></sup> and x<sup><a href='#no'>2</a></sup></p>", ["the 1st and x2"]),
        ("<div class='poetry'><div>Dawn</div><div>comes</div></div>", ["Dawn\ncomes"]),
        ("<div class='poem'><p>a<br/>b</p><p>c</p></div>", ["a\nb", "c"]),
        (
            "<p class='page'>26</p><p class='page'>26 men</p><div class='page'><p>27</p><p>on</p></div>",
            ["26 men", "27", "on"],
        ),
        ("<p><sup>1</sup> A note</p>", ["1 A note"]),
        ("<p>spl<span epub:type='pagebreak'>12</span>it <span class='pagenum'>[Pg 3]</span>here</p>", ["split here"]),
        ("<blockquote>said<p>quoted</p>after</blockquote>", ["said", "quoted", "after"]),
        ("<a>linked <div>block</div> on</a>", ["linked", "block", "on"]),
        ("<dl><dt>term</dt><dd>meaning</dd></dl>", ["term", "meaning"]),
        ("<figure><img alt='no'/><figcaption>caption</figcaption></figure>", ["caption"]),
        ("<p>see <math alttext='x squared'><msup><mi>x</mi><mn>2</mn></msup></math> here</p>", ["see x squared here"]),
        ("<p>می\u200cخواهم</p>", ["می\u200cخواهم"]),  # Persian needs its joiners
        ("<p> \u00a0 </p><p>\u200b</p>", []),
        ("<p>!</p><p>🎉</p><p>1.</p>", ["!", "🎉", "1."]),  # what may mean something
        ("<p>one <a id='x'/>two</p>", ["one two"]),  # nobody asks for this anchor
        ("<p>2<sup>2</sup>⁄<sub>3</sub> m. or <sup>1</sup>/<sub>2</sub></p>", ["2 2⁄3 m. or 1/2"]),
        ("<p>so <math><msup><mi>c</mi><mn>2</mn></msup><mfrac><mn>1</mn><mn>2</mn></mfrac></math></p>", ["so c² 1/2"]),
        ("<p>It is <math alttext='x'><mi>x</mi></math>.</p>", ["It is x."]),
        ("<p>a word* and more,† but *this* and f**k, a*b</p>", ["a word and more, but *this* and f**k, a*b"]),
        (
            "<p><span style='display: block'>Dawn</span><span style='display:block'>comes</span><br/><br/>"
            "<span style='display:block'>late</span></p>",
            ["Dawn\ncomes", "late"],
        ),
        (
            "<p><span style='display:block;float:left'>O</span>nce, <b style='display:block'>T</b>hen</p>",
            ["Once, Then"],
        ),
    ]:
        assert texts(body) == expected


def test_rules_and_ornaments_are_scene_breaks() -> None:
    assert kinds("<p>a</p><hr/><p>b</p><p>* * *</p><p>⁂</p><p>—§—</p><p>c</p>") == [
        "paragraph", "scene", "paragraph", "scene", "scene", "scene", "paragraph",
    ]  # fmt: skip


def test_what_its_class_calls_a_break_is_one_if_it_has_no_words() -> None:
    for ornament in (
        "<div class='scene-break'><img src='x.png' alt=''/></div>",
        "<p class='ornament'/>",
    ):
        assert kinds(f"<p>a</p>{ornament}<p>b</p>") == ["paragraph", "scene", "paragraph"], ornament
    for text in ("<p class='scene-break'>said</p>", "<p>XXX</p>", "<p>o</p>"):
        assert "scene" not in kinds(f"<p>a</p>{text}<p>b</p>"), text


def test_headings_and_the_lines_under_them() -> None:
    body = "<hgroup><h2>I</h2><p>Loomings</p></hgroup><h3><span>Deep <em>down</em></span></h3><p>text</p>"
    assert [(passage.text, passage.level) for passage in document(body).passages] == [
        ("I", 2), ("Loomings", 9), ("Deep down", 3), ("text", 0),
    ]  # fmt: skip


def test_anchors_stand_before_the_passage_they_begin() -> None:
    found = document(
        "<p id='a'>one</p><div id='b'><p>two <a name='c'/>three</p></div><h2>Ti<a id='d'/>tle</h2>"
        "<p><span id='e'>four</span></p><hgroup><h2>I</h2><p id='f'>five</p></hgroup><p>six<a id='g'/></p>",
        *"abcdefg",
    )
    at = {name: found.passages[place].text for name, place in found.anchors.items() if place < len(found.passages)}
    assert at == {"a": "one", "b": "two", "c": "three", "d": "Title", "e": "four", "f": "I"}
    assert found.anchors["g"] == len(found.passages)


def test_matter_is_marked_where_it_stands() -> None:
    found = document(
        "<p>text</p><aside epub:type='footnote'><p>note</p></aside><div class='pgheader'>law</div><p>on</p>"
    )
    assert [(passage.text, passage.left_out) for passage in found.passages] == [
        ("text", ""), ("note", "notes"), ("law", "licence"), ("on", ""),
    ]  # fmt: skip


def test_a_drawing_is_read_by_its_words() -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><title>no</title><text>first</text><g><text>se<tspan>cond</tspan></text></g></svg>'
    passages = read_document(parse(svg, "a drawing"), set()).passages
    assert [(passage.kind, passage.text) for passage in passages] == [("paragraph", "first"), ("paragraph", "second")]


def test_the_language_is_what_the_page_says() -> None:
    assert document("").language == "fr"


def test_stacks_of_accents_are_taken_off_a_word() -> None:
    stack = "".join(map(chr, range(0x300, 0x330)))
    assert texts(f"<p>H{stack}e{stack} came, ve\u0302\u0301.</p>") == [
        "H\u0300\u0301e\u0300\u0301 came, ve\u0302\u0301."
    ]


def test_exponents_and_fractions_of_a_formula_are_said() -> None:
    for formula, said in [
        ("<mi>E</mi><mo>=</mo><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup>", "E = m c²"),
        ("<mfrac><mn>1</mn><mn>2</mn></mfrac><mo>+</mo><msup><mn>10</mn><mn>-3</mn></msup>", "1/2 + 10⁻³"),
        ("<mfrac><mi>a</mi><mn>2</mn></mfrac><msup><mi>x</mi><mi>n</mi></msup>", "a/2 x n"),
        ("<mfrac><mrow><mi>a</mi><mo>+</mo><mn>1</mn></mrow><mn>2</mn></mfrac>", "(a + 1)/2"),
        ("<mn>1</mn><mn>5</mn><mo>=</mo><msqrt><mi>x</mi></msqrt><mspace/><mo>&#x2062;</mo>", "15 = √ x"),
        ("<munderover><mo>∑</mo><mi>i</mi><mi>n</mi></munderover><msub><mi>x</mi><mi>i</mi></msub>", "∑ i n x i"),
        ("<mfenced><mi>a</mi><mi>b</mi></mfenced><mover><mi>x</mi><mo>→</mo></mover>", "(a, b) x"),
        (
            "<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr><mtr><mtd><mn>3</mn></mtd><mtd/></mtr></mtable>",
            "1, 2; 3",
        ),
        ("<semantics><mi>x</mi><annotation>\\x</annotation></semantics>", "x"),
        ("<msup><mn>2</mn><mrow><mn>3</mn></mrow></msup><msub><mi>x</mi><mn>1</mn></msub>", "2³ x 1"),
    ]:
        assert texts(f'<p><math xmlns="http://www.w3.org/1998/Math/MathML">{formula}</math></p>') == [said]


def test_an_alternative_text_is_read_only_if_it_says_something() -> None:
    for alternative, said in [
        ("Alternative text not available", "x = 2"),
        ("\\frac{x}{2}", "x = 2"),
        ("Formula 12", "x = 2"),
        ("x equals two", "x equals two"),
    ]:
        formula = f"<math alttext='{alternative}'><mi>x</mi><mo>=</mo><mn>2</mn></math>"
        assert texts(f"<p>So {formula}.</p>") == [f"So {said}."]


def test_numbers_of_verses_are_taken_off() -> None:
    for text, said in [
        ("1:1 In the beginning", "In the beginning"),
        ("3 And he said, 4:2 Let it be.", "And he said, Let it be."),
        ("[2] “And so,” he said. {1:3} Then", "“And so,” he said. Then"),
        ("12 And\n13 Or", "And\nOr"),
        ("He came at 8:30 in the morning.", "He came at 8:30 in the morning."),
        ("1984", "1984"),
    ]:
        assert without_verse_numbers(text) == said
