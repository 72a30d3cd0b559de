"""Finds who says a quotation, by the name beside it and a verb of saying: "said Holmes", "Holmes asked"."""

from collections.abc import Iterator
from functools import cache, lru_cache

import regex
from msgspec import Struct

from swarm.book.language.known import find_language
from swarm.book.language.late_pattern import compile_later
from swarm.book.language.speakers import find_speakers

MAX_SAID = 5000  # characters of a quotation in which asides are looked for
MAX_ASIDE = 80  # characters of an aside behind its verb and name
MAX_BESIDE = 160  # characters beside a quotation that are looked at
_TITLE = r"(?:Mr|Mrs|Ms|Miss|Dr|Sir|Lady|Lord|Captain|Colonel|Professor|Herr|Frau|M|Mme|Mlle|Don|Doña|Señor|Señora)"
_NO_NOUNS = (
    "with|in|as|to|from|at|of|on|and|who|that|but|for|when|while|quite|very|rather|again|mit|zu|und|en|et|y|e|con"
)
_NO_NAMES = (
    "as if not that because for well yet very at in on with after before all some any every which while till until "
    "i he she it they we you one who the a an and but then so there here what when where how this that these those his "
    "her my their our your no yes oh ah er ich sie es wir ihr und aber da nun il elle je ils elles on nous vous tu él "
    "ella yo ellos lui lei io он она я они мы ja on ona hij zij ik han hon jag de vi du ni den det hun jeg hän minä me "
    "everybody somebody nobody other latter former others"
)


class _Patterns(Struct, frozen=True):
    after: "regex.Pattern[str]"  # said Holmes, Holmes said
    before: "regex.Pattern[str]"  # Holmes said:
    inside: "regex.Pattern[str]"  # , dit Jean
    aside: "regex.Pattern[str]"  # dit-il, and dit Jean en riant,


@lru_cache(64)
def _patterns(code: str) -> _Patterns | None:
    speakers = find_speakers(code)
    verbs = "|".join(filter(None, (speakers.verbs, find_language(code).sentences.speech_verbs)))
    if not verbs:
        return None
    article = speakers.article
    title = f"{_TITLE}|{speakers.titles}" if speakers.titles else _TITLE
    proper = (
        rf"(?:(?:{title})\.?\s)?+\p{{Lu}}[\p{{L}}’'-]++"
        rf"(?:\s(?:(?:de|von|van|of|du|la)\s)?+\p{{Lu}}[\p{{L}}’'-]++){{0,2}}+"
    )
    noun = rf"(?!(?:{_NO_NOUNS})\b)\p{{Ll}}{{2,20}}+"
    # Of a second noun: no verb, as in "the lawyer said", and no adverb, as in "said the lawyer quietly".
    second = rf"(?!(?:{verbs})\b|\p{{Ll}}++(?<=ly)\b){noun}"
    called = rf"(?:{noun}\s)?\p{{Lu}}[\p{{L}}’'-]++(?:\s\p{{Lu}}[\p{{L}}’'-]++)?+"
    common = rf"(?:{article})\s(?:{called}|{noun}(?:\s{second})?+)|"
    name = rf"(?P<name>{common if article else ''}{proper})"
    said = rf"(?:{verbs})\b"
    adverb = r"(?:\p{Ll}{2,14}+\s){0,2}?"
    return _Patterns(
        compile_later(rf"[\s,.;—–―-]*+(?:{said}\s{name}|{name},?\s{adverb}{said})", regex.V0),
        compile_later(rf"{name}\s{adverb}{said}[^.!?…:\"“«„]{{0,60}}?[,:]\s*\Z", regex.V0),
        compile_later(rf"[,!?…]\s(?:(?:me|lui|nous|leur)\s)?+{said}\s(?:\p{{Ll}}++\s)??{name}", regex.V0),
        compile_later(
            rf"(?<=[,!?…]\s)(?:(?:me|lui|nous|leur)\s)?+(?:{_inverted(verbs)}|{said}\s(?:\p{{Ll}}++\s)??{name})"
            rf"[^,;:.!?…»”“«]{{0,{MAX_ASIDE}}}+[,;:.!?…]*+",
            regex.V0,
        ),
    )


def _inverted(verbs: str) -> str:
    """Return the pattern of a verb of saying before a pronoun: "dit-il", "m’écriai-je", "sade han"."""
    mine = r"(?:m[’']écriai|dis|fis|repris|répondis|demandai|criai|ajoutai|murmurai|répliquai|continuai)-je"
    return rf"(?:{verbs})(?:-t)?-(?:il|elle|on|ils|elles)\b|{mine}\b|(?:{verbs})\s(?:han|hon|hun|jag|jeg|de|hän|minä)\b"


