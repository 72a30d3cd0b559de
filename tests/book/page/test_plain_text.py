from pathlib import Path

from lxml import etree

from swarm.book.any_file import read_page
from swarm.book.model.book import Book
from swarm.book.model.reading_choice import Reading
from swarm.book.page.plain_text import aozora_tree, is_aozora, plain_tree, said_about


def shape(text: str) -> list[tuple[str, str]]:
    body = plain_tree(text)[0]
    return [(element.tag, "|".join(element.itertext())) for element in body]


def test_text_has_a_shape() -> None:
    for text, expected in [
        ("a riv-\ner; in-\ndeed\n\nthe river", [("p", "a river; indeed"), ("p", "the river")]),
        ("a well-\nknown man, well known\n\nx", [("p", "a well-known man, well known"), ("p", "x")]),
        ("Anglo-\nSaxon and the mother-in-\nlaw\n\nx", [("p", "Anglo-Saxon and the mother-in-law"), ("p", "x")]),
        ("ein Haus-\nund Hof, Ei¬\nsen -\nso\n\nx", [("p", "ein Haus- und Hof, Eisen - so"), ("p", "x")]),
        ("one\ntwo\n\nthree", [("p", "one two"), ("p", "three")]),
        ("One line.\nAnother line.", [("p", "One line."), ("p", "Another line.")]),  # a text without blank lines
        ("Chapter 1\n\ntext", [("h2", "Chapter 1"), ("p", "text")]),
        ("Chapter by chapter they fell, and nobody in the whole town could say how many had fallen.\n\nx", None),
        ("IV.\n\ntext", [("h2", "IV."), ("p", "text")]),
        ("at the [Pg 12] river. [Page xiv]\n\n[Pg 15]\n\nx", [("p", "at the river."), ("p", "x")]),
        ("a {1} b {2}\n\nc {3} d", [("p", "a b"), ("p", "c d")]),
        ("a {5} b\n\nc {3} d", [("p", "a {5} b"), ("p", "c {3} d")]),
        ("INDEX\n\nBoat, 12", [("h2", "INDEX"), ("p", "Boat, 12")]),
        ("FOOTNOTES:\n\nx", [("h2", "FOOTNOTES:"), ("p", "x")]),
        ("x\n\n\nTHE END\n\ny", [("p", "x"), ("h2", "THE END"), ("p", "y")]),
        ("x\n\nTHE END\n\ny", [("p", "x"), ("p", "THE END"), ("p", "y")]),
        ("x\n\n  Roses are red,\n  violets blue\n\ny", [("p", "x"), ("p", "Roses are red,|violets blue"), ("p", "y")]),
        (
            "x\n\nRoses are red,\nViolets are blue,\n\ny",
            [("p", "x"), ("p", "Roses are red,|Violets are blue,"), ("p", "y")],
        ),
        ("a _very_ snake_case_name\n\n\x00\x01b", [("p", "a very snake_case_name"), ("p", "b")]),
    ]:
        found = shape(text)
        assert found == expected if expected else found[0][0] == "p"


def test_what_a_text_says_about_itself() -> None:
    assert said_about('Title: "The Ship"\nLanguage: German\nAuthor: A\n') == {
        "title": "The Ship", "language": "de", "author": "A",
    }  # fmt: skip
    assert said_about("x" * 5000 + "\nTitle: no\n") == {}
    ship = {"title": "The Ship", "author": "Ann B. van Author"}
    for opening in ("The Ship\nby Ann B. van Author\n\n", "\n\nThe Ship\n\n  Von Ann B. van Author\n\n\n"):
        assert said_about(f"{opening}Chapter One\n\nIt sailed.") == ship
        roles = [(each.tag, each.get("role")) for each in plain_tree(f"{opening}Chapter One\n\nIt sailed.")[0]]
        assert roles == [("p", "doc-title-page")] * (len(roles) - 2) + [("h2", None), ("p", None)]
    assert said_about("The Ship\nby Ann Author\n\nIt sailed.\n\nThe Sea\nby Ben Author\n\nIt fell.") == {}
    assert said_about("He sat\nby Ann Author and\n\nsmiled.") == said_about("He sat.\nBy Ann Author\n\nx") == {}
    assert said_about("Language: Finnish\n") == {"language": "fi"}
    assert said_about("Language: the tongue of men\n") == {"language": "the tongue of men"}


def test_numbers_that_stand_alone_count_chapters_or_pages_or_nothing() -> None:
    told = "He went out and came home again. " * 40
    cut = told + "Then he went away and"
    chapters = "".join(f"{number}\n\n{told}\n\n" for number in range(1, 5))
    assert [text for tag, text in shape(chapters) if tag == "h2"] == ["1", "2", "3", "4"]
    for other in (
        "".join(f"{cut}\n\n{number}\n\nhis dog came too.\n\n" for number in range(1, 5)),
        "".join(f"{number}\n\nA line.\n\n" for number in range(1, 5)),
        f"7\n\n{told}\n\n9\n\n{told}",
        f"1\n\n{told}",
    ):
        assert not [text for tag, text in shape(other) if tag == "h2"], other[:200]


