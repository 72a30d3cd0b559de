from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from swarm.book.any_file import read_book
from swarm.book.model.book import Block, Chapter, ChapterText, Pause, Unspoken
from swarm.book.speech.capitals import book_names
from swarm.book.speech.segment import segment_chapter, unsaid_languages
from swarm.book.speech.speech import Speech
from swarm.job.card import EngineCard, FallbackEngine, VoiceCard
from swarm.job.spec import Recipe
from swarm.voice.espeak.engine import CARD as ESPEAK


def card(limit: int = 300, *scripts: str) -> EngineCard:
    return EngineCard("tester", "", ("en",), scripts, (("", limit), ("xx", 20)), ())


LATIN = card(300, "Latin")


def segmented(*blocks: Block | str, title: str = "", engine: EngineCard = LATIN, language: str = "en") -> Chapter:
    made = tuple(block if isinstance(block, Block) else Block("paragraph", block) for block in blocks)
    return segment_chapter(ChapterText(title, made), language, engine)


def said(chapter: Chapter) -> list[tuple[str, str]]:
    return [(segment.spoken, segment.pause.value) for segment in chapter.segments]


def test_pauses_say_what_follows() -> None:
    chapter = segmented(
        Block("heading", "One"),
        "First. Second.",
        "Third.",
        Block("scene"),
        "Fourth.",
        Block("heading", "Two"),
        "Fifth.",
    )
    assert said(chapter) == [
        ("One", "heading"), ("First.", "sentence"), ("Second.", "paragraph"), ("Third.", "scene"),
        ("Fourth.", "heading"), ("Two", "heading"), ("Fifth.", "chapter"),
    ]  # fmt: skip


def test_long_sentences_are_cut_within_the_limit_of_the_language() -> None:
    assert said(segmented("Il pleut, dit-on, et il part.", language="xx")) == [
        ("Il pleut, dit-on,", "clause"), ("et il part.", "chapter"),
    ]  # fmt: skip
    assert len(segmented("Il pleut, dit-on, et il part.").segments) == 1


def test_where_a_long_speech_is_cut_between_sentences_the_pause_is_theirs() -> None:
    speech = "“It was nothing. All at once I noticed somebody there. He went away again, as you know, my boy.”"
    assert said(segmented(speech, engine=card(40))) == [
        ("“It was nothing.", "sentence"),
        ("All at once I noticed somebody there.", "sentence"),
        ("He went away again,", "clause"),
        ("as you know, my boy.”", "chapter"),
    ]


def test_verse_is_spoken_line_by_line() -> None:
    chapter = segmented("Dawn comes\nover the hill.\nBirds,\nthen light", "Noon.")
    assert said(chapter)[:4] == [
        ("Dawn comes", "clause"), ("over the hill.", "sentence"), ("Birds,", "clause"), ("then light", "paragraph"),
    ]  # fmt: skip


@pytest.mark.parametrize("nothing", ["* * *", "🎉🎉", "…", "?!", "—"])
def test_what_nobody_can_say_is_a_pause(nothing: str) -> None:
    assert said(segmented("One.", nothing, "Two.")) == [("One.", "scene"), ("Two.", "chapter")]
    assert said(segmented(nothing, "Two.")) == [("Two.", "chapter")]
    assert said(segmented("One.", nothing)) == [("One.", "chapter")]
    assert segmented(nothing, title="…").segments == ()


def test_lone_punctuation_stays_with_its_neighbour() -> None:
    assert [text for text, _ in said(segmented("… Well. ! Yes."))] in (["… Well. !", "Yes."], ["… Well.", "! Yes."])


def test_text_in_another_script_is_named_and_a_pause() -> None:
    chapter = segmented("One. 漢字かな。 Two.", "Ψυχή.", "Three 漢 four.", "42!")
    assert said(chapter) == [
        ("One.", "sentence"), ("Two.", "paragraph"), ("Three 漢 four.", "paragraph"), ("42!", "chapter"),
    ]  # fmt: skip
    assert chapter.unspoken == (
        Unspoken(0, "漢字かな。", "tester cannot read Hiragana and Han letters"),
        Unspoken(1, "Ψυχή.", "tester cannot read Greek letters"),
    )
    assert segmented("漢字。").unspoken[0].after == -1
    assert segmented("漢字。", engine=card()).unspoken == ()


def test_the_title_is_spoken_once() -> None:
    heading = Block("heading", "Loomings")
    assert [text for text, _ in said(segmented(heading, "Text.", title="I: Loomings"))] == ["Loomings", "Text."]
    assert said(segmented("Text.", title="I: Loomings"))[0] == ("I: Loomings", "heading")
    assert [text for text, _ in said(segmented("I: LOOMINGS.", "Text.", title="I. Loomings"))] == [
        "I: LOOMINGS.",
        "Text.",
    ]
    assert [text for text, _ in said(segmented("It was a dark night.", title="It was a dark…"))] == [
        "It was a dark night."
    ]


