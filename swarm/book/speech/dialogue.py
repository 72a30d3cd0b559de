"""Says who speaks: the speech of each paragraph is given to one of the persons about, or to nobody.

What a chapter shows of each person is a handful of facts in words, such as "pronoun: first subject before"; each fact
has a weight, and so has each way in which one turn follows another. The weights are learnt
(`benchmarks/speakers_train.py`). All turns of a chapter are weighed together, so that a name further down counts for
what stands above it, and each answer has its probability.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, pairwise, repeat
from math import exp
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from swarm.book.language.known import find_speakers
from swarm.book.language.pattern import compile_later
from swarm.book.speech.person import (
    ME,
    NOBODY,
    Gender,
    Mention,
    Person,
    Persons,
    find_mentions,
    find_persons,
    gender_by_article,
    gender_of,
    is_titled,
    key_of,
)
from swarm.book.speech.quotation import (
    Grounds,
    Spoken,
    Utterance,
    around,
    find_quotations,
    find_speaker,
    find_speaker_inside,
    is_another,
    is_closed,
    is_other_of_two,
)

SURE = 0.7  # a less likely speaker stays unknown, since a wrong voice is worse than a common one
POINTED = "pointed at by a model"  # a fact, beside those that were learnt
POINTED_WEIGHT = 4.0  # about that of an answer which is right seven times in eight
MAX_CANDIDATES = 8  # for a turn
NEAR = 14  # turns before and after one, in which a person is named who may speak
FAR = 5  # paragraphs above that are looked at
LATELY = 5  # persons mentioned last who may speak
MAIN = 6  # persons of a chapter who may speak anywhere in it
REACH = 3000  # characters of a paragraph before and after a turn that are looked at
MAX_BREAK = 2  # blocks from one turn to the next in one conversation

_BOUND = compile_later(r"[,—–-][”’»\"“]?\Z")  # what follows belongs to the quotation
_ASKED = compile_later(r"[?!…][”’»\"“]?\Z")
_LOWER = compile_later(r"\s*\p{Ll}")
_CALLED_BEFORE = compile_later(r"(?:[,“‘\"—!?.;]\s?|\b(?:dear|my|oh|Oh|O|well|Well|and)\s)\Z")
_CALLED_AFTER = compile_later(r"\s?[,.!?”’\"—;]")
_FEW_WORDS = compile_later(r"[\s,.;—–―-]*+(?:\p{Ll}++\s){0,4}\Z")
_WORD = compile_later(r"\p{L}")
_CLAUSE_END = compile_later(r"[.!?…;:]\s")

_RANKS = ("first", "second", "third", "fourth", "later")

Heard = TypeVar("Heard", tuple[Gender, int], tuple[Mention, int, int])

Facts = Mapping[int, Sequence[str]]  # of each candidate, by its number among the persons


class Tag(NamedTuple):
    """What stands beside a quotation."""

    kind: str = ""  # name, me, pronoun, noun, another, other
    who: int = NOBODY
    gender: Gender = ""
    bond: str = ""  # "said" by a verb of saying, "bound" by a comma, "led" in by a colon

    @property
    def rank(self) -> tuple[int, bool]:
        """How much it tells, for the comparison of several in one turn."""
        return ("", "other", "another", "noun", "pronoun", "name", "me").index(self.kind), self.bond == "said"


class SpokenTurn(NamedTuple):
    """What one person says without a break, with what speaks for each person."""

    block: int
    said: list[int]  # numbers of the utterances in the block
    more: list[int]  # blocks that go on with it, since the last quotation is not closed
    tag: Tag
    kind: str = ""  # named, pronoun, another, other, beat, bare: what the narrator says beside it
    gap: str = ""  # what stands between the turn before and this one
    wanted: Gender = ""  # the gender of a pronoun or noun beside it, or of the pronoun that acts in its paragraph
    signs: tuple[tuple[str, Gender], ...] = ()  # who is called "sir" and the like here, before and after; he, she near
    asks: bool = False  # it ends with a question
    facts: Facts = MappingProxyType({})

    @property
    def candidates(self) -> list[int]:
        """Those who may say it; NOBODY is for all others."""
        return [*self.facts, NOBODY]

    def facts_of(self, who: int) -> Sequence[str]:
        """Return what speaks for a candidate."""
        return self.facts[who] if who != NOBODY else (f"nobody {self.kind}",)


class Page:
    """A chapter with the mentions of persons in it."""

    def __init__(self, texts: Sequence[str], spoken: Sequence[Spoken], persons: Persons, language: str) -> None:
        self.texts, self.spoken, self.persons, self.language = texts, spoken, persons, language
        self.told: list[list[tuple[Mention, int]]] = [[] for _ in texts]  # by the narrator
        self.heard: list[list[tuple[Mention, int, int]]] = [[] for _ in texts]  # in speech, with the utterance
        self.hailed: list[list[tuple[Gender, int]]] = [[] for _ in texts]  # by "sir" and the like, with the utterance
        for number in sorted({near for at, each in enumerate(spoken) if each for near in range(at - FAR, at + 3)}):
            if 0 <= number < len(texts):
                self._read(number)
        self.lately, self.main = self.count()

    def _read(self, block: int) -> None:
        spoken = self.spoken[block]
        for each in find_mentions(self.texts[block], self.language):
            who = self.persons.find(each.key)
            inside = bisect_right(spoken, each.start, key=lambda said: said.start) - 1
            is_told = inside < 0 or each.start >= spoken[inside].end
            if is_told:
                self.told[block].append((each, who))
            elif each.gender and not each.is_pronoun and _is_called(self.texts[block], each):
                self.hailed[block].append((each.gender, inside))
            if not is_told and who >= 0:
                self.heard[block].append((each, who, inside))

    def told_within(self, block: int, start: int, end: int) -> list[tuple[Mention, int]]:
        """Return what the narrator mentions in a block from one place to another."""
        told = self.told[block]
        first, last = (bisect_left(told, place, key=lambda each: each[0].start) for place in (start, end))
        return told[first:last]

    def told_beside(self, turn: "SpokenTurn") -> list[tuple[Mention, int]]:
        """Return what the narrator mentions in the paragraph of a turn, as far as that is not too long."""
        spoken = self.spoken[turn.block]
        first, last = spoken[turn.said[0]].start, spoken[turn.said[-1]].end
        return self.told_within(turn.block, first - REACH, last + REACH)

    def count(self) -> tuple[list[list[int]], list[int]]:
        """Return those who were mentioned last before each block, and those who are mentioned most."""
        counts: Counter[int] = Counter()
        lately: list[int] = []
        found = []
        for told in self.told:
            found.append(lately[:LATELY])
            for _, who in told:
                if who != NOBODY and not self.person(who).common:
                    counts[who] += 1
                    lately = [who, *(each for each in lately if each != who)][:LATELY]
        return found, sorted(counts, key=lambda who: (-counts[who], who))[:MAIN]

    def person(self, who: int) -> Person:
        """Return a person by its number."""
        return self.persons.find_by_number(who)


def find_tag(page: Page, block: int, number: int) -> Tag:
    """Return what stands beside an utterance."""
    text, said = page.texts[block], page.spoken[block][number]
    before, after = _beside(page.texts, page.spoken, block, number)
    words = text[said.start : said.end]
    beside = find_speaker(before, after, page.language)
    if name := beside or find_speaker_inside(words, page.language):
        if name == find_speakers(page.language).me:
            return Tag("me", ME, "", "said")
        who = page.persons.find(key_of(name))
        kind = "noun" if who != NOBODY and page.person(who).common else "name"
        gender = gender_of(name, page.language) or gender_by_article(name, page.language)
        return Tag(kind, who, gender, "said")
    if is_another(after, page.language):
        return Tag("another")
    if is_other_of_two(after, page.language):
        return Tag("other")
    bond = "said" if beside is not None else "bound" if _is_bound(words, after) else ""
    near = page.told_within(block, said.end, said.end + len(after))[:2]
    if len(near) > 1 and near[0][0].is_pronoun and near[0][0].owner and near[1][0].start - near[0][0].end < 20:
        del near[0]  # "her mother"
    if near and bond and (tag := _tag_of(near[0], after[: near[0][0].start - said.end], bond)):
        return tag
    if before.rstrip().endswith((",", ":", "—")) or (beside is not None and not near):
        cut = max((end.end() for end in _CLAUSE_END.finditer(before.rstrip()[:-1])), default=0)
        start = said.start - len(before) + cut
        acts = [each for each in page.told_within(block, start, said.start) if each[0].subject]
        return (acts and _tag_of(acts[0], "", "led")) or Tag(bond=bond)
    return Tag(bond=bond)


def _beside(texts: Sequence[str], spoken: Sequence[Spoken], block: int, number: int) -> tuple[str, str]:
    """Return the narrator's words before and after an utterance; "Ann said:" may be a paragraph of its own before."""
    before, after = around(texts[block], spoken[block], number)
    if not number and block and not before.strip() and texts[block - 1].rstrip().endswith(":"):
        before = before if spoken[block - 1] else texts[block - 1]
    return before, after


