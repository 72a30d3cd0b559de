"""Books whose pages have text in odd markup, or markup that is no text."""

import epub_maker as maker
from made_book import MORE, STORY, Shape, page

from swarm.book.model.reading_choice import Reading


def _web_book() -> Shape:
    links = "<p><a href='1.html'>Previous</a> <a href='0.html'>Home</a> <a href='2.html'>Next</a></p>"
    row = f"<p>Chapter {' '.join(f'<a href=¤{n}.html¤>{n}</a>' for n in range(1, 30))}</p>".replace("¤", "'")
    pages = {f"{n}.xhtml": maker.page(f"{links}{row}<h1>{n}</h1><p>{STORY}</p>{links}") for n in range(1, 3)}
    return Shape(pages=pages, spoken=(STORY,), silent=("Previous", "Home", "28"))


def _code() -> Shape:
    listing = "<pre><code>const f = () =&gt; alert(1);\nf();</code></pre>"
    letter = f"<pre>Dear Ann,\n{MORE}\nYours, Bob</pre>"
    pages = {"1.xhtml": maker.page(f"<h1>One</h1><p>{STORY}</p>{listing}<p>{MORE}</p>{letter}")}
    return Shape(pages=pages, spoken=(STORY, "Dear Ann,"), silent=("alert",), odd="--code say reads them")


def _formulas() -> Shape:
    formula = "<math alttext='Alternative text not available'><mi>A</mi><mo>=</mo><mn>1</mn><mn>5</mn></math>"
    pages = {"1.xhtml": maker.page(f"<h1>One</h1><p>{STORY} So {formula}.</p>")}
    return Shape(pages=pages, spoken=("So A = 15.",), silent=("not available",))


def _accents() -> Shape:
    stack = "".join(map(chr, range(0x300, 0x340)))
    return Shape(pages={"1.xhtml": page(f"The d{stack}ark came. {STORY}")}, spoken=("The d\u0300\u0301ark came.",))


def _page(html: str, spoken: str = "", silent: str = "", **more: Reading | str) -> Shape:
    """Return a chapter of some markup between two paragraphs."""
    body = f"<h1>One</h1><p>{STORY}</p>{html}<p>{MORE}</p>"
    heard = (spoken, MORE) if spoken else (MORE,)
    return Shape(
        pages={"1.xhtml": maker.page(body)}, titles=("One",), spoken=heard, silent=(silent,) if silent else (), **more
    )


def _serial(line: str) -> Shape:
    pages = {f"{n}.xhtml": maker.page(f"<p>{line}</p><h2>Day {n}</h2><p>{STORY}</p><p>{line}</p>") for n in (1, 2, 3)}
    return Shape(pages=pages, titles=("Day 1", "Day 2", "Day 3"), silent=("Previous", "Next"))


