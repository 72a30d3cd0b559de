"""Learns the weights by which dialogue is given to its speakers, and measures them on novels that were left out.

The novels are those of a folder of the Project Dialogism Novel Corpus (../shared/suites/novels): a text, its characters
with their names, and its quotations with their speakers. The weights are those of a conditional random field of second
order over the turns of a chapter, found by gradients; they go to swarm/book/speech/dialogue.tsv.

Each chapter is learnt from several times, in its copies with many names beside words hidden.

python benchmarks/speakers_train.py              # learn from all, and write the weights
python benchmarks/speakers_train.py --folds      # for each third, learn from the others and measure; write nothing
python benchmarks/speakers_train.py --folds --server 0.1,0.2    # and with models that point wrongly so often
"""

import argparse
import ast
import bisect
import copy
import csv
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import regex

from swarm.book.any_file import read_book
from swarm.book.language.language import words
from swarm.book.speech import dialogue
from swarm.book.speech.dialogue import (
    POINTED,
    POINTED_WEIGHT,
    DialogueDraft,
    Page,
    SpokenTurn,
    Tag,
    find_dialogue,
    steps,
)
from swarm.book.speech.person import ME, NOBODY, key_of
from swarm.book.speech.pointing import Answer, SpeakerQuestion, pointed, questions_of

HERE = Path(__file__).resolve().parent
NOVELS = HERE.parent.parent / "shared" / "suites" / "novels"
WEIGHTS = Path(dialogue.__file__).with_suffix(".tsv")
NARRATORS = {  # of novels in the first person
    "TheSignOfTheFour": "Dr. Watson",
    "TheMysteriousAffairAtStyles": "Mr. Hastings",
    "TheSunAlsoRises": "Jake Barnes",
    "TheGambler": "Alexis Ivanovitch",
}
PRIOR = 6  # the strength with which weights are drawn to nought
EPOCHS = 9
BATCH = 12  # chapters
FOLDS = 3
COPIES = 2  # of each chapter, with hidden names
HIDDEN = 0.5  # of the names beside words in the chapters that are learnt from again
BARE = 0.6  # of these have nothing beside them then, others a pronoun
NOUNS = 0.25  # of the persons of a chapter have a noun
SHARES = (0.5, 0.6, 0.68, 0.7, 0.8)  # least probabilities for which figures are shown


IDLE = frozenset(words("the a an mr mrs miss ms dr sir lady lord monsieur madame mme m old young poor little dear de"))

Floats = Any  # arrays of numpy


class Said(NamedTuple):
    """A turn of a novel, with the corpus's speaker."""

    kind: str  # Explicit, Anaphoric or Implicit
    pieces: int  # of quotations of the corpus
    right: frozenset[int]  # persons who are that speaker


class Chapter(NamedTuple):
    """A chapter, and who says its turns as far as the corpus tells."""

    draft: DialogueDraft
    said: list[Said | None]

    @property
    def turns(self) -> list[SpokenTurn]:
        """Its turns."""
        return self.draft.turns


class Novel(NamedTuple):
    """A novel that is ready to be learnt from."""

    name: str
    pieces: int  # of quotations in the corpus
    chapters: list[Chapter]


class Characters:
    """The characters of a novel with their names."""

    def __init__(self, path: Path) -> None:
        self.names: dict[str, list[list[str]]] = {}
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                names = {row["Main Name"], *ast.literal_eval(row["Aliases"] or "[]")}
                self.names[row["Main Name"]] = [_words(name) for name in names]

    def are_called(self, name: str) -> set[str]:
        """Return the characters whom a name of the corpus means."""
        return {each for each, names in self.names.items() if _words(name) in names} | {name}

    def fit(self, said: str) -> set[str]:
        """Return the characters whom a name in the text may mean: by all of its words, or else by some."""
        words = [word for word in _words(said) if word not in ("the", "a", "an")]
        exact = {
            each
            for each, names in self.names.items()
            if any([word for word in name if word not in ("the", "a", "an")] == words for name in names)
        }
        if exact or not set(words) - IDLE:
            return exact
        part = set(words)
        return {
            each for each, names in self.names.items() if any(part <= set(n) or (n and set(n) <= part) for n in names)
        }


def _words(name: str) -> list[str]:
    return regex.findall(r"[\p{L}\p{N}]+(?:['’-]\p{L}+)*", name.casefold().replace("’", "'"))