def _is_bound(words: str, after: str) -> bool:
    return bool(_BOUND.search(words) or (_ASKED.search(words) and _LOWER.match(after)))


def _tag_of(found: tuple[Mention, int], between: str, bond: str) -> Tag | None:
    """Return the tag of a mention that stands a few words from a quotation; None if it tells nothing of the speaker."""
    mention, who = found
    if mention.owner or not _FEW_WORDS.match(between):
        return None
    if who != NOBODY:
        return Tag("me" if who == ME else "name", who, mention.gender, bond)
    if mention.key and not mention.gender:
        return None
    return Tag("pronoun" if mention.is_pronoun else "noun", NOBODY, mention.gender, bond)


def find_turns(page: Page) -> list[SpokenTurn]:
    """Return the turns of a chapter with what speaks for each person."""
    return weighed_turns(page, tagged_turns(page))


def tagged_turns(page: Page) -> list[SpokenTurn]:
    """Return the turns of a chapter with what stands beside them."""
    turns: list[SpokenTurn] = []
    for block, spoken in enumerate(page.spoken):
        for number in range(len(spoken)):
            tag, last = find_tag(page, block, number), turns[-1] if turns else None
            if last and not number and not spoken[0].start and _goes_on(page, last) == block:
                last.more.append(block)
            elif last and last.block == block and not _is_another_turn(last.tag, tag):
                last.said.append(number)
            elif last and last.more[-1:] == [block] and not _is_another_turn(last.tag, tag):
                continue
            else:
                turns.append(SpokenTurn(block, [number], [], tag))
                continue
            if tag.rank > last.tag.rank:
                turns[-1] = last._replace(tag=tag)
    return turns


