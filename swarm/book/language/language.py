"""A language as a value: the words and rules that turn written text into spoken text."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

import regex
from msgspec import Struct

Match = regex.Match[str]
# A step is a pattern, and a function from a match to its words, "" to keep it.
Step = tuple["regex.Pattern[str]", Callable[[Match], str]]

TYPOGRAPHIC_QUOTES = "“”‘’"


def table(text: str) -> dict[str, str]:
    """Parse "Mr=Mister|Dr=Doctor" to a mapping from written to spoken forms."""
    return dict(pair.split("=") for pair in text.split("|")) if text else {}


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


class Forms(Struct, frozen=True):
    """The forms of a noun by CLDR's plural categories; "" for categories that a language lacks."""

    one: str
    other: str
    few: str = ""
    many: str = ""
    two: str = ""

    def of(self, category: str) -> str:
        """Return the form for a plural category: "one", "two", "few", "many" or "other"."""
        return str(getattr(self, category, "")) or self.other


@lru_cache(1024)
def forms_of(names: str) -> Forms:
    """Parse "coin|coins", or the forms for one, few and many, and those for parts if they differ from these.

    Five forms are those for one, two, few, many and other.
    """
    one, *others = names.split("|")
    if len(others) > 3:
        return Forms(one, others[3], two=others[0], few=others[1], many=others[2])
    if len(others) > 2:
        return Forms(one, others[2], few=others[0], many=others[1])
    return Forms(one, others[-1] if others else one, few=others[0] if len(others) > 1 else "")


class Numbers(Struct, frozen=True, kw_only=True, eq=False):
    """The rules for numbers of a language whose number words are num2words', which agree with what is around them."""

    relations: Mapping[str, str] = {}  # the words for < > ≤ ≥ ≠ ≈ ± √ ∞ ÷
    part_of: str = " "  # the words between a fraction and a unit, as in "trois quarts de litre"
    join: str  # "and" in "two and one half"
    halves: tuple[str, str, str]  # the words for ½ ¼ ¾
    fraction: Callable[[int, int], str] = lambda over, under: f"{over} / {under}"  # makes "three eighths" of 3 and 8
    decimal: Callable[[str, str], str] | None = None  # says the digits before and after the comma, "" to say each one
    together: int = (
        1  # so many decimals are said as one number, "trois virgule quatorze"; more in pairs if these are three
    )
    agree: Callable[[str, str], str] = lambda said, noun: said  # makes a cardinal agree with the noun after it
    king: str = ""  # the word before a ruler's ordinal: "the" in "Louis the Fourteenth"
    king_form: Callable[[str], str] = str  # makes the form of an ordinal after a ruler's name
    last_ordinal_king: int = 0  # rulers with greater numbers have cardinals: "Louis quatorze"
    pronoun: bool = False  # "I" is also a pronoun: "Mary I said"
    rulers: frozenset[str] = frozenset()  # names of rulers besides those in `RULERS`
    queens: frozenset[str] = frozenset()  # rulers whose ordinal is feminine
    queen_form: Callable[[str], str] = str  # makes the feminine form of an ordinal
    half_after: str = ""  # the words for ½ after a whole number, if they are not `join` and the first of `halves`
    half_of: Callable[[str], str] | None = None  # makes "media" for "½ taza", if ½ agrees with the noun after it
    behind_noun: Callable[[str], str] | None = None  # makes "et demie" for "2 1/2 heures", if it follows the noun
    amend: Mapping[str, str] = {}  # maps patterns of what num2words writes wrongly to what is right
    prepare: Callable[[str], str] = str  # rewrites a sentence before the general rules are applied
    first: tuple[Step, ...] = ()  # special rules, applied before the general ones
    year_steps: tuple[Step, ...] = ()  # special rules for years, applied before the general one


class Powers(Struct, frozen=True, kw_only=True):
    """The words for exponents; `{}` is replaced by the exponent, or by a prefix such as "kilo"."""

    squared: str
    cubed: str
    other: str
    square: Forms  # the forms of "square metre"
    cubic: Forms  # the forms of "cubic metre"
    prefixes: tuple[str, str, str, str] = ("milli", "centi", "deci", "kilo")