def read_novel(folder: Path) -> Novel:
    """Read a novel as the program reads a text file, and lay the corpus's quotations over its turns."""
    text = (folder / "novel_text.txt").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch, "novel.txt")
        curled = regex.sub(r'(?<=^|[\s(\[—–-])"(?=\S)', "“", text, flags=regex.M).replace('"', "”")
        file.write_text(curled, encoding="utf-8")
        book = read_book(file, None)
    gold = _quotations(folder / "quotation_info.csv")
    chapters = [[block.text for block in chapter.blocks] for chapter in book.chapters]
    drafts = list[DialogueDraft]()

    def keep(found: Sequence[DialogueDraft]) -> Sequence[DialogueDraft]:
        drafts.extend(found)
        return found

    persons = find_dialogue(chapters, "en", keep).persons
    people = Characters(folder / "character_info.csv")
    fits = {who: people.fit(each.name) for who, each in enumerate(persons.all)}
    fits[ME] = {NARRATORS.get(folder.name, "")} - {""}
    aligned, found = _Aligned(text), []
    for draft in drafts:
        places = [aligned.find(block) for block in draft.page.texts]
        found.append(Chapter(draft, [_said(draft, turn, places, gold, people, fits) for turn in draft.turns]))
    return Novel(folder.name, len(gold), [chapter for chapter in found if chapter.turns])


def _quotations(path: Path) -> list[tuple[int, int, str, str]]:
    csv.field_size_limit(10**8)
    with path.open(encoding="utf-8") as file:
        return sorted(
            (start, end, row["speaker"], row["quoteType"])
            for row in csv.DictReader(file)
            for start, end in ast.literal_eval(row["quoteByteSpans"])
        )


class _Aligned:
    """Finds blocks in the text of the corpus, one after another, by their letters."""

    def __init__(self, text: str) -> None:
        self._places = [place for place, sign in enumerate(text) if sign.isalnum()]
        self._solid = "".join(text[place] for place in self._places)
        self._at = 0

    def find(self, block: str) -> dict[int, int]:
        """Return the place in the text of each letter of a block; {} if the text does not have it."""
        letters = [place for place, sign in enumerate(block) if sign.isalnum()]
        key = "".join(block[place] for place in letters)
        start = self._solid.find(key, self._at) if key else -1
        if start < 0 or (start - self._at > 300 and len(key) < 12):
            return {}
        self._at = start + len(key)
        return {place: self._places[start + number] for number, place in enumerate(letters)}


def _said(
    draft: DialogueDraft,
    turn: SpokenTurn,
    places: Sequence[dict[int, int]],
    gold: Sequence[tuple[int, int, str, str]],
    people: Characters,
    fits: dict[int, set[str]],
) -> Said | None:
    votes: Counter[tuple[str, str]] = Counter()
    page = draft.page
    said = [(turn.block, number) for number in turn.said]
    said += [(block, number) for block in turn.more for number in range(len(page.spoken[block]))]
    for block, number in said:
        each = page.spoken[block][number]
        inside = [places[block][place] for place in range(each.start, each.end) if place in places[block]]
        if not inside:
            continue
        start, end = inside[0], inside[-1] + 1
        for begin, stop, speaker, kind in gold[bisect.bisect_left(gold, (start - 6000,)) :]:
            if begin >= end:
                break
            if min(end, stop) - max(start, begin) >= 0.5 * (stop - begin):
                votes[speaker, kind] += 1
    if not votes:
        return None
    speaker, kind = votes.most_common(1)[0][0]
    meant = people.are_called(speaker)
    return Said(kind, votes.total(), frozenset(who for who in fits if fits[who] & meant))


def _chosen_anew(novel: Novel) -> Novel:
    """Return a novel whose candidates are those of the weights in use."""
    pages = [(each.draft.page, each.said) for each in novel.chapters]
    return novel._replace(
        chapters=[Chapter(DialogueDraft(page, dialogue.find_turns(page)), said) for page, said in pages]
    )


def with_hidden(novel: Novel) -> Novel:
    """Return a novel with its chapters some times more, in which many names beside words are hidden.

    So is learnt of words that the book gives to somebody how those are given that it leaves to the reader.
    """
    chance = random.Random(novel.name)
    return novel._replace(
        chapters=[*novel.chapters, *(_hidden(each, chance) for _ in range(COPIES) for each in novel.chapters)]
    )


