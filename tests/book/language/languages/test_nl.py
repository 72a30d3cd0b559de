import pytest
from said import said

from swarm.book.speech.sentence import split_sentences


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("in 1866 op 3/4/1921", "in achttien honderd zesenzestig op drie april negentien honderd eenentwintig"),
        ("Dhr. Jansen en mevr. De Wit", "De heer Jansen en mevrouw De Wit"),
        (
            "Mw. Bakker, drs. Smit, ir. Kok, prof. dr. Vos",
            "Mevrouw Bakker, doctorandus Smit, ingenieur Kok, professor doctor Vos",
        ),
        ("bijv. dit, d.w.z. dat, enz.", "bijvoorbeeld dit, dat wil zeggen dat, enzovoort."),
        ("zie blz. 12, hfdst. 3, nr. 5", "zie bladzijde twaalf, hoofdstuk drie, nummer vijf"),
        (
            "o.a. hier, m.a.w. daar, t.a.v. hem, i.p.v. haar",
            "onder andere hier, met andere woorden daar, ten aanzien van hem, in plaats van haar",
        ),
        ("de 1e, 2e en 20ste keer, de 8e", "de eerste, tweede en twintigste keer, de achtste"),
        (
            "Willem III, Willem I van Oranje en Lodewijk XIV",
            "Willem de derde, Willem de eerste van Oranje en Lodewijk de veertiende",
        ),
        ("in de XIXe eeuw", "in de negentiende eeuw"),
        ("om 10.30 uur, 8:05 uur, 1 uur", "om tien uur dertig, acht uur vijf, één uur"),
        ("€ 3,50, $1, £5 en 2 miljoen", "drie euro vijftig, één dollar, vijf pond en twee miljoen"),
        (
            "5 km, 1 cm, 20 °C, 3 m², 50%",
            "vijf kilometer, één centimeter, twintig graden Celsius, drie vierkante meter, vijftig procent",
        ),
        ("3/8 en 2½ ons", "drie achtste en twee en een half ons"),
        (
            "1.234.567 en 3,14",
            "een miljoen tweehonderdvierendertigduizendvijfhonderdzevenenzestig en drie komma één vier",
        ),
        ("300 v.Chr. en 40 n.Chr.", "driehonderd voor Christus en veertig na Christus."),
        ("De jaren '80 en de jaren 1990", "De jaren tachtig en de jaren negentien honderd negentig"),
        (
            "op 24-12-1999, blz. 12-15",
            "op vierentwintig december negentien honderd negenennegentig, bladzijde twaalf tot vijftien",
        ),
        (
            "10 - 3 = 7, 3 x 4 = 12, 5 min, 1 min.",
            "tien min drie is zeven, drie maal vier is twaalf, vijf minuten, één minuut.",
        ),
    ],
)
def test_forms_are_said(written: str, words: str) -> None:
    assert said(written, "nl") == words


@pytest.mark.parametrize(
    "sentences",
    [
        ["Dhr. Jansen en mevr. De Wit kwamen.", "Ze bleven."],
        ["Hij las bijv. Multatuli, d.w.z. Dekker.", "Dat was alles."],
        ["Zie blz. 12 en hfdst. 3.", "Lees verder."],
        ["Prof. dr. Vos en drs. Smit spraken o.a. Frans.", "Ik ook."],
        ["„Stop!” riep hij.", "Niemand stopte."],
        ["Ds. Van Dijk en jhr. Six zwegen.", "Stil was het."],
        ["Hij kocht appels, peren enz. en ging toen naar huis.", "Daarna sliep hij."],
        ["Zie nrs. 5 en 6, ca. Pasen, m.a.w. Pinksteren niet.", "Goed."],
    ],
)
def test_sentences_do_not_end_behind_abbreviations(sentences: list[str]) -> None:
    assert split_sentences(" ".join(sentences), "nl") == sentences
