"""Finds what is said in a chapter by quotation marks and dashes, and reads the words and names beside it."""

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Literal

import regex
from msgspec import Struct

from swarm.book.language.known import find_language, find_quotes, find_speakers
from swarm.book.language.pattern import compile_later

MAX_SAID = 5000  # characters of a quotation in which asides are looked for
MAX_ASIDE = 80  # characters of an aside behind its verb and name
MAX_BESIDE = 160  # characters beside a quotation that are looked at
_TITLE = "Miss|Sir|Lady|Lord|Captain|Colonel|Professor|Herr|Frau|Mme|Mlle|Don|Doña|Señor|Señora"
_SHORT_TITLE = "Mr|hr|dr|frk|Mrs|Ms|Dr|M|Rev|Prof|Capt|Col|Maj|Gen|Lieut|Lt|Sgt|Gov|Hon"  # a full stop may follow
_NO_NOUNS = (
    "with|in|as|to|from|at|of|on|and|who|that|but|for|when|while|quite|very|rather|again|mit|zu|und|en|et|y|e|con"
)
_NO_NAMES = (
    "as if not that because for well yet very at in on with after before all some any every which while till until "
    "i he she it they we you one who the a an and but then so there here what when where how this that these those his "
    "her my their our your no yes oh ah er ich sie es wir ihr und aber da nun il elle je ils elles on nous vous tu él "
    "ella yo ellos lui lei io он она я они мы ja on ona hij zij ik han hon jag de vi du ni den det hun jeg hän minä me "
    "everybody somebody nobody other latter former others wie als wenn während nachdem bevor bei mit dann darauf jetzt "
    "hier dort endlich comme quand lorsque puis alors enfin como cuando pues luego entonces así"
)


class _Patterns(Struct, frozen=True):
    after: "regex.Pattern[str]"  # said Holmes, Holmes said
    before: "regex.Pattern[str]"  # Holmes said:
    led: "regex.Pattern[str]"  # dijo Ana:
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
    # The Reverend Mr. Wilson has two.
    titled = rf"(?:(?:(?:{_SHORT_TITLE})\.?|{title})\s(?:(?:de|von|van|der|du|la)\s){{0,2}}+){{0,2}}+"
    proper = (
        rf"{titled}\p{{Lu}}[\p{{L}}’'-]++"
        rf"(?:\s(?:(?:de|von|van|of|du|la)\s)?+\p{{Lu}}[\p{{L}}’'-]++){{0,2}}+"
    )
    noun = rf"(?!(?:{_NO_NOUNS})\b)\p{{Ll}}{{2,20}}+"
    # Of a second noun: no verb, as in "the lawyer said", and no adverb, as in "said the lawyer quietly".
    second = rf"(?!(?:{verbs})\b|\p{{Ll}}++(?<=ly)\b){noun}"
    called = rf"(?:{noun}\s)?{titled}\p{{Lu}}[\p{{L}}’'-]++(?:\s\p{{Lu}}[\p{{L}}’'-]++)?+"
    common = rf"(?:{article})\s(?:{called}|{noun}(?:\s{second})?+)|"
    name = rf"(?P<name>{common if article else ''}{proper})"
    said = rf"(?:{verbs})\b"
    adverb = r"(?:\p{Ll}{2,14}+\s){0,2}?"
    return _Patterns(
        compile_later(rf"[\s,.;—–―-]*+(?:{said}\s{name}|{name},?\s{adverb}{said})", regex.V0),
        compile_later(rf"{name}\s{adverb}{said}[^.!?…:\"“«„]{{0,60}}?[,:]\s*\Z", regex.V0),
        compile_later(rf"\b{said}\s{name}[^.!?…:\"“«„]{{0,60}}?[,:]\s*\Z", regex.V0),
        compile_later(rf"[,!?…](?:\s?[»”])?\s(?:(?:me|lui|nous|leur)\s)?+{said}\s(?:\p{{Ll}}++\s)??{name}", regex.V0),
        compile_later(
            rf"(?<=[,!?…](?:\s?[»”])?\s)(?:(?:me|lui|nous|leur)\s)?+"
            rf"(?:{_inverted(verbs, speakers.mine)}|{said}\s(?:\p{{Ll}}++\s)??{name})"
            rf"[^,;:.!?…»”“«]{{0,{MAX_ASIDE}}}+[,;:.!?…]*+",
            regex.V0,
        ),
    )


def _inverted(verbs: str, mine: str) -> str:
    """Return the pattern of a verb of saying before a pronoun: "dit-il", "m’écriai-je", "sade han"."""
    own = rf"(?:{mine})\b|" if mine else ""
    return rf"{own}(?:{verbs})(?:-t)?-(?:il|elle|on|ils|elles)\b|(?:{verbs})\s(?:han|hon|hun|jag|jeg|de|hän|minä)\b"


def find_speaker(before: str, after: str, language: str) -> str | None:
    """Return the name of the speaker beside a quotation; "" for a pronoun beside a verb of saying, None for neither."""
    return _speaker_beside(before[-MAX_BESIDE:], after[:MAX_BESIDE], language)


@lru_cache(16_384)  # each quotation is asked for twice: for the persons of the book, and for who speaks
def _speaker_beside(before: str, after: str, language: str) -> str | None:
    patterns = _patterns(language)
    if patterns is None:
        return None
    found = (patterns.after.match(after), patterns.before.search(before), patterns.led.search(before))
    for each in filter(None, found):
        name = next(filter(None, each.groups()), "")
        if _is_name(name, language):
            return _plain(name)
    mine = _mine(language)
    if mine and (mine.after.match(after) or mine.before.search(before)):
        return find_speakers(language).me
    return "" if any(found) or _has_pronoun(before, after, language) else None