def _hidden(chapter: Chapter, chance: random.Random) -> Chapter:
    """Return a chapter in which many names beside words are pronouns or nouns instead, or not there at all."""
    own = chapter.draft.page
    page = copy.copy(own)
    page.told, page.texts = list(own.told), list(own.texts)
    turns = dialogue.tagged_turns(own)
    by_noun = _by_noun(page, turns, chance)
    found: list[SpokenTurn] = []
    for turn in turns:
        begins = not found or turn.block - dialogue.end_of(found[-1]) > dialogue.MAX_BREAK
        if turn.tag.kind in ("name", "me") and turn.tag.bond == "said" and turn.tag.who != NOBODY:
            noun = by_noun.get(turn.tag.who)
            if chance.random() < (HIDDEN if noun is not None or not begins else HIDDEN / 2):
                found.append(_without_name(page, turn, noun, bare=chance.random() < BARE))
                continue
        found.append(turn)
    page.lately, page.main = page.count()
    return Chapter(DialogueDraft(page, dialogue.weighed_turns(page, found)), chapter.said)


def _by_noun(page: Page, turns: Sequence[SpokenTurn], chance: random.Random) -> dict[int, int]:
    """Choose some persons of a chapter, and for each a noun of the book that fits: "the girl"."""
    named = {turn.tag.who for turn in turns if turn.tag.kind == "name" and turn.tag.who >= 0}
    nouns = [who for who, each in enumerate(page.persons.all) if each.common]
    found = {}
    for who in sorted(named):
        fit = [each for each in nouns if page.person(each).gender in ("", page.person(who).gender)]
        if fit and chance.random() < NOUNS:
            found[who] = chance.choice(fit)
    return found


def _without_name(page: Page, turn: SpokenTurn, noun: int | None, *, bare: bool) -> SpokenTurn:
    """Return a turn with a noun or a pronoun beside it in place of its name, or nothing; the page is changed alike."""
    who, told, spoken = turn.tag.who, list(page.told[turn.block]), page.spoken[turn.block]
    gender = page.person(who).gender if who != ME else ""
    if noun is None and (bare or not gender):
        if len(turn.said) < len(spoken):
            return turn
        words = [" "] * len(page.texts[turn.block])
        for each in spoken:
            words[each.start : each.end] = page.texts[turn.block][each.start : each.end]
        page.texts[turn.block], page.told[turn.block] = "".join(words), []
        return turn._replace(tag=Tag())
    for at, (mention, named) in enumerate(told):
        if named == who:
            if noun is None:
                told[at] = mention._replace(name="", key="", gender=gender, is_pronoun=True), NOBODY
                tag = Tag("pronoun", NOBODY, gender, "said")
            else:
                own = page.person(noun)
                told[at] = mention._replace(name=own.name, key=key_of(own.name), gender=own.gender), noun
                tag = Tag("noun", noun, own.gender, "said")
            page.told[turn.block] = told
            return turn._replace(tag=tag)
    return turn


class _Numbers:
    """Numbers the facts."""

    def __init__(self) -> None:
        self.of: dict[str, int] = {}

        self.steps: dict[tuple[int, ...], int] = {}  # numbers of the facts of a step, which are weighed together

    def find(self, fact: str) -> int:
        return self.of.setdefault(fact, len(self.of))

    def find_step(self, facts: Iterable[str]) -> int:
        return self.steps.setdefault(tuple(map(self.find, facts)), len(self.steps))


class _Batch:
    """Some chapters in numbers, side by side; what a shorter chapter or turn lacks is padded.

    Axes are chapters, turns and candidates: of `steps` those of the turn before the last, of the last, and of a turn.
    """

    def __init__(self, chapters: Sequence[Chapter], numbers: _Numbers) -> None:
        longest = max(len(chapter.turns) for chapter in chapters)
        most = max(len(turn.candidates) for chapter in chapters for turn in chapter.turns)
        self.there = np.zeros((len(chapters), longest, most), np.float32)
        self.right = np.zeros_like(self.there)
        self.steps = np.full((len(chapters), longest, most, most, most), -1, np.int32)
        facts, cells = list[int](), list[int]()
        for row, chapter in enumerate(chapters):
            self.there[row, len(chapter.turns) :, 0] = self.right[row, len(chapter.turns) :, 0] = 1
            for at, (turn, said) in enumerate(zip(chapter.turns, chapter.said, strict=True)):
                known = turn.candidates if said is None else said.right & turn.facts.keys() or {NOBODY}
                for number, who in enumerate(turn.candidates):
                    found = [numbers.find(fact) for fact in turn.facts_of(who)]
                    facts += found
                    cells += [(row * longest + at) * most + number] * len(found)
                    self.there[row, at, number] = 1
                    self.right[row, at, number] = who in known
                if at:
                    self._add_steps(row, at, chapter.turns, numbers)
        self.facts, self.cells = np.array(facts), np.array(cells)

    def _add_steps(self, row: int, at: int, turns: Sequence[SpokenTurn], numbers: _Numbers) -> None:
        same, back, new = map(numbers.find_step, steps(turns[at], turns[at - 1]))
        second = np.array(turns[at - 2].candidates if at > 1 else [NOBODY])[:, None, None]
        last, who = np.array(turns[at - 1].candidates)[None, :, None], np.array(turns[at].candidates)[None, None, :]
        found = np.where(who == last, same, np.where(who == second, back, new))
        found = np.where((who == NOBODY) | (last == NOBODY), -1, found)
        self.steps[row, at, : found.shape[0], : found.shape[1], : found.shape[2]] = found

    def gradient(self, weights: Floats, together: Floats) -> tuple[float, Floats]:
        """Return the log of the probability of what the corpus says, and its gradient; `together`: steps by facts."""
        worth = np.exp(np.append(together @ weights, 0.0)).astype(np.float32)[self.steps]
        own = np.bincount(self.cells, weights[self.facts], self.there.size).reshape(self.there.shape)
        own -= np.where(self.there > 0, own, -np.inf).max(2, keepdims=True)
        own = np.exp(np.clip(own, -60.0, 0.0)).astype(np.float32)
        right, one, three = _marginals(own * self.right, worth)
        whole, other, three_free = _marginals(own * self.there, worth)
        change = np.bincount(self.facts, (one - other).ravel()[self.cells], len(weights))
        change += np.bincount(self.steps.ravel() + 1, (three - three_free).ravel(), len(together) + 1)[1:] @ together
        return right - whole, change