def find_speaker(before: str, after: str, language: str) -> str | None:
    """Return the name of the speaker beside a quotation; "" for a pronoun beside a verb of saying, None for neither."""
    patterns = _patterns(language)
    if patterns is None:
        return None
    found = patterns.after.match(after[:MAX_BESIDE]) or patterns.before.search(before[-MAX_BESIDE:])
    name = next(filter(None, found.groups()), "") if found else ""
    if found and _is_name(name, language):
        return _plain(name)
    mine = _mine(language)
    if mine and (mine.after.match(after[:MAX_BESIDE]) or mine.before.search(before[-MAX_BESIDE:])):
        return find_speakers(language).me
    return "" if found or _has_pronoun(before, after, language) else None


def find_speaker_inside(said: str, language: str) -> str:
    """Return the name of the speaker inside a quotation, as in « Oui, dit Jean, c’est lui. »; "" if there is none."""
    patterns = _patterns(language) if find_speakers(language).inside else None
    found = patterns.inside.search(said[:1000]) if patterns else None
    name = next(filter(None, found.groups()), "") if found else ""
    return _plain(name) if _is_name(name, language) else ""


def find_asides(said: str, language: str) -> Iterator[tuple[int, int]]:
    """Yield the parts of a quotation that are the narrator's, as in « Oui, dit Jean, c’est lui. »."""
    patterns = _patterns(language) if find_speakers(language).inside else None
    for found in patterns.aside.finditer(said[:MAX_SAID]) if patterns else ():
        name = found.group("name")
        if name is None or _is_name(name, language):
            yield found.span()


def _plain(name: str) -> str:
    """Return a name with single spaces; of "the Rabbit's" in "said the Rabbit's voice", that of the Rabbit."""
    return " ".join(name.split()).removesuffix("’s").removesuffix("'s")


def _is_name(name: str, language: str) -> bool:
    words = name.casefold().split()
    articles = find_speakers(language).article.split("|")
    first = next((word for word in words if word not in articles), "")
    return bool(first) and first not in _no_names()


@cache
def _no_names() -> frozenset[str]:
    return frozenset(_NO_NAMES.split())


def is_another(after: str, language: str) -> bool:
    """Tell whether the words behind a quotation give it to others than the one who is named in its paragraph."""
    pattern = _said_by(language, find_speakers(language).others)
    return bool(pattern and pattern.match(after[:MAX_BESIDE]))


def is_other_of_two(after: str, language: str) -> bool:
    """Tell whether the words behind a quotation give it to the other one of two who take turns."""
    pattern = _said_by(language, find_speakers(language).turn)
    return bool(pattern and pattern.match(after[:MAX_BESIDE]))


@lru_cache(128)
def _said_by(code: str, words: str) -> "regex.Pattern[str] | None":
    verbs = find_speakers(code).verbs
    return compile_later(rf"[\s,.;—-]*+(?:(?:{verbs})\s)?+(?:{words})\b") if words else None


def _has_pronoun(before: str, after: str, language: str) -> bool:
    verbs = _saying(language)
    if verbs is None:
        return False
    said = before[-MAX_BESIDE:].rstrip()
    led = said[-1:] in tuple(",:") and verbs.before.search(said)
    return bool(verbs.after.match(after[:MAX_BESIDE]) or led or verbs.last.search(said))


class _Mine(Struct, frozen=True):
    after: "regex.Pattern[str]"  # said I, I said
    before: "regex.Pattern[str]"  # I said:


@lru_cache(64)
def _mine(code: str) -> "_Mine | None":
    me, verbs = find_speakers(code).me, find_speakers(code).verbs
    if not me:
        return None
    adverb = r"(?:\p{Ll}{2,14}+\s){0,2}?"
    return _Mine(
        compile_later(rf"[\s,.;—–―-]*+(?:(?:{verbs})\s{me}|{me}\s{adverb}(?:{verbs}))\b"),
        compile_later(rf"\b{me}\s{adverb}(?:{verbs})\b[^.!?…:\"“«„]{{0,60}}?[,:]\s*\Z"),
    )


class _Saying(Struct, frozen=True):
    after: "regex.Pattern[str]"  # he said
    before: "regex.Pattern[str]"  # said, and stood:
    last: "regex.Pattern[str]"  # said


@lru_cache(64)
def _saying(code: str) -> "_Saying | None":
    verbs, sure = find_speakers(code).verbs, find_speakers(code).sure
    if not verbs:
        return None
    word = r"\p{L}{1,8}+"
    return _Saying(
        compile_later(rf"[\s,.;—–―-]*+(?:(?:{verbs})\b|{word}\s(?:{verbs})\b)"),
        compile_later(rf"\b(?:{verbs})\b[^.!?…]*+\Z"),
        compile_later(rf"(?<![-\p{{L}}])(?:{sure or verbs})\Z"),
    )
