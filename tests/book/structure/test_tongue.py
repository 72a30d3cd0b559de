import pytest
from prose import PROSE

from swarm.book.language.detection import leaning
from swarm.book.page.passage import Passage
from swarm.book.structure.book_language import BookLanguage, mark_foreign_passages, settle
from swarm.book.structure.composition import named_language, named_region


def test_the_text_wins_over_the_declared_language_where_it_is_plain() -> None:
    tongue = settle("en", PROSE["it"])
    assert tongue.language == "it"
    assert tongue.doubt == "it says that it is in English, but its text is Italian: read as Italian"


def test_a_language_that_a_program_only_supposed_is_corrected_without_a_word() -> None:
    assert settle("en", PROSE["ru"], believed=False) == BookLanguage("ru")


def test_a_declared_language_stays_where_the_text_is_short_mixed_or_nearly_the_same() -> None:
    assert settle("fr", "Non.") == BookLanguage("fr")
    assert settle("en", f"{PROSE['en']} {PROSE['en']} {PROSE['it']} {PROSE['it']}").language == "en"
    assert settle("gl", PROSE["pt"]) == BookLanguage("gl")


def test_the_filler_text_of_a_template_is_in_no_language() -> None:
    filler = (
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore "
        "magna aliqua. Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea "
        "commodo consequat. Duis aute irure dolor in reprehenderit in voluptate velit esse cillum dolore eu fugiat "
        "nulla pariatur. Excepteur sint occaecat cupidatat non proident, sunt in culpa qui officia deserunt mollit."
    )
    assert settle("vi", filler) == BookLanguage("vi")


def test_a_book_in_two_languages_is_in_the_one_that_it_declares() -> None:
    text = f"{PROSE['en']} {PROSE['en']} " + "第一章这是一本中文书，讲述一个人的故事。" * 8
    assert settle("zh", text) == BookLanguage("zh")
    assert settle("zh", PROSE["en"]).language == "en"


def test_a_book_that_names_no_language_has_that_of_its_text() -> None:
    assert settle("", PROSE["nl"]) == BookLanguage("nl")
    assert settle("", "Hm.").language == "en"
    assert settle("", "Es war einmal ein König, der hatte eine Tochter, und sie war schön.").language == "de"
    assert "does not name its language" in settle("", "Hm.").doubt


@pytest.mark.parametrize("code", ["und", "mul", "mis", "zxx"])
def test_a_code_for_no_or_many_languages_names_none(code: str) -> None:
    assert named_language((code,)) == ""
    assert named_language((code, "de-AT")) == "de"


def test_a_passage_in_another_language_is_marked_unless_it_is_left_out() -> None:
    passages = [Passage("paragraph", PROSE[code]) for code in ("en", "fr", "de")]
    passages[2].left_out = "licence"
    mark_foreign_passages(passages, "en")
    assert [passage.language for passage in passages] == ["", "fr", ""]


def test_headings_and_short_lines_go_with_the_passages_beside_them_that_they_are_like() -> None:
    texts = ["The Old House", PROSE["en"], "Das alte Haus", PROSE["de"], "Der Vater und die Söhne", "1", PROSE["de"]]
    texts += ["The Sea", PROSE["en"], "Alice", PROSE["en"], PROSE["de"], PROSE["de"]]
    passages = [Passage("paragraph", text) for text in texts]
    mark_foreign_passages(passages, "en")
    assert [passage.language for passage in passages[:11]] == ["", "", "de", "de", "de", "", "de", "", "", "", ""]


def test_short_lines_of_a_book_in_one_language_stay_in_it() -> None:
    passages = [Passage("paragraph", text) for text in (PROSE["en"], "Der Vater", PROSE["en"], "第一章", PROSE["en"])]
    mark_foreign_passages(passages, "en")
    assert not any(passage.language for passage in passages)


def test_a_short_line_in_letters_of_its_own_is_in_no_language_without_these() -> None:
    assert leaning("第一章", "zh", "en") > 0 > leaning("第一章", "en", "zh")
    assert leaning("Preface", "zh", "en") < 0
    assert leaning("信じる心", "ja", "zh") > 0 > leaning("第一章", "ja", "zh")


def test_a_mark_of_the_book_stays_unless_all_its_text_contradicts_it() -> None:
    passages = [Passage("paragraph", PROSE["es"], language="en-US") for _ in range(3)]
    passages.append(Passage("paragraph", "Bonjour, mon ami.", language="fr"))
    mark_foreign_passages(passages, "es")
    assert [passage.language for passage in passages] == ["", "", "", "fr"]


def test_a_mark_of_the_book_s_own_language_or_of_none_is_as_good_as_no_mark() -> None:
    marks = ("en-US", "eng", "xx-nonsense;⟦", "mul")
    passages = [Passage("paragraph", PROSE["fr"], language=mark) for mark in marks]
    passages.append(Passage("paragraph", "It rained.", language="en-US"))
    mark_foreign_passages(passages, "en")
    assert [passage.language for passage in passages] == ["fr", "fr", "fr", "fr", ""]


def test_letters_that_a_language_never_has_contradict_its_mark() -> None:
    texts = ("Привет, мой друг, как дела?", "你好", "1848", "Dobryi den")
    passages = [
        Passage("paragraph", text, language=mark) for text, mark in zip(texts, ("fr", "de", "ru", "ru"), strict=True)
    ]
    mark_foreign_passages(passages, "en")
    assert [passage.language for passage in passages] == ["ru", "", "ru", "ru"]


def test_a_declared_language_that_no_detector_knows_is_believed_of_a_text_that_is_only_like_another() -> None:
    uzbek = (
        "Qari daryochi bolaligidan daryo bo'yida yashar va undagi har bir toshni bilar edi. Kechqurun u uyining oldida "
        "o'tirib, tovushsiz oqib o'tayotgan suvga qarardi. Bir kecha yo'ldan notanish odam keldi va undan darhol "
        "narigi qirg'oqqa olib o'tishni so'radi, chunki u yerda uni kimdir kutayotgan edi, vaqti esa juda oz edi."
    )
    assert settle("uz", uzbek) == BookLanguage("uz")
    assert settle("xh", uzbek) == BookLanguage("xh")
    assert settle("xh", PROSE["en"]).language == "en"


def test_a_script_of_few_languages_contradicts_none_of_them() -> None:
    assert settle("yue", PROSE["zh"]) == BookLanguage("yue")
    assert settle("grc", PROSE["el"]) == BookLanguage("grc")
    assert settle("zh", PROSE["ja"]).language == "ja"


@pytest.mark.parametrize(
    ("named", "language", "region"),
    [
        (("pt-PT",), "pt", "PT"),
        (("en", "pt_br", "pt-PT"), "pt", "BR"),
        (("zh-Hant-TW",), "zh", "TW"),
        (("es-419",), "es", "419"),
        (("pt", "en-GB"), "pt", ""),
        ((), "pt", ""),
    ],
)
def test_the_first_tag_of_a_language_with_a_region_names_it(named: tuple[str, ...], language: str, region: str) -> None:
    assert named_region(named, language) == region
