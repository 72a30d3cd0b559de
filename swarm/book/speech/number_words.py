"""How languages say what stands around figures."""

from functools import lru_cache

import regex
from msgspec import Struct

from swarm.book.page.markup import words

SIGNS = "$£€"
UNITS = ("km/h", "km", "cm", "mm", "kg", "mg", "ml", "ft", "lbs")
# Those that one language alone writes, or whose letters mean nothing else in it.
MORE_UNITS = {
    "en": {"mph": "miles an hour", "oz": "ounces", "lb": "pounds", "hrs": "hours", "hr": "hours", "yds": "yards"},
    "fr": {"m": "mètres", "g": "grammes", "l": "litres", "ha": "hectares", "min": "minutes"},
    "de": {"m": "Meter", "g": "Gramm", "l": "Liter", "ha": "Hektar", "Std": "Stunden", "Min": "Minuten"},
    "es": {"m": "metros", "g": "gramos", "l": "litros", "ha": "hectáreas", "min": "minutos"},
    "it": {"m": "metri", "g": "grammi", "l": "litri", "min": "minuti"},
    "pt": {"m": "metros", "g": "gramas", "l": "litros", "min": "minutos"},
    "nl": {"m": "meter", "g": "gram", "l": "liter", "min": "minuten"},
}
SCALES = {"million": "million", "billion": "billion", "trillion": "trillion", "thousand": "thousand"}
FRACTIONS = "½¼¾"

# Rulers whose numerals are said, however their names are spelled; "Malcolm X" is none.
RULERS = words(
    "Louis Ludwig Lodewijk Luis Luigi Henri Henry Heinrich Enrique Enrico Hendrik Charles Karl Carlos Carlo Karel "
    "George Georges Georg Jorge Giorgio Edward Édouard Eduard Eduardo Edoardo William Guillaume Wilhelm Guillermo "
    "Guglielmo Willem Philip Philippe Philipp Felipe Filippo Filips Francis François Franz Francisco Francesco "
    "Napoleon Napoléon Napoleón Napoleone James Jacques Richard Ricardo Riccardo John Jean Johann Juan "
    "Giovanni João Paul Pablo Paolo Peter Pierre Pedro Pietro Pius Pie Pío Pio Leo Léon León Leone Benedict Benoît "
    "Benedikt Benedicto Benedetto Gregory Grégoire Gregor Gregorio Alexander Alexandre Alejandro Alessandro "
    "Nicholas Nicolas Nikolaus Nicolás Nicola Frederick Frédéric Friedrich Federico Catherine Katharina Catalina "
    "Caterina Elizabeth Élisabeth Elisabeth Isabel Elisabetta Mary Alfonso Fernando Ferdinand Umberto Emanuele "
    "Innocent Urban Clement Clemens Clément Clemente Otto Ramses Ramsès Gustav Christian Joseph Josef José Maria"
)
MAX_DIGITS = 15  # longer ones are no number that anybody says


class NumberWords(Struct, frozen=True, kw_only=True):
    """One language's words and habits."""

    percent: str
    degrees: str
    point: str  # before decimals
    arc: tuple[str, str]  # minutes and seconds of a degree
    to: str  # in "1861-65"
    minus: str
    hours: str  # between hours and minutes
    coins: str  # between a sum and its hundredths
    halves: tuple[str, str, str]  # ½ ¼ ¾
    money: tuple[tuple[str, str], ...]  # of $ £ €: one, several
    units: tuple[str, ...]  # of UNITS
    ordinal: str = ""  # a pattern for what makes a figure an ordinal
    king: str = ""  # "the" in "Louis the Fourteenth"
    last_ordinal_king: int = 0
    years: bool = False  # "eighteen sixty-six"
    comma: bool = True  # before decimals; a full stop then parts thousands


