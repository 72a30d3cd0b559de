import pytest

from swarm.book.language.known import find_language
from swarm.book.model.book import Block, Book, ChapterText
from swarm.book.speech.capitals import NO_USAGE, Usage, lower_capitals, usage_of


def lowered(text: str, language: str = "en", usage: Usage = NO_USAGE, kept: frozenset[str] = frozenset()) -> str:
    return lower_capitals(text, find_language(language), usage, kept)


def usage(*paragraphs: str) -> Usage:
    return usage_of(book(*paragraphs))


def book(*paragraphs: str, language: str = "en", region: str = "") -> Book:
    chapter = ChapterText("", tuple(Block("paragraph", text) for text in paragraphs))
    return Book("", (), language, (chapter,), region=region)


def test_a_book_names_its_region_or_shows_it_by_its_words() -> None:
    portuguese = "O facto é que a rapariga viu o autocarro e o comboio."
    assert usage_of(book(portuguese, language="pt")).region == "PT"
    assert usage_of(book(portuguese, "você e vocês", language="pt")).region == ""
    assert usage_of(book("Nada.", language="pt")).region == ""
    assert usage_of(book(portuguese, language="pt", region="BR")).region == "BR"
    assert usage_of(book(portuguese)).region == ""


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("HE HAD never seen her.", "He had never seen her."),
        ("“TELL ME,” SHE SAID.", "“Tell me,” she said."),
        ("IT was a cold day.", "It was a cold day."),
        ("MERCUTIO. A plague on both your houses!", "Mercutio. A plague on both your houses!"),
        ("MR. JONES and DR. LEE met MRS. GREY.", "Mr. Jones and Dr. Lee met Mrs. Grey."),
        ("I WON'T GO, I'M ILL, IT'S LATE!", "I won't go, I'm ill, it's late!"),
        ("THE RED-HEADED LEAGUE", "The red-headed league"),
        ("O'BRIEN's house", "O'BRIEN's house"),
        ("He met O'BRIEN there.", "He met O'Brien there."),
        ("Let US go to the US Army, said the US.", "Let us go to the US Army, said the US."),
        ("It was NOT so, and WHO said it?", "It was not so, and who said it?"),
        ("The NASA, the BBC, an ISBN and the YMCA", "The NASA, the BBC, an ISBN and the YMCA"),
        ("The XYZ and the BBFC met TWQR.", "The XYZ and the BBFC met TWQR."),
        ("WWII began.", "World War Two began."),
        ("CHAPTER XIV", "Chapter XIV"),
        ("HENRY VIII AND CHARLES V", "Henry VIII and charles V"),
        ("K U R T W O L F F", "Kurtwolff"),
        ("A B C D E F", "A B C D E F"),
        ("At 6 PM in AD 79", "At 6 PM in AD 79"),
        ("NO. 7 and VOL. III and NO!", "No. 7 and vol. III and no!"),
        ("HE JOINED THE US ARMY", "He joined the US army"),
        (
            "The MS. is lost, MS. JONES; R.SAGE, LL.D., jo_AT_home",
            "The MS. is lost, Ms. Jones; R.SAGE, LL.D., jo_AT_home",
        ),
        ("Two LEDs and MPs", "Two LEDs and MPs"),
        ("ÉMILE ZOLA", "Émile zola"),
        ("SIR ZBIGNIEW MET LORD STRZYLK", "Sir zbigniew met lord strzylk"),
        ("TAKE VITAMIN A, A GRADE A EGG", "Take vitamin A, a grade A egg"),
        ("A TALE OF A MAN", "A tale of a man"),
        ("I AM IN EC4A. It is FOSS, F/OSS or so.", "I am in EC4A. It is Foss, F/OSS or so."),
        ("F I N I S", "Finis"),
        ("T H E E N D", "The end"),
    ],
)
def test_capitals_are_words_unless_they_are_initials(written: str, said: str) -> None:
    assert lowered(written) == said


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("fr", "L'HOMME QUI RIT, dit M. HUGO de la SNCF", "L'homme qui rit, dit M. Hugo de la SNCF"),
        ("fr", "UN HOMME À LA MER", "Un homme à la mer"),
        ("fr", "L'ÎLE EST À L'EST", "L'île est à l'est"),
        ("fr", "OÙ IL Y A DU MONDE", "Où il y a du monde"),
        ("fr", "L'ONU EST À L'OUEST DE L'ONU", "L'ONU est à l'ouest de l'ONU"),
        ("es", "AMADÍS DE GAULA, A SANCHO Y A LA LUNA", "Amadís de gaula, a sancho y a la luna"),
        ("de", "DIE ZEIT sagt NEIN zur SPD", "Die zeit sagt nein zur SPD"),
        ("ru", "ОН СКАЗАЛ о СССР", "Он сказал о СССР"),
        ("it", "SIG. ROSSI DICE DI SI", "Sig. Rossi dice di si"),
        ("pl", "PAN WOŁODYJOWSKI w NATO", "Pan wołodyjowski w NATO"),
    ],
)
def test_capitals_of_other_languages(language: str, written: str, said: str) -> None:
    assert lowered(written, language) == said


def test_a_word_that_the_book_writes_in_small_letters_is_one() -> None:
    known = usage("The wug ran, a wug, and Pym saw it.", "A WUG! said PYM to the UNI. He was at the UNI.")
    assert lowered("It was a WUG, said PYM at UNI.", usage=known) == "It was a wug, said Pym at UNI."
    rare = usage("The IRC and the IRC, irc.example.org or irc, is a RELEASE. A release.")
    assert lowered("By IRC it was a RELEASE.", usage=rare) == "By IRC it was a release."
    assert lowered("It was a WUG.") == "It was a WUG."
    assert usage("No capitals here.") == NO_USAGE


def test_initials_that_a_book_uses_stay_even_if_they_are_words() -> None:
    known = usage("He came to the US with us. In US hands it was lost.")
    assert lowered("He said that US law was hard.", usage=known) == "He said that US law was hard."
    assert lowered("THEY LEFT US ALONE.", usage=known) == "They left us alone."


def test_words_that_a_dictionary_names_are_kept() -> None:
    assert lowered("The ZORBAX hummed.", kept=frozenset(("ZORBAX",))) == "The ZORBAX hummed."


def test_a_page_of_capitals_takes_no_long_time() -> None:
    assert len(lowered("AND SO " * 5_000)) == 35_000