PAGES: dict[str, Shape] = {
    "a web book with links on each page": _web_book(),
    "a web serial with its links": _serial(
        "<a href='a'>← Previous</a> <a href='t'>Table of Contents</a> <a href='b'>Next →</a>"
    ),
    "labels before links": _page(
        "<div>Previous topic: <a href='0.html'>The Sea</a> Next topic: <a href='2.html'>Oars</a></div>",
        silent="The Sea",
    ),
    "code listings, and a letter that keeps its lines": _code(),
    "formulas with placeholders": _formulas(),
    "a formula with words": _page(
        "<p>So <math alttext='E equals m c squared'><mi>E</mi></math>.</p>", "So E equals m c squared."
    ),
    "stacks of accents": _accents(),
    "a drop cap apart": _page("<p><span class='dropcap'>H</span> e went on board.</p>", "He went on board."),
    "a drop cap as a picture": _page(
        "<p><img class='cap' alt='H' src='h.png'/>e went on board.</p>", "He went on board."
    ),
    "page numbers of the printed book": _page(
        "<p>He went on <a id='Page_19'>[19]</a>board.</p>", "He went on board.", "19"
    ),
    "page numbers in words": _page(
        "<p>He went on <span class='pagenum'>[Pg 19]</span>board.</p>", "He went on board.", "19"
    ),
    "numbers of verses without a space": _page(
        "<p><span class='v'>3</span>And it was good.<b>4</b>Selah. The <b>2</b>nd day.</p>",
        "3 And it was good. 4 Selah. The 2nd day.",
    ),
    "numbers of verses": _page(
        "<p>12 In the evening he lit the lamp. 1:13 And it was good.</p>",
        "lamp. And it",
        "12",
        reading=Reading(verse_numbers="skip"),
    ),
    "hidden words": _page("<p style='display:none'>Buy it now</p><p hidden='hidden'>Really</p>", silent="Buy"),
    "words hidden by a style": _page("<p class='gone'>Buy it now</p><style>.gone {display: none}</style>"),
    "readings above characters": _page(
        "<p>He said <ruby>山<rp>(</rp><rt>yama</rt><rp>)</rp></ruby> twice.</p>", "He said 山 twice.", "yama"
    ),
    "exponents": _page("<p>It was 5 m<sup>2</sup> wide.</p>", "It was 5 m² wide."),
    "an index below a letter": _page("<p>Let x<sub>i</sub> be one.</p>", "Let x i be one."),
    "ordinals with raised letters": _page("<p>On the 3<sup>rd</sup> day.</p>", "On the 3rd day."),
    "pictures that say nothing": _page(
        "<p>On.<img alt='image12.jpg'/> Off.</p>", "On. Off.", "image12", reading=Reading(alt_text=True)
    ),
    "a mark in place of a picture": _page(
        "<p>[Illustration: The boat at night.]</p>", "The boat at night.", "Illustration"
    ),
    "offers to enlarge a picture": _page("<p><a href='b.jpg'>View larger image</a></p>", silent="larger"),
    "captions with the number of a page": _page(
        "<figure><figcaption>The boat. (Page 432.)</figcaption></figure>", "The boat.", "432"
    ),
    "a table with headings": _page(
        "<table><tr><th>Year</th><th>Ships</th></tr><tr><td>1900</td><td>12</td></tr><tr><td>1901</td><td>9</td></tr></table>",
        "Year: 1900\nShips: 12",
    ),
    "a table of prose": _page(f"<table><tr><td>{STORY}</td><td>{MORE}</td></tr></table>", f"{STORY}\n{MORE}"),
    "code in paragraphs": _page(
        "<p class='code'>$ pip install lamp</p><p class='code'>We kept the old code of the sea, he said.</p>",
        "We kept the old code of the sea, he said.",
        "pip",
    ),
    "ornaments of other scripts": _page("<p>＊　＊　＊</p><p>■</p><p>※※※</p>", silent="＊"),
    "a Markdown file of Pandoc": Shape(
        pages={
            "": f"% The Ferryman\n% Ann Author\n\n# One {{#one .unnumbered}}\n\n{STORY}\n\n\\newpage\n\n"
            f"::: {{.box}}\n{MORE}\n:::\n\n- [ ] oil\n- [x] oars\n"
        },
        suffix="md",
        titles=("One",),
        spoken=(STORY, MORE, "oil\noars"),
        silent=("unnumbered", "newpage", ":::", "%"),
    ),
    "a table without headings": _page("<table><tr><td>1900</td><td>12</td><td>3.5</td></tr></table>", "1900\n12\n3.5"),
    "soft hyphens and spaces without width": _page("<p>He un\u00adder\u200bstood it.</p>", "He understood it."),
    "a word in several elements": _page("<p>He <b>un</b><i>der</i>stood it.</p>", "He understood it."),
    "letters set apart": _page("<p>The W H A L E came.</p>", "The W H A L E came."),
    "lines with breaks": _page("<p>He came<br/>and went.</p>", "He came\nand went."),
    "text in boxes only": _page("<div><div>He came.<div>He went.</div></div></div>", "He came."),
    "text without any element": Shape(pages={"1.xhtml": maker.page(f"{STORY}<br/><br/>{MORE}")}, spoken=(STORY, MORE)),
    "old elements for centred text": _page("<center><font size='2'>He came.</font></center>", "He came."),
    "a scene break as a picture": _page("<p><img alt='* * *' src='b.png'/></p>", silent="*"),
    "a script and a style in the text": _page(
        "<script>var a = 1;</script><style>p {color: red}</style>", silent="color"
    ),
    "a video and its fallback": _page("<video>Your reader cannot play this.</video>", silent="reader"),
    "a form and its buttons": _page("<datalist><option>Choose one</option></datalist>", silent="Choose"),
    "a return link behind a note": _page("<p>See it. <a href='#r'>↩</a></p>", "See it.", "↩"),
    "links of headings to themselves": _page(
        "<p>Oars<a class='headerlink' href='#o'>¶</a></p><p><a href='#r'>🔗</a>Ropes <a href='#r'>#</a></p>",
        "Oars\nRopes",
    ),
    "numbers of verses in elements, not wanted": _page(
        "<p><sup class='versenum'>1 </sup>He lit it. <sup class='v'>2</sup>And slept. <b>3</b>He woke. ﴿٤﴾ Then 5 came."
        " <sup>6</sup> All slept.</p>",
        "He lit it. And slept. He woke. Then 5 came. All slept.",
        reading=Reading(verse_numbers="skip"),
    ),
    "headings that are pictures": Shape(
        pages={
            f"{n}.xhtml": maker.page(
                f"<h1><img src='{n}.png' alt='{title}'/></h1><p>{STORY}</p><p><img alt='A boat'/></p>"
            )
            for n, title in enumerate(("Chapter 1: The Boat", "Chapter 2: The Oars", "image"))
        },
        spoken=("Chapter 1: The Boat", "Chapter 2: The Oars"),
        silent=("A boat", "image"),
    ),
    "numbers of lines far behind them": Shape(
        pages={
            "t.xhtml": maker.page(
                "<h1>The Boat</h1><p>Over the water we go,<br/>under the moon we row,<br/>the river is slow,<br/>"
                "the wind is low,<br/>and home is far.&#160;&#160;&#160;&#160;&#160;5</p>"
                "<pre>Oars     10\nBoats    15\nMen      20</pre>"
            )
        },
        spoken=("and home is far.", "Oars 10", "Men 20"),
        silent=("far. 5", "far.5"),
    ),
    "the number of a printed page in a paragraph": Shape(
        pages={"t.xhtml": maker.page(f"<h1>One</h1><p>{STORY}</p><p>He rowed [p. 12] on, as I said on page 12.</p>")},
        spoken=("He rowed on, as I said on page 12.",),
    ),
}