def find_speaker_inside(said: str, language: str) -> str:
    """Return the name of the speaker inside a quotation, as in « Oui, dit Jean, c’est lui. »; "" if there is none."""
    own = find_speakers(language)
    if own.inside and (mine := _mine(language)) and mine.inside.search(said[:1000]):
        return own.me
    patterns = _patterns(language) if own.inside else None
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


_CLAUSE = compile_later(r"[^.!?…:“”«»„\"]*")
_LAST_CLAUSE = compile_later(r"[^.!?…:“”«»„\"]*[:,]?\s*\Z")


def find_manner(text: str, spoken: "Spoken", number: int, language: str) -> str:
    """Return how an utterance of a block is said, by the verb beside it or inside: whisper, shout or ask, or ""."""
    said, (before, after) = spoken[number], around(text, spoken, number)
    words = text[said.start : said.end]
    beside = [words[start:end] for start, end in find_asides(words, language)]
    if find_speaker(before, after, language) is not None:
        beside.append(_CLAUSE.match(after.lstrip(" \u00a0—–-"))[0])  # type: ignore[index]  # it matches nothing, too
        if before.rstrip().endswith((":", ",")):
            beside.append(_LAST_CLAUSE.search(before)[0])  # type: ignore[index]
    for manner, verbs in _manners(language):
        if any(verbs.search(each[:MAX_BESIDE]) for each in beside):
            return manner
    return ""


@lru_cache(64)
def _manners(code: str) -> "list[tuple[str, regex.Pattern[str]]]":
    own = find_speakers(code)
    named = (("whisper", own.softly), ("shout", own.loudly), ("ask", own.asking))
    return [(manner, compile_later(rf"(?<![\p{{L}}’'-])(?:{verbs})\b")) for manner, verbs in named if verbs]


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
    inside: "regex.Pattern[str]"  # , dis-je


@lru_cache(64)
def _mine(code: str) -> "_Mine | None":
    own = find_speakers(code)
    me, verbs = own.me, own.verbs
    if not me:
        return None
    adverb = r"(?:\p{Ll}{2,14}+\s){0,2}?"
    forms = rf"|(?:{me}\s)?+(?:{own.mine})" if own.mine else ""
    return _Mine(
        compile_later(rf"[\s,.;—–―-]*+(?:(?:{verbs})\s{me}|{me}\s{adverb}(?:{verbs}){forms})\b"),
        compile_later(rf"\b(?:{me}\s{adverb}(?:{verbs}){forms})\b[^.!?…:\"“«„]{{0,60}}?[,:]\s*\Z"),
        compile_later(rf"[,!?…]\s(?:(?:me|lui|nous|leur)\s)?+(?:(?:{verbs})\s{me}{forms})\b"),
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


Grounds = Literal["", "named", "same paragraph", "in turn", "pronoun", "another"]


class Utterance(Struct, frozen=True):
    """A quotation that is dialogue: characters `start` to `end` of a block, with the quotation marks."""

    start: int
    end: int
    speaker: str = ""  # the name in the book, "" if unknown
    grounds: Grounds = ""  # "another": a verb of saying gives it to somebody without a name, such as "one of the boys"
    probability: float = 0.0  # of the speaker
    gender: str = ""  # "m" or "f"; of an unknown speaker, by a pronoun or a noun beside the words
    called: str = ""  # a noun beside the words of an unknown speaker: "the old man" may be anybody


Spoken = tuple[Utterance, ...]


def around(text: str, spoken: Spoken, number: int) -> tuple[str, str]:
    """Return the narrator's words before and after an utterance, up to those beside it."""
    start = spoken[number - 1].end if number else 0
    end = spoken[number + 1].start if number + 1 < len(spoken) else len(text)
    return text[start : spoken[number].start], text[spoken[number].end : end]


PAIRS = ("“”", "«»", "„“", "„”", "»«", "「」", "‘’", "‚‘", "›‹", '""')
MIN_WORDS = 8  # a quotation so long is dialogue even if it begins and ends like a part of a sentence
MAX_TERM_WORDS = 3  # a longer quotation is no term inside a sentence

_DASH = compile_later(r"\s*[—–―-]\s*(?=\S)")
_DASHED = "bg ca cs da el es fi fr gl hu it lt lv nb pl pt ro ru sk sv tr uk"
_BREAK = compile_later(r"(?<=[\s,.!?…])[—–―](?=\s?\p{Ll})")
_RESUME = compile_later(r"[—–―](?=[\s\p{L}.,¿¡])")
_ENDING = compile_later(r"[.,!?…—–;:。！？、-]\Z")
_WORD = compile_later(r"[\p{L}\p{N}]++(?:[’'-][\p{L}\p{N}]++)*+")


def find_quotations(texts: Sequence[str], language: str) -> list[Spoken]:
    """Return the quotations that are dialogue in each block of a chapter, in order; nobody is named as speaker yet.

    `language` is a primary subtag.
    """
    pair, dashes = _marks(texts, language)
    found: list[tuple[Utterance, ...]] = []
    runs_on = False  # the last paragraph's quotation was not closed
    for text in texts:
        if dashes and _DASH.match(text):
            spoken, runs_on = list(_dashed(text)), False
        else:
            spoken, runs_on = _quoted(text, pair, language, runs_on=runs_on)
        found.append(tuple(spoken))
    return found


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


def is_closed(text: str, said: Utterance, following: str) -> bool:
    """Tell whether a quotation ends in its own paragraph: with its mark, or since it or `following` begins with a dash.

    In French one mark may stand before a whole conversation in dashes.
    """
    closing = [pair[1] for pair in PAIRS if pair[0] == text[said.start]]
    return not closing or said.end < len(text) or text[said.end - 1] in closing or bool(_DASH.match(following))


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
