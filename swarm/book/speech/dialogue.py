"""Finds what is said in a chapter, and who says it, by quotation marks, dashes, the words and names beside them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Literal

import regex
from msgspec import Struct
from msgspec.structs import replace

from swarm.book.language.known import find_language, find_quotes, find_speakers
from swarm.book.language.pattern import compile_later

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


MAX_SUBJECT_NAMES = 200  # only the longest names of a chapter are looked for
MAX_NARRATION = 2000  # characters before a quotation that are looked at

_JOINS = (
    "and|but|so|for|then|while|when|as|at last|however|presently|und|aber|doch|da|et|mais|puis|y|pero|e|ma|poi|en|maar|"
    "och|men|då|и|а|но|i|ale"
)
_START = rf"(?:\A|(?<=[.!?…;:—–),]\s)|(?<=—))(?:(?:{_JOINS})\s)?+"
_TITLE_OR_ARTICLE = compile_later(
    r"(?:the|le|la|der|die|das|el|il|lo|de|het|mr|mrs|ms|miss|dr|sir|lady|lord|m|mme)\.?\s", regex.I
)


class Subjects:
    """The known names of a chapter, ready to be found where clauses begin."""

    def __init__(self, names: Collection[str]) -> None:
        known = sorted(names, key=len, reverse=True)[:MAX_SUBJECT_NAMES]
        self._names = {name.casefold(): name for name in known}
        words = "|".join(regex.escape(name) for name in known)
        pattern = rf"{_START}(?:poor |old |little )?+(?P<name>{words})(?=[\s,])(?!\s(?:and|und|et|y|e|en|och)\s)"
        self._clause = compile_later(pattern, regex.I) if known else None

    def find_name(self, narration: str) -> str:
        """Return the only known name that a clause of a narration begins with; "" if there is none, or several."""
        if self._clause is None:
            return ""
        found = {self._names[each["name"].casefold()] for each in self._clause.finditer(narration[-MAX_NARRATION:])}
        bare = {_TITLE_OR_ARTICLE.sub("", name).casefold() for name in found}
        return min(found) if len(bare) == 1 else ""


MAX_NAMES = 500  # names are compared in pairs

_Words = frozenset[str]


def shortest_names(names: Collection[str]) -> dict[str, str]:
    """Return for each name the shortest one of the same person, whose words all stand in the longer ones.

    A name that several persons bear, such as "Bennet", is left apart, and so are they from each other.
    """
    words = {name: _words(name) for name in sorted(filter(None, names), key=len)[:MAX_NAMES]}
    found = {name: name for name in names}
    for name, own in words.items():
        longer = [other for other, more in words.items() if own < more and _only_adds_names(own, other)]
        most = max((words[other] for other in longer), key=len, default=own)
        if found[name] == name and all(words[other] <= most for other in longer):
            found |= dict.fromkeys((other for other in longer if found[other] == other), name)
    return found


def _words(name: str) -> _Words:
    return frozenset(name.casefold().replace(".", "").split())


def _only_adds_names(own: _Words, other: str) -> bool:
    """Tell whether what a longer name adds is a title or a name: "the old man" may be another than "the man"."""
    return all(word[0].isupper() for word in other.replace(".", " ").split() if word.casefold() not in own)


# "another": a verb of saying gives the words to a speaker without a name, such as "one of the boys"
Grounds = Literal["", "named", "same paragraph", "in turn", "pronoun", "another"]


class Utterance(Struct, frozen=True):
    """A quotation that is dialogue: characters `start` to `end` of a block, with the quotation marks."""

    start: int
    end: int
    speaker: str = ""  # the name in the book, "" if unknown
    grounds: Grounds = ""


Spoken = tuple[Utterance, ...]


def attribute(texts: Sequence[str], found: Sequence[Spoken], language: str) -> list[Spoken]:
    """Return the utterances of each block of a chapter with their speakers, as far as the book tells them."""
    named = [_beside(text, spoken, language) for text, spoken in zip(texts, found, strict=True)]
    subjects = Subjects({each.speaker for spoken in named for each in spoken if each.speaker})
    told = (_by_subject(text, spoken, subjects) for text, spoken in zip(texts, named, strict=True))
    return _in_turn([_filled(spoken) for spoken in told])


def _beside(text: str, spoken: Spoken, language: str) -> Spoken:
    """Name the speakers that stand beside their words."""
    named = []
    for number, each in enumerate(spoken):
        before, after = _around(text, spoken, number)
        beside = find_speaker(before, after, language)
        name = beside or find_speaker_inside(text[each.start : each.end], language)
        grounds: Grounds = "named" if name else "another" if is_another(after, language) else ""
        if not grounds and beside is not None and not is_other_of_two(after, language):
            grounds = "pronoun"
        named.append(replace(each, speaker=name, grounds=grounds))
    return tuple(named)


def _around(text: str, spoken: Spoken, number: int) -> tuple[str, str]:
    """Return the narrator's words before and after an utterance, up to those beside it."""
    start = spoken[number - 1].end if number else 0
    end = spoken[number + 1].start if number + 1 < len(spoken) else len(text)
    return text[start : spoken[number].start], text[spoken[number].end : end]