class Abbreviations(Struct, frozen=True, kw_only=True):
    """Abbreviations and their words."""

    prepare: Callable[[str], str] = str  # rewrites a sentence before the tables are applied
    prepared: frozenset[str] = frozenset()  # the words before a full stop that `prepare` looks for, beside the tables'
    prepared_whole: frozenset[str] = frozenset()  # words that `prepare` finds without a full stop
    titles: Mapping[str, str] = {}  # abbreviations before a name
    numbered: Mapping[str, str] = {}  # abbreviations before a number
    anywhere: Mapping[str, str] = {}  # abbreviations before any text, with their inner full stops
    whole: frozenset[str] = frozenset()  # keys of `titles` and `numbered` that need no full stop
    joint: str = r"\s"  # a pattern for the text between a title and a name
    joins: str = ""  # a pattern for the words between two titles, as in "Mr. and Mrs. Smith"
    also: str = ""  # a pattern for titles without an abbreviation, as in "Mr. or Miss Lee"


class Sentences(Struct, frozen=True, kw_only=True):
    """Words that show where sentences do not end."""

    open: str = ""  # abbreviations, without their last full stop, that end no sentence
    closing: str = "etc"  # abbreviations, without their last full stop, that end a sentence before a capital
    starts: str = ""  # capitalised words that begin a sentence even after a number with a full stop
    numbered: str = ""  # abbreviations that end no sentence before a number
    names: str = ""  # abbreviations that end no sentence before a name or a number
    speech_verbs: str = ""  # a pattern for the verb in "“What?” Alice whispered"


class Speakers(Struct, frozen=True, kw_only=True):
    """Words beside a quotation that tell who says it, each separated by |."""

    verbs: str = ""  # verbs of saying, besides those of `Sentences.speech_verbs`; their endings are open
    sure: str = ""  # verbs that are about a quotation in any case; all of them if none is named
    article: str = ""  # the definite article
    titles: str = ""  # titles before names, if the language writes them in small letters
    others: str = ""  # words for another than the one who is named in the paragraph: "ils", "one of"
    turn: str = ""  # words for the other one of two who speak
    me: str = ""  # the pronoun of a narrator who speaks too
    mine: str = ""  # forms by which that one says something, where verbs of saying have another: "dis-je", "dije"
    inside: bool = False  # a verb and a name may stand inside the quotation: « Oui, dit Jean, c’est lui. »
    he: str = ""  # pronouns that stand for a man, that of the subject first
    she: str = ""
    his_article: str = ""  # the article that only men's nouns have, if there is one
    her_article: str = ""
    man: str = ""  # nouns that may stand for a man, such as "father"
    woman: str = ""
    mister: str = ""  # titles of men
    mistress: str = ""  # titles of women
    his_names: str = ""  # first names of men, from common knowledge; those of both are left out
    her_names: str = ""
    softly: str = ""  # verbs that say something softly, and loudly, and ask it; all are verbs of saying, too
    loudly: str = ""
    asking: str = ""


class Counted(Struct, frozen=True, kw_only=True):
    """Patterns for words before Roman numerals; those of all languages apply to every book."""

    words: str = ""  # words such as "chapter"
    plurals: str = ""  # words such as "chapters", before several numerals
    short: str = ""  # abbreviations of these, without the full stop
    lettered: str = ""  # `words` that letters may follow as well: "Appendix C"


class PartNames(Struct, frozen=True, kw_only=True):
    """Titles of parts that are not the book itself, in lower case without accents, separated by |."""

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
    other_books: str = ""  # a pattern for titles of lists of an author's books, in lower case without accents


class LegalWords(Struct, frozen=True, kw_only=True):
    """Patterns for the words of copyright pages and of transcriber's notes."""

    copyright: str = ""
    rights: str = ""  # "all rights reserved"
    deposit: str = ""  # the deposit at a national library
    published: str = ""
    transcribed: str = ""


class CreditWords(Struct, frozen=True, kw_only=True):
    """The words of a spoken opening and closing, and of a book's parts; `{}` is replaced by names or numbers."""

    by: str = "{}"
    read_by: str = "{}"
    end: str = ""  # the title of the closing
    part: str = "{}/{}"  # the title of one of several files: its number, and how many there are


class Scripture(Struct, frozen=True, eq=False):
    """How a language cites the Bible: names of books, abbreviations with their words, and how a verse is said."""

    names: frozenset[str]
    shorts: Mapping[str, str]  # words of the abbreviations, by abbreviation without its full stop
    verse: str = ", "  # the text between chapter and verse
    numbered: Mapping[str, str] = {}  # "First" for the 1 of "1 Cor."
    comma: bool = True  # a comma may stand between chapter and verse
    plain: frozenset[str] = frozenset()  # the abbreviations that need no full stop; all of them if none is named
    single: frozenset[str] = frozenset()  # one-letter abbreviations, which a comma and a verse have to follow