def weighed_turns(page: Page, turns: Sequence[SpokenTurn]) -> list[SpokenTurn]:
    """Return the turns of a chapter, of which the tags are known, with what speaks for each person."""
    turns = [_with_kind(page, turns, index) for index in range(len(turns))]
    talks = _talks(page, turns)
    return [_with_facts(page, turns, index, talks[index]) for index in range(len(turns))]


def _with_kind(page: Page, turns: Sequence[SpokenTurn], index: int) -> SpokenTurn:
    turn = turns[index]
    kind, wanted = _kind(page, turn), turn.tag.gender
    if kind == "beat":
        acts = _acting_in(page.told_beside(turn))
        wanted = acts[0][0].gender if acts and all(who == NOBODY for _, who in acts) else ""
    signs = list[tuple[str, Gender]]()
    for step, where in ((0, "here"), (-1, "before"), (1, "after")):
        other = turns[index + step] if 0 <= index + step < len(turns) else None
        if other is not None and abs(other.block - turn.block) <= 2:
            signs += [(f"called {where}", gender) for gender, _ in _inside(page.hailed[other.block], other)]
    if not wanted:
        signs += _acting_near(page, turn)
    last = page.spoken[end_of(turn)][turn.said[-1] if not turn.more else 0]
    asks = page.texts[end_of(turn)][last.start : last.end].rstrip('”’»"').endswith("?")
    return turn._replace(kind=kind, gap=_gap(turns, index), wanted=wanted, signs=tuple(dict.fromkeys(signs)), asks=asks)


def _acting(page: Page, block: int) -> list[tuple[Mention, int]]:
    """Return the persons and pronouns with which clauses of a block's narration begin."""
    told = page.told[block] if 0 <= block < len(page.told) else []
    return _acting_in(told)


def _acting_in(told: Sequence[tuple[Mention, int]]) -> list[tuple[Mention, int]]:
    return [(each, who) for each, who in told if each.subject and (each.gender or who != NOBODY)]


def _acting_near(page: Page, turn: SpokenTurn) -> Iterator[tuple[str, Gender]]:
    """Yield the genders of the pronouns with which the narration ends above a turn and begins below it."""
    for block, at, where in ((turn.block - 1, -1, "above"), (end_of(turn) + 1, 0, "below")):
        if (acts := _acting(page, block)) and acts[at][0].is_pronoun:
            yield f"{turn.kind}: acts {where}{' beside speech' if page.spoken[block] else ''}", acts[at][0].gender


class _Talk(NamedTuple):
    """A conversation: turns with hardly a paragraph between them."""

    named: Mapping[int, int]  # those who are named beside its words, with how often
    told: Sequence[int]  # those whom the narrator mentions in it or right before it, the most frequent first
    often: Mapping[int, int]  # those who are named beside words of the chapter, with how often
    beside: Mapping[tuple[int, int], int]  # how often two are named beside turns that follow each other