def _by_subject(text: str, spoken: Spoken, subjects: Subjects) -> Spoken:
    """Name the speakers of words that are led in, or have a pronoun beside them, by what the words before are about."""
    told: list[Utterance] = []
    alone = not any(each.speaker for each in spoken)
    for number, each in enumerate(spoken):
        before, _ = _around(text, spoken, number)
        led = before.rstrip()[-1:] in (",", ":") or each.grounds == "pronoun"
        if (
            not each.speaker
            and each.grounds != "another"
            and (led or (alone and not number))
            and (name := subjects.find_name(before))
        ):
            each = replace(each, speaker=name, grounds="same paragraph")
        told.append(each)
    return tuple(told)


def _filled(spoken: Spoken) -> Spoken:
    """Give the words of a paragraph that no other speaker says to the speaker who is named in it."""
    name = next((each.speaker for each in spoken if each.speaker), "")
    return (
        tuple(
            each if each.speaker or each.grounds == "another" else replace(each, speaker=name, grounds="same paragraph")
            for each in spoken
        )
        if name
        else spoken
    )


def _in_turn(found: Sequence[Spoken]) -> list[Spoken]:
    """Name the speakers of paragraphs among others of two that take turns, as long as the narrator has none."""
    persons = shortest_names({"", *(each.speaker for spoken in found for each in spoken)})
    return _turned(_turned(found, persons)[::-1], persons)[::-1]


def _is_open(spoken: Spoken) -> bool:
    """Tell whether a paragraph begins with words of which nothing tells who says them."""
    return not spoken[0].start and not any(each.speaker or each.grounds for each in spoken)


def _turned(found: Sequence[Spoken], persons: Mapping[str, str]) -> list[Spoken]:
    turns: list[str] = []  # the speaker of each paragraph before, "" if unknown
    result = []
    for spoken in found:
        if not spoken:
            turns = []
        elif _is_open(spoken) and len(turns) > 1 and "" != persons[turns[-1]] != persons[turns[-2]] != "":
            spoken = tuple(replace(each, speaker=turns[-2], grounds="in turn") for each in spoken)
        if spoken:
            turns.append(spoken[0].speaker)
        result.append(spoken)
    return result


PAIRS = ("“”", "«»", "„“", "„”", "»«", "「」", "‘’", "‚‘", "›‹", '""')
MIN_WORDS = 8  # a quotation so long is dialogue even if it begins and ends like a part of a sentence
MAX_TERM_WORDS = 3  # a longer quotation is no term inside a sentence

_DASH = compile_later(r"\s*[—–―-]\s*(?=\S)")
_DASHED = "bg ca cs da el es fi fr gl hu it lt lv nb pl pt ro ru sk sv tr uk"
_BREAK = compile_later(r"(?<=[\s,.!?…])[—–―](?=\s?\p{Ll})")
_RESUME = compile_later(r"[—–―](?=[\s\p{L}.,¿¡])")
_ENDING = compile_later(r"[.,!?…—–;:。！？、-]\Z")
_WORD = compile_later(r"[\p{L}\p{N}]++(?:[’'-][\p{L}\p{N}]++)*+")


