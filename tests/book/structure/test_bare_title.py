from swarm.book.model.book import Block, ChapterText
from swarm.book.structure.inclusion import join_bare


def heading(*texts: str) -> ChapterText:
    return ChapterText(texts[0], tuple(Block("heading", text) for text in texts))


def story(title: str, left_out: str = "") -> ChapterText:
    return ChapterText(title, (Block("heading", title), Block("paragraph", "It was so.")), left_out)


def joined(*chapters: ChapterText, title: str = "The Ship") -> list[tuple[str, list[str]]]:
    return [(chapter.title, [block.text for block in chapter.blocks]) for chapter in join_bare(chapters, title)]


def test_a_chapter_of_nothing_but_its_title_joins_the_next() -> None:
    assert joined(heading("Part One"), story("Chapter I"), story("Chapter II")) == [
        ("Part One. Chapter I", ["Part One", "Chapter I", "It was so."]),
        ("Chapter II", ["Chapter II", "It was so."]),
    ]


def test_the_books_own_title_is_spoken_but_names_no_chapter() -> None:
    assert joined(heading("THE SHIP"), heading("By Ann"), heading("By Ann"), story("I"))[0][0] == "By Ann. I"


def test_what_is_left_out_is_passed_over_and_a_last_title_stays() -> None:
    found = joined(heading("Act I"), story("Notes", "notes"), story("Scene 1"), heading("Finis"))
    assert [title for title, _ in found] == ["Notes", "Act I. Scene 1", "Finis"]


def test_a_dedication_and_a_verse_are_chapters_of_their_own() -> None:
    dedication = ChapterText("For my mother", (Block("paragraph", "For my mother"),))
    verse = heading("O ship,")
    assert len(joined(dedication, verse, story("I"))) == 3


def test_a_next_chapter_without_a_heading_keeps_its_title() -> None:
    bare = ChapterText("Chapter I", (Block("paragraph", "It was so."),))
    assert joined(heading("Part One"), bare) == [
        ("Part One. Chapter I", ["Part One", "Chapter I", "It was so."]),
    ]