def _talks(page: Page, turns: Sequence[SpokenTurn]) -> list[_Talk]:
    """Return the conversation of each turn."""
    starts = [at for at in range(len(turns)) if not at or turns[at].block - end_of(turns[at - 1]) > MAX_BREAK]
    found: list[_Talk] = []
    pairs = ((one.tag.who, other.tag.who) for one, other in pairwise(turns) if other.block - end_of(one) == 1)
    beside = Counter(pair for one, other in pairs for pair in ((one, other), (other, one)))
    often = Counter(turn.tag.who for turn in turns if turn.tag.who != NOBODY)
    for start, end in pairwise([*starts, len(turns)]):
        named = Counter(turn.tag.who for turn in turns[start:end] if turn.tag.who != NOBODY)
        blocks = range(max(0, turns[start].block - 1), min(len(page.told), end_of(turns[end - 1]) + 1))
        told = Counter(who for block in blocks for _, who in page.told[block] if who != NOBODY)
        ranked = sorted(told, key=lambda who: (-told[who], who))
        found += [_Talk(named, ranked, often, beside)] * (end - start)
    return found


def end_of(turn: SpokenTurn) -> int:
    """Return the last block of a turn."""
    return turn.more[-1] if turn.more else turn.block


def _goes_on(page: Page, turn: SpokenTurn) -> int:
    """Return the block that goes on with a turn whose last quotation is not closed; NOBODY if it is closed."""
    block = end_of(turn)
    following = page.texts[block + 1] if block + 1 < len(page.texts) else ""
    return NOBODY if is_closed(page.texts[block], page.spoken[block][-1], following) else block + 1


def _is_another_turn(last: Tag, tag: Tag) -> bool:
    """Tell whether two quotations of a paragraph have two speakers."""
    if tag.kind in ("another", "other"):
        return True
    if tag.kind in ("name", "me") and last.kind in ("name", "me"):
        return tag.who != last.who
    return bool(tag.gender and last.gender and tag.gender != last.gender)


def _with_facts(page: Page, turns: Sequence[SpokenTurn], index: int, talk: _Talk) -> SpokenTurn:
    turn = turns[index]
    if turn.kind == "named":
        return turn._replace(facts={turn.tag.who: ("named",)})
    facts: dict[int, dict[str, None]] = {}
    for who, fact in chain(
        _evidence(page, turns, index, turn), _in_talk(talk, turn.kind), _fitting(page, turns, index, talk)
    ):
        if who != NOBODY:
            facts.setdefault(who, {})[fact] = None
    for who, mine in facts.items():
        mine.update(dict.fromkeys(standing(page, who, turn)))
        mine[f"{turn.kind}: named {_range(talk.often.get(who, 0), (0, 1, 3, 7, 15))} times in the chapter"] = None
        if turn.kind == "noun" and turn.tag.who not in (NOBODY, who):
            mine.update(dict.fromkeys(_by_noun(page, who, turn.tag.who, talk)))
    found = {who: tuple(mine) for who, mine in facts.items()}
    best = sorted(found, key=lambda who: (-weigh(found[who]), who))[:MAX_CANDIDATES]
    return turn._replace(facts={who: found[who] for who in best})


def _by_noun(page: Page, who: int, noun: int, talk: _Talk) -> Iterator[str]:
    """Yield what tells whether a person is the one whom the chapter calls by a noun: "the girl", "the doctor"."""
    named, called = talk.often.get(who, 0), talk.often[noun]
    yield f"noun: {_range(talk.beside.get((noun, who), 0), (0, 1, 3))} times beside it"
    yield f"noun {_range(called, (1, 3, 7))} times, {_range(named, (0, 1, 3, 7, 15))}"
    if who != ME and is_titled(page.person(who), page.person(noun).name.split()[-1].casefold()):
        yield "noun: a title"


def _kind(page: Page, turn: SpokenTurn) -> str:
    tag, text, spoken = turn.tag, page.texts[turn.block], page.spoken[turn.block]
    if tag.kind in ("another", "other"):
        return tag.kind
    if tag.kind in ("name", "me") and tag.bond == "said" and tag.who != NOBODY:
        return "named"
    if tag.gender or tag.kind == "noun":
        return "noun" if tag.kind == "noun" else "pronoun"
    alone = not _WORD.search(text[: spoken[0].start]) and not _WORD.search(text[spoken[-1].end :])
    return "bare" if alone and len(spoken) == 1 else "beat"


