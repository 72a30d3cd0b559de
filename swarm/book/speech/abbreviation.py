"""Abbreviations as the words they stand for, where no engine would know and no reader doubts."""

from collections.abc import Collection
from functools import cache

import regex

from swarm.book.speech.roman import NUMERAL

# What is written (a pattern) and what is said, by language. A capital must follow a title.
_TITLES = {
    "en": "Mr=Mister|Mrs=Missus|Ms=Miz|Messrs=Messrs|Dr=Doctor|Prof=Professor|St=Saint|Rev=Reverend|"
    "Hon=Honourable|Capt=Captain|Lieut=Lieutenant|Lt=Lieutenant|Col=Colonel|Gen=General|Sgt=Sergeant|Maj=Major|Gov=Governor|"
    "Pres=President|Sen=Senator",
    "fr": "M=Monsieur|MM=Messieurs|Mme=Madame|Mmes=Mesdames|Mlle=Mademoiselle|Mlles=Mesdemoiselles|Mgr=Monseigneur|"
    "Dr=Docteur|St=Saint|Ste=Sainte",
    "de": "Hr=Herr|Hrn=Herrn|Fr=Frau|Frl=Fräulein|Dr=Doktor|Prof=Professor|St=Sankt",
    "es": "Sr=Señor|Sra=Señora|Sres=Señores|Srta=Señorita|Dr=Doctor|Dra=Doctora|D=Don|Dña=Doña",
    "it": "Sig=Signor|sig=signor|sig.ra=signora|Sig.ra=Signora|sig.na=signorina|Sig.na=Signorina|Dott=Dottor|"
    "dott=dottor|prof=professor|Prof=Professor|avv=avvocato",
    "pt": "Sr=Senhor|Sra=Senhora|Dr=Doutor|Dra=Doutora|D=Dom",
    "nl": "dhr=de heer|mevr=mevrouw|Mevr=Mevrouw|mr=meester|dr=doctor|Dr=Doctor",
}
_BEFORE_NUMBERS = {
    "en": "No=number|Nos=numbers|p=page|pp=pages|vol=volume|vols=volumes|ch=chapter|chap=chapter|fig=figure|"
    "Fig=Figure|§=section|§§=sections",
    "fr": "n°=numéro|no=numéro|p=page|pp=pages|t=tome|vol=volume|chap=chapitre|fig=figure|§=paragraphe|§§=paragraphes",
    "de": "Nr=Nummer|S=Seite|Bd=Band|Kap=Kapitel|Abb=Abbildung|geb=geboren|gest=gestorben|§=Paragraf|§§=Paragrafen",
    "es": "núm=número|n.º=número|pág=página|págs=páginas|vol=volumen|cap=capítulo",
    "it": "n=numero|pag=pagina|pagg=pagine|vol=volume|cap=capitolo",
    "pt": "n.º=número|pág=página|págs=páginas|vol=volume|cap=capítulo",
    "nl": "nr=nummer|blz=bladzijde|hfdst=hoofdstuk",
}
_ANYWHERE = {
    "en": "e.g.=for example|i.e.=that is|etc.=et cetera|viz.=namely|cf.=compare|vs.=versus|Jr.=Junior|Esq.=Esquire|"
    "& Co.=and Company",
    "fr": "c.-à-d.=c'est-à-dire|etc.=et cætera|p. ex.=par exemple|cf.=voir|env.=environ|av. J.-C.=avant Jésus-Christ|"
    "ap. J.-C.=après Jésus-Christ",
    "de": "z. B.=zum Beispiel|z.B.=zum Beispiel|d. h.=das heißt|d.h.=das heißt|usw.=und so weiter|bzw.=beziehungsweise|"
    "ca.=circa|vgl.=vergleiche|ggf.=gegebenenfalls|evtl.=eventuell|Mio.=Millionen|Mrd.=Milliarden|"
    "u. s. w.=und so weiter|u. a.=unter anderem|v. Chr.=vor Christus|n. Chr.=nach Christus",
    "es": "etc.=etcétera|Ud.=usted|Uds.=ustedes|Vd.=usted|Vds.=ustedes|p. ej.=por ejemplo|EE. UU.=Estados Unidos|"
    "a. C.=antes de Cristo|d. C.=después de Cristo",
    "it": "ecc.=eccetera|a.C.=avanti Cristo|d.C.=dopo Cristo",
    "pt": "etc.=et cetera|p. ex.=por exemplo",
    "nl": "bijv.=bijvoorbeeld|enz.=enzovoort|d.w.z.=dat wil zeggen",
}