class SpokenForms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The words around figures, as data.

    Forms of a noun are separated by "|": those for one and other, or for one, few and other. "{}" is replaced.
    """

    point: str  # the word before decimals, or its forms by the number before it
    to: str  # the word in "3-7"
    minus: str  # the word before negative numbers
    plus: str = "plus"
    call: str = ""  # the words before an international telephone number, if they are not `plus`
    times: str = ""  # the word for × in "3 × 4 = 12"
    by: str = ""  # the word for × in "3 × 4 m", if it is another
    score: str = " "  # the text between the numbers of a result such as "3:2"
    whole: bool = (
        False  # numbers with letters or points around them are left, and others agree with the noun after them
    )
    equals: str = ""  # the word for = between figures
    join: str = " "  # the text between a whole number and a fraction
    comma: bool = True  # a comma separates decimals
    spaced: bool = True  # white space stands between words
    percent: str = ""  # for "{}%" if it is not said as CLDR writes it, or the forms of the noun
    cardinal: str = ""  # the gender of numbers that count nothing
    genders: Mapping[str, str] = {}  # patterns of nouns, in the singular, that numbers agree with
    counting: Mapping[str, str] = {}  # patterns of numbers before a noun, and what they are there
    ordinal: str = ""  # the gender of ordinals
    ordinals: str = ""  # the ordinals from 1 to 20, then 30 to 100, if CLDR has none
    both: bool = False  # each word of an ordinal is one: "dvacátý první"
    joined: bool = False  # its tens and ones are one word: "tjueførste"
    ordinal_marks: str = ""  # a pattern for what follows the figures of an ordinal
    # Patterns of what stands before the figures of an ordinal, by its gender; "" if the language has none.
    ordinal_before: Mapping[str, str] = {}
    ordinal_form: Callable[[str, str], str] | None = None  # makes an ordinal agree with its written mark
    ordinal_ends: Mapping[str, str] = {}  # the gender by the mark that is written
    months: str = ""  # the names of the twelve months in dates, where CLDR has another form of them
    date: str = "{day} {month} {year}"
    year_first: bool = False  # figures of a date begin with the year
    month_first: bool = False
    date_before: str = ""  # a pattern for words before dates, by which "3.5.24" is a date
    named_dates: Callable[[str], str] = str  # rewrites the dates of a text whose months are words
    # how the day is said: "ordinal", "cardinal", or one of a gender: "cardinal-feminine", or "figures" for later rules
    day: str = "ordinal"
    first_day: str = ""  # the words for the first day, if it is said unlike the others
    day_form: Mapping[str, str] = {}  # the ends of ordinals, as patterns, and what they are in a date
    years: bool = False  # years are said unlike other numbers
    year_words: str = ""  # a pattern for what follows years that are ordinals, as those of dates are then
    year_form: Mapping[str, str] = {}  # the ends of these ordinals, as patterns, and what they are in a date
    year_digits: str = ""  # a pattern for what follows years that are said digit by digit
    clock: str = "{h} {m}"  # the time of day; w and v are the words for hours and minutes, u the seconds with a unit
    clock_below_ten: str = ""  # the same with fewer than ten minutes, if it is said otherwise
    full: str = "{h}"  # the full hour
    seconds: str = "{h} {m} {s}"
    at_time: str = ""  # a pattern for words before a time, after which "12.30" is one
    # The words for the halves of the day; "|" stands before others for some hours: "de la tarde|8-11:de la noche".
    am: str = ""
    pm: str = ""
    quarters: Mapping[str, str] = {}  # words for the minutes of an hour up to twelve: "media" for 30
    late: str = ""  # the full hour after noon, as in "fifteen hundred hours"
    late_after: str = "(?!)"  # a pattern for words before "2000 hours" by which that is a time
    oh: str = ""  # the text before minutes and years below ten
    hour_word: str = ""
    minute_word: str = ""
    hours: Callable[[str], str] | None = None  # makes the words of an hour
    written: str = ""  # a pattern for minutes not written like 10:30; its only group is their digits
    hour: str = ""  # the gender of hours
    native: str = ""  # a pattern for counters after numbers of the language's own
    money: Mapping[str, str] = {}  # names of currencies by code, since CLDR's have a country
    cents: Mapping[str, str] = {}  # names of their hundredths
    noun_first: bool = False  # a sum names its currency before the number
    coins: str = " "  # the text between a sum and its hundredths
    bare_coins: str = ""  # the same where hundredths from ten on have no name: "five dollars fifty"
    signs: Mapping[str, str] = {}  # more signs of currencies, with their codes
    units: Mapping[str, str] = {}  # more signs of units, with CLDR's or own names
    short_units: bool = True  # such signs as "in" and "s" are units, and no words or letters
    metres: str = ""  # the word between metres and centimetres in "1,80 m", if people say both
    scales: Mapping[str, str] = {}  # abbreviations after a number: "mn" is "miljoner"
    sum_scales: Mapping[str, str] = {}  # those that stand only beside a currency: "$5m"
    scale_words: str = ""  # a pattern for the words themselves
    per: str = ""  # the word for the slash before a unit: "/m²"
    over: str = ""  # the word for the slash of a fraction that has no name
    of: str = " "  # the text between such a word, or a round number of millions, and a noun: "un millón de hombres"
    elides: bool = False  # "de" loses its vowel before another one: "millions d'euros"
    fraction: str = "{n} / {d}"  # n and d are cardinals, o is an ordinal
    fraction_one: str = ""  # the same with 1 above
    fractions: Mapping[str, str] = {}  # the words of single fractions
    denominators: Mapping[str, str] = {}  # the forms of the nouns "third", "quarter" and so on, by denominator
    ruler: str = ""  # what is said for the numeral behind a ruler's name: "den {o}", an ordinal; {n} are figures
    roman: str = ""  # a pattern for words before Roman numerals, or small ones
    amend: Mapping[str, str] = {}  # patterns of what CLDR spells otherwise, and what is right
    say: Mapping[str, str] = {}  # patterns of other forms and their words, applied first
    after: Mapping[str, str] = {}  # the same, applied to what was said
    digits: str = ""  # a pattern of numbers that are said digit by digit
    beside: str = ""  # a pattern; a text without it is written by the patterns of `otherwise`, in kana for one
    otherwise: Mapping[str, str] = {}
    # Patterns of what speaks for one class of a form of two ("time" of "14.30", "clock" of "3:15", "year" of "1500"),
    # with • around the form, and their weight, the logarithm of the odds.
    clues: Mapping[str, Mapping[str, float]] = {}
    rules: Mapping[str, str] = {}  # CLDR's way to spell numbers out, for a language that CLDR has no rules of
    tenths: tuple[str, ...] = ()  # for decimals that are said as a part: "eight of ten"


class Language(Struct, frozen=True, kw_only=True, eq=False):
    """One language. Instances are compared by identity, since each language has only one."""

    code: str
    locale: str = ""  # the locale of CLDR, if it is not the bare code
    library: str = ""  # the language of num2words, if it is not the bare code
    pace: float = 0.9  # characters spoken in a second, as a share of those of English novels; else the median of all
    regions: Mapping[str, str] = {}  # by region of which the file has other words: words that show it in a book
    numbers: Numbers | None = None  # None if CLDR's number words are said
    powers: Powers | None = None
    abbreviations: Abbreviations = Abbreviations()
    sentences: Sentences = Sentences()
    speakers: Speakers = Speakers()
    counted: Counted = Counted()
    parts: PartNames = PartNames()
    legal: LegalWords = LegalWords()
    quotes: str = TYPOGRAPHIC_QUOTES  # pairs of an opening and a closing mark
    note: str = ""  # the words before a note that is read
    credits: CreditWords = CreditWords()
    at: str = "at"  # the word for @ in a mail address
    dot: str = ""  # the word for the full stop in an address, "" to leave it to the engine
    signs: Mapping[str, str] = {}  # the words for other signs of an address: - _ / +
    forms: SpokenForms | None = None  # the words around figures; None leaves figures unspelled
    function_words: frozenset[str] = frozenset()  # some thirty of the commonest small words
    short_words: frozenset[str] = frozenset()  # short words, in small letters, that are no initials in capitals
    scripture: Scripture | None = None
    has_word_i: bool = False  # "I" in capitals is also a word, so that "part I" may be no number
    initials: Mapping[str, str] = {}  # initials, and the words to say for them
    # Finds words of several sounds in a text; `tagged` asks for those, too, that a tagger of parts of speech tells.
    heteronyms: Callable[[str, bool], Iterable[tuple[int, int, str]]] = lambda _text, _tagged: ()
    sounds: frozenset[str] = frozenset()  # words of several sounds, in small letters
    old_units: Callable[[str], str] = str  # rewrites old money and measures in a sentence
