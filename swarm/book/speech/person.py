"""Finds the persons of a book: which names are one person's, and whether that is a man or a woman.

Titles, first names that the language has in a list, the pronouns after a name, and the words beside quotations tell.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

import regex
from msgspec import Struct

from swarm.book.language.known import find_speakers
from swarm.book.language.language import words
from swarm.book.language.pattern import compile_later

Gender = Literal["", "m", "f"]

NOBODY = -1  # the number of nobody that is known
ME = -2  # that of a narrator who takes part
MAX_PERSONS = 400  # of a book, those with most mentions
MIN_ACTS = 2  # a name without a title that never speaks is a person's if so many clauses begin with it
MAX_PLACES = 0.3  # and if no larger share of its mentions stands behind words such as "in"
SAME_PERSON = 4  # a short name is that of the longer one which is written so many times as often as all others
CLEARLY = 4  # pronouns outdo a first name if there are so many times as many of the other gender
OFTEN = 12  # a noun that stands beside so many quotations of a book is one person: "the vicar", but not "the girl"
NEAR = 60  # characters after a name in which a pronoun stands for it

_ME_KEY = "\1"
_NAME = r"\p{Lu}[\p{L}’'-]*\p{L}|\p{Lu}\."
_LINK = r"(?:de|von|van|of|du|la|di|da|der|le|zu)"
_SMALL = re.compile(r"[^\W\d_]+")  # a word; that of the standard library is faster here
_PLACE = compile_later(r"\b(?:in|at|to|from|near|through|towards?|nach|aus|bei|à|en|de|a|da|till|into)\s\Z")
_OBJECT = compile_later(r"\b(?:to|at|with|upon|on|for|of|by|from|towards?|zu|mit|an|auf|von|avec|con|à|de|a)\s\Z")
_JOINS = words(
    "and but then so for as while when poor old little und aber da dann et mais puis y pero e ma poi en maar och men og"
)
_OPENINGS = words("then presently now suddenly here but and once soon dann da nun alors puis entonces luego allora poi")
_SENTENCE = compile_later(r"(?:\A|[.!?…:“”\"‘—(]\s?)\Z")
_AND = compile_later(r"\s(?:and|or|und|et|y|e|en|och|og|och)\s\Z")
_OWNER = compile_later(r"[’']s?\Z")
_OWNS = compile_later(r"[’']s?\b")
_LONG = {"dr": "doctor", "capt": "captain", "col": "colonel", "prof": "professor"}
_MRS = words("mrs frau señora signora fru mevrouw")
_MISS = words("miss ms mlle mademoiselle fräulein señorita signorina")
_SHORT = compile_later(r"[^aeiouyáéíóú]+[ae]?|capt|col|prof|rev|gen")  # such as Mrs and Mme: a full stop may follow


class Person(Struct, frozen=True):
    """Somebody who may speak. `names` are as the book writes them, the most usual first."""

    names: tuple[str, ...]
    gender: Gender = ""
    mentions: int = 0
    spoken: int = 0  # quotations with one of the names beside them
    common: bool = False  # has no name, such as "the old man"

    @property
    def name(self) -> str:
        """The name that it is known by."""
        return self.names[0]


def is_titled(person: Person, title: str) -> bool:
    """Tell whether a title, in small letters, stands in a name of a person: "doctor" in "Dr. Losberne"."""
    return any(_LONG.get(part, part) == title for name in person.names for part in key_of(name).split()[:-1])


class Mention(NamedTuple):
    """A name, a pronoun or a noun for a person, at characters `start` to `end` of a text."""

    start: int
    end: int
    name: str
    key: str = ""  # the name as a key; "" for a pronoun, or a noun such as "woman"
    gender: Gender = ""
    subject: bool = False  # a clause begins with it
    owner: bool = False  # "Holmes’s", "his"
    object: bool = False  # it stands behind a word such as "to"
    is_pronoun: bool = False


class _Words(Struct, frozen=True):
    """The words of a language that tell of persons."""

    token: "regex.Pattern[str]"
    name: "regex.Pattern[str]"
    pronoun: "regex.Pattern[str]"
    titles: dict[str, Gender]
    pronouns: dict[str, Gender]
    nouns: dict[str, Gender]
    given: dict[str, Gender]  # first names
    subjects: frozenset[str]  # pronouns that a clause begins with
    articles: frozenset[str]
    me: str


@lru_cache(16)
def _words_of(code: str) -> _Words:
    own = find_speakers(code)
    titles = _genders(own.mister, own.mistress) | {each: "" for each in own.titles.casefold().split("|") if each}
    pronouns, nouns = _genders(own.he, own.she), _genders(own.man, own.woman)
    given = _genders(own.his_names, own.her_names)
    noun, title = _alternation(nouns), _alternation(titles)
    said = _alternation(form for each in pronouns for form in (each, each.capitalize(), each.upper()))
    article = _alternation(form for each in own.article.split("|") if each for form in (each, each.capitalize()))
    high = _alternation(each[:1].upper() + each[1:] for each in titles)
    short = _alternation(each[:1].upper() + each[1:] for each in titles if _SHORT.fullmatch(each))
    link = rf"(?:(?:{short})\.\s|(?:{high}|{title})\s)"
    # An article belongs to a name only before a title: "le capitaine Nemo".
    gate = rf"(?=\p{{Lu}}|(?:{article}|{title})\s)"  # most words of a text end the search for a name here
    name = (
        rf"{gate}(?:(?:{article})\s(?={link}))?(?:{link}{{1,2}}(?:{_LINK}\s){{0,2}})?"
        rf"(?:{_NAME})(?:\s(?:{_LINK}\s)?(?:{_NAME})){{0,3}}"
    )
    # "I" is no name by its letters; "Je" and "Ich" might be one.
    me = rf"(?P<me>{own.me or '(?!)'})" if own.me.istitle() or not own.me else rf"(?P<me>(?i:{own.me}))"
    first = rf"{me}(?![\p{{L}}’-])|" if own.me.islower() else ""
    token = compile_later(
        rf"\b(?<![\p{{L}}’'-])(?:{first}(?P<name>{name})|(?:{'' if first else me + '|'}(?P<pronoun>{said})"
        rf"|(?P<common>(?:{article})\s(?:[\p{{Ll}}-]+\s){{0,2}}?(?:{noun}|\p{{Lu}}\p{{Ll}}+))"
        rf"|(?P<noun>{noun}))(?![\p{{L}}’-]))"
    )
    names = compile_later(rf"\b(?<![\p{{L}}’'-]){name}")
    pronoun = compile_later(rf"(?<![\p{{L}}’'-])(?:{said})(?![\p{{L}}’-])|[“”\p{{Lu}}]")
    subjects = frozenset((own.he.split("|")[0], own.she.split("|")[0]))
    articles = frozenset(own.article.split("|"))
    return _Words(token, names, pronoun, titles, pronouns, nouns, given, subjects, articles, own.me)


def _alternation(words: Iterable[str]) -> str:
    """Return a pattern of any of some words; a word in a text is compared only with those of its first letter."""
    by_letter: defaultdict[str, list[str]] = defaultdict(list)
    for each in sorted(words, key=len, reverse=True):
        by_letter[each[0]].append(regex.escape(each[1:]))
    return "|".join(f"{regex.escape(first)}(?:{'|'.join(rest)})" for first, rest in by_letter.items()) or "(?!)"


def _genders(men: str, women: str) -> dict[str, Gender]:
    named: list[tuple[str, Gender]] = [(men, "m"), (women, "f")]
    return {word: gender for words, gender in named for word in words.casefold().split("|") if word}


@lru_cache(4096)
def key_of(name: str) -> str:
    """Return a name as a key: in small letters, without full stops and the ending of an owner."""
    return _OWNER.sub("", " ".join(name.casefold().replace(".", " ").split()))


@lru_cache(4096)
def gender_of(phrase: str, language: str) -> Gender:
    """Return the gender of a title and name, or of a noun with what stands before it; "" if it tells none."""
    words, parts = _words_of(language), key_of(phrase).split()
    if title := _title_of(parts, words):
        return words.titles[title]
    if parts and parts[-1] in words.pronouns:
        return words.pronouns[parts[-1]]
    return next((words.nouns[each] for each in parts[::-1] if each in words.nouns), "")


def _title_of(parts: Sequence[str], words: _Words) -> str:
    """Return the title before a name, whether an article stands before that or not; "" if there is none."""
    first = parts[1:2] if parts and parts[0] in words.articles else parts[:1]
    return first[0] if first and first[0] in words.titles and parts[-1] != first[0] else ""


def gender_by_article(name: str, language: str) -> Gender:
    """Return the gender that the article before a noun tells: "la sobrina"; "" if it tells none."""
    own, first = find_speakers(language), name.partition(" ")[0].casefold()
    return "" if not first else "m" if first == own.his_article else "f" if first == own.her_article else ""


def may_be_same(one: str, other: str, language: str) -> bool:
    """Tell whether two names are the same but for titles and articles, which are of one gender."""
    words, genders = _words_of(language), {gender_of(one, language), gender_of(other, language)}
    idle = words.titles.keys() | words.articles
    first, second = ([part for part in key_of(name).split() if part not in idle] for name in (one, other))
    return first == second != [] and not {"m", "f"} <= genders


def find_mentions(text: str, language: str) -> list[Mention]:
    """Return the names, pronouns and nouns for persons in a text, in order."""
    words = _words_of(language)
    found = []
    for each in words.token.finditer(text):
        name, kind, (start, end) = each[0], each.lastgroup, each.span()
        subject = _begins_clause(text, start)
        small = name.casefold()
        if kind == "me":
            found.append(Mention(start, end, name, _ME_KEY, subject=subject))
        elif small in words.pronouns:  # with a capital it looks like a name
            mine = small in words.subjects
            found.append(
                Mention(start, end, name, "", words.pronouns[small], subject and mine, not mine, is_pronoun=True)
            )
        else:
            owner = bool(_OWNS.match(text, end) or _OWNER.search(name))
            key = "" if kind == "noun" else key_of(name)
            gender = words.nouns[small] if kind == "noun" else gender_of(name, language)
            after = bool(_OBJECT.search(text[max(0, start - 8) : start]))
            found.append(Mention(start, end, name, key, gender, subject and not owner, owner, after))
    return _without_pairs(text, found)


def _begins_clause(text: str, start: int) -> bool:
    """Tell whether a clause begins at a place, or before one word that joins or opens it: "and Ann", "Then Ann"."""
    before = text[max(0, start - 24) : start].rstrip()
    if not before or not before[-1].isalpha():
        return True
    rest, _, last = before.rpartition(" ")
    if last in _JOINS:
        return True
    return last.casefold() in _OPENINGS and (not rest or not rest[-1].isalpha())


def _without_pairs(text: str, found: list[Mention]) -> list[Mention]:
    """Take two who are joined by "and" for no subject, since either may speak."""
    for number in range(1, len(found)):
        one, other = found[number - 1 : number + 1]
        if one.key and other.key and _AND.fullmatch(text, one.end, other.start):
            found[number - 1 : number + 1] = one._replace(subject=False), other._replace(subject=False)
    return found


class Persons:
    """The persons of a book, by number: those who are mentioned most come first."""

    def __init__(self, persons: Sequence[Person], me: str = "") -> None:
        self.all = tuple(persons)
        self._me = Person((me,))
        self._by_key = {key_of(name): number for number, each in enumerate(self.all) for name in each.names}

    def find(self, key: str) -> int:
        """Return the number of the person whom a key names, in whole or without its first words; else NOBODY."""
        if key == _ME_KEY:
            return ME
        while key:
            if key in self._by_key:
                return self._by_key[key]
            key = key.partition(" ")[2]
        return NOBODY

    def find_by_number(self, who: int) -> Person:
        """Return the person with a number."""
        return self._me if who == ME else self.all[who]

    def names_of(self, name: str) -> tuple[str, ...]:
        """Return all names of the person with a name, or this one if nobody has it."""
        who = self._by_key.get(key_of(name), NOBODY)
        return self.all[who].names if who != NOBODY else (name,)

    def joined(self, groups: Iterable[Sequence[str]]) -> "Persons":
        """Return the persons, those with names of one group as one, which is known by the first of these."""
        group_of = {key_of(name): tuple(group) for group in groups for name in group}
        met: defaultdict[tuple[str, ...], list[Person]] = defaultdict(list)
        met.update({group: [] for group in group_of.values()})
        for each in self.all:
            met[next((group_of[key] for name in each.names if (key := key_of(name)) in group_of), each.names)].append(
                each
            )
        found = [_one_of(names, persons) for names, persons in met.items()]
        return Persons(sorted(found, key=lambda each: -each.mentions), self._me.name)


def _one_of(names: Sequence[str], persons: Sequence[Person]) -> Person:
    """Return the one person that several are; `names` come first."""
    every = dict.fromkeys((*names, *(name for each in persons for name in each.names)))
    return Person(
        tuple(every),
        next((each.gender for each in persons if each.gender), ""),
        sum(each.mentions for each in persons),
        sum(each.spoken for each in persons),
        bool(persons) and all(each.common for each in persons),
    )


class _Seen:
    """What a book shows of one name."""

    def __init__(self) -> None:
        self.written: Counter[str] = Counter()
        self.genders: Counter[Gender] = Counter()  # of pronouns after it
        self.inside = self.acts = self.places = self.spoken = 0

    @property
    def count(self) -> int:
        return self.written.total()

    @property
    def likely(self) -> Gender:
        return _likely(self.genders)


def _likely(genders: "Counter[Gender]") -> Gender:
    """Return the gender of most pronouns after a name, if they are clearly more."""
    men, women = genders["m"], genders["f"]
    if men > max(1, 2 * women):
        return "m"
    return "f" if women > max(1, 2 * men) else ""


class _Names:
    """Counts the names in the texts of a book."""

    def __init__(self, texts: Sequence[str], language: str) -> None:
        self.words = _words_of(language)
        self.seen: defaultdict[str, _Seen] = defaultdict(_Seen)
        self.small: Counter[str] = Counter()  # words in small letters
        self.capital: Counter[str] = Counter()  # words in capitals where no sentence begins
        for text in texts:
            self.small.update(_SMALL.findall(text))
        for text in texts:
            for found in self.words.name.finditer(text):
                self._note(text, found)

    def _note(self, text: str, found: "regex.Match[str]") -> None:
        start, end = found.span()
        before = text[max(0, start - 24) : start]
        first = bool(_SENTENCE.search(before[-3:]))
        owner = bool(_OWNS.match(text, end) or _OWNER.search(found[0]))
        parts = (_OWNER.sub("", found[0]) if owner else found[0]).split()
        if not first:
            self.capital.update(part.casefold() for part in parts if part[0].isupper())
        if first:
            parts = self.without_word(parts)
        if parts[0].casefold() in self.words.articles:
            parts[0] = parts[0].casefold()
        name = " ".join(parts)
        entry = self.seen[key_of(name)]
        entry.written[name] += 1
        entry.inside += not first
        if not owner:
            acts = _begins_clause(text, start)
            entry.acts += acts
            near = self.words.pronoun.search(text, end, end + NEAR)
            if near is not None and (gender := self.words.pronouns.get(near[0].casefold())):
                entry.genders[gender] += 1 + acts
        entry.places += bool(_PLACE.search(before))

    def without_word(self, parts: list[str]) -> list[str]:
        """Return a name without words before it with which the sentence begins: "Presently Adela"."""
        while len(parts) > 1 and parts[0][0].isupper() and self.small[first := parts[0].casefold()] > 3:
            named = parts[1].casefold() in self.words.given and first not in self.words.given | self.words.titles
            if not named and self.capital[first] >= 2:
                break
            parts = parts[1:]
        return parts

    def is_person(self, key: str) -> bool:
        """Tell whether a name is one of somebody who may speak."""
        each, parts = self.seen[key], key.split()
        written = each.written.most_common(1)[0][0]
        if not parts or not {"’", "'"}.isdisjoint(key) or written.isupper():
            return False
        if each.spoken:
            return len(parts) > 1 or each.inside > 1 or self.small[key] <= max(1, self.capital[key])
        if _title_of(parts, self.words):
            return True
        if parts[0] in self.words.titles:
            return False
        if len(parts) == 1 and (each.inside < 1 or self.small[key] > self.capital[key] / 2):
            return False
        return each.acts >= MIN_ACTS and each.places <= each.count * MAX_PLACES


def find_persons(texts: Sequence[str], tags: Iterable[str], language: str) -> Persons:
    """Find the persons in the texts of a book; `tags` are the names beside its quotations, one for each."""
    names = _Names(texts, language)
    for tag in tags:
        name = " ".join(names.without_word(_without_adjective(tag.split(), names.words)))
        entry = names.seen[key_of(name)]
        entry.written[name] += 1
        entry.spoken += 1
    seen = {key: each for key, each in names.seen.items() if names.is_person(key)}
    titled = {key.split()[-1] for key in seen if _title_of(key.split(), names.words)}
    for key, each in names.seen.items():
        if len(parts := key.split()) == 2 and parts[0] in names.words.given and parts[1] in titled:
            seen.setdefault(key, each)  # Adela Quested, who is Miss Quested but for once
    roots = _roots(seen, names.words, language)
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for key in seen:
        root = key
        while roots[root] != root:
            root = roots[root]
        groups[root].append(key)
    persons = [_person(seen, keys, names.words, language) for keys in groups.values()]
    persons.sort(key=lambda each: (-each.mentions, each.name))
    return Persons(persons[:MAX_PERSONS], names.words.me)


def _without_adjective(parts: list[str], words: _Words) -> list[str]:
    """Return the name in "the sleepy Noah", but all of "the captain Nemo" and "the Hatter"."""
    if len(parts) > 2 and parts[0] in words.articles and parts[1].islower() and parts[1] not in words.titles:
        return next((parts[at:] for at in range(2, len(parts)) if parts[at][0].isupper()), parts)
    return parts


def _roots(seen: Mapping[str, _Seen], words: _Words, language: str) -> dict[str, str]:
    """Return for each name a longer one of the same person, or itself."""
    idle = words.titles.keys() | words.articles
    bare = {key: frozenset(part for part in key.split() if part not in idle) for key in seen}
    common = {key for key, each in seen.items() if _is_common(each.written, words)}
    bearers: defaultdict[str, list[str]] = defaultdict(list)
    for key, parts in bare.items():
        for part in parts:
            bearers[part].append(key)
    own = {key: gender_of(key, language) for key in seen}
    families = _families(seen, own, words)
    roots = {key: key for key in seen}
    for key, parts in bare.items():
        if not parts or key in common:  # "the man" may be another than "the old man"
            continue
        wider = [
            other
            for other in bearers[next(iter(parts))]
            if parts <= bare[other] and (len(bare[other]), len(other)) > (len(parts), len(key)) and other not in common
        ]
        wider = [other for other in wider if _may_be_one(key, other, seen, own, words, families)]
        if not own[key] and {"m", "f"} <= {own[other] for other in wider}:
            meant = seen[key].likely or "m"  # "Hall" is Mr. Hall
            wider = [other for other in wider if own[other] in ("", meant)]
        if not wider:
            continue
        best = max(wider, key=lambda other: (seen[other].count, other))
        rest = sum(seen[other].count for other in wider if not (bare[best] <= bare[other] or bare[other] <= bare[best]))
        if max(seen[best].count, seen[key].count * (key in words.given)) >= SAME_PERSON * rest:
            roots[key] = best
    return roots


def _first(genders: Iterable[Gender]) -> Gender:
    return next(filter(None, genders), "")


def _given(key: str, words: _Words) -> Gender:
    """Return the gender of the first name in a name, if it is known."""
    parts = [part for part in key.split() if part not in words.titles and part not in words.articles]
    return words.given.get(parts[0], "") if parts else ""


def _is_common(written: "Counter[str]", words: _Words) -> bool:
    """Tell whether a name is an article and a noun: "the old man", but not "the Hatter"."""
    first, *rest = written.most_common(1)[0][0].split()
    named = next((part for part in rest if part not in words.titles), "")
    return first.casefold() in words.articles and not named[:1].isupper()


def _families(seen: Iterable[str], own: Mapping[str, Gender], words: _Words) -> dict[tuple[str, Gender], set[str]]:
    """Return the first names of the men and women of each surname, and "" for a man who has a title alone."""
    found: defaultdict[tuple[str, Gender], set[str]] = defaultdict(set)
    for key in seen:
        first, _, rest = key.partition(" ")
        if rest and (own[key] == "m" or first in words.given):
            found[key.split()[-1], own[key] or words.given[first]].add(first if first in words.given else "")
    return found


def _may_be_one(
    key: str,
    other: str,
    seen: Mapping[str, _Seen],
    own: Mapping[str, Gender],
    words: _Words,
    families: Mapping[tuple[str, Gender], set[str]],
) -> bool:
    """Tell whether a name and a longer one may be of one person, by their titles and the pronouns after them."""
    first, second = (_title_of(each.split(), words) or each.split()[0] for each in (key, other))
    titled = first in words.titles and second in words.titles
    if {"m", "f"} <= {own[key] or _given(key, words), own[other] or _given(other, words)}:
        return False
    if titled and own[key] != own[other]:
        return False
    if own[key] == "f":  # Mrs. Welland is neither May Welland nor Miss Welland, but Miss Bingley is Caroline Bingley
        last = other.split()[-1]
        alone = not own[other] and families.get((last, "f")) == {other.split()[0]}
        return first == second or (alone and first not in _MRS and (first in _MISS or (last, "m") not in families))
    if own[key]:
        return bool(own[other]) or (_given(other, words) or seen[other].likely) != "f"
    likely = seen[key].likely
    return own[other] != "f" or likely == "f" or (not likely and seen[key].count * 4 < seen[other].count)


def _person(seen: Mapping[str, _Seen], keys: Sequence[str], words: _Words, language: str) -> Person:
    written = Counter({seen[key].written.most_common(1)[0][0]: seen[key].count for key in keys})
    genders: Counter[Gender] = Counter()
    for key in keys:
        genders.update(seen[key].genders)
    named = _first(gender_of(key, language) for key in keys) or _first(gender_by_article(key, language) for key in keys)
    given = _first(_given(key, words) for key in keys)
    men, women = genders["m"], genders["f"]
    if given and (women if given == "m" else men) > CLEARLY * (1 + min(men, women)):
        given = ""
    spoken = sum(seen[key].spoken for key in keys)
    many = words.nouns.keys() | words.titles
    is_one = spoken >= OFTEN and all(key.split()[-1] not in many for key in keys)
    names = sorted(written, key=lambda name: (-written[name], len(name), name))
    if own := [
        name for name in names if key_of(name).split()[0] in words.given and 3 * written[name] > written[names[0]]
    ]:
        names.remove(own[0])
        names.insert(0, own[0])  # Adela, rather than Miss Quested
    return Person(
        tuple(names),
        named or given or _likely(genders),
        written.total(),
        spoken,
        _is_common(written, words) and not is_one,
    )
