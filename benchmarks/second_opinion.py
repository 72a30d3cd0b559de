"""Compares what is said of written forms with kitten-text-processing, which has the grammars of NeMo-text-processing.

python benchmarks/second_opinion.py en es            a grid of forms that CLDR makes, of each class, in these languages
python benchmarks/second_opinion.py BOOK.epub ...    the forms of books, each with two words on either side
python benchmarks/second_opinion.py --written        what people write in English, by benchmarks/second_opinion_en.txt
python benchmarks/second_opinion.py --made           English dates, addresses and sites whose words their parts make
python benchmarks/second_opinion.py --list ...       names each difference

Needs `pip install kitten-text-processing==0.1.0` (Apache-2.0), which is no dependency of the program. Counted are forms
of which the two say other words, by the comparison of benchmarks/normalisation.py. Which of them is right a person
decides, by kinds: docs/benchmarks-of-reading.md. That judge takes a tenth of a second a form and more.
--made needs none.
"""

import argparse
import sys
from calendar import month_name
from collections import Counter
from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from itertools import product
from pathlib import Path
from random import Random

import regex
from babel.dates import format_date, format_time
from babel.numbers import format_compact_currency, format_currency, format_decimal
from babel.units import format_unit

sys.path.insert(0, str(Path(__file__).resolve().parent))

from normalisation import _alike, _speech, judge
from num2words import num2words

from swarm.book.any_file import read_book
from swarm.book.speech.script import chapter_texts

DATES = (date(2023, 5, 3), date(1812, 12, 21), date(1900, 1, 1), date(2005, 11, 30), date(1789, 7, 14))
ORDERS = (
    "d/M/yyyy|dd.MM.yyyy|yyyy-MM-dd|d MMM yyyy|MMM yyyy|d MMMM|MMM d, yyyy|d. MMMM yyyy|dd/MM/yy|yyyy/MM/dd|d-MMM-yyyy"
)
CLOCKS = ((0, 0), (1, 1), (5, 30), (8, 5), (12, 0), (13, 15), (21, 21), (23, 59))
NUMBERS = (0, 1, 2, 11, 16, 21, 31, 100, 101, 110, 121, 200, 1000, 1001, 1100, 1234, 9999, 21_100, 123_456, 2_500_000)
AMOUNTS = ("1", "2", "21", "1.5", "0.5", "12.50", "100", "1234.56", "5.05")
UNITS = (
    "length-kilometer length-meter mass-kilogram mass-gram volume-liter speed-kilometer-per-hour temperature-celsius "
)
UNITS += (
    "duration-hour duration-minute area-square-kilometer digital-megabyte frequency-hertz power-kilowatt mass-tonne"
)
FORMS = {
    "fraction": "1/2 2/3 3/4 3/8 5/16 7/10 1/100 12/5 23/24 1/20 ½ 3½ 2¾ 11/21",
    "range": "1-2 3-7 10–20 1914-1918 1914–18 5-10% 100-200 9:00-17:00 $5-10",
    "telephone": "555-1234 (555)123-4567 +493012345 800-555-0199 123-45-6789",
    "electronic": "www.example.com info@example.com http://example.org example.com/page.html a_b-c@d.de",
    "math": "2+2=4 5-3=2 3×4=12 10÷2=5 x=5 x² 10^6 ≥5",
    "serial": "A4 F-16 R2D2 COVID-19 1.2.3 1234-5678-9012-3456",
}
SPACES = regex.compile(r"[\u00a0\u202f\u2009]")
MARKS = regex.compile(r"[\u200e\u200f\u061c]")
FORM = regex.compile(r"(?:\S+\s){0,2}\S*(?:\d|(?<![\p{L}'’])[IVX]{2,}(?!\p{L}))\S*(?:\s\S+){0,2}")
KINDS = (
    ("electronic", r"@|://|www\.|\.(?:com|org)\b"),
    ("money", r"\p{Sc}|\b[A-Z]{3}\s?\d"),
    ("time", r"\d[:h]\d\d|\b[ap]\.?m\b"),
    ("date", r"\d[./-]\d{1,2}[./-]\d|\b1[5-9]\d\d\b|\b20\d\d\b"),
    ("fraction", r"\d/\d|[½¼¾⅓⅔⅛]"),
    ("range", r"\d\s?[–-]\s?\d"),
    ("measure", r"\d\s?(?:[%°′″]|[kcm]?[mgl]\b)"),
    ("ordinal", r"\d(?:st|nd|rd|th|[ºª]|er?\b|\.(?=\s\p{Lu}))"),
    ("roman", r"\b[IVX]{2,}\b"),
    ("decimal", r"\d[.,]\d"),
    ("serial", r"\p{L}-?\d|\d-?\p{L}"),
)


