import pytest
from said import said

from swarm.book.speech.sentence import split_sentences


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (
            "3 maja, 21 czerwca i 30. listopada",
            "trzeciego maja, dwudziestego pierwszego czerwca i trzydziestego listopada",
        ),
        ("Zmarł 3 maja 1921 r.", "Zmarł trzeciego maja tysiąc dziewięćset dwudziestego pierwszego roku."),
        ("dnia 3.05.2021", "dnia trzeciego maja dwa tysiące dwudziestego pierwszego roku"),
        (
            "w 1921 r. i od 1866 roku",
            "w tysiąc dziewięćset dwudziestym pierwszym roku i od tysiąc osiemset sześćdziesiątego szóstego roku",
        ),
        ("W 1921 r. Polska była wolna.", "W tysiąc dziewięćset dwudziestym pierwszym roku Polska była wolna."),
        ("rok 1921, w roku 1918", "rok tysiąc dziewięćset dwudziesty pierwszy, w roku tysiąc dziewięćset osiemnastym"),
        ("przed 1914 rokiem", "przed tysiąc dziewięćset czternastym rokiem"),
        ("Było to w 1921.", "Było to w tysiąc dziewięćset dwudziestym pierwszym."),
        ("w XIX w., XX wiek, z XVI wieku", "w dziewiętnastym wieku, dwudziesty wiek, z szesnastego wieku"),
        ("na przełomie XIX i XX w.", "na przełomie dziewiętnastego i dwudziestego wieku."),
        ("lata 90., w latach 20.", "lata dziewięćdziesiąte, w latach dwudziestych."),
        (
            "5. klasa, w 3. rzędzie, 2. piętro, do 4. piętra, w 6. klasie",
            "piąta klasa, w trzecim rzędzie, drugie piętro, do czwartego piętra, w szóstej klasie",
        ),
        ("o 10:30, do godz. 8, przed 9:15", "o dziesiątej trzydzieści, do godziny ósmej, przed dziewiątą piętnaście"),
        ("Jest 10:30; godz. 12", "Jest dziesiąta trzydzieści; godzina dwunasta"),
        ("Jan III, za Jana III Sobieskiego, Elżbieta II", "Jan trzeci, za Jana trzeciego Sobieskiego, Elżbieta druga"),
        (
            "To 1 kobieta, 2 kobiety, 22 godziny, 2 domy",
            "To jedna kobieta, dwie kobiety, dwadzieścia dwie godziny, dwa domy",
        ),
        ("Ma 1 książkę, 1 okno i 5 mężczyzn", "Ma jedną książkę, jedno okno i pięciu mężczyzn"),
        ("1 km, 2 km, 5 km, 2,5 km", "jeden kilometr, dwa kilometry, pięć kilometrów, dwa przecinek pięć kilometra"),
        ("1 zł, 2 zł, 5 zł, 3,50 zł", "jeden złoty, dwa złote, pięć złotych, trzy złote pięćdziesiąt"),
        ("5 mln zł, 2 tys. ludzi, 5 €", "pięć milionów złotych, dwa tysiące ludzi, pięć euro"),
        (
            "20°C, 50%, 2 m², 5 cm²",
            "dwadzieścia stopni Celsjusza, pięćdziesiąt procent, dwa metry kwadratowe, pięć centymetrów kwadratowych",
        ),
        ("1/3, 2/3, 3/8, 5/8, 2½", "jedna trzecia, dwie trzecie, trzy ósme, pięć ósmych, dwa i pół"),
        ("Prof. Nowak, dr Lis i mgr inż. Kos", "Profesor Nowak, doktor Lis i magister inżynier Kos"),
        ("przy ul. Długiej, ul. Długa 5", "przy ulicy Długiej, ulica Długa pięć"),
        ("kościół św. Jana, św. Anna i św. Anny", "kościół świętego Jana, święta Anna i świętej Anny"),
        (
            "np. ser, tzn. jedzenie, m.in. chleb itd.",
            "na przykład ser, to znaczy jedzenie, między innymi chleb i tak dalej.",
        ),
        ("zob. s. 15, t. II, rozdz. 3, nr 5", "zobacz strona piętnaście, tom dwa, rozdział trzy, numer pięć"),
        ("300 r. p.n.e.", "trzechsetnego roku przed naszą erą."),
        ("Od 1 do 5 maja, w dniach 3-5 maja", "Od pierwszego do piątego maja, w dniach trzeciego do piątego maja"),
        ("ul. 3 Maja 5, przy ul. 3 Maja", "ulica trzeciego Maja pięć, przy ulicy trzeciego Maja"),
        ("o godz. 14.35 albo o 7 rano", "o godzinie czternastej trzydzieści pięć albo o siódmej rano"),
        ("lata 20. i 30. XX w.", "lata dwudzieste i trzydzieste dwudziestego wieku."),
        (
            "od 5 do 10%, ok. 6 mln, do 3 osób",
            "od pięciu do dziesięciu procent, około sześciu milionów, do trzech osób",
        ),
        ("Jan I Olbracht, Henryk VIII", "Jan pierwszy Olbracht, Henryk ósmy"),
        ("Dał im. Od 2 do 5 km i do 3 kg.", "Dał im. Od dwóch do pięciu kilometrów i do trzech kilogramów."),
        (
            "W J 3,16, 1 J 4,8 i 1 P 2,9",
            "W Jana trzy, szesnaście, Pierwszy Jana cztery, osiem i Pierwszy Piotra dwa, dziewięć",
        ),
        ("p. Anna, 5 zł 20 gr, 1 mln zł", "pani Anna, pięć złotych dwadzieścia groszy, milion złotych"),
        ("J 3 i 5 J, cz. II", "J trzy i pięć J, część dwa"),
        ("Pisz na a@b.pl.", "Pisz na a małpa b kropka pl."),
        (
            "5-letni, 25-letnia, 100-metrowy, 150-lecie",
            "pięcioletni, dwudziestopięcioletnia, stumetrowy, stupięćdziesięciolecie",
        ),
        ("na przełomie XV–XVI w.", "na przełomie piętnastego i szesnastego wieku."),
        ("Po raz 3. i po raz 4.", "Po raz trzeci i po raz czwarty."),
        ("ulica im. Kopernika", "ulica imienia Kopernika"),
        ("Dzwoń 22 123 45 67.", "Dzwoń dwa dwa, jeden dwa trzy, cztery pięć, sześć siedem."),
    ],
)
def test_forms_are_said(written: str, words: str) -> None:
    assert said(written, "pl") == words


