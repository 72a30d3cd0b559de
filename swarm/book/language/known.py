"""Finds the languages in `languages/`: files of data, and for those that need one a program in a folder.

For languages without either it keeps their function words, by which a text shows what language it is in, and their
words beside quotations.
"""

import tomllib
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from pkgutil import get_data, iter_modules, resolve_name
from typing import Any, cast, get_args, get_origin, get_type_hints

from msgspec import Struct, ValidationError, convert
from msgspec.structs import replace

from swarm.book.language import languages
from swarm.book.language.language import Abbreviations, Forms, Language, PartNames, Speakers, forms_of, table, words
from swarm.book.language.rules import Rules
from swarm.errors import EnvironmentFault


def find_language(code: str, region: str = "") -> Language:
    """Return the language of a primary subtag; one without words or rules if it has neither folder nor file.

    Of a region that its file knows it has other words: "PT" for European Portuguese.
    """
    found = _load(code) if code in _codes() else _from_data(code)
    several = next((each for each in found.regions if region in each.split()), "") if region else ""
    return _of_region(code, several) if several else found


@cache  # as many as files name
def _of_region(code: str, region: str) -> Language:
    _load(code)  # its program, if it has one
    return _with_parts(read_language(code, region), _PARTS.get(code, {}))


@cache
def _load(code: str) -> Language:
    """Return a language with a folder or a whole file. Raises EnvironmentFault if that is faulty."""
    if code not in _programs():
        return read_language(code)
    try:
        found = resolve_name(f"{languages.__name__}.{code}:LANGUAGE")
    except EnvironmentFault:
        raise
    except Exception as fault:  # the folder has a program, which may raise anything
        raise _faulty(code, f"{type(fault).__name__}: {fault}") from fault
    if not isinstance(found, Language):
        raise _faulty(code, "LANGUAGE is no Language")
    return found


def _faulty(code: str, why: str, file: str = "/__init__.py") -> EnvironmentFault:
    files = ", ".join(f"{folder}/{code}{file}" for folder in languages.__path__)
    return EnvironmentFault(f"The language {files} is faulty ({why}); docs/languages.md says what it needs.")


_OF_ANOTHER = {"no": "nb", "nn": "nb", "bs": "hr", "sh": "hr"}  # languages that are written alike


@lru_cache(64)  # bounded, since a hostile book may name thousands
def _from_data(code: str) -> Language:
    return read_language(code)


def read_language(code: str, region: str = "") -> Language:
    """Return the language of a file; one without words or rules if it has none. Raises EnvironmentFault."""
    name = _OF_ANOTHER.get(code, code)
    try:
        text = get_data(languages.__name__, f"{name}.toml") if name.isalpha() else None
    except OSError:
        text = None
    if text is None:
        return Language(code=code)
    try:
        return _language(code, name, tomllib.loads(text.decode()), region)
    except (ValidationError, tomllib.TOMLDecodeError, KeyError, TypeError) as fault:
        raise _faulty(name, str(fault), ".toml") from fault


def with_program(code: str, **parts: object) -> Language:
    """Return the language of a file with what its program adds: fields, or in a mapping those of a part.

    Steps of a program are taken before those of the file.
    """
    _PARTS[code] = parts
    return _with_parts(read_language(code), parts)


_PARTS: dict[str, Mapping[str, object]] = {}  # what programs add, by code


def _with_parts(found: Language, parts: Mapping[str, object]) -> Language:
    for name, more in parts.items():
        part = getattr(found, name)
        if isinstance(more, dict):
            steps = {key: (*value, *getattr(part, key)) for key, value in more.items() if isinstance(value, tuple)}
            more = replace(part, **more | steps)
        found = replace(found, **{name: more})
    return found


