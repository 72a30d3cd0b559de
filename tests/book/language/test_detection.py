import random

import pytest
from prose import PROSE

from swarm.book.language.detection import Detected, are_alike, detect, fits_script, is_language_of, passage_language


@pytest.mark.parametrize("language", PROSE)
def test_the_language_of_a_paragraph_is_plain(language: str) -> None:
    assert detect(PROSE[language]) == Detected(language, plain=True)


@pytest.mark.parametrize("text", ["", "...", "1 2 3", "Yes.", "Ann Author", "word " * 400, "x y z " * 100])
def test_a_text_without_words_of_a_language_is_never_plain(text: str) -> None:
    assert not detect(text).plain


def test_a_text_half_in_one_language_and_half_in_another_is_not_plain() -> None:
    assert not detect(f"{PROSE['en']} {PROSE['en']} {PROSE['it']} {PROSE['it']}").plain


def test_a_text_is_quickly_known_to_be_in_the_language_that_it_names() -> None:
    assert is_language_of("en", PROSE["en"])
    assert not is_language_of("en", PROSE["nl"])
    assert not is_language_of("ja", PROSE["ja"])  # the slower way is taken


@pytest.mark.parametrize("language", sorted(PROSE))
def test_a_paragraph_in_another_language_is_told(language: str) -> None:
    book = "en" if language != "en" else "fr"
    assert passage_language(PROSE[language], book) == language
    assert passage_language(PROSE[language], language) == ""


@pytest.mark.parametrize(
    "text",
    [
        "“Bonjour, Madame la Comtesse,” said he, and bowed to her in the doorway of the salon, très chic as ever.",
        "Anne de Montmorency, Henri de Guise, Marguerite de Valois, Gaspard de Coligny, Charles de Lorraine, Diane de "
        "Poitiers, Catherine de Médicis.",
        "Je ne sais pas ce que vous dites, et il est dans la maison avec les enfants. Aber der Mann und die Frau sind "
        "nicht zu Hause.",
        "Αλφα",
        "C'est la vie.",
    ],
)
def test_some_foreign_words_make_no_passage_of_another_language(text: str) -> None:
    assert passage_language(text, "en") == ""


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "de",
            "400 v. Chr. bis 79 n. Chr.; geb. 1805 in Wien, vgl. S. 5 und Bd. 2, a. a. O., S. 12; s. u. S. 7, z. B. M.",
        ),
        (
            "nl",
            "Dhr. Jansen, mevr. De Vries en o.a. ds. Mulder, d.w.z. vier, i.v.m. z.o.z. o.i.d. s.v.p. en a.d.h.v.",
        ),
        ("en", "O, then, dear saint, let lips do what hands do; They pray; grant thou, lest faith turn to despair."),
        (
            "en",
            "X-ray, T-shirt, U-turn, P.O. Box, I beam, V neck, Z score, O ring, S curve, a K car and Z, v. s. o. k.",
        ),
        ("en", "s v + k v = z v where a s o v i z a v k t n x y u v w, s o that a v = z s + k i o"),
        (
            "en",
            "T (α; β; 0; γ; δ − γ) = α + β x + γ y + γ + δ − γ + α + β x + γ + α + β + γ + δ + α + β + γ + δ + α + β",
        ),
    ],
)
def test_letters_formulas_and_abbreviations_are_in_no_other_language(language: str, text: str) -> None:
    assert passage_language(text, language) == ""


def test_languages_of_a_few_different_words_are_alike() -> None:
    assert are_alike("nb", "da")
    assert not are_alike("nb", "de")


def test_a_script_fits_the_languages_that_are_written_in_it() -> None:
    assert fits_script("ja", PROSE["ja"])
    assert fits_script("zh", PROSE["zh"])
    assert not fits_script("en", PROSE["el"])
    assert not fits_script("el", PROSE["en"])


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (
            "cs",
            "Starý převozník bydlel u řeky od dětství a znal každý její kámen. Večer sedával před domem, díval se na "
            "vodu tekoucí kolem bez jediného zvuku a vzpomínal na dávné časy, kdy přívoz každou hodinu převážel kupce.",
        ),
        (
            "pl",
            "Stary przewoźnik mieszkał nad rzeką od dzieciństwa i znał każdy jej kamień. Wieczorami siadywał przed "
            "domem, patrzył na wodę płynącą obok bez żadnego dźwięku, wspominał dawne czasy, kiedy prom woził kupców.",
        ),
        (
            "az",
            "Qoca bərəçi uşaqlıqdan çayın kənarında yaşayırdı, onun hər daşını tanıyırdı. Axşamlar evinin qabağında "
            "oturub səssizcə axan suya baxır, bərənin tacirləri keçirdiyi köhnə günləri xatırlayırdı, sonra yatırdı.",
        ),
        (
            "hu",
            "Az öreg révész gyerekkora óta a folyó partján élt, és ismerte annak minden kövét. Esténként a háza előtt "
            "ült, és nézte a vizet, amely hangtalanul folyt el mellette, meg arra gondolt, hogy milyen volt régen.",
        ),
    ],
)
def test_a_passage_is_in_another_language_if_hardly_any_word_is_the_books_own(code: str, text: str) -> None:
    found = passage_language(text, "en")
    assert found == code or are_alike(found, code)


def test_names_and_formulas_are_in_no_language() -> None:
    names = (
        "Anderson, Baker, Clarke, Dubois, Evans, Fischer, Garcia, Hughes, Ivanov, Jensen, Kowalski, Larsen, Müller, "
    )
    assert passage_language(names * 3, "en") == ""
    assert passage_language("det A = det CP = 1 det A − 1 λ I n Property OCN det A " * 6, "en") == ""


def test_random_letters_are_in_no_language() -> None:
    draw = random.Random(1)
    for host in ("en", "de", "fr"):
        words = ("".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(2, 9))) for _ in range(200))
        assert passage_language(" ".join(words), host) == ""


def test_small_words_that_two_languages_share_hide_no_passage() -> None:
    text = (
        "Pero ahora la pesada carreta tiene entre sus varas un caballejo muy flaco, y los mozos que suben a ella ríen "
        "como si no supieran que el animal de aquel hombre apenas podía tirar de una carga tan grande por la cuesta."
    )
    assert passage_language(text, "fr") == "es"
    assert passage_language(text, "it") == "es"
    assert (
        passage_language("No, no, no e poi no. Oramai ho promesso alla mia buona Fata di diventare buono.", "it") == ""
    )