def grid(code: str) -> Iterator[tuple[str, str]]:
    """Yield the class and the written form of a grid of forms of a language."""
    latin = {"locale": code, "numbering_system": "latn"}

    def number(amount: str) -> str:
        return str(format_decimal(Decimal(amount), "#,##0.##", **latin))

    for whole in NUMBERS:
        yield from (("cardinal", str(whole)), ("cardinal", number(str(whole))), ("cardinal", f"-{whole}"))
    for day in DATES:
        for order in ("full", "long", "medium", "short", *ORDERS.split("|")):
            yield "date", format_date(day, order, locale=code)
    for hour, minute in CLOCKS:
        yield from (("time", format_time(time(hour, minute), "short", locale=code)), ("time", f"{hour}:{minute:02}"))
        yield from (
            ("time", f"{hour}h{minute:02}"),
            ("time", f"{hour}:{minute:02}:45"),
            ("time", f"{hour}.{minute:02}"),
        )
    for amount in AMOUNTS:
        yield from (("decimal", number(amount)), ("percent", f"{number(amount)}%"), ("percent", f"-{number(amount)} %"))
        for currency in ("USD", "EUR", "GBP"):
            yield "money", format_currency(Decimal(amount), currency, **latin)
            yield from (("money", f"{number(amount)} {currency}"), ("money", f"{currency} {number(amount)}"))
        for unit in UNITS.split():
            yield "measure", format_unit(Decimal(amount), unit, "short", **latin)
    yield from (
        ("money", format_compact_currency(n, "EUR", locale=code, fraction_digits=1)) for n in (1_500_000, 10**9)
    )
    yield from ((kind, form) for kind, forms in FORMS.items() for form in forms.split())