def _marginals(own: Floats, worth: Floats) -> tuple[float, Floats, Floats]:
    """Return the log of the sum over all speakers, and the probabilities of single ones and of three in a row."""
    whole, count = 0.0, own.shape[1]
    forward = [own[:, 0, None, :] / own[:, 0].sum(1)[:, None, None]]
    forward[0] = np.concatenate([forward[0], np.zeros_like(worth[:, 0, 1:, 0, :])], 1)
    whole += float(np.log(own[:, 0].sum(1)).sum())
    for at in range(1, count):
        table = np.einsum("bij,bijk->bjk", forward[-1], worth[:, at]) * own[:, at, None, :]
        scale = table.sum((1, 2))
        whole += float(np.log(scale).sum())
        forward.append(table / scale[:, None, None])
    backward = np.ones_like(forward[-1])
    single, three = np.zeros_like(own), np.zeros_like(worth)
    for at in range(count - 1, -1, -1):
        both = forward[at] * backward
        single[:, at] = both.sum(1) / both.sum((1, 2))[:, None]
        if at:
            after = own[:, at, None, :] * backward
            backward = np.einsum("bijk,bjk->bij", worth[:, at], after)
            joint = forward[at - 1][:, :, :, None] * worth[:, at] * after[:, None, :, :]
            three[:, at] = joint / joint.sum((1, 2, 3))[:, None, None, None]
            backward /= backward.max((1, 2))[:, None, None]
    return whole, single, three


def learn(novels: Iterable[Novel]) -> dict[str, float]:
    """Return the weights of the facts of some novels."""
    numbers = _Numbers()
    chapters = sorted((each for novel in novels for each in novel.chapters), key=lambda each: len(each.turns))
    batches = [_Batch(chapters[start : start + BATCH], numbers) for start in range(0, len(chapters), BATCH)]
    count = len(numbers.of)
    together = np.zeros((len(numbers.steps), count))
    for step, facts in enumerate(numbers.steps):
        together[step, list(facts)] = 1
    weights, mean, square = np.zeros(count), np.zeros(count), np.zeros(count)
    step = 0
    for epoch in range(EPOCHS):
        fit = 0.0
        for batch in random.Random(epoch).sample(batches, len(batches)):
            likely, gradient = batch.gradient(weights, together)
            fit += likely
            change = gradient - PRIOR * weights / len(batches)
            step += 1
            mean, square = 0.9 * mean + 0.1 * change, 0.99 * square + 0.01 * change**2
            weights += 0.08 * 0.8**epoch * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-6)
    print(f"{len(chapters)} chapters, {count} facts, log likelihood {fit:.0f}", flush=True)
    return {
        fact: round(float(weights[number]), 2) for fact, number in numbers.of.items() if abs(weights[number]) > 0.04
    }


def use(weights: dict[str, float]) -> None:
    """Let the program decide by these weights."""
    known = weights | {POINTED: POINTED_WEIGHT}
    dialogue.weights = lambda: known  # type: ignore[assignment]