def _evidence(page: Page, turns: Sequence[SpokenTurn], index: int, turn: SpokenTurn) -> Iterator[tuple[int, str]]:
    """Yield persons and what speaks for them."""
    kind, tag, block = turn.kind, turn.tag, turn.block
    if tag.who != NOBODY:
        yield tag.who, f"{tag.kind} named {tag.bond}"
    yield from _in_paragraph(page, turn)
    yield from _above(page, turn)
    below = end_of(turn) + 1
    if below < len(page.texts) and not page.spoken[below]:
        subjects, all_told = _subjects(page, below)
        yield from ((who, f"{kind}: first subject below") for who in subjects[:1])
        yield from ((who, f"{kind}: mentioned below") for who in all_told)
    for place, persons in (("", page.lately[block]), (" of the chapter", page.main)):
        for rank, who in enumerate(persons):
            yield who, f"{kind}: {_RANKS[min(rank, 4)]}{place}"
    yield from _in_speech(page, turns, index)
    yield from _named_near(turns, index, kind)


def _in_paragraph(page: Page, turn: SpokenTurn) -> Iterator[tuple[int, str]]:
    """Yield what the narrator's words between and around the quotations of a paragraph tell."""
    spoken, told = page.spoken[turn.block], page.told_beside(turn)
    first, last = spoken[turn.said[0]].start, spoken[turn.said[-1]].end
    rank = "first"
    for mention, who in told:
        where = "before" if mention.start < first else "after" if mention.start >= last else "between"
        if mention.subject:
            yield who, f"{turn.kind}: {rank} subject {where}"
            rank = "later"
        else:
            role = " owner" if mention.owner else " object" if mention.object else ""
            yield who, f"{turn.kind}: in paragraph {where}{role}"
    alone = {who for mention, who in told if who >= 0 and not mention.owner}
    if len(alone) == 1:
        yield next(iter(alone)), f"{turn.kind}: alone in paragraph"


def _above(page: Page, turn: SpokenTurn) -> Iterator[tuple[int, str]]:
    """Yield what the narrator tells in the paragraphs above."""
    kind, block = turn.kind, turn.block
    first = page.spoken[block][turn.said[0]].start
    here = page.told_within(block, first - REACH, first)
    met = dict[int, None]()
    quiet, place = True, "here"
    for distance, above in enumerate(range(block, max(-1, block - FAR - 1), -1)):
        told = page.told[above] if distance else here
        if distance:
            quiet = quiet and not page.spoken[above]
            place = ("above" if distance == 1 else "further up") + ("" if quiet else " beside speech")
            yield from _told_above(page, above, distance, kind, place)
        for mention, who in reversed(told):
            if turn.wanted and who >= 0 and who not in met and page.person(who).gender == turn.wanted:
                rank = _RANKS[min(len(met), 3)]
                met[who] = None
                yield who, f"{kind}: {rank} fitting {place}"
                if distance:
                    yield who, f"{kind}: {rank} fitting is {'subject' if mention.subject else 'none'}"
    yield from ((who, f"{kind}: one of {_range(len(met), (1, 2, 3))} fitting above") for who in met)


def _told_above(page: Page, above: int, distance: int, kind: str, place: str) -> Iterator[tuple[int, str]]:
    subjects, mentioned = _subjects(page, above)
    if distance > 2:
        yield from ((who, "mentioned far up") for who in mentioned)
        return
    if subjects:
        yield subjects[-1], f"{kind}: last subject {place}"
        yield subjects[0], f"{kind}: first subject {place}"
        if distance == 1 and not page.spoken[above] and page.texts[above].rstrip().endswith((":", ",")):
            yield subjects[-1], "led in above"
    if mentioned:
        yield mentioned[-1], f"{kind}: last {place}"
        yield from ((who, f"{kind}: mentioned {place}") for who in mentioned)


def _subjects(page: Page, block: int) -> tuple[list[int], list[int]]:
    """Return the persons with whom clauses of a block's narration begin, and all whom it mentions, in order."""
    told = [(mention, who) for mention, who in page.told[block] if who != NOBODY]
    return [who for mention, who in told if mention.subject], [who for _, who in told]


def _in_speech(page: Page, turns: Sequence[SpokenTurn], index: int) -> Iterator[tuple[int, str]]:
    """Yield whom the words of a turn, and of those beside it, call or speak of."""
    for step, called, spoken in (
        (0, "calls", "speaks of"),
        (-1, "called in the turn before", "spoken of in the turn before"),
        (1, "called in the turn after", "spoken of in the turn after"),
    ):
        other = turns[index + step] if 0 <= index + step < len(turns) else None
        if other is not None and abs(other.block - turns[index].block) <= 3:
            for mention, who, _ in _inside(page.heard[other.block], other):
                yield who, called if _is_called(page.texts[other.block], mention) else spoken