def written() -> Iterator[tuple[str, str]]:
    """Yield the class and the form of what people write in English."""
    lines = Path(__file__).with_name("second_opinion_en.txt").read_text("utf-8").splitlines()
    slots = dict(line.split(" = ", 1) for line in lines if regex.match(r"\w+ = ", line))
    for kind, forms in (line.split(": ", 1) for line in lines if regex.match(r"[a-z]+: ", line)):
        for form in filter(None, map(str.strip, forms.split("|"))):
            names, chance = regex.findall(r"\{(\w+)\}", form), Random(form)
            pools = [chance.sample(words, len(words)) for words in (slots[name].split() for name in names)]
            for turn in range(max(map(len, pools), default=1)):
                made = form
                for name, pool in zip(names, pools, strict=True):
                    made = made.replace(f"{{{name}}}", pool[(turn + turn // len(pool)) % len(pool)], 1)
                yield kind, made if kind == "electronic" else made.replace("_", " ")


MONTHS = list(month_name)[1:]
HOUSES = {
    "5": "five",
    "101": "one oh one",
    "221": "two twenty one",
    "1600": "sixteen hundred",
    "2788": "twenty seven eighty eight",
}
HOUSES |= {
    "21B": "twenty one B",
    "1005": "ten oh five",
    "12345": "one two three four five",
    "10500": "ten thousand five hundred",
}
WINDS = {"": "", "N ": "North ", "N. ": "North ", "SW ": "Southwest ", "West ": "West "}
STREETS = {"Main": "Main", "San Tomas": "San Tomas", "42nd": "forty second", "Martin Luther King": "Martin Luther King"}
KINDS_OF_STREETS = {
    "St": "Street",
    "Ave": "Avenue",
    "Blvd": "Boulevard",
    "Dr.": "Drive",
    "Pl": "Place",
    "Expy.": "Expressway",
    "Road": "Road",
}
TOWNS = {
    "": "",
    ", Town": " Town",
    ", Santa Clara, CA": " Santa Clara California",
    ", Apt 5, Boston": " Apartment five Boston",
}
TOWNS |= {
    " Apt. 12, Boston, MA 02134-1234": " Apartment twelve Boston Massachusetts "
    "zero two one three four one two three four"
}
TOWNS |= {", New York NY 10001": " New York New York one zero zero zero one"}
HOSTS = "example.com my-site.org a1b2.co.uk sub.example.de Example.net nvidia.io site2.edu"
TAILS = " / /page /a/b-c /index.html /2023/05/x ?q=1 #top :8080 :8080/a"


def made() -> Iterator[tuple[str, str, str]]:
    """Yield class, form and words of English dates, addresses and sites."""
    spelled = (str, str.lower, str.upper, lambda name: f"{name[:3]}.", lambda name: name[:3].lower())
    years = {"": "", " {}": " {}", ", {}": " {}"}
    for number, (name, spell, (year, said)) in enumerate(product(MONTHS, spelled, years.items())):
        day, when = 1 + number * 7 % 28, (1066, 1506, 1812, 1905, 1999, 2005, 2021)[number % 7]
        words = f"{num2words(day, to='ordinal')}", said.format(num2words(when, to="year"))
        yield "month, day", f"{spell(name)} {day}{year.format(when)}", f"{name} {words[0]}{words[1]}"
        yield (
            "day, month",
            f"the {num2words(day, to='ordinal_num')} of {spell(name)}{year.format(when)}",
            f"{words[0]} {name}{words[1]}",
        )
        if day > 12:
            month = MONTHS.index(name) + 1
            for form in (f"{month}/{day}/{when}", f"{day}.{month}.{when}", f"{when}-{month:02}-{day}"):
                yield "figures", form, f"{name} {words[0]} {num2words(when, to='year')}"
    for parts in list(product(*(each.items() for each in (HOUSES, WINDS, STREETS, KINDS_OF_STREETS, TOWNS))))[::29]:
        form, words = zip(*parts, strict=True)
        yield (
            "address",
            f"{form[0]} {form[1]}{form[2]} {form[3]}{form[4]}",
            f"{words[0]} {words[1]}{words[2]} {words[3]}{words[4]}",
        )
    for host, tail in product(HOSTS.split(), TAILS.split(" ")):
        digits = regex.sub(r"\d", lambda match: f" {num2words(int(match[0]))} ", host)
        yield "site", f"https://{host}{tail}", digits.replace(".", " dot ").replace("-", " dash ")


def compare_made(*, listed: bool) -> tuple[Counter[str], Counter[str]]:
    """Return by class how many forms were made, alone and in a sentence, and how many are said unlike their parts."""
    total, other = Counter[str](), Counter[str]()
    for (kind, form, words), around in product(made(), ("{}", "It was {} then.")):
        said = _speech().say(around.format(form), "en")
        total[kind] += 1
        if _alike(said, "en") != _alike(around.format(words), "en"):
            other[kind] += 1
            if listed:
                print(f"    {kind}: {around.format(form)} | {said}")
    return total, other


def forms_of(book: Path, most: int) -> tuple[str, list[tuple[str, str]]]:
    """Return the language of a book, and up to so many of its forms, spread over it."""
    read = read_book(book)
    texts = (text for chapter in chapter_texts(read) for text in chapter)
    found = list(dict.fromkeys(match[0] for text in texts for match in FORM.finditer(text)))
    chosen = found[:: max(1, len(found) // most)][:most]
    return read.language, [(_kind(form), form) for form in chosen]


def _kind(form: str) -> str:
    return next((kind for kind, pattern in KINDS if regex.search(pattern, form)), "cardinal")


def compare(code: str, forms: list[tuple[str, str]], *, listed: bool) -> tuple[Counter[str], Counter[str]]:
    """Return by class how many forms both could say, and how many are said otherwise; print these if `listed`."""
    from kitten_text_processing import Normalizer

    second, total, other = Normalizer(input_case="cased", lang=code), Counter[str](), Counter[str]()
    for kind, written in dict.fromkeys((kind, MARKS.sub("", SPACES.sub(" ", form))) for kind, form in forms):
        try:
            theirs = second.normalize(written)
        except Exception:  # its grammars have no path for some texts, and say so in several ways
            continue
        if not theirs or theirs == written or regex.search(r"\d", theirs):
            continue
        verdict, ours = judge(kind, written, [theirs], code)
        total[kind] += 1
        other[kind] += verdict == "wrong"
        if listed and verdict == "wrong":
            print(f"    {kind}: {written} | {ours} | {theirs}")
    return total, other


def main() -> None:
    """Print a table of the classes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", help="codes of languages, or books")
    parser.add_argument("--written", action="store_true", help="compare what people write in English, too")
    parser.add_argument("--made", action="store_true", help="compare English forms with the words of their parts, too")
    parser.add_argument("--most", type=int, default=100, help="the forms of each book")
    parser.add_argument("--list", action="store_true", help="name the differences")
    options = parser.parse_args()
    print("| of | class | forms | said otherwise |\n| --- | --- | --- | --- |")
    for what in (*options.what, *["written"] * options.written, *["made"] * options.made):
        if what == "made":
            total, other = compare_made(listed=options.list)
        else:
            made_of = {"written": ("en", written())}.get(what) or (what, grid(what))
            code, forms = forms_of(Path(what), options.most) if what.endswith(".epub") else made_of
            total, other = compare(code[:2], list(forms), listed=options.list)
        for kind in total:
            print(f"| {Path(what).stem} | {kind} | {total[kind]} | {other[kind]} |", flush=True)


if __name__ == "__main__":
    main()
