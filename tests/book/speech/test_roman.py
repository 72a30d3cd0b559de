import pytest

from swarm.book.speech.roman import figures_in_heading, figures_in_prose, small_figures


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        ("XIV: The Ship", "14: The Ship"),
        ("Chapter XIV", "Chapter 14"),
        ("CHAPITRE IV\nNED LAND.", "CHAPITRE 4\nNED LAND."),
        ("I. THE BURIAL", "1. THE BURIAL"),
        ("C: Leg and Arm", "100: Leg and Arm"),
        ("Book II, Chapter I", "Book 2, Chapter 1"),
        ("V.—The End", "5.—The End"),
        ("XXVII", "27"),
        ("I Am Born", "I Am Born"),
        ("D. H. Lawrence", "D. H. Lawrence"),
        ("Appendix C, Part D", "Appendix C, Part D"),
        ("CHAPTER L", "CHAPTER 50"),
        ("CIVIL WAR", "CIVIL WAR"),
        ("The Part I Played", "The Part I Played"),
    ],
)
def test_numerals_of_headings_are_figures(heading: str, said: str) -> None:
    assert figures_in_heading(heading) == said


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("see Chapter XIV of Book II", "see Chapter 14 of Book 2"),
        ("In Chapter IV, part XL it was", "In Chapter 4, part 40 it was"),
        ("vol. ii et t. II", "vol. 2 et t. 2"),
        ("for the part I played in the book I read", "for the part I played in the book I read"),
        ("“I don’t. I can't. I won't.”", "“I don’t. I can't. I won't.”"),
        ("“A good chap. I like him.”", "“A good chap. I like him.”"),
        ("Book I (“Folio”), chapter V: so it is in Part I", "Book 1 (“Folio”), chapter 5: so it is in Part 1"),
        ("in vol. ii. of it (vol. xviii.), vol. iv.", "in vol. 2 of it (vol. 18), vol. 4."),
        ("in vol. I, chap. IX", "in vol. 1, chap. 9"),
        (
            "After World War I he came. See Part I, and Section V of it.",
            "After World War 1 he came. See Part 1, and Section 5 of it.",
        ),
        ("in Act V and in Part I we saw, as Book I is long", "in Act 5 and in Part 1 we saw, as Book 1 is long"),
        ("World War I's end, the part I'd like", "World War 1's end, the part I'd like"),
        ("In chapter I we saw. In part I agree.", "In chapter 1 we saw. In part I agree."),
        (
            "He left the Book I loved. Chapter I never read. This Part I know.",
            "He left the Book I loved. Chapter I never read. This Part I know.",
        ),
        ("The letter V. The letter X is a figure X, see section X of it.", None),
        ("Section X of Part X, Letter V", "Section 10 of Part 10, Letter 5"),
        ("In Appendix C, in Part C", "In Appendix C, in Part C"),
        (
            "Books I and II, Parts I–III, chapters II, III and IV, stage I or II",
            "Books 1 and 2, Parts 1–3, chapters 2, 3 and 4, stage 1 or 2",
        ),
        ("Phase I began. Vatican I met. The Phase I trial", "Phase 1 began. Vatican 1 met. The Phase 1 trial"),
        ("a type I error, type I diabetes", "a type 1 error, type 1 diabetes"),
        ("The Vatican I saw, the type I like, in class I sat", None),
        ("The Type I Like, Type C, Grade D, the books I and Vivian read", None),
        ("la parte di me, parte d'un", "la parte di me, parte d'un"),
    ],
)
def test_prose_keeps_what_is_no_reference(sentence: str, said: str | None) -> None:
    assert figures_in_prose(sentence) == (said or sentence)


def test_i_is_a_numeral_where_no_word_is_written_so() -> None:
    assert (
        figures_in_prose("Le livre I parut. Un livre C parut.", pronoun=False) == "Le livre 1 parut. Un livre C parut."
    )
    assert figures_in_prose("Nel libro I ragazzi", pronoun=True) == "Nel libro I ragazzi"


@pytest.mark.parametrize(
    ("language", "sentence", "said"),
    [
        ("en", "see note viii, pp. xii–xiv and iii", "see note 8, pp. 12–14 and 3"),
        (
            "en",
            "an ill civil mix of li, a XXX and xxx, i.v. drips",
            "an ill civil mix of li, a XXX and xxx, i.v. drips",
        ),
        ("en", "Livy xxi. 4. 2, cp. vii. 96, in xiii. of it", "Livy 21, 4, 2, cp. 7, 96, in 13 of it"),
        ("en", "at xi. 5 p.m., v. 3", "at 11. 5 p.m., v. 3"),
        ("es", "la vi en la parte iii", "la vi en la parte iii"),
        ("it", "parte iii", "parte 3"),
    ],
)
def test_numerals_in_small_letters_are_references(language: str, sentence: str, said: str) -> None:
    assert small_figures(sentence, language) == said