HEARD = regex.compile(r"[\p{L}\p{N}]")


def everything(chapter: Chapter) -> str:
    """Return all text in order, spoken or not, without white space."""
    unspoken: defaultdict[int, str] = defaultdict(str)
    for line in chapter.unspoken:
        unspoken[line.after] += line.text
    said = "".join(segment.written + unspoken[index] for index, segment in enumerate(chapter.segments))
    return "".join(f"{unspoken[-1]}{said}".split())


@given(st.text(max_size=300), st.integers(8, 120))
def test_no_letter_is_lost_and_every_segment_fits(text: str, limit: int) -> None:
    chapter = segmented(text, engine=card(limit, "Latin"))
    assert all(0 < len(segment.engine_text) <= limit and HEARD.search(segment.spoken) for segment in chapter.segments)
    assert "".join(HEARD.findall(everything(chapter))) == "".join(HEARD.findall(text))


@given(st.lists(st.sampled_from(["Mr. Hyde", "said", "so;", "word", "end.", "“Why?”", "—", "3.5", "à", "vol. ii"])))
def test_all_text_comes_back_up_to_white_space(words: list[str]) -> None:
    text = " ".join(words)
    if HEARD.search(text):
        assert everything(segmented(text, engine=card(40, "Latin"))) == "".join(text.split())


@pytest.mark.slow
def test_every_book_comes_back_whole(real_books: list[Path]) -> None:
    for path in real_books:
        book = read_book(path)
        speech = Remembering(LATIN)
        for limit, chapters in ((300, book.chapters[::2]), (90, book.chapters[1::2] or book.chapters)):
            comes_back_whole(chapters, book.language, limit, speech)


class Remembering(Speech):
    """Spells each sentence once: the limit of an engine changes where a sentence is cut, not how it is said."""

    def __init__(self, card: EngineCard) -> None:
        super().__init__(card)
        self.say = cache(self.say)


def has_heading(chapter: Chapter) -> bool:
    return any(segment.pause == Pause.HEADING for segment in chapter.segments)


def comes_back_whole(chapters: Sequence[ChapterText], language: str, limit: int, speech: Speech) -> None:
    """Check that the written texts of the segments and the unspoken text are the whole text of the chapters."""
    engine = card(limit, "Latin")
    for text in chapters:
        chapter = segment_chapter(text, language, engine, speech)
        assert all(len(segment.engine_text) <= limit for segment in chapter.segments)
        headings = [each.pause for each in chapter.segments].index(Pause.HEADING) + 1 if has_heading(chapter) else 0
        spoken_title = "".join(each.written for each in chapter.segments[:headings])
        titled = "".join(spoken_title.split()) == "".join(text.title.split()) != ""
        blocks = [
            *([text.title] if titled and text.blocks[0].kind != "heading" else []),
            *(b.text for b in text.blocks),
        ]
        assert everything(chapter) == "".join("".join(block.split()) for block in blocks if HEARD.search(block))
        assert all(segment.pause == Pause.CHAPTER for segment in chapter.segments[-1:])


def test_short_sentences_go_with_the_next_where_the_engine_needs_it() -> None:
    engine = EngineCard("tester", "", ("en",), (), (("", 40),), (), shortest=6)
    assert said(segmented("No. No! He said so. Why?", "Ah.", engine=engine)) == [
        ("No. No!", "sentence"), ("He said so. Why?", "paragraph"), ("Ah.", "chapter"),
    ]  # fmt: skip


def test_a_change_of_language_is_kept() -> None:
    blocks = (Block("paragraph", "He said."), Block("paragraph", "Oui. Non.", "fr-FR"), Block("paragraph", "So.", "en"))
    chapter = segment_chapter(ChapterText("", blocks), "en", LATIN)
    assert [segment.language for segment in chapter.segments] == ["", "fr", "fr", ""]


def test_a_number_is_not_cut() -> None:
    assert [text for text, _ in said(segmented("Il compta 20 000 lieues.", engine=card(14)))] == [
        "Il compta", "20 000 lieues.",
    ]  # fmt: skip


def test_punctuation_that_does_not_fit_stays_in_what_the_book_says() -> None:
    (segment,) = segmented(f"Yes. {'-' * 18}", engine=card(20)).segments
    assert segment.spoken == "Yes."
    assert segment.written == f"Yes. {'-' * 18}"


POLYGLOT = EngineCard("polyglot", "", ("en", "fr"), (), (("", 300),), (VoiceCard("a", "*"),), polyglot=True)