def _language(code: str, name: str, found: dict[str, Any], region: str) -> Language:
    """Return what a file says. The fields of abbreviations may stand at its top, and `open` of sentences."""
    regions = found.pop("of_region", {})
    found["regions"] = {name: more.pop("shows", "") for name, more in regions.items()}
    _merge(found, regions.get(region, {}))
    tables = {key: table(value) for key, value in found.pop("tables", {}).items()}
    patterns = found.pop("patterns", {})
    short = {key: found.pop(key) for key in Abbreviations.__struct_fields__ if key in found}
    found["abbreviations"] = short | found.get("abbreviations", {})
    opened = found.pop("open", "")
    if "sentences" in found:
        found["sentences"]["open"] = opened
    else:  # no sentence ends behind an abbreviation of the file
        tabled = [*table(short.get("titles", "")), *table(short.get("numbered", ""))]
        tabled += [one.removesuffix(".") for one in table(short.get("anywhere", "")) if " " not in one]
        found["sentences"] = {"open": f"{' '.join(tabled)} {opened}".strip()}
    own = {"code": code, "locale": "" if name == code else name}

    def rules(said: Mapping[str, str]) -> Rules:
        return Rules(said, patterns, tables, lambda: find_language(code, region))

    return cast(Language, _filled(Language, own | found, rules))


