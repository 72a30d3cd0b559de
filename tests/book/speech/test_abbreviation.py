import pytest

from swarm.book.speech.abbreviation import say_abbreviations


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
        ("ru", "т. е.", "т. е."),
    ],
)
def test_abbreviations_are_words(language: str, written: str, said: str) -> None:
    assert say_abbreviations(written, language) == said