def test_an_engine_of_several_languages_is_told_the_language_of_a_passage() -> None:
    blocks = tuple(Block("paragraph", "Bonjour.", code) for code in ("fr-FR", "ger", "", "eng"))
    told = segment_chapter(ChapterText("", blocks), "en", POLYGLOT).segments
    assert [segment.said_in for segment in told] == ["fr", "", "", ""]
    assert [segment.language for segment in told] == ["fr", "de", "", ""]
    assert told[0].engine_text == "⟦|=fr⟧Bonjour."
    assert segment_chapter(ChapterText("", blocks), "en", LATIN).segments[0].engine_text == "Bonjour."


def test_a_guest_speaks_a_passage_that_the_engine_cannot_be_told_to_speak_in_its_language() -> None:
    guests = {
        "fr": FallbackEngine(Recipe("espeak", "fr", "fr"), ESPEAK),
        "ru": FallbackEngine(Recipe("espeak", "ru", "ru"), ESPEAK),
    }
    texts = (("Louis XIV le savait.", "fr-FR"), ("Он пришёл.", "ru"), ("Ψυχή.", "el"), ("It rained.", ""))
    chapter = ChapterText("", tuple(Block("paragraph", *text) for text in texts))
    assert unsaid_languages([chapter], "en", LATIN) == {"fr", "ru", "el"}
    made = segment_chapter(chapter, "en", LATIN, Speech(LATIN), fallbacks=guests)
    assert [(segment.voice, segment.said_in, segment.spoken) for segment in made.segments] == [
        ("guest:fr;espeak;;fr", "fr", "Louis quatorze le savait."),
        ("guest:ru;espeak;;ru", "ru", "Он пришёл."),
        ("", "", "It rained."),
    ]
    assert [line.text for line in made.unspoken] == ["Ψυχή."]
    assert unsaid_languages([chapter], "en", POLYGLOT) == {"ru", "el"}
    told = segment_chapter(chapter, "en", POLYGLOT, fallbacks=guests).segments
    assert [segment.voice for segment in told] == ["", "guest:ru;espeak;;ru", "", ""]  # it can be told to speak French


def test_a_guest_s_own_limit_counts_for_its_passages() -> None:
    guests = {"fr": FallbackEngine(Recipe("x", "a", "fr"), card(20))}
    chapter = ChapterText("", (Block("paragraph", "Oui, oui, mais non, mais oui.", "fr"),))
    made = segment_chapter(chapter, "en", card(300), fallbacks=guests)
    assert [len(segment.spoken) <= 20 for segment in made.segments] == [True, True]


@pytest.mark.parametrize(
    ("text", "language", "reason"),
    [
        ("猫は寝ている。", "ja", "espeak only names Han letters"),
        ("ねこはねている。", "ja", ""),
        ("한국(韓國)은 아름다운 나라이고 사람들은 친절하다.", "ko", ""),
        ("大韓民國", "ko", "espeak only names Han letters"),
        ("老船夫", "zh", ""),
        ("សួស្តី", "en", "espeak only names Khmer letters"),
        ("မြန်မာ", "my", "espeak only names Myanmar letters"),
        ("Он пришёл.", "ru", ""),
        ("Он пришёл.", "en", "espeak only names Cyrillic letters"),
        ("The word λόγος is old, and nobody knows how it was said by the people of those days.", "en", ""),
    ],
)
def test_scripts_that_espeak_only_names_are_not_claimed(text: str, language: str, reason: str) -> None:
    chapter = segment_chapter(ChapterText("", (Block("paragraph", text),)), language, ESPEAK)
    assert [line.reason for line in chapter.unspoken] == ([reason] if reason else [])


def names(*paragraphs: str) -> list[tuple[str, int]]:
    return book_names([ChapterText("", tuple(Block("paragraph", text) for text in paragraphs))])


def test_names_are_counted_the_most_frequent_first() -> None:
    text = "Ishmael saw Queequeg. He and Queequeg met old O’Hara of New Bedford, and Queequeg smiled."
    assert names(text) == [("Queequeg", 3), ("Bedford", 1), ("New", 1), ("O’Hara", 1)]


def test_words_that_also_have_small_letters_are_no_names() -> None:
    assert names("I saw Will there. He will go, and she will, and Mark will.") == [("Mark", 1)]


def test_nouns_behind_articles_are_no_names() -> None:
    assert names("Er sah das Haus und die Frau, und dann sah er Effi.") == [("Effi", 1)]
    assert names("Nothing here.") == []


def test_a_long_book_takes_no_long_time() -> None:
    assert names("and Ahab " * 30_000) == [("Ahab", 30_000)]
