import subprocess
import sys

import pytest

from swarm.book.model.language_code import language_name, long_code, marked_language, normal_language
from swarm.errors import UsageError


def test_codes_tags_and_names_become_the_primary_subtag() -> None:
    for word, code in [
        ("en", "en"),
        ("eng", "en"),
        ("en-GB", "en"),
        ("EN_us", "en"),
        (" English ", "en"),
        ("fra", "fr"),
        ("fre", "fr"),
        ("French", "fr"),
        ("ger", "de"),
        ("zho", "zh"),
        ("zh-Hant-TW", "zh"),
        ("zh-cn", "zh"),
        ("cmn", "zh"),
        ("no", "nb"),
        ("pt-br", "pt"),
        ("Ancient Greek", "grc"),
        ("vo", "vo"),
        ("fil", "tl"),
        ("sh", "hr"),
        ("tlh", "piqd"),
        ("Klingon", "piqd"),
        ("Bangla", "bn"),
        ("Bengali", "bn"),
        ("ewe", "ewe"),
    ]:
        assert normal_language(word) == code


def test_nonsense_is_refused() -> None:
    for word in [
        "",
        "-",
        "und",
        "mul",
        "zxx",
        "unknown language",
        "e",
        "english please",
        "12",
        "en/../..",
        "x" * 10_000,
    ]:
        with pytest.raises(UsageError, match="names no language") as refusal:
            normal_language(word)
        assert len(str(refusal.value)) < 200, word


def test_a_language_has_a_name() -> None:
    assert language_name("fr") == "French"
    assert language_name("grc") == "Ancient Greek"
    assert language_name("vo") == "Volapük"
    assert language_name("sjn") == "Sindarin"
    assert language_name("xx") == "xx"


def test_a_language_has_its_three_letters() -> None:
    for code, long in [
        ("en", "eng"),
        ("fr", "fra"),
        ("grc", "grc"),
        ("zh", "zho"),
        ("xx", "und"),
        ("nb", "nob"),
        ("ak", "aka"),
    ]:
        assert long_code(code) == long


def test_a_mark_of_a_book_names_a_language_or_none() -> None:
    for mark, code in [
        ("fr-CA", "fr"),
        ("ger", "de"),
        ("iw", "he"),
        ("no", "nb"),
        ("mul", ""),
        ("", ""),
        ("fr;espeak;⟦", ""),
        ("x" * 9999, ""),
    ]:
        assert marked_language(mark) == code


def test_codes_of_two_letters_and_no_mark_need_no_babel() -> None:
    script = (
        "import sys; from swarm.book.model.language_code import marked_language as m; "
        "m('en'), m(''); print('babel' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"
