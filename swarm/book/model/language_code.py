"""Languages by their codes and names: `eng`, `en-GB`, `English` are all `en`. Names and codes are CLDR's, by Babel."""

import re
from functools import cache

from swarm.errors import UsageError

# Languages that go by their two letters. Others keep the code that they are given by, as they do in jobs.
_SHORT = (
    "af am an ar as az ba be bg bn bo br bs ca cs cv cy da de el en eo es et eu fa fi fo fr fy ga gd gl gn gu ha "
    "he hi hr ht hu hy ia id ig io is it ja jv ka kk kl km kn ko ku ky la lb ln lo lt lv mg mi mk ml mn mr ms mt "
    "my nb ne nl nn oc om or pa pl ps pt qu ro ru rw sa sd se si sk sl sn so sq sr su sv sw ta te tg th ti tk tl "
    "tn tr tt ug uk ur uz vi wo xh yi yo zh zu"
)
_SHORT_CODES = frozenset(_SHORT.split())
# Norwegian is Bokmål; Serbo-Croatian books are in Latin letters; Filipino voices are called Tagalog; espeak's Klingon
# has the code of its alphabet.
_OWN_CODES = {"no": "nb", "nor": "nb", "sh": "hr", "hbs": "hr", "fil": "tl", "tgl": "tl", "tlh": "piqd"}
# CLDR takes these for their larger neighbours, but they have voices of their own.
_APART = frozenset(("cls", "drh", "gaz", "gug", "pbu", "plt", "prp", "ydd"))
# CLDR does not name these, or not as the engines' own lists and most people do.
_OWN_NAMES = {
    "bn": "Bengali",
    "bpy": "Bishnupriya Manipuri",
    "fy": "Frisian",
    "hyw": "Western Armenian",
    "kaa": "Karakalpak",
    "kl": "Greenlandic",
    "mi": "Maori",
    "mto": "Totontepec Mixe",
    "nb": "Norwegian",
    "nci": "Classical Nahuatl",
    "or": "Oriya",
    "piqd": "Klingon",
    "py": "Pyash",
    "qdb": "Lang Belta",
    "quc": "K'iche'",
    "qya": "Quenya",
    "sjn": "Sindarin",
}
# Of the codes that CLDR knows for one language, those of ISO 639-2 for terminology.
_TERMINOLOGY = (
    "aka ara aym aze bod ces cre cym deu dzo ell est eus fas fra ful grn guj hrv hye iku ipk isl kat kau kom kon "
    "kur lav mlg mri mkd mon msa mya nep nld oji ori orm pus que ron san slk sqi srd srp swa uzb yid zha zho"
)
_SHAPE = re.compile(r"([a-z]{2,4})([-_][a-z0-9]{1,8})*")
NO_LANGUAGE = ("und", "mis", "mul", "zxx")  # codes that say that nothing is known


@cache
def _cldr_names() -> dict[str, str]:
    """Return CLDR's English names of languages by their codes."""
    from babel import Locale  # takes 40 ms, and most commands need no name

    names = {str(code): str(name) for code, name in Locale("en").languages.items()}
    return {code: name for code, name in names.items() if "_" not in code and code not in NO_LANGUAGE}


@cache
def _names() -> dict[str, str]:
    return _cldr_names() | _OWN_NAMES


@cache
def _codes() -> dict[str, str]:
    """Return the primary subtag of each code and each name in lower case."""
    from babel.core import get_global

    aliases = get_global("language_aliases").items()
    return {
        code: language for code, language in aliases if language in _SHORT_CODES and code not in _APART
    } | _OWN_CODES


@cache
def _named() -> dict[str, str]:
    """Return the primary subtags of languages by their English names in small letters, CLDR's and our own."""
    own = {name.lower(): code for code, name in _OWN_NAMES.items()}
    return {name.lower(): _codes().get(code, code) for code, name in _cldr_names().items()} | own


def normal_language(word: str) -> str:
    """Return the primary subtag of a code, a tag or an English name: `en` for `eng`, `en-GB`, `English`.

    It is `en` for `eng`, `en-GB` and `English`. A code that has the right shape but is not known is returned as it is.
    Raises UsageError.
    """
    wanted = word.strip().lower()
    shape = _SHAPE.fullmatch(wanted) if len(wanted) <= 60 else None
    code = shape[1] if shape else ""
    if code in _SHORT_CODES:
        return code
    if len(wanted) > 3 and wanted in _named():
        return _named()[wanted]
    code = _codes().get(code, code)
    if code in _OWN_NAMES:
        return code
    if code in NO_LANGUAGE or len(code) not in (2, 3):
        raise UsageError(f"{word[:60]!r} names no language: give a code such as en, eng, en-GB or fr.")
    return code


def marked_language(mark: str) -> str:
    """Return the primary subtag that a mark of a book names, such as `lang="fr-CA"`; "" if it names no language."""
    if not mark:  # most marks are empty, and need no names of CLDR
        return ""
    try:
        return normal_language(mark)
    except UsageError:
        return ""


def language_name(code: str) -> str:
    """Return the English name of a language; the code itself if it is unknown."""
    return _names().get(code, code)


def long_code(code: str) -> str:
    """Return the ISO 639-2 code of a primary subtag ("eng" for "en"), for MP4; "und" if there is none."""
    return _long_codes().get(code, code if len(code) == 3 else "und")


@cache
def _long_codes() -> dict[str, str]:
    from babel.core import get_global

    aliases = {long: code for long, code in get_global("language_aliases").items() if len(long) == 3 and len(code) == 2}
    preferred = {code: long for long, code in aliases.items() if long in _TERMINOLOGY.split()}
    return {code: long for long, code in aliases.items()} | preferred | {"nb": "nob", "tl": "tgl"}
