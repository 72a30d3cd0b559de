import builtins
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.book.speech.sentence import split_sentences


def bare(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ["He quotes 1 Cor. 13:4 and Rom. viii. 28 there.", "It is Livy xxi. 4. 2 again."]),
        ("en", ["See cp. vii. 96 for it.", "See vv. 3-5 of it."]),
        ("en", ["It weighs 3 lbs. 4 oz. and is 5 ft. 3 in. high.", "He came in.", "5 men left."]),
        ("en", ["At lat. 45° N. and long. 12° W. it sank.", "It was long.", "12 men died."]),
        ("en", ["That is how it is.", "5 men came.", "I met Tim.", "3 days went by."]),
        ("en", ["See vol. ii for it.", "Mr. Smith went to vol. II.", "He left."]),
        ("en", ["He said no.", "Then he left."]),
        ("en", ["Mrs. A. B. Smith saw Dr. Jones, Esq. and e.g. others, etc. in the U.S. yesterday.", "Good."]),
        ("en", ["“Stop!” cried the man.", "Nobody stopped."]),
        ("en", ["“What is it?” Alice whispered.", "“Stop!” Mr. Hyde cried.", "“Why?”", "Alice ran."]),
        ("en", ["It is in C.E. Jones's book.", "Then he left."]),
        ("en", ["Wait… what?", "Yes."]),
        ("fr", ["M. Dupont est là.", "Il part avec Mme. Durand."]),
        ("es", ["M. Poirot sonrió.", "Era tarde."]),
        ("pl", ["Szkoła im. Kopernika i M. Poirot.", "Dał im.", "Od razu wyszli."]),
        ("de", ["Am 250. Tag und im 1.000. Jahr kam er.", "Gut."]),
        ("fr", ["Voir p. 12 et t. II.", "Il lit."]),
        ("de", ["Das ist z.B. Herr Dr. Meier.", "Er geht."]),
        ("es", ["El Sr. García vino.", "¿Quién?", "Nadie."]),
        ("zh", ["你好。", "再见。"]),
        ("de", ["Zum 100. Geburtstag kam er.", "Er ging."]),
        ("ja", ["「行く？」と言った。", "とても寒い。"]),
        ("es", ["¿Y tú?… Nada.", "Adiós."]),
        ("xx", ["Hello there.", "Bye now."]),
        ("hi", ["कल डॉ. शर्मा आए।", "उसने पृ. 12 पढ़ा।"]),
        ("bn", ["কাল ডা. সেন এলেন।", "তিনি বসলেন।"]),
        ("fr", ["«Partons!", "Partons! m'écriai-je."]),
        ("fr", ["Il songea à la lettre de J.-B. Hobson, et partit."]),
        ("fr", ["— J. HETZEL, ÉDITEUR —"]),
        ("en", ["It runs in a N.E.-S.W. direction.", "It ends."]),
        ("de", ["Am 3. Mai kam er im 19. Jahrhundert an.", "Gut."]),
        ("en", ["He paid 5s. 6d. for it.", "It cost 5s.", "Then he left."]),
        ("es", ["—¿Vienes? —preguntó él.", "—No —dijo ella—.", "Nunca."]),
        ("it", ["— Vieni? — chiese.", "San Pietro e S. Paolo.", "Bene."]),
        ("ru", ["«Стой!» — крикнул он.", "Она стояла."]),
        ("ja", ["『本。』を読む。", "次。"]),
        ("en", ["It was approx. 5 ft. tall.", "Ft. Worth is big.", "Wait — what? — no."]),
        ("de", ["Die Fa. Meier kauft.", "Gut."]),
        ("es", ["Vive en el n.º 5 de la calle.", "Bien."]),
        ("it", ["Vedi n. 5 del 44 a.C. e basta.", "Bene."]),
        ("es", ["¿Qué?", "¡Ay!", "«Hola», dijo."]),
        ("", ["Hello there.", "Bye now."]),
        ("de", ["Es kostet 5 Mio.", "Er zahlte im 19. Jh.", "Das war so.", "Pfr. Wolf und Hptm. Lang, Tel. 5."]),
        ("fr", ["Il vint le 5 sept. 1638 et partit."]),
        ("nl", ["Op 15 sept. 1900 ging kol. Jansen."]),
        ("pl", ["W 1921 r.", "Był stary o. Jan i hr. Potocki.", "W XIX w. Kraków był mały."]),
        ("ru", ["В 1812 г.", "Он был стар.", "В XIX в. Россия и полк. Иванов."]),
        ("it", ["Nel 44 a.C. Cesare morì.", "Morì nel 44 a.C.", "Cesare era vecchio."]),
        ("en", ["Jane Doe, Ed.D., came.", "She met Ed.D. Smith.", "He left."]),
        ("es", ["Vive en EE. UU.", "Luego vino Fr. Luis y el Cnel. Díaz."]),
        ("pl", ["Przyszedł J. Kowalski i A. Nowak.", "Por. też cz. II.", "Red. Lis, oprac. Kot."]),
        ("ru", ["Пришёл Н. Гоголь.", "Пер. Иванова и кн. Волконский."]),
        ("cs", ["Tak začal vyprávět L. D., byl to přítel.", "Nic víc."]),
        ("fr", ["Avec J. Dupont et A. Martin, Éd. Seuil.", "Louis V.", "Il mourut.", "Le point B.", "Ensuite."]),
        ("de", ["Hrsg. Meier, um 50 v. Chr.", "Er sah es.", "Karl V.", "Er starb.", "Mit A. Müller."]),
        ("es", ["En EE. UU. y con A. Gómez, en 300 a. C.", "El rey murió."]),
        ("it", ["Si veda G. Verdi e A. Boito.", "La prof.ssa Gialli."]),
        ("pt", ["Ver J. Silva e A. Souza em S. Paulo.", "Sim."]),
        ("nl", ["Zie J. de Vries en A. Bakker.", "Goed."]),
        ("en", ["She had plan B.", "Then we ate.", "Henry V.", "He died."]),
        ("en", ["—Mr. Briggs saw MR. JONES, and DR. LEE.", "He left."]),
        ("en", ["Wm. Smith and Pvt. Ryan met on Jan. 5th.", "He left."]),
        ("fr", ["Des pommes, etc.", "Puis M. le comte vint."]),
        ("de", ["Siehe Kap. IV und Abb. 3.", "Äpfel usw.", "Sie kam am 3.", "Er blieb bis zum 5. Mai."]),
        ("it", ["Mele, pere, ecc. e altro, ecc.", "Poi uscì.", "Secondo l'art. 12, il card. Borromeo."]),
        ("ru", ["Смотри гл. IV и рис. 3.", "Св. Николай, г. Тула и т. д.", "Потом он ушёл."]),
        ("pl", ["Św. Piotr i p. Kowalski.", "Jabłka itd.", "Potem wyszedł."]),
        ("nl", ["Appels, peren enz.", "Toen ging hij."]),
        ("de", ["Das war das Ende.", "2. Soziale Bewegungen leiten.", "Er kam."]),
        ("ro", ["Refugiat.", "3.4.2.2. Se va realiza.", "Apoi: 1. Se taie."]),
        ("hu", ["A II. Rákóczi Ferenc Gimnázium.", "Jó."]),
        ("tr", ["Dün Org. Hilmi ve II. Mehmet geldi.", "Gitti."]),
        ("nl", ["Dhr. Jansen en mevr. De Wit kwamen.", "Ze bleven."]),
        ("nl", ["Hij las bijv. Multatuli, d.w.z. Dekker.", "Dat was alles."]),
        ("nl", ["Zie blz. 12 en hfdst. 3.", "Lees verder."]),
        ("nl", ["Prof. dr. Vos en drs. Smit spraken o.a. Frans.", "Ik ook."]),
        ("nl", ["„Stop!” riep hij.", "Niemand stopte."]),
        ("nl", ["Ds. Van Dijk en jhr. Six zwegen.", "Stil was het."]),
        ("nl", ["Hij kocht appels, peren enz. en ging toen naar huis.", "Daarna sliep hij."]),
        ("nl", ["Zie nrs. 5 en 6, ca. Pasen, m.a.w. Pinksteren niet.", "Goed."]),
        ("pl", ["Prof. Nowak, dr hab. Lis i mgr inż. Kos przyszli.", "Adam też."]),
        ("pl", ["Mieszka przy ul. Długiej.", "Ma kota."]),
        ("pl", ["W 1921 r. Polska była wolna.", "W XIX w. Kraków był mały."]),
        ("pl", ["Byli tam np. Kowalski, tzn. Jan, i m.in. Ewa.", "Potem wyszli."]),
        ("pl", ["Kupił chleb, ser itd. i wrócił, tj. Jan.", "Cisza."]),
        ("pl", ["Zob. s. 15 i t. II.", "Czytał."]),
        ("pl", ["„Stój!” krzyknął.", "„Kto idzie?” Jan zapytał.", "— Nie wiem — odparł.", "Cisza."]),
        ("pl", ["Ks. Piotr i św. Jan szli.", "Tak."]),
        ("pl", ["Urodził się 3 maja 1921 r. w Wilnie.", "Umarł."]),
        ("pl", ["Przyszedł „prof. Nowak”, tzw. Lis.", "Wyszedł."]),
        ("ru", ["Это было в 1812 г. в Москве.", "Он купил яблоки и т. п.", "Потом ушёл."]),
    ],
)
def test_sentences(language: str, sentences: list[str]) -> None:
    joined = "" if language in ("zh", "ja") else " "
    assert split_sentences(joined.join(sentences), language) == sentences