def _inside(heard: Sequence[Heard], turn: SpokenTurn) -> Sequence[Heard]:
    """Return what was heard in the utterances of a turn, whose numbers come last in what was heard in its block."""
    first = bisect_left(heard, turn.said[0], key=itemgetter(-1))
    return heard[first : bisect_right(heard, turn.said[-1], key=itemgetter(-1))]


def _is_called(text: str, mention: Mention) -> bool:
    before = text[max(0, mention.start - 8) : mention.start]
    return bool(_CALLED_BEFORE.search(before) and _CALLED_AFTER.match(text, mention.end))


def _in_talk(talk: _Talk, kind: str) -> Iterator[tuple[int, str]]:
    """Yield who takes part in a conversation."""
    several = _range(len(talk.named), (1, 2, 3))
    for who, times in talk.named.items():
        yield who, f"{kind}: one of {several} who are named in the talk"
        yield who, f"{kind}: named {_range(times, (1, 3))} times in the talk"
    for rank, who in enumerate(talk.told[:MAIN]):
        yield (
            who,
            f"{kind}: {_RANKS[min(rank, 4)]} in the talk" + ("" if who in talk.named else f" beside {several} named"),
        )


def _fitting(page: Page, turns: Sequence[SpokenTurn], index: int, talk: _Talk) -> Iterator[tuple[int, str]]:
    """Yield those of a conversation who have the gender of the pronoun or noun beside a turn."""
    kind, wanted = turns[index].kind, turns[index].wanted
    if not wanted:
        return
    for where, among in (("named", talk.named), ("told", talk.told)):
        fit = [who for who in among if who >= 0 and page.person(who).gender == wanted]
        for rank, who in enumerate(fit):
            yield who, f"{kind}: {_RANKS[min(rank, 3)]} of {_range(len(fit), (1, 2, 3))} fitting {where} in the talk"
    for step, where in ((-1, "up"), (1, "down")):
        met: dict[int, None] = {}
        for away in range(1, NEAR + 1):
            if not 0 <= (other := index + step * away) < len(turns) or len(met) > 1:
                break
            who = turns[other].tag.who
            if who >= 0 and who not in met and page.person(who).gender == wanted:
                yield who, f"{kind}: {_RANKS[len(met)]} fitting {where}, {_range(away, (1, 2, 3, 6, NEAR))} turns away"
                met[who] = None


def _named_near(turns: Sequence[SpokenTurn], index: int, kind: str) -> Iterator[tuple[int, str]]:
    """Yield who is named beside the turns before and after, with how far away."""
    for step, where in ((-1, "up"), (1, "down")):
        met: set[int] = set()
        for away in range(1, NEAR + 1):
            if not 0 <= (other := index + step * away) < len(turns):
                break
            who = turns[other].tag.who
            if who != NOBODY and who not in met:
                met.add(who)
                yield who, f"{kind}: named {_range(away, (1, 2, 3, 6, NEAR))} {where}"


def standing(page: Page, who: int, turn: SpokenTurn) -> Iterator[str]:
    """Yield what counts for a person whatever the chapter shows."""
    tag, kind = turn.tag, turn.kind
    if who == ME:
        yield f"{kind}: the narrator"
        return
    person = page.person(who)
    yield f"spoken {_range(person.spoken, (0, 1, 4, 19))}"
    yield from (f"{where}: {_fit(person.gender, gender)}" for where, gender in turn.signs)
    if person.common:
        yield f"common, {_range(person.spoken, (0, 1, 3, 7, 15, 31, 63))}" + (" named" if tag.who == who else "")
    if tag.gender:
        yield f"{tag.kind} {tag.bond}: {_fit(person.gender, tag.gender)}"
        return
    if turn.wanted:
        yield f"beat: {_fit(person.gender, turn.wanted)}"


def _fit(own: Gender, wanted: Gender) -> str:
    return "unknown" if not own else "fits" if own == wanted else "does not fit"


def _range(number: int, ends: Sequence[int]) -> str:
    """Return the range that a number is in, such as "4-6"; `ends` are the last numbers of all but the last range."""
    start = 0
    for end in ends:
        if number <= end:
            return str(end) if end == start or not end else f"{start}-{end}"
        start = end + 1
    return f"{start}+"


