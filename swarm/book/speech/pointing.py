"""Lets a language model point at who speaks: it is shown excerpts with numbered quotations and persons.

Only doubtful turns are asked. An answer is one more fact of a turn, which is weighed with all others: it can give no
name that the book does not have, and it changes no word.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from swarm.book.speech.dialogue import MAIN, POINTED, DialogueDraft, SpokenTurn, likely_speakers, standing
from swarm.book.speech.person import ME, NOBODY

MIN_SURE = 0.9  # who is as likely as that is not asked for
MAX_EXCERPT = 5000  # characters from the first asked turn to the last
MAX_TURNS = 16  # that one question asks for
MAX_SHOWN = 24  # persons
ABOVE, BELOW = 4, 1  # blocks that are shown before and after
MAX_CONTEXT = 600  # last characters of such a block

_BRACKETS = str.maketrans("[]", "()")


class SpeakerQuestion(Struct, frozen=True):
    """An excerpt of a chapter: its quotations `[1]`, `[2]` and the persons have numbers that count from 1."""

    text: str
    persons: tuple[str, ...]
    turns: tuple[int, ...]  # numbers of the quotations' turns in the chapter
    who: tuple[int, ...]  # the persons' own numbers


Answer = Mapping[int, int]  # the number of a quotation, and that of its person
Ask = Callable[[Sequence[SpeakerQuestion]], Iterable[Answer]]


def pointed(drafts: Sequence[DialogueDraft], ask: Ask) -> list[DialogueDraft]:
    """Return the chapters of a book with what a model answered about their doubtful turns."""
    questions = [(at, each) for at, draft in enumerate(drafts) for each in questions_of(draft)]
    found: list[dict[int, int]] = [{} for _ in drafts]
    for (at, question), answer in zip(questions, ask([each for _, each in questions]), strict=True):
        for number, person in answer.items():
            if 0 < number <= len(question.turns) and 0 < person <= len(question.who):
                found[at][question.turns[number - 1]] = question.who[person - 1]
    return [
        draft._replace(turns=[_with(draft, number, who.get(number, NOBODY)) for number in range(len(draft.turns))])
        for draft, who in zip(drafts, found, strict=True)
    ]


def _with(draft: DialogueDraft, number: int, who: int) -> SpokenTurn:
    turn = draft.turns[number]
    if who == NOBODY:
        return turn
    own = turn.facts.get(who) or tuple(standing(draft.page, who, turn))
    return turn._replace(facts={**turn.facts, who: (*own, POINTED)})


def questions_of(draft: DialogueDraft) -> Iterator[SpeakerQuestion]:
    """Yield what has to be asked about a chapter."""
    turns, asked = draft.turns, list[int]()
    for number, likely in enumerate(likely_speakers(turns)):
        best = max(likely, key=lambda who: (likely[who], -who))
        if (best != NOBODY and likely[best] >= MIN_SURE) or turns[number].kind == "another":
            continue
        if asked and (len(asked) == MAX_TURNS or _length(draft, asked[0], number) > MAX_EXCERPT):
            yield _question(draft, asked)
            asked = []
        if _length(draft, number, number) <= MAX_EXCERPT:
            asked.append(number)
    if asked:
        yield _question(draft, asked)


def _length(draft: DialogueDraft, first: int, last: int) -> int:
    blocks = range(draft.turns[first].block, draft.turns[last].block + 1)
    return sum(len(draft.page.texts[block]) for block in blocks)


def _question(draft: DialogueDraft, asked: Sequence[int]) -> SpeakerQuestion:
    page, turns = draft.page, draft.turns
    first, last = turns[asked[0]].block, turns[asked[-1]].block
    shown = range(max(0, first - ABOVE), min(len(page.texts), last + BELOW + 1))
    marks: dict[tuple[int, int], int] = {
        (turns[turn].block, page.spoken[turns[turn].block][turns[turn].said[0]].start): number
        for number, turn in enumerate(asked, 1)
    }
    lines = []
    for block in shown:
        text = page.texts[block] if first <= block <= last else page.texts[block][-MAX_CONTEXT:]
        starts = sorted((start for at, start in marks if at == block), reverse=True)
        pieces, end = list[str](), len(text)
        for start in starts:
            pieces += [text[start:end].translate(_BRACKETS), f"[{marks[block, start]}] "]
            end = start
        lines.append("".join((text[:end].translate(_BRACKETS), *reversed(pieces))))
    who = _shown_persons(draft, asked, shown)
    return SpeakerQuestion("\n".join(lines), tuple(_about(draft, each) for each in who), tuple(asked), who)


def _shown_persons(draft: DialogueDraft, asked: Sequence[int], blocks: Iterable[int]) -> tuple[int, ...]:
    """Return the persons that a question lists: those who may speak, and those whom the excerpt names."""
    page = draft.page
    found = [who for turn in asked for who in draft.turns[turn].facts]
    for block in blocks:
        found += [who for _, who in page.told[block]] + [who for _, who, _ in page.heard[block]]
    found += page.main[:MAIN]
    return tuple(sorted({who for who in dict.fromkeys(found) if who != NOBODY}, key=found.index)[:MAX_SHOWN])


def _about(draft: DialogueDraft, who: int) -> str:
    if who == ME:
        return "the narrator, who says “I”"
    person = draft.page.person(who)
    told = [{"m": "a man", "f": "a woman", "": ""}[person.gender]]
    told += [f"also {', '.join(person.names[1:4])}"] if len(person.names) > 1 else []
    words = "; ".join(filter(None, told))
    return f"{person.name} ({words})" if words else person.name