def test_an_apostrophe_begins_the_word_behind_it() -> None:
    text = "He slept. ’Twas late. ’Tis so! 'Em all? They came in ’98. ’99 was bad. The boys’. ‘No.’"
    assert split_sentences(text, "en") == [
        "He slept.",
        "’Twas late.",
        "’Tis so!",
        "'Em all?",
        "They came in ’98.",
        "’99 was bad.",
        "The boys’.",
        "‘No.’",
    ]


def test_where_one_might_join_too_much() -> None:
    pytest.importorskip("sentencex")  # pysbd does not split these, so there is nothing to join
    assert split_sentences("He saw the U.S. Then he left.", "en") == ["He saw the U.S.", "Then he left."]
    assert split_sentences("「はい。」とても寒い。", "ja") == ["「はい。」", "とても寒い。"]


@given(st.text(max_size=200), st.sampled_from(["en", "fr", "ja", "xx", ""]))
def test_nothing_is_lost(text: str, language: str) -> None:
    assert bare("".join(split_sentences(text, language))) == bare(text)


def test_pysbd_serves_where_sentencex_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pysbd")
    real: Callable[..., Any] = builtins.__import__

    def without_sentencex(name: str, *rest: Any) -> Any:
        if name == "sentencex":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_sentencex)
    assert split_sentences("See vol. ii for it. He left. M. Dupont too.", "en")[0] == "See vol. ii for it."
    assert split_sentences("M. Dupont est là. Il part.", "fr") == ["M. Dupont est là.", "Il part."]
    assert split_sentences("One here. Two here.", "xx") == ["One here.", "Two here."]
    assert split_sentences("“He left. That was all.”", "en")[-1].endswith(".”")
    assert split_sentences("He was an M.D., D.C.L., LL.D., F.R.S., etc.", "en") == [
        "He was an M.D., D.C.L., LL.D., F.R.S., etc."
    ]
    assert split_sentences("La lettre de J.-B. Hobson.", "fr") == ["La lettre de J.-B. Hobson."]


def test_a_page_of_abbreviations_takes_no_long_time() -> None:
    assert len(split_sentences("vol. 1 " * 50_000, "en")) == 1


LONG = (
    "I know what you have done to him, and so does everybody in the house, down to the boy who cleans the boots. "
    "You do not think so, of course, and nor does she. "
)


@pytest.mark.parametrize(
    ("text", "language", "parts"),
    [
        (f"“{LONG}We shall see what he says,” said Ann.", "en", 3),
        (f"‘{LONG}We’ll see what the boys’ father says,’ said Ann.", "en", 3),
        ("“Go. I will not. You will,” said Ann.", "en", 1),  # short ones are one breath
        (f"„{LONG}Wir werden schon sehen, was er sagt“, sagte sie.", "de", 3),
        (f"« {LONG}Nous verrons bien ce qu’il en dira. » Il sortit.", "fr", 4),
    ],
)
def test_a_long_speech_is_divided_into_its_sentences(text: str, language: str, parts: int) -> None:
    found = split_sentences(text, language)
    assert len(found) == parts
    assert " ".join(found) == text