def _gap(turns: Sequence[SpokenTurn], index: int) -> str:
    if not index:
        return "start"
    last = turns[index - 1]
    between = turns[index].block - end_of(last)
    return ("same", "next", "one", "few", "few")[between] if between < 5 else "far"


@cache
def weights() -> dict[str, float]:
    """Return the weights of the facts, as they were learnt."""
    rows = Path(__file__).with_suffix(".tsv").read_text(encoding="utf-8").splitlines()
    learnt = {fact: float(number) for number, _, fact in (row.partition("\t") for row in rows if row)}
    return learnt | {POINTED: POINTED_WEIGHT}


def weigh(facts: Iterable[str]) -> float:
    """Return the sum of the weights of facts."""
    return sum(map(weights().get, facts, repeat(0.0)))


def steps(turn: SpokenTurn, before: SpokenTurn) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the facts of a turn whose speaker is that of the turn before, that of the one before it, or another."""
    step = f"step {turn.gap} {turn.kind}"
    pair = f"step {turn.gap} from {before.kind} to {turn.kind}"
    back = f"step {turn.gap} {before.gap} {turn.kind}"
    facts = [f"step {turn.gap} after a question" if before.asks else "", pair]
    if turn.wanted and before.wanted:
        facts.append(f"step {turn.gap} {'one gender' if turn.wanted == before.wanted else 'two genders'}")
    same, back_, new = ([f"{each}: {how}" for each in facts if each] for how in ("same", "in turn", "new"))
    return (f"{step}: same", *same), (f"{back}: in turn", *back_), (f"{step}: new", *new)


_Table = list[list[float]]


def likely_speakers(turns: Sequence[SpokenTurn]) -> list[dict[int, float]]:
    """Return the probability of each candidate of each turn, by the forward-backward algorithm of second order."""
    if not turns:
        return []
    forward = _forward(turns)
    found: list[dict[int, float]] = []
    backward: _Table | None = None
    for number in range(len(turns) - 1, -1, -1):
        if backward is None:
            backward = [[1.0] * len(row) for row in forward[number]]
        both = [
            [one * other for one, other in zip(*rows, strict=True)]
            for rows in zip(forward[number], backward, strict=True)
        ]
        sums = [sum(column) for column in zip(*both, strict=True)]
        found.append({who: one / sum(sums) for who, one in zip(turns[number].candidates, sums, strict=True)})
        if number:
            backward = _step_back(turns, number, backward)
    return found[::-1]


def _values(turn: SpokenTurn) -> list[float]:
    scores = [weigh(turn.facts_of(who)) for who in turn.candidates]
    most = max(scores)
    return [exp(score - most) for score in scores]


def _forward(turns: Sequence[SpokenTurn]) -> list[_Table]:
    """Return for each turn a table of the speakers before (rows) and its own."""
    tables: list[_Table] = [[_values(turns[0])]]
    for number in range(1, len(turns)):
        turn, before, table = turns[number], turns[number - 1], tables[-1]
        same, back, new = (exp(weigh(facts)) for facts in steps(turn, before))
        second = turns[number - 2].candidates if number > 1 else [NOBODY]
        values = _values(turn)
        rows = []
        for at, last in enumerate(before.candidates):
            column = [row[at] for row in table]
            whole = sum(column)
            of = dict(zip(second, column, strict=True))
            row = []
            for who, value in zip(turn.candidates, values, strict=True):
                if NOBODY in (who, last):
                    row.append(value * whole)
                elif who == last:
                    row.append(value * whole * same)
                else:
                    row.append(value * (new * whole + (back - new) * of.get(who, 0.0)))
            rows.append(row)
        tables.append(_scaled(rows))
    return tables


def _step_back(turns: Sequence[SpokenTurn], number: int, table: _Table) -> _Table:
    turn, before = turns[number], turns[number - 1]
    same, back, new = (exp(weigh(facts)) for facts in steps(turn, before))
    second = turns[number - 2].candidates if number > 1 else [NOBODY]
    values = _values(turn)
    columns = []
    for last, row in zip(before.candidates, table, strict=True):
        worth = {who: value * one for who, value, one in zip(turn.candidates, values, row, strict=True)}
        whole = sum(
            one * (1.0 if NOBODY in (who, last) else same if who == last else new) for who, one in worth.items()
        )
        columns.append(
            [
                whole + (0.0 if last == NOBODY or one in (NOBODY, last) else (back - new) * worth.get(one, 0.0))
                for one in second
            ]
        )
    return _scaled([list(row) for row in zip(*columns, strict=True)])


def _scaled(table: _Table) -> _Table:
    most = max(max(row) for row in table) or 1.0
    return [[value / most for value in row] for row in table]


class DialogueDraft(NamedTuple):
    """A chapter whose turns may still get facts before its speakers are decided."""

    page: Page
    turns: list[SpokenTurn]

    def utterances(self) -> list[Spoken]:
        """Return the utterances of each block, in order, with their speakers as far as the book tells them."""
        page = self.page
        found = [list(each) for each in page.spoken]
        for turn, likely in zip(self.turns, likely_speakers(self.turns), strict=True):
            for block, numbers in ((turn.block, turn.said), *((more, [0]) for more in turn.more)):
                for number in numbers:
                    found[block][number] = _attributed(page, found[block][number], turn, likely)
        return [tuple(each) for each in found]


class Dialogue(NamedTuple):
    """Who says what in a book."""

    persons: Persons
    chapters: Sequence[Sequence[Spoken]]  # of each chapter the utterances of each block

    @property
    def utterances(self) -> Iterator[Utterance]:
        """All utterances, in order."""
        return (each for chapter in self.chapters for spoken in chapter for each in spoken)


def with_persons(dialogue: Dialogue, groups: Sequence[Sequence[str]]) -> Dialogue:
    """Return the dialogue of a book in which the names of each group are one person's, known by the first of them."""
    if not groups:
        return dialogue
    persons = dialogue.persons.joined(groups)

    def known(said: Utterance) -> Utterance:
        return replace(said, speaker=persons.names_of(said.speaker)[0]) if said.speaker else said

    chapters = [[tuple(map(known, spoken)) for spoken in chapter] for chapter in dialogue.chapters]
    return Dialogue(persons, chapters)


