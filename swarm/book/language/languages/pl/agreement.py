"""Polish cardinals in the gender of the noun after them, and what counts in thousands and millions."""

from collections.abc import Callable, Collection

import regex

from swarm.book.language.language import table, words

_FEMININE_COUNTED = words(
    "godziny minuty sekundy kobiety osoby strony książki mile siostry córki matki noce ręce nogi dziewczyny "
    "dziewczynki panie damy łodzie drogi stopy części rzeczy świece butelki szklanki wioski wsie ulice wieże uncje "
    "tony sztuki pary litery linie głowy klasy szkoły chwile kule wojny bitwy armie stacje kartki korony gwiazdy "
    "ściany łyżki łyżeczki filiżanki garście szczypty lampy krowy owce kury łzy krople próby rubryki tablice"
)
_MASCULINE_IN_A = words("mężczyzna poeta kolega sędzia artysta hrabia starosta wojewoda")
_MEN = words(
    "ludzi mężczyzn żołnierzy chłopców panów braci synów przyjaciół uczniów królów rycerzy oficerów jeźdźców "
    "robotników urzędników studentów wrogów jeńców świadków gości marynarzy strażników sąsiadów chłopów"
)
BEFORE_MEN = table(
    "dwa=dwóch|trzy=trzech|cztery=czterech|pięć=pięciu|sześć=sześciu|siedem=siedmiu|osiem=ośmiu|dziewięć=dziewięciu|"
    "dziesięć=dziesięciu|jedenaście=jedenastu|dwanaście=dwunastu|trzynaście=trzynastu|czternaście=czternastu|"
    "piętnaście=piętnastu|szesnaście=szesnastu|siedemnaście=siedemnastu|osiemnaście=osiemnastu|"
    "dziewiętnaście=dziewiętnastu|dwadzieścia=dwudziestu|trzydzieści=trzydziestu|czterdzieści=czterdziestu|"
    "pięćdziesiąt=pięćdziesięciu|sześćdziesiąt=sześćdziesięciu|siedemdziesiąt=siedemdziesięciu|"
    "osiemdziesiąt=osiemdziesięciu|dziewięćdziesiąt=dziewięćdziesięciu|sto=stu|dwieście=dwustu|trzysta=trzystu|"
    "czterysta=czterystu|pięćset=pięciuset|sześćset=sześciuset|siedemset=siedmiuset|osiemset=ośmiuset|"
    "dziewięćset=dziewięciuset"
)

# "5-letni" is one word, whose number is a stem: "pięcioletni".
_STEMS = table(
    "jeden=jedno|dwa=dwu|trzy=trzy|cztery=cztero|sto=stu|dwieście=dwustu|trzysta=trzystu|czterysta=czterystu|"
    "dwadzieścia=dwudziesto|trzydzieści=trzydziesto|czterdzieści=czterdziesto"
)
_COMPOUND = regex.compile(
    r"(?<![\p{L}\d.,-])(\d{1,3})[-–]((?:lat(?:ek|k)|letni|lecie|lecia|leciu|metrow|godzinn|minutow|sekundow|dniow|tygodniow|miesięczn|"
    r"piętrow|osobow|procentow|krotn|kilometrow|centymetrow|milimetrow|stopniow|litrow|pokojow|stronicow|tonow|złotow)"
    r"\p{Ll}*)"
)


def join_compounds(text: str, spell: Callable[[str], str]) -> str:
    """Say "10-letnia" as one word; `spell` makes the words of a cardinal's figures."""
    return _COMPOUND.sub(lambda match: "".join(map(_stem, spell(match[1]).split())) + match[2], text)


_IN_PLURAL = regex.compile(
    r"(?<![\d.,:/-])([2-9]|[1-9]\d{1,2})(?=\s(?:\p{Ll}+(?:ymi|imi|ych|ich)\s)?\p{Ll}{2,}(ami|ach|źmi|ćmi|om)\b)"
)
_RANGE = regex.compile(r"(?<![\p{L}\d.,:/-])(\d{1,3})\s?[–-]\s?(\d{1,3})(?![\d–-]|[.,:/]\d)")
_LONG_AGO = regex.compile(r"(?<=\b[Pp]rzed\s)([2-9]|[1-9]\d{1,2})(?=\slaty\b)")
_SCALED = regex.compile(r"\b((?i:przed|nad|pod|między|poza))\s([2-9]|[1-9]\d{1,2})\s(tys|mln|mld)\b\.?")
_OUT_OF = regex.compile(r"\b([Zz]e?|[Dd]o|[Oo]d|[Dd]la)\s([2-9]|[1-9]\d{1,2})\s(tys|mln|mld)\b\.?(?!\szł)")
_SCALES_OUT_OF = table("tys=tysięcy|mln=milionów|mld=miliardów")
_SCALES = table("tys=tysiącami|mln=milionami|mld=miliardami")
_HUNDREDTHS = regex.compile(r"(?<=\d\s?)(?:proc\b|pct\b)(?:\.(?=\s\p{Ll}|[,;:)])|(?P<ends>\.[\s\"”»)]*$))?")
_WITH = table("dwóch=dwoma|trzech=trzema|czterech=czterema|stu=stu")
_TO = table("dwóch=dwóm|trzech=trzem|czterech=czterem")


