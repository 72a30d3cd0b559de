from swarm.book.page.chapter_line import TextParagraph, headings

TOLD = "He went out and came home again. " * 20
HEADINGS = [
    "Chapter 1", "BOOK THE FIRST", "Kapitel 3. Im Wald", "Глава 1", "ГЛАВА 2. В дороге",
    "Глава первая", "Часть II", "Розділ 1", "РОЗДІЛ ДРУГИЙ", "Κεφάλαιο Α΄", "ΚΕΦΑΛΑΙΟ 2", "3. Kapitel",
    "Rozdział drugi", "2. kapitola", "Tom II", "3. fejezet", "Luku 4", "Chương 5: Mưa", "第一章 雨夜", "第一回",
    "第十二章　帰郷", "序章", "제1장 비", "Оглавление", "XIV.",
]  # fmt: skip
TEXTS = [
    "Tom said nothing.", "Dio mio!", "Del mar llegó la voz.", "Книга лежала на столе.",
    "Часть людей ушла.", "Das Kapitel", "Глава семьи молчал.", "chapter 1", "3 men", "第一章で彼は死んだ。",
    "Osa was here.", "The part", "一人の男がいた。",
]  # fmt: skip


def found(*paragraphs: str) -> list[str]:
    lines = [TextParagraph(text.strip(), 1, 1) for text in paragraphs]
    return [lines[place].text for place in sorted(headings(lines))]


def test_the_heading_of_a_chapter_is_told() -> None:
    for heading in HEADINGS:
        assert found(TOLD, heading, TOLD) == [heading]


def test_a_short_paragraph_is_no_heading() -> None:
    for paragraph in TEXTS:
        assert found(TOLD, paragraph, TOLD, paragraph) == []


def test_ordinals_before_the_word_are_headings_if_there_are_several() -> None:
    for pair in [("Erstes Kapitel", "Zweites Kapitel"), ("Première partie", "Deuxième partie")]:
        assert found(TOLD, pair[0], TOLD, pair[1], TOLD) == list(pair)
        assert found(TOLD, pair[0], TOLD) == []


def test_bare_numbers_in_a_row_are_headings_in_figures_and_in_chinese() -> None:
    assert found("一", TOLD, "二", TOLD, "1", TOLD, "2", TOLD) == ["一", "二", "1", "2"]
    assert found("十九", TOLD, "二十", TOLD, "二十一", TOLD) == ["十九", "二十", "二十一"]
    assert found("4", TOLD, "5", TOLD, "6", TOLD) == ["4", "5", "6"]
    assert found("4", TOLD, "5", TOLD) == found("1", "A line.", "2", "A line.") == []