Mend = Callable[[Sequence[DialogueDraft]], Sequence[DialogueDraft]]


def find_dialogue(chapters: Sequence[Sequence[str]], language: str, mend: Mend | None = None) -> Dialogue:
    """Return who says what in a book, by the texts of the blocks of each chapter; `language` is a primary subtag.

    `mend` may give the turns of all chapters further facts.
    """
    chapters = [[text.replace("--", "——") for text in texts] for texts in chapters]
    quotations = [find_quotations(texts, language) for texts in chapters]
    persons = _find_persons(chapters, quotations, language)
    pages = (Page(texts, spoken, persons, language) for texts, spoken in zip(chapters, quotations, strict=True))
    drafts: Iterable[DialogueDraft] = (DialogueDraft(page, find_turns(page)) for page in pages)
    if mend:
        drafts = mend(list(drafts))
    return Dialogue(persons, [draft.utterances() for draft in drafts])


def find_utterances(texts: Sequence[str], language: str) -> list[Spoken]:
    """Return the utterances of each block of a single chapter; only what it says itself of its persons counts."""
    return list(find_dialogue([texts], language).chapters[0])


def _attributed(page: Page, said: Utterance, turn: SpokenTurn, likely: Mapping[int, float]) -> Utterance:
    who = max(likely, key=lambda each: (likely[each], -each))
    if who == NOBODY or likely[who] < SURE:
        kind: Grounds = (
            "another" if turn.tag.kind == "another" else "pronoun" if turn.kind in ("noun", "pronoun") else ""
        )
        called = page.person(turn.tag.who).name if turn.tag.kind == "noun" and turn.tag.who != NOBODY else ""
        return replace(said, grounds=kind, gender=turn.tag.gender, called=called)
    grounds: Grounds = "in turn"
    if turn.tag.who == who:
        grounds = "named"
    elif turn.kind in ("noun", "pronoun"):
        grounds = "pronoun"
    elif any("subject" in fact or "paragraph" in fact for fact in turn.facts[who]):
        grounds = "same paragraph"
    gender = page.person(who).gender
    return replace(
        said, speaker=page.person(who).name, grounds=grounds, probability=round(likely[who], 3), gender=gender
    )


def _find_persons(chapters: Sequence[Sequence[str]], quotations: Sequence[Sequence[Spoken]], language: str) -> Persons:
    """Find the persons of a book, by its texts and the names beside its quotations."""
    tags = []
    for texts, chapter in zip(chapters, quotations, strict=True):
        for block, spoken in enumerate(chapter):
            for number, each in enumerate(spoken):
                beside = find_speaker(*_beside(texts, chapter, block, number), language)
                name = beside or find_speaker_inside(texts[block][each.start : each.end], language)
                if name and name != find_speakers(language).me:
                    tags.append(name)
    return find_persons([text for texts in chapters for text in texts], tags, language)