def find_utterances(texts: Sequence[str], language: str) -> list[tuple[Utterance, ...]]:
    """Return the utterances of each block of a chapter, in order. `language` is a primary subtag."""
    pair, dashes = _marks(texts, language)
    found: list[tuple[Utterance, ...]] = []
    runs_on = False  # the last paragraph's quotation was not closed
    for text in texts:
        if dashes and _DASH.match(text):
            spoken, runs_on = list(_dashed(text)), False
        else:
            spoken, runs_on = _quoted(text, pair, language, runs_on=runs_on)
        found.append(tuple(spoken))
    return attribute(texts, found, language)


def _marks(texts: Sequence[str], language: str) -> tuple[str, bool]:
    """Return the pair of marks that most quotations of a chapter have, and whether its dialogue begins with dashes."""
    own = find_quotes(language)
    pairs = [own[at : at + 2] for at in range(0, len(own), 2)] + list(PAIRS)
    whole = "\n".join(texts)
    counts = {pair: _count(whole, pair) for pair in dict.fromkeys(pairs)}
    best = max(counts, key=lambda pair: counts[pair])
    dashed = sum(bool(_DASH.match(text)) for text in texts) if language in _DASHED.split() else 0
    return best, dashed > counts[best] / 4


def _count(text: str, pair: str) -> float:
    """Return how often quotations in a pair of marks begin; single marks count less, since they are nested."""
    opening, closing = pair[0], pair[1]
    if opening == closing:
        return text.count(opening) / 2
    begins = len(regex.findall(rf"(?<![\p{{L}}\p{{N}}]){regex.escape(opening)}(?=\S)", text))
    both = min(begins, text.count(closing))
    return both * (0.9 if closing in "’‘‹" else 1.0)


def _quoted(text: str, pair: str, language: str, *, runs_on: bool) -> tuple[list[Utterance], bool]:
    """Return the dialogue of a block in quotation marks, and whether its last quotation is not closed."""
    spoken: list[Utterance] = []
    at = 0
    while (start := text.find(pair[0], at)) >= 0:
        end = _closing(text, start + 1, pair)
        is_open = end < 0
        end = len(text) if is_open else end + 1
        if is_open or _is_dialogue(text, start, end, language) or (runs_on and not text[:start].strip()):
            spoken.append(Utterance(start, end))
        if is_open:
            return spoken, True
        at = end
    return spoken, False


def _closing(text: str, start: int, pair: str) -> int:
    """Return where a quotation is closed, -1 if it is not; a closing mark that may be an apostrophe needs a sign."""
    opening, closing = pair[0], pair[1]
    depth = 1
    for at in range(start, len(text)):
        sign = text[at]
        if sign == opening != closing:
            depth += 1
        elif sign == closing and not (closing == "’" and _is_apostrophe(text, at)):
            depth -= 1
            if not depth:
                return at
    return -1


def _is_apostrophe(text: str, at: int) -> bool:
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return after.isalnum() or (before.isalnum() and after == " " and text[at + 2 : at + 3].islower())


def _is_dialogue(text: str, start: int, end: int, language: str) -> bool:
    """Tell whether a quotation is something that is said, and no title, term or word that is spoken of."""
    inner, before, after = text[start + 1 : end - 1].strip(), text[:start].rstrip(), text[end:].lstrip()
    words = len(_WORD.findall(inner))
    ended = bool(_ENDING.search(inner)) or after[:1] in tuple(",.;!?") or not after
    opens = not before or before[-1] in ":,—–.!?…;”»“)"
    if not words:
        return bool(inner) and not before
    if find_speaker(before, after, language) is not None:
        return True
    if not opens and words <= MAX_TERM_WORDS and inner[-1:] not in tuple("!?…"):
        return False
    if opens and (ended or words > MAX_TERM_WORDS):
        return True
    return words >= MIN_WORDS or (bool(_ENDING.search(inner)) and inner[:1].isupper())


def _dashed(text: str) -> Iterator[Utterance]:
    """Yield the dialogue of a block that begins with a dash; what stands between later dashes is the narrator's."""
    begun = _DASH.match(text)
    at = begun.end() if begun else 0
    start = 0
    while stop := _BREAK.search(text, at):
        yield Utterance(start, len(text[: stop.start()].rstrip()))
        resumed = _RESUME.search(text, stop.end())
        if not resumed:
            return
        start = at = resumed.end()
    yield Utterance(start, len(text))