WORDS = {
    "en": NumberWords(
        percent="percent",
        degrees="degrees",
        point="point",
        arc=("minutes", "seconds"),
        to="to",
        minus="minus",
        hours="",
        coins="and",
        halves=("one half", "one quarter", "three quarters"),
        money=(("dollar", "dollars"), ("pound", "pounds"), ("euro", "euros")),
        units=(
            "kilometres an hour",
            "kilometres",
            "centimetres",
            "millimetres",
            "kilograms",
            "milligrams",
            "millilitres",
            "feet",
            "pounds",
        ),
        ordinal="st|nd|rd|th",
        king="the ",
        last_ordinal_king=99,
        years=True,
        comma=False,
    ),
    "fr": NumberWords(
        percent="pour cent",
        degrees="degrés",
        point="virgule",
        arc=("minutes", "secondes"),
        to="à",
        minus="moins",
        hours="heures",
        coins="et",
        halves=("un demi", "un quart", "trois quarts"),
        money=(("dollar", "dollars"), ("livre", "livres"), ("euro", "euros")),
        units=(
            "kilomètres à l'heure",
            "kilomètres",
            "centimètres",
            "millimètres",
            "kilogrammes",
            "milligrammes",
            "millilitres",
            "pieds",
            "livres",
        ),
        ordinal="ers?|i?[eè]mes?|nde?|res?|es?",
        last_ordinal_king=1,
    ),
    "de": NumberWords(
        percent="Prozent",
        degrees="Grad",
        point="Komma",
        arc=("Minuten", "Sekunden"),
        to="bis",
        minus="minus",
        hours="Uhr",
        coins="und",
        halves=("ein halb", "ein Viertel", "drei Viertel"),
        money=(("Dollar", "Dollar"), ("Pfund", "Pfund"), ("Euro", "Euro")),
        units=(
            "Kilometer pro Stunde",
            "Kilometer",
            "Zentimeter",
            "Millimeter",
            "Kilogramm",
            "Milligramm",
            "Milliliter",
            "Fuß",
            "Pfund",
        ),
        king="der ",
        last_ordinal_king=99,
        years=True,
    ),
    "es": NumberWords(
        percent="por ciento",
        degrees="grados",
        point="coma",
        arc=("minutos", "segundos"),
        to="a",
        minus="menos",
        hours="y",
        coins="con",
        halves=("un medio", "un cuarto", "tres cuartos"),
        money=(("dólar", "dólares"), ("libra", "libras"), ("euro", "euros")),
        units=(
            "kilómetros por hora",
            "kilómetros",
            "centímetros",
            "milímetros",
            "kilogramos",
            "miligramos",
            "mililitros",
            "pies",
            "libras",
        ),
        ordinal=r"\.?[ºª]",
        last_ordinal_king=10,
    ),
    "it": NumberWords(
        percent="per cento",
        degrees="gradi",
        point="virgola",
        arc=("minuti", "secondi"),
        to="a",
        minus="meno",
        hours="e",
        coins="e",
        halves=("un mezzo", "un quarto", "tre quarti"),
        money=(("dollaro", "dollari"), ("sterlina", "sterline"), ("euro", "euro")),
        units=(
            "chilometri all'ora",
            "chilometri",
            "centimetri",
            "millimetri",
            "chilogrammi",
            "milligrammi",
            "millilitri",
            "piedi",
            "libbre",
        ),
        ordinal=r"\.?[ºª]",
        last_ordinal_king=99,
    ),
    "pt": NumberWords(
        percent="por cento",
        degrees="graus",
        point="vírgula",
        arc=("minutos", "segundos"),
        to="a",
        minus="menos",
        hours="e",
        coins="e",
        halves=("um meio", "um quarto", "três quartos"),
        money=(("dólar", "dólares"), ("libra", "libras"), ("euro", "euros")),
        units=(
            "quilómetros por hora",
            "quilómetros",
            "centímetros",
            "milímetros",
            "quilogramas",
            "miligramas",
            "mililitros",
            "pés",
            "libras",
        ),
        ordinal=r"\.?[ºª]",
        last_ordinal_king=10,
    ),
    "nl": NumberWords(
        percent="procent",
        degrees="graden",
        point="komma",
        arc=("minuten", "seconden"),
        to="tot",
        minus="min",
        hours="uur",
        coins="en",
        halves=("een half", "een kwart", "drie kwart"),
        money=(("dollar", "dollar"), ("pond", "pond"), ("euro", "euro")),
        units=(
            "kilometer per uur",
            "kilometer",
            "centimeter",
            "millimeter",
            "kilogram",
            "milligram",
            "milliliter",
            "voet",
            "pond",
        ),
        ordinal="e|ste|de",
        king="de ",
        last_ordinal_king=99,
        years=True,
    ),
}


@lru_cache(4096)
def spelled(figures: str, language: str, kind: str = "cardinal") -> str:
    """One number in words; as it is where nobody would say it as one."""
    from num2words import num2words

    words = WORDS[language]
    whole, _, decimals = figures.partition("," if words.comma else ".")
    whole = regex.sub(r"\D", "", whole)
    if decimals:
        together = language in ("fr", "es", "it", "pt") and len(decimals) < 3 and decimals[0] != "0"
        said = spelled(decimals, language) if together else digit_by_digit(decimals, language)
        return f"{spelled(whole, language)} {words.point} {said}"
    if len(whole) > MAX_DIGITS or (len(whole) > 1 and whole.startswith("0")):
        return digit_by_digit(whole, language)
    try:
        return str(num2words(int(whole), lang=language, to=kind))
    except (NotImplementedError, OverflowError, ValueError, TypeError, IndexError):
        return figures


def digit_by_digit(figures: str, language: str) -> str:
    """Figures that are no number, one after the other: "zero zero seven"."""
    return " ".join(spelled(digit, language) for digit in figures)


SCALES |= {"bn": "billion", "m": "million", "M": "million", "k": "thousand", "K": "thousand"}