def test_dotted_lines_are_a_table_of_contents_and_the_header_is_a_title_page() -> None:
    lines = "Title: The Ferry\nAuthor: A. B.\n\n"
    lines += "I. The House ...... 1\nII. The River . . . . . 9\nIII. The End .... xii\n\nHe went .... away 5"
    assert [element.get("role") for element in plain_tree(lines)[0]] == ["doc-title-page", "doc-toc", None]
    assert [element.get("role") for element in plain_tree("x\n\nHe went ...... 5\n\ny")[0]] == [None, None, None]


BOOK = """吾輩は猫である
夏目漱石

-------------------------------------------------------
【テキスト中に現れる記号について】

《》：ルビ
（例）吾輩《わがはい》

｜：ルビの付く文字列の始まりを特定する記号
（例）一番｜獰悪《どうあく》

［＃］：入力者注　主に外字の説明や、傍点の位置の指定
（例）※［＃「言＋墟のつくり」、第4水準2-88-74］
-------------------------------------------------------

［＃８字下げ］一［＃「一」は中見出し］

　吾輩《わがはい》は猫である。名前はまだ無い。
　どこで生れたかとんと見当《けんとう》がつかぬ。しかもあとで聞くとそれは書生という人間中で一番｜獰悪《どうあく》な種族であったそうだ。
　この書生というのは時々我々を捕《つかま》えて煮《に》て食うという話である。［＃「食う」に傍点］

　ある日の事、吾輩は例のごとく縁側へ出て昼寝をしていた。空は高く、風は静かであった。
　主人は書斎に入って、机の上に突伏したまま、昼まで出て来なかった。何をしているのか誰も知らない。
［＃改ページ］
［＃大見出し］二［＃大見出し終わり］

　吾輩は新年来多少有名になったので、猫ながらちょっと鼻が高く感ぜらるるのはありがたい。※［＃「さんずい＋盧」、第4水準2-79-54］も※［＃U+2123D、123-4］も読める。

底本：「夏目漱石全集1」ちくま文庫、筑摩書房
　　　1987（昭和62）年9月29日第1刷発行
入力：柴田卓治
"""


def written(text: str) -> list[str]:
    return [etree.tostring(each, encoding="unicode", with_tail=False) for each in aozora_tree(text)[0][0]]


def words(book: Book) -> str:
    return " ".join(block.text for chapter in book.chapters if not chapter.left_out for block in chapter.blocks)


def test_signs_of_the_notation_are_read_and_not_spoken() -> None:
    for line, expected in [
        ("吾輩《わがはい》は猫", "<p><ruby>吾輩<rt>わがはい</rt></ruby>は猫</p>"),
        ("一番｜獰悪《どうあく》な", "<p>一番<ruby>獰悪<rt>どうあく</rt></ruby>な</p>"),
        ("時々《ときどき》ヶ丘《おか》", "<p><ruby>時々<rt>ときどき</rt></ruby><ruby>ヶ丘<rt>おか</rt></ruby></p>"),
        ("｜Book《ブック》を読む", "<p><ruby>Book<rt>ブック</rt></ruby>を読む</p>"),
        ("　食う［＃「食う」に傍点］話", "<p>食う話</p>"),
        ("食う［＃「※［＃二の字点］」に傍点］話", "<p>食う話</p>"),
        ("※［＃「言＋墟のつくり」、第4水準2-88-74］だ", "<p>\u8b43だ</p>"),
        ("※［＃「木＋世」、U+67BB、12-3］だ", "<p>枻だ</p>"),
        ("※［＃「木＋世」、第3水準1-99-99］だ", "<p>だ</p>"),
        ("※［＃「木＋世」、U+D801、12-3］だ", "<p>だ</p>"),
        ("序［＃「序」は大見出し］", "<h2>序</h2>"),
        ("序［＃「序」は同行小見出し］　それは", "<p>序　それは</p>"),
        ("『《史記》を読む』", "<p>『《史記》を読む』</p>"),
    ]:
        assert written(line) == [expected]


def test_the_notation_is_told_by_its_legend_or_its_signs() -> None:
    for text, expected in [
        (BOOK, True),
        ("吾輩《わがはい》は見当《けんとう》が［＃改ページ］", True),
        ("吾輩《わがはい》は猫である。", False),
        ("我读《红楼梦》、《水浒传》和《西游记》。", False),
        ("《a》 [#b] ［#c］" * 9, False),
    ]:
        assert is_aozora(text) is expected


def test_a_book_of_the_library_is_read(tmp_path: Path) -> None:
    for encoding in ["utf-8", "cp932"]:
        file = tmp_path / "789_ruby_5639.txt"
        file.write_bytes(BOOK.replace("\n", "\r\n").encode(encoding))
        book = read_page(file)
        assert (book.title, book.authors, book.language) == ("吾輩は猫である", ("夏目漱石",), "ja"), encoding
        spoken = [chapter for chapter in book.chapters if not chapter.left_out]
        assert [chapter.title for chapter in spoken] == ["一", "二"], encoding
        text = words(book)
        assert "吾輩は猫である" in text and "獰悪な種族" in text, encoding
        assert not any(sign in text for sign in "《》｜［＃※") and "底本" not in text and "ルビ" not in text, encoding


def test_readings_are_spoken_on_wish(tmp_path: Path) -> None:
    file = tmp_path / "cat.txt"
    file.write_text(BOOK, encoding="utf-8")
    book = read_page(file, Reading(ruby="reading"))
    text = words(book)
    assert "わがはいは猫である" in text and "どうあくな種族" in text
