"""The Italian language."""

import regex

from swarm.book.language.language import (
    Abbreviations,
    ClockWords,
    Counted,
    CreditWords,
    Dates,
    Forms,
    Language,
    LegalWords,
    Numbers,
    PartNames,
    Powers,
    Sentences,
    table,
    words,
)
from swarm.book.language.numeral import NUMERAL
from swarm.book.language.spelling import spelled

_MASCULINE = words("problema programma tema sistema poeta clima pianeta")
_NO_NOUN = words("di e o a in che per con tra fra da la")


def _agree(said: str, noun: str) -> str:
    noun = noun.lower()
    if said != "uno" or not noun or noun in _NO_NOUN:
        return said
    return "una" if noun.endswith("a") and noun not in _MASCULINE else "un"


def _hour(hour: int) -> str:
    return "una" if hour == 1 else spelled(str(hour), LANGUAGE)


def _fraction(over: int, under: int) -> str:
    part = spelled(str(under), LANGUAGE, "ordinal")
    return f"{_agree(spelled(str(over), LANGUAGE), part)} {f'{part[:-1]}i' if over > 1 else part}"


def _ordinal(said: str, suffix: str) -> str:
    return f"{said[:-1]}a" if suffix.endswith("ª") and said.endswith("o") else said


LANGUAGE: Language = Language(
    code="it",
    numbers=Numbers(
        point="virgola",
        to="a",
        minus="meno",
        join="e",
        coins="e",
        halves=("un mezzo", "un quarto", "tre quarti"),
        money={"$": Forms("dollaro", "dollari"), "£": Forms("sterlina", "sterline")},
        fraction=_fraction,
        units={
            "km/h": Forms(
                "chilometro all'ora", "chilometri all'ora"
            ),  # CLDR's "chilometri orari" is the language of road signs
            "m": "length-meter",
            "g": "mass-gram",
            "l": "volume-liter",
            "min": "duration-minute",
        },
        signs={"%": Forms("per cento", "per cento")},  # books do not write CLDR's "percento"
        pairs=True,
        scales=table("milione=milione di|milioni=milioni di|miliardo=miliardo di|miliardi=miliardi di"),
        clock=ClockWords(between="e", hour=_hour, written=r"(?<=\b(?:ore|alle|dalle)\s\d{1,2})\.([0-5]\d)"),
        agree=_agree,
        ordinal=r"\.?[ºª]",
        ordinal_form=_ordinal,
        last_ordinal_king=99,
        centuries=(
            (regex.compile(rf"\b({NUMERAL})(?=\s+secolo\b)|(?<=\bsecol[oi]\s)({NUMERAL})\b(?!\s+secolo)"), "ordinal"),
        ),
    ),
    dates=Dates(form="{day} {month} {year}", day=lambda day: "1º" if day == 1 else str(day)),
    powers=Powers(
        squared=" al quadrato",
        cubed=" al cubo",
        other=" elevato a {}",
        square=Forms("{}metro quadrato", "{}metri quadrati"),
        cubic=Forms("{}metro cubo", "{}metri cubi"),
        prefixes=("milli", "centi", "deci", "chilo"),
    ),
    abbreviations=Abbreviations(
        titles=table(
            "Sig=Signor|sig=signor|sig.ra=signora|Sig.ra=Signora|sig.na=signorina|Sig.na=Signorina|Dott=Dottor|"
            "dott=dottor|prof=professor|Prof=Professor|avv=avvocato"
        ),
        numbered=table("n=numero|pag=pagina|pagg=pagine|vol=volume|cap=capitolo"),
        anywhere=table("ecc.=eccetera|a.C.=avanti Cristo|d.C.=dopo Cristo"),
        whole=frozenset(("sig.ra", "Sig.ra", "sig.na", "Sig.na")),
        joins="e|ed|o",
    ),
    sentences=Sentences(open="sig sigg sig.ra dott prof avv ing on pag pagg cap n a.C d.C S SS", numbered="pag pagg"),
    counted=Counted(words="capitolo|libro|parte|volume|atto|scena|canto|lettera", short="cap", lettered="lettera"),
    parts=PartNames(
        title_page="frontespizio",
        cover="copertina",
        colophon="colofon",
        licence="licenza",
        contents="indice|sommario",
        pictures="elenco delle illustrazioni",
        notes="note",
        index="indice analitico",
        bibliography="bibliografia",
        transcriber="nota del trascrittore|note del trascrittore",
        advertisement="dello stesso autore|prossimamente",
        other_books="altri libri di .{1,60}",
    ),
    legal=LegalWords(rights="diritti riservati", published="stampato", transcribed="nota del? trascrittore"),
    quotes="«»“”‘’",
    note="Nota:",
    credits=CreditWords(by="Di {}", read_by="Letto da {}", end="Fine", part="Parte {} di {}"),
    at="chiocciola",
    function_words=words(
        "di che e la il un non è per una in si con le del i da ma lo come più al della nel era mi suo gli sono"
    ),
)