def say_plurals(text: str, spell: Callable[[str], str]) -> str:
    """Say "z 5 ludźmi" and "o 3 braciach", whose endings show the case, and write "10-12" as "10 do 12"."""
    text = _RANGE.sub(lambda match: f"{match[1]} do {match[2]}" if int(match[1]) < int(match[2]) else match[0], text)

    def oblique(match: regex.Match[str]) -> str:
        said = spell(match[1])
        return (
            in_genitive(said) if match[2] == "ach" else in_dative(said) if match[2] == "om" else in_instrumental(said)
        )

    text = _HUNDREDTHS.sub(lambda match: f"%{match['ends'] or ''}", text)
    text = _LONG_AGO.sub(lambda match: in_instrumental(spell(match[1])), text)
    text = _SCALED.sub(lambda match: f"{match[1]} {in_instrumental(spell(match[2]))} {_SCALES[match[3]]}", text)
    text = _OUT_OF.sub(lambda match: f"{match[1]} {in_genitive(spell(match[2]))} {_SCALES_OUT_OF[match[3]]}", text)
    return _IN_PLURAL.sub(oblique, text)


def in_genitive(said: str) -> str:
    """Return a cardinal in the genitive, which is also the locative: "pięciu"."""
    return " ".join(BEFORE_MEN.get(word, word) for word in said.split())


def in_dative(said: str) -> str:
    """Return a cardinal in the dative: "trzem", "pięciu"."""
    return " ".join(_TO.get(word, word) for word in in_genitive(said).split())


def in_instrumental(said: str) -> str:
    """Return a cardinal in the instrumental: "pięcioma"."""
    genitive = in_genitive(said).split()
    return " ".join(_WITH.get(word) or (f"{word[:-1]}oma" if word.endswith("u") else word) for word in genitive)


_BETWEEN = regex.compile(
    r"\b([Mm]iędzy|[Pp]omiędzy)\s(\d{1,4})\s(a|i)\s(\d{1,4})(?![\d.,:/-]*\d)(\sr\.(?P<ends>$)?)?(?=(?:\s(\p{Ll}+))?)"
)
_COUNTED_BEHIND = regex.compile(r"(?:^|(?<=\p{L}))(?:ów|ek|ób|zin|ut|ni|ci|ąt|lat|arzy|zł|km|tys|mln|proc|kg|m|cm)$")
MAX_HOUR = 24


def say_between(
    text: str, cardinal: Callable[[str], str], ordinal: Callable[[int, str], str], months: Collection[str]
) -> str:
    """Say "między 9 a 17" as hours, "między 1914 a 1918" as years, and days and counted things by the noun."""

    def between(match: regex.Match[str]) -> str:
        figures, noun = (match[2], match[4]), match[7] or ""
        numbers = [int(each) for each in figures]
        if match[5] or noun == "rokiem" or noun in months or (min(numbers) > 1000 and max(numbers) < 2100):
            said = [ordinal(number, "ym") for number in numbers]
        elif noun.endswith(("ami", "źmi", "ćmi")):
            said = [in_instrumental(cardinal(each)) for each in figures]
        elif max(numbers) <= MAX_HOUR and not _COUNTED_BEHIND.search(noun[-4:]):
            said = [ordinal(number, "ą") for number in numbers]
        else:
            return match[0]
        year = "" if not match[5] else " rokiem" if match["ends"] is None else " rokiem."
        return f"{match[1]} {said[0]} {match[3]} {said[1]}{year}"

    return _BETWEEN.sub(between, text)


def _stem(word: str) -> str:
    if word in _STEMS:
        return _STEMS[word]
    genitive = BEFORE_MEN.get(word, word)
    return f"{genitive[:-1]}o" if genitive.endswith("u") else genitive


def ordinal_in_case(said: str, case: str) -> str:
    """Return an ordinal with the ending of a case: "dwudziestego pierwszego" for 21 and "ego"."""
    # num2words has 300th and 400th wrong.
    said = said.replace("trzysetny", "trzechsetny").replace("czterysetny", "czterechsetny")
    return " ".join(word if word in ("trzy", "cztery") else _inflect(word, case) for word in said.split())


def _inflect(word: str, case: str) -> str:
    if word.endswith("y"):
        return word[:-1] + case
    if not word.endswith(("gi", "ci")):
        return word
    if case in ("a", "ą"):
        return word.removesuffix("i" if word.endswith("gi") else "") + case
    return word[:-1] + "i" + {"y": "", "ym": "m", "ych": "ch"}.get(case, case)


def agree(said: str, noun: str) -> str:
    """Return a cardinal in the gender of the noun after it."""
    noun = noun.lower()
    if noun in _MEN:
        spoken = said.split()
        end = max((at + 1 for at, word in enumerate(spoken) if word.startswith("tysi")), default=0)
        return " ".join((*spoken[:end], *(BEFORE_MEN.get(word, word) for word in spoken[end:])))
    if said == "jeden" and noun:
        if noun.endswith("ę"):
            return "jedną"
        feminine = noun.endswith("a") and noun not in _MASCULINE_IN_A
        return "jedna" if feminine else "jedno" if noun.endswith(("o", "e", "um")) else said
    if said.endswith("dwa") and noun in _FEMININE_COUNTED:
        return f"{said[:-1]}ie"
    return said
