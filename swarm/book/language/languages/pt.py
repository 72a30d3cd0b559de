"""The Portuguese language."""

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


def _hour(hour: int) -> str:
    said = spelled(str(hour), LANGUAGE)
    return f"{said}a" if said.endswith("um") else said


def _fraction(over: int, under: int) -> str:
    part = "terço" if under == 3 else spelled(str(under), LANGUAGE, "ordinal")
    return f"{spelled(str(over), LANGUAGE)} {part}{'s' if over > 1 else ''}"


def _ordinal(said: str, suffix: str) -> str:
    return f"{said[:-1]}a" if suffix.endswith("ª") and said.endswith("o") else said


LANGUAGE: Language = Language(
    code="pt",
    locale="pt_PT",  # "quilómetros"; the bare code is Brazil's
    numbers=Numbers(
        point="vírgula",
        to="a",
        minus="menos",
        join="e",
        coins="e",
        halves=("um meio", "um quarto", "três quartos"),
        money={"$": Forms("dólar", "dólares"), "£": Forms("libra", "libras")},
        fraction=_fraction,
        units={"m": "length-meter", "g": "mass-gram", "l": "volume-liter", "min": "duration-minute"},
        pairs=True,
        scales=table("milhão=milhão de|milhões=milhões de"),
        clock=ClockWords(between="e", hour=_hour),
        ordinal=r"\.?[ºª]",
        ordinal_form=_ordinal,
        last_ordinal_king=10,
        centuries=((regex.compile(rf"(?<=\bséculos?\s)({NUMERAL})\b"), "cardinal"),),
    ),
    dates=Dates(form="{day} de {month} de {year}"),
    powers=Powers(
        squared=" ao quadrado",
        cubed=" ao cubo",
        other=" elevado a {}",
        square=Forms("{}metro quadrado", "{}metros quadrados"),
        cubic=Forms("{}metro cúbico", "{}metros cúbicos"),
        prefixes=("milí", "centí", "decí", "quiló"),
    ),
    abbreviations=Abbreviations(
        titles=table("Sr=Senhor|Sra=Senhora|Dr=Doutor|Dra=Doutora|D=Dom"),
        numbered=table("n.º=número|pág=página|págs=páginas|vol=volume|cap=capítulo"),
        anywhere=table("etc.=et cetera|p. ex.=por exemplo"),
        whole=frozenset(("Dr", "n.º")),
        joins="e|ou",
    ),
    sentences=Sentences(open="Sr Sra Srs Sras Srta Dr Dra D Exmo Exma núm pág págs cap", numbered="núm pág págs"),
    counted=Counted(words="capítulo|livro|parte|volume|tomo|ato|cena|carta|canto", short="cap", lettered="carta"),
    parts=PartNames(
        title_page="folha de rosto",
        cover="capa",
        colophon="colofao",
        licence="licenca",
        contents="indice|sumario",
        notes="notas",
        bibliography="bibliografia",
    ),
    legal=LegalWords(rights="direitos reservados"),
    quotes="“”‘’«»",
    note="Nota:",
    credits=CreditWords(by="Por {}", read_by="Lido por {}", end="Fim", part="Parte {} de {}"),
    at="arroba",
    function_words=words(
        "de que a o e do da em um não para uma os no se na por mais as dos como mas ao ele das seu sua era foi eu"
    ),
)