_INITIAL = regex.compile(r"\s\p{Lu}\.")
_END = regex.compile(r"[\s\"'”’»)]*+$")
_PARTICLES = r"(?:de|de la|du|des|von|van|van der|le|la|di|da|del|della)\s|d[’']"
_AND = r"\s(?:and|or|&|et|ou|und|oder|y|o|e|en)\s"  # "Mr. and Mrs. Smith"
_UNDOTTED = frozenset(("Mr", "Mrs", "Ms", "Dr", "Mme", "Mmes", "Mlle", "Mlles", "MM", "Mgr", "St", "Ste"))
_WHOLE = ("n°", "n.º", "§", "§§")  # these have no full stop to lose
_SHORTENED = ("sig.ra", "Sig.ra", "sig.na", "Sig.na")
_TAIL = r"(?<![.,;:!?)\]»”’\"'])"  # what ends a sentence is no part of an address

_WEB = regex.compile(
    rf"(?:https?://|ftp://|www\.)(?:[^\s/@]{{1,64}}@)?([\p{{L}}\p{{N}}.-]{{1,253}})(?::\d+)?(?:/\S*{_TAIL})?",
    regex.IGNORECASE,
)

_MAIL = regex.compile(r"(?:mailto:)?([\w.+-]{1,64})@([\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8})")

_ISBN = regex.compile(r"\bISBN(?:-1[03])?:?\s*(?:97[89][\s-]?)?\d[\d\s-]{8,14}[\dXx]\b")

_AT = {"fr": "arobase", "de": "ät", "es": "arroba", "it": "chiocciola", "pt": "arroba", "nl": "apenstaartje"}


def say_abbreviations(text: str, language: str) -> str:
    """A sentence with its abbreviations as words."""
    for finder, said in _finders(language):
        text = _said(text, finder, said)
    return text


def _said(text: str, finder: "regex.Pattern[str]", said: dict[str, str]) -> str:
    return finder.sub(lambda match: match[0] if _is_initial(match) else said[match[1]] + _stop(match), text)


def _is_initial(match: "regex.Match[str]") -> bool:
    """Whether a lone letter is the first of several initials: "D. H. Lawrence" is no Don."""
    return len(match[1]) == 1 and match[1].isupper() and bool(_INITIAL.match(match.string, match.end()))


def _stop(match: "regex.Match[str]") -> str:
    """An abbreviation that ends the sentence keeps its full stop."""
    return "." if match[0].endswith(".") and _END.match(match.string, match.end()) else ""


@cache  # a book has one language, and each takes a while
def _finders(language: str) -> tuple[tuple["regex.Pattern[str]", dict[str, str]], ...]:
    if language not in _TITLES:
        return ()
    return (
        _finder(_TITLES[language], _after_title(language), (*_UNDOTTED, *_SHORTENED)),
        _finder(_BEFORE_NUMBERS[language], rf"\s?(?:\d|(?i:(?=[IVXLC]{{2}}){NUMERAL}\b))", _WHOLE),
        _finder(_ANYWHERE[language], "", _table(_ANYWHERE[language])),
    )


def _after_title(language: str) -> str:
    """What follows a title: a name, or another title that the name follows."""
    titles = "|".join(map(regex.escape, _table(_TITLES[language])))
    between = r"[-\s]" if language == "fr" else r"\s"
    return rf"(?:{between}(?:{_PARTICLES})?\p{{Lu}}|{_AND}(?:{titles}|Miss|Madame|Frau|Lady)\b)"


def _table(text: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in text.split("|"))


def _finder(table: str, after: str, whole: Collection[str]) -> tuple["regex.Pattern[str]", dict[str, str]]:
    """Finds names that end in a full stop, or need none, before what has to follow."""
    said = _table(table)
    names = "|".join(map(regex.escape, sorted(said, key=len, reverse=True)))
    complete = "|".join(map(regex.escape, sorted(set(whole) & set(said), key=len, reverse=True)))
    undotted = rf"|(?<=(?:{complete}))" if complete else ""
    return regex.compile(rf"(?<![\p{{L}}\d.])({names})(?:\.{undotted})(?={after})"), said


def shorten(text: str, language: str) -> str:
    """A text whose web addresses are the names of their sites, whose ISBNs are named without their figures."""
    if "ISBN" in text:
        text = _ISBN.sub("ISBN", text)
    if "@" in text:
        text = _MAIL.sub(rf"\1 {_AT.get(language, 'at')} \2", text)
    if "://" in text or "www." in text.lower():
        text = _WEB.sub(lambda match: match[1].lower().removeprefix("www.").strip("."), text)
    return text
