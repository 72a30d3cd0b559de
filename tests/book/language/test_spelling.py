import re
from decimal import Decimal

import pytest
from babel import Locale
from babel.localedata import locale_identifiers

from swarm.book.language.known import find_language
from swarm.book.language.spelling import (
    amount,
    currency_of,
    days_have_stops,
    month_names,
    plural_category,
    spelled,
    unit_name,
)


@pytest.mark.parametrize(
    ("figures", "language", "kind", "said"),
    [
        ("21", "en", "cardinal", "twenty-one"),
        ("1,500", "en", "cardinal", "one thousand, five hundred"),
        ("1.500", "de", "cardinal", "eintausendfünfhundert"),
        ("1866", "en", "year", "eighteen sixty-six"),
        ("3", "fr", "ordinal", "troisième"),
        ("3.14", "en", "cardinal", "three point one four"),
        ("3,14", "fr", "cardinal", "trois virgule quatorze"),
        ("007", "en", "cardinal", "zero zero seven"),
    ],
)
def test_a_number_in_words(figures: str, language: str, kind: str, said: str) -> None:
    assert spelled(figures, find_language(language), kind) == said


def test_what_is_longer_than_a_number_is_said_digit_by_digit() -> None:
    assert spelled("9" * 16, find_language("en")) == " ".join(["nine"] * 16)


@pytest.mark.parametrize(("figures", "language", "number"), [("1.234,5", "de", "1234.5"), ("1,234.5", "en", "1234.5")])
def test_figures_stand_for_a_number(figures: str, language: str, number: str) -> None:
    assert amount(figures, find_language(language)) == Decimal(number)


def test_months_are_named_as_they_stand_in_a_date() -> None:
    assert month_names(find_language("en"))[0] == "January"
    assert month_names(find_language("pl"))[4] == "maja"


@pytest.mark.parametrize(
    ("code", "number", "name"),
    [
        ("en", "1", "kilometre"),
        ("en", "5", "kilometres"),
        ("fr", "1.5", "kilomètre"),
        ("pl", "1", "kilometr"),
        ("pl", "2", "kilometry"),
        ("pl", "5", "kilometrów"),
        ("pl", "2.5", "kilometra"),
    ],
)
def test_units_have_the_form_for_the_number(code: str, number: str, name: str) -> None:
    assert unit_name("length-kilometer", Decimal(number), find_language(code)) == name


def test_own_forms_follow_the_same_plurals() -> None:
    zloty = "złoty|złote|złotych|złotego"
    polish = find_language("pl")
    assert [unit_name(zloty, Decimal(number), polish) for number in (1, 2, 5, 22)] == [
        "złoty", "złote", "złotych", "złote",
    ]  # fmt: skip
    assert plural_category(Decimal("0.5"), polish) == "other"


def test_currencies_have_names() -> None:
    assert currency_of("EUR", Decimal(5), find_language("it")) == "euro"
    assert currency_of("EUR", Decimal(5), find_language("fr")) == "euros"


@pytest.mark.parametrize(
    ("code", "expected"),
    [("de", True), ("cs", True), ("hu", True), ("en", False), ("ru", False), ("xx", False), ("", False)],
)
def test_some_languages_write_ordinals_with_a_full_stop(code: str, expected: bool) -> None:
    assert days_have_stops(code) is expected


def test_the_list_of_those_languages_is_cldrs() -> None:
    codes = [code for code in locale_identifiers() if "_" not in code]
    patterns = {code: Locale.parse(code).date_formats["long"].pattern for code in codes if days_have_stops(code)}
    assert len(patterns) > 20
    assert [code for code, pattern in patterns.items() if not re.search(r"(?<!\w)d\.", pattern)] == []
    assert not any(map(days_have_stops, ("en", "fr", "pl", "ru", "sv", "tr")))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("il XX Congresso", "il 20º Congresso"),
        ("la I repubblica", "la 1ª repubblica"),
        ("il XXV Congresso", "il 25 Congresso"),
        ("Malcolm X congressista e V amici", "Malcolm X congressista e V amici"),
    ],
)
def test_a_numeral_before_a_counted_noun_is_its_ordinal(written: str, said: str) -> None:
    numbers = find_language("it").numbers
    assert numbers and numbers.prepare(written) == said