@pytest.mark.parametrize(
    "sentences",
    [
        ["Prof. Nowak, dr hab. Lis i mgr inż. Kos przyszli.", "Adam też."],
        ["Mieszka przy ul. Długiej.", "Ma kota."],
        ["W 1921 r. Polska była wolna.", "W XIX w. Kraków był mały."],
        ["Byli tam np. Kowalski, tzn. Jan, i m.in. Ewa.", "Potem wyszli."],
        ["Kupił chleb, ser itd. i wrócił, tj. Jan.", "Cisza."],
        ["Zob. s. 15 i t. II.", "Czytał."],
        ["„Stój!” krzyknął.", "„Kto idzie?” Jan zapytał.", "— Nie wiem — odparł.", "Cisza."],
        ["Ks. Piotr i św. Jan szli.", "Tak."],
        ["Urodził się 3 maja 1921 r. w Wilnie.", "Umarł."],
        ["Przyszedł „prof. Nowak”, tzw. Lis.", "Wyszedł."],
    ],
)
def test_sentences_do_not_end_behind_abbreviations(sentences: list[str]) -> None:
    assert split_sentences(" ".join(sentences), "pl") == sentences


def test_a_page_of_figures_takes_no_long_time() -> None:
    assert said("3 maja 1921 r. w XIX w. " * 2_000, "pl").startswith("trzeciego maja")
    assert said("w 5. " * 10_000 + "1 " * 10_000, "pl")