def _merge(found: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Put more fields into a table, and into the tables in it."""
    for key, value in more.items():
        if isinstance(value, dict) and key in found:
            _merge(found[key], value)
        else:
            found[key] = value


_hints = cache(get_type_hints)


def _filled(kind: Any, found: Mapping[str, Any], rules: Callable[[Mapping[str, str]], Rules]) -> Any:
    """Return a value of a kind with the fields of a table."""
    return kind(**{name: _field(_hints(kind)[name], value, rules) for name, value in found.items()})


def _field(hint: Any, value: Any, rules: Callable[[Mapping[str, str]], Rules]) -> Any:
    """Return a field as its type asks: a text may be words, a table or the forms of a noun, a table may be rules."""
    origin, inner = get_origin(hint), get_args(hint)
    if isinstance(value, str) and origin is Mapping:
        value = table(value)
    if isinstance(value, dict):
        if origin is Mapping:
            return {key: _field(inner[1], each, rules) for key, each in value.items()}
        part = [each for each in (hint, *inner) if isinstance(each, type) and issubclass(each, Struct)]
        if part:
            return _filled(part[0], value, rules)
        if inner and inner[0] == [str, bool]:  # of words of several sounds
            return rules(value).places
        return rules(value).steps if origin is tuple else rules(value)
    if isinstance(value, str) and origin is frozenset:
        return words(value)
    if hint is Forms or (Forms in inner and ("|" in value or "-" not in value)):
        return forms_of(value)
    return convert(value, hint)


@cache
def every_language() -> tuple[Language, ...]:
    """Return all languages that have a folder or a whole file, sorted by code."""
    return tuple(map(find_language, _codes()))


def _programs() -> frozenset[str]:
    return frozenset(module.name for module in iter_modules(languages.__path__) if module.ispkg)


@cache
def part_names() -> tuple[PartNames, ...]:
    """Return the titles of a book's parts in each language whose file has some."""
    return tuple(find_language(code).parts for code in sorted(_files_with("[parts]")))


@cache
def _codes() -> tuple[str, ...]:
    """Return the languages with a program, and those whose file is a whole one: it has function words."""
    return tuple(sorted(_programs() | _files_with("function_words")))


def _files_with(line: str) -> set[str]:
    """Return the languages in whose file a line begins so."""
    files = [path for folder in languages.__path__ for path in Path(folder).glob("*.toml")]
    return {path.stem for path in files if f"\n{line}" in f"\n{path.read_text(encoding='utf-8')}"}


# Those of languages without a folder. Words that two languages share count for both, so the others decide.
_MORE_FUNCTION_WORDS = {
    "da": "og i at det er en til af på jeg den han de for ikke der var med et sig som hun mig men vi har havde så fra",
    "sv": "och i att det som en på är av för med den han inte till jag hade var ett de om men så hon sig från när nu",
    "nb": "og i det er på en til som av for at med den han ikke var jeg de et hadde seg om men så hun fra etter når",
    "is": "og að í á er sem það um var ekki hann við með en til af þá fyrir eru ég því hafði hún þar sér þau svo",
    "cs": "a se v na že je to s z do i o jako ale si jsem tak by k po které za už byl jeho jen co když ve jeho není",
    "sk": "a sa v na že je to s z do i o ako ale si som tak by k po ktoré za už bol jeho len čo keď vo nie ich pri",
    "sl": "in je v na se da za z so ki ne pa po bi tudi kot ni še bil ali bilo sem ga od ko jo lahko samo kakor",
    "hr": "i je u da se na za su ne od s što kao a nije bi to će ali po sam iz bio li ja koji kad ga kako nego",
    "ro": "de și în a la cu nu o că se un din pe mai care ce să este pentru au era lui al le fi sau dar am ca prin",
    "hu": "a az és hogy nem egy is volt de azt ez meg csak már mint ki el ha még ezt vagy mert nagy aki olyan fel ő",
    "fi": "ja on ei se hän että oli kun mutta niin en ovat hänen mitä nyt kuin joka jos minä sen ole sitä vain siitä",
    "et": "ja on ei see et ta oli kui ka aga mis ma ning siis ära nii tema oma seda kes veel olid või pole ning",
    "lv": "un ir ar no uz ka par kas viņš nav bet tas es kā bija lai vai to tā arī ko viņa pie tad jau pēc",
    "lt": "ir kad su iš į jis tai bet yra buvo ne kaip ar nuo jo dar per jau aš apie tik po man savo jos už",
    "tr": "ve bir bu da de için ile ne o gibi daha çok olan var kadar sonra olarak mi ben ki ama en dedi değil her",
    "id": "yang dan di itu tidak dengan ini untuk dari dalam akan pada juga ke ada saya dia mereka adalah kita oleh",
    "vi": "và của là có không được một cho trong người những với các này đã để khi tôi ở như đó ra thì mà lại nhưng",
    "ca": "de la el i que en a les els un no per una amb es del al com més va és són ho però seva li aquest hi dels",
    "eo": "la de kaj en al ne mi estas li vi por kun kiu sed tio pri ni oni ĝi kiel por estis sia pli ili ŝi el",
    "la": "et in est non ad ut cum quod sed qui ex si enim aut de esse quae ab hoc autem quam etiam nec ac per sunt",
    "eu": "eta da ez bat zen du ere zuen baina dut dira hau izan egin bere hori zer naiz gero oso nire dute",
    "af": "die en van het in nie is hy te dat ’n was om sy met ek vir op sal aan wat ook maar ons jy haar so hulle",
    "ga": "an na agus a ar i is ag go sé do le ní bhí tá ach sí mar é chun iad seo leis de ann aige nach",
    "cy": "y yn a i o ei yr ac ar oedd mae wedi ond am ni ef eu fod na hi bod gan at hyn wrth yna fel ddim",
    "sq": "e të dhe në i një që me për nuk u është nga më se si ishte ai kjo po do ky tha ka edhe kishte",
    "uk": "і в не на що я з та він як до а це за його у по але від так її ви ми є й мені було коли вже щоб про",
    "be": "і ў не на што я з да ён як а гэта за па яго але у ад так яна мы было калі ж яны мне ты для яе",
    "bg": "и на да не се от за в е с че си по като му той но беше ще са това го ми или ли тя как към до при",
    "sr": "и је у да се на за су не од с што као а није би то ће али по сам из био ли ја који кад га како него",
    "mk": "и на да се не во од за е со што го како по но беше тој му ќе ја ги ми ли тоа или кога таа си кон",
}


@cache
def function_words() -> dict[str, frozenset[str]]:
    """Return the function words of each language that has some."""
    more = {code: words(text) for code, text in _MORE_FUNCTION_WORDS.items()}
    return more | {language.code: language.function_words for language in every_language() if language.function_words}


_SAME_MARKS = {"sv": "””»»", "fi": "””»»"}  # each opens and closes


def find_speakers(code: str) -> Speakers:
    """Return the words beside quotations in a language, by its primary subtag; empty ones if none are known."""
    return find_language(code).speakers


def find_quotes(code: str) -> str:
    """Return the pairs of marks around what is said in a language."""
    return _SAME_MARKS.get(code, "") + find_language(code).quotes
