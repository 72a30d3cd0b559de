import pytest

from swarm.book.language.known import find_language
from swarm.book.speech.abbreviation import say_abbreviations, shorten


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("en", "Mr. Hyde and Mrs Smith met Gen. Grant.", "Mister Hyde and Missus Smith met General Grant."),
        ("en", "No. 5 on p. 12 of vol. ii", "number 5 on page 12 of volume ii"),
        ("en", "“No. I won’t. No. Ill as I am.”", "“No. I won’t. No. Ill as I am.”"),
        ("en", "No. Yes, e.g. apples, etc.", "No. Yes, for example apples, et cetera."),
        ("fr", "M. Dupont, Mme de Durand, n° 5", "Monsieur Dupont, Madame de Durand, numéro 5"),
        ("fr", "au no. 5, p. ex. ici", "au numéro 5, par exemple ici"),
        ("de", "Hr. Meier, z. B. Nr. 5, usw.", "Herr Meier, zum Beispiel Nummer 5, und so weiter."),
        ("es", "D. H. Lawrence y D. Juan", "D. H. Lawrence y Don Juan"),
        ("es", "el Sr. García, pág. 5", "el Señor García, página 5"),
        ("it", "il sig. Rossi, pag. 5", "il signor Rossi, pagina 5"),
        ("en", "Mr. and Mrs. Hyde, Dr. or Miss Lee", "Mister and Missus Hyde, Doctor or Miss Lee"),
        (
            "en",
            "§ 5, Smith Jr. vs. Lee & Co., cf. this",
            "section 5, Smith Junior versus Lee and Company, compare this",
        ),
        ("fr", "M. et Mme Hyde à St-Malo, § 5", "Monsieur et Madame Hyde à Saint-Malo, paragraphe 5"),
        ("de", "ca. 5 Mio., geb. 1900, St. Gallen", "circa 5 Millionen, geboren 1900, Sankt Gallen"),
        ("es", "¿Ud. sabe? Con Uds. y el Sr. y la Sra. Gil", "¿usted sabe? Con ustedes y el Sr. y la Señora Gil"),
        ("it", "la sig.ra Rossi, n. 5", "la signora Rossi, numero 5"),
        ("uk", "т. е.", "т. е."),
    ],
)
def test_abbreviations_are_words(language: str, written: str, said: str) -> None:
    assert say_abbreviations(written, find_language(language)) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("See https://www.gutenberg.org/ebooks/54873.", "See gutenberg dot org."),
        ("(http://example.com/a?b=c), he said", "(example dot com), he said"),
        ("at www.pgdp.net they", "at pgdp dot net they"),
        ("write to ann.b@books.org.", "write to ann dot b at books dot org."),
        ("ISBN 978-3-16-148410-0, 1999", "ISBN, 1999"),
        ("ISBN-10: 0-306-40615-2", "ISBN"),
        ("either/or, 3:4, and so on…", "either/or, 3:4, and so on…"),
    ],
)
def test_addresses_are_the_names_of_their_sites(text: str, said: str) -> None:
    assert shorten(text, find_language("en")) == said


def test_the_sign_in_a_mail_address_is_said_in_the_language() -> None:
    assert shorten("a@b.fr", find_language("fr")) == "a arobase b point fr"


def test_a_page_of_addresses_takes_no_long_time() -> None:
    assert len(shorten("http://" + "a." * 50_000 + " " + "@" * 50_000, find_language("en"))) > 50_000