def with_model(novel: Novel, wrong: float) -> Novel:
    """Return a novel whose doubtful turns a model points at by the corpus's marks, but for a share of wrong answers."""
    chance = random.Random(novel.name)
    marks = [chapter.said for chapter in novel.chapters]
    asked = iter([at for at, chapter in enumerate(novel.chapters) for _ in questions_of(chapter.draft)])

    def answer(question: SpeakerQuestion, said: Sequence[Said | None]) -> Answer:
        found = {}
        for number, turn in enumerate(question.turns, 1):
            mark = said[turn]
            right = [at for at, who in enumerate(question.who, 1) if mark and who in mark.right]
            others = [at for at in range(len(question.who) + 1) if at not in right]
            found[number] = right[0] if right and chance.random() >= wrong else chance.choice(others)
        return found

    def ask(questions: Sequence[SpeakerQuestion]) -> Iterator[Answer]:
        return (answer(question, marks[next(asked)]) for question in questions)

    drafts = pointed([chapter.draft for chapter in novel.chapters], ask)
    chapters = [Chapter(draft, said) for draft, said in zip(drafts, marks, strict=True)]
    return novel._replace(chapters=chapters)


class Figures:
    """Counts right and wrong speakers by the least probability that is asked for."""

    def __init__(self) -> None:
        self.named: defaultdict[float, list[int]] = defaultdict(lambda: [0, 0, 0])
        self.tenths: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])

    def add(self, novel: Novel) -> None:
        """Count the pieces of a novel."""
        for share in SHARES:
            self.named[share][2] += novel.pieces
        for chapter in novel.chapters:
            likely = dialogue.likely_speakers(chapter.turns)
            for said, who in zip(chapter.said, likely, strict=True):
                best = max(who, key=lambda each: (who[each], -each))
                if said is None or best == NOBODY:
                    continue
                right = said.pieces * (best in said.right)
                tenth = self.tenths[min(9, int(10 * who[best]))]
                tenth[0] += said.pieces
                tenth[1] += right
                for share in SHARES:
                    if who[best] >= share:
                        self.named[share][0] += said.pieces
                        self.named[share][1] += right

    def row(self) -> str:
        """Return precision and recall for each least probability."""
        rows = [(share, *self.named[share]) for share in SHARES]
        return " | ".join(
            f"{share}: {right / max(1, named):.1%}, {right / whole:.1%}" for share, named, right, whole in rows
        )

    def calibration(self) -> str:
        """Return the share that is right, for each tenth of probability."""
        rows = sorted(self.tenths.items())
        return ", ".join(f"{tenth / 10:.1f}: {right / named:.0%} of {named}" for tenth, (named, right) in rows)


def main() -> None:
    """Learn, or measure what was learnt on novels left out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--novels", type=Path, default=NOVELS)
    parser.add_argument("--only", default="", help="novels to learn from, separated by commas; the others are measured")
    parser.add_argument("--folds", action="store_true")
    parser.add_argument(
        "--server", default="", metavar="SHARES", help="also ask models of whose answers so much is wrong"
    )
    chosen = parser.parse_args()
    novels = [read_novel(folder) for folder in sorted(chosen.novels.iterdir()) if folder.is_dir()]
    if not chosen.folds and not chosen.only:
        learnt = learn(map(with_hidden, novels))
        rows = sorted(learnt.items())
        WEIGHTS.write_text("".join(f"{weight:.2f}\t{fact}\n" for fact, weight in rows), encoding="utf-8")
        use(learnt)
        for novel in novels:
            one = Figures()
            one.add(novel)
            print(novel.name, "|", one.row(), flush=True)
        return
    models = [float(share) for share in chosen.server.split(",") if share]
    whole, helped = Figures(), [Figures() for _ in models]
    few = chosen.only.split(",") if chosen.only else []
    folds = [([n for n in novels if n.name in few], [n for n in novels if n.name not in few])] if few else []
    groups = [novels[at::FOLDS] for at in range(FOLDS)]
    folds = folds or [([each for each in novels if each not in group], group) for group in groups]
    for known, left_out in folds:
        use(learn(map(with_hidden, known)))
        for novel in left_out:
            one = Figures()
            again = _chosen_anew(novel)
            for wrong, figures in zip(models, helped, strict=True):
                figures.add(with_model(again, wrong))
            for figures in (one, whole):
                figures.add(again)
            print(novel.name, "|", one.row(), flush=True)
    print("all |", whole.row(), "\n", whole.calibration())
    for wrong, figures in zip(models, helped, strict=True):
        print(f"with a model of which {wrong:.0%} is wrong |", figures.row(), "\n", figures.calibration())


if __name__ == "__main__":
    main()
