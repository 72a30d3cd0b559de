"""A language as a value: the words and habits by which written text becomes spoken text."""

from collections.abc import Callable, Mapping

import regex
from msgspec import Struct

Match = regex.Match[str]
Step = tuple["regex.Pattern[str]", Callable[[Match], str]]  # a pattern, and what is said for a match; "" keeps it

TYPOGRAPHIC_QUOTES = "“”‘’"


def table(text: str) -> dict[str, str]:
    """Return the pairs of "Mr=Mister|Dr=Doctor" as a mapping from the written to the spoken form."""
    return dict(pair.split("=") for pair in text.split("|")) if text else {}


def words(text: str) -> frozenset[str]:
    """Return the words that a text lists."""
    return frozenset(text.split())


class Forms(Struct, frozen=True):
    """A counted word's forms by CLDR's plural categories; those that a language lacks are empty."""

    one: str
    other: str
    few: str = ""
    many: str = ""

    def of(self, category: str) -> str:
        """Return the form for a plural category: "one", "few", "many" or "other"."""
        return str(getattr(self, category, "")) or self.other


class ClockWords(Struct, frozen=True, kw_only=True):
    """The words for the time of day."""

    between: str = ""  # the word between hours and minutes
    full: str = ""  # the word after a full hour
    one: str = ""  # replaces both of them after the hour of one
    oh: str = ""  # the word before minutes below ten
    hour: Callable[[int], str] | None = None  # the words of an hour; its cardinal number if None
    written: str = ""  # a pattern for minutes that are written otherwise than 10:30; their figures are its only group


class Numbers(Struct, frozen=True, kw_only=True, eq=False):
    """The words for figures."""

    point: str  # the word before decimals
    to: str  # the word in "1861-65"
    minus: str
    join: str  # "and" in "two and one half"
    coins: str  # the word between a sum and its hundredths, if there is one
    halves: tuple[str, str, str]  # ½ ¼ ¾
    money: Mapping[str, Forms]  # the names of $, £ and the like; CLDR's say whose dollar it is
    fraction: Callable[[int, int], str]  # 3 and 8 are "three eighths"
    units: Mapping[str, str | Forms] = {}  # signs behind figures, with CLDR's unit or their own forms
    signs: Mapping[str, str | Forms] = {}  # the same for % ° ′ ″, if CLDR's words are not said
    comma: bool = True  # a comma stands before decimals, and a full stop parts thousands
    pairs: bool = False  # decimals of two figures are said as one number: "trois virgule quatorze"
    years: bool = False  # years are said otherwise than other numbers: "eighteen sixty-six"
    scales: Mapping[str, str] = {}  # the word behind a sum, written and said: "$5 million"
    clock: ClockWords = ClockWords()
    agree: Callable[[str, str], str] = lambda said, noun: said  # a cardinal's words before a noun
    ordinal: str = ""  # a pattern for what makes a figure an ordinal
    ordinal_form: Callable[[str, str], str] = lambda said, suffix: said  # an ordinal's words, by what is written
    king: str = ""  # "the" in "Louis the Fourteenth"
    king_form: Callable[[str], str] = str  # an ordinal's words behind a king's name
    last_ordinal_king: int = 0  # greater numbers are cardinals: "Louis quatorze"
    pronoun: bool = False  # "I" is a word as well as a numeral: "Mary I said"
    rulers: frozenset[str] = frozenset()  # rulers' names besides those that every language knows
    centuries: tuple[tuple["regex.Pattern[str]", str], ...] = ()  # a numeral's pattern, and "ordinal" or "cardinal"
    prepare: Callable[[str], str] = str  # rewrites a sentence before the general rules see it
    first: tuple[Step, ...] = ()  # special rules, applied before the general ones
    year_steps: tuple[Step, ...] = ()  # special rules for years, applied before the general one


class Dates(Struct, frozen=True, kw_only=True):
    """The form of dates in words; the names of months are CLDR's."""

    form: str  # "{day} de {month} de {year}"
    day: Callable[[int], str] = str  # a day of the month, as it is written out
    numeric: Callable[[Match, Callable[[int, int, str], str]], str] | None = None  # decides which figure is the month
    written: Callable[[str], str] = str  # says the dates of a text whose month is a word


class Powers(Struct, frozen=True, kw_only=True):
    """The words for exponents; `{}` stands for the exponent, or for "kilo" and the like."""

    squared: str
    cubed: str
    other: str
    square: Forms  # of metres
    cubic: Forms
    prefixes: tuple[str, str, str, str] = ("milli", "centi", "deci", "kilo")


class Abbreviations(Struct, frozen=True, kw_only=True):
    """Abbreviations and the words that are said for them."""

    prepare: Callable[[str], str] = str  # rewrites a sentence before the tables are applied
    titles: Mapping[str, str] = {}  # before a name
    numbered: Mapping[str, str] = {}  # before a number
    anywhere: Mapping[str, str] = {}  # written with its full stops
    whole: frozenset[str] = frozenset()  # titles and words before numbers that need no full stop
    joint: str = r"\s"  # a pattern for what stands between a title and a name
    joins: str = ""  # the words between two titles: "Mr. and Mrs. Smith"
    also: str = ""  # titles that are never written short: "Mr. or Miss Lee"


class Sentences(Struct, frozen=True, kw_only=True):
    """Words after which a sentence does not end."""

    open: str = ""  # abbreviations, without their last full stop, that end no sentence
    numbered: str = ""  # abbreviations that end no sentence before a number
    speech_verbs: str = ""  # a pattern for the verb in "“What?” Alice whispered"


class Counted(Struct, frozen=True, kw_only=True):
    """Words that books number in Roman numerals, as patterns; those of all languages hold in every book."""

    words: str = ""  # chapters and the like
    short: str = ""  # their abbreviations, without the full stop
    lettered: str = ""  # those of them that letters count as well: "Appendix C"


class PartNames(Struct, frozen=True, kw_only=True):
    """Names of parts of a book that are not its text: small letters without accents, separated by |."""

    title_page: str = ""
    cover: str = ""
    imprint: str = ""
    copyright: str = ""
    colophon: str = ""
    licence: str = ""
    contents: str = ""
    pictures: str = ""
    notes: str = ""
    index: str = ""
    bibliography: str = ""
    transcriber: str = ""
    advertisement: str = ""
    other_books: str = ""  # a pattern for a list of books by one author, in small letters without accents


class LegalWords(Struct, frozen=True, kw_only=True):
    """Patterns for what a page says that the law asks for, and a page about the making of the electronic text."""

    copyright: str = ""
    rights: str = ""  # "all rights reserved"
    deposit: str = ""  # what a national library writes
    published: str = ""
    transcribed: str = ""


class Language(Struct, frozen=True, kw_only=True, eq=False):
    """One language; it is its own key, since there is one object for each."""

    code: str
    locale: str = ""  # the locale of CLDR, if it is not the bare code
    numbers: Numbers | None = None  # without it figures stay as they are
    dates: Dates | None = None
    powers: Powers | None = None
    abbreviations: Abbreviations = Abbreviations()
    sentences: Sentences = Sentences()
    counted: Counted = Counted()
    parts: PartNames = PartNames()
    legal: LegalWords = LegalWords()
    quotes: str = TYPOGRAPHIC_QUOTES  # opening and closing marks in turn
    note: str = ""  # tells a listener that a note follows
    at: str = "at"  # the sign in a mail address
    old_units: Callable[[str], str] = str  # says old money and measures of a sentence
