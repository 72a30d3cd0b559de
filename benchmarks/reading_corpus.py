"""Measures how books of unseen origins are read, against marks by hand, and trains the model of blocks.

python benchmarks/reading_corpus.py BOOKS [--folds 0,1,2,3] prints the figures of the program as it is; --train FILE
writes the model of all these folds, --cross measures, for each fold, the model that was made without it; --rules
measures the rules alone, --extractor what an extractor of web pages takes for text (pip install justext trafilatura).
BOOKS is a folder of the books in tests/reading/corpus.tsv.
"""

import argparse
import json
import os
import pickle
import sys
import zipfile
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby, pairwise
from multiprocessing import Pool
from pathlib import Path

from reading_quality import words_in

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "reading"))

from corpus_blocks import Block, Mark, marked_blocks  # noqa: E402
from corpus_books import Listed, listed  # noqa: E402

from swarm.book.any_file import read_book  # noqa: E402
from swarm.book.model.book import Book, ChapterText  # noqa: E402
from swarm.book.model.language_code import language_name  # noqa: E402
from swarm.book.page.bare_text import plain  # noqa: E402
from swarm.book.page.passage import visible_chars  # noqa: E402
from swarm.book.structure import block_kind, inclusion  # noqa: E402
from swarm.errors import SwarmError  # noqa: E402

CORPUS = ROOT / "tests" / "reading"
OWN_WEIGHTS = block_kind.weights  # each process replaces it
SPOKEN_SHARE = 0.5  # a block of which so much is spoken is spoken
MIN_UNTRACED = 20  # characters
MAX_BEFORE = 4  # blocks
WHOLE_SHARE = 0.8  # a spoken block may lose so much: marks of notes, numbers of pages
FIRST_WORDS = 150  # of the first minute
# The fixed rules: a book is serious if one of these is exceeded, audible if one of the smaller ones is.
MAX_LOST, MAX_FURNITURE, MIN_CHAPTERS = (0.002, 0.02), (0.003, 0.05), (0.9, 0.5)
MIN_LOST_WORDS, MIN_FURNITURE_WORDS, MIN_CUTS = 30, 40, 3
MAX_FIRST_FURNITURE = 0.4


@dataclass(eq=False)
class Place:
    """A reference block of a book."""

    block: Block
    mark: Mark
    spoken: int = 0  # characters of it that are spoken
    pieces: list[int] = field(default_factory=list)  # numbers of the spoken blocks that have it


@dataclass
class Figures:
    """What is counted of a book, or added up of several."""

    right: int = 0
    blocks: int = 0
    true_spoken: int = 0
    spoken: int = 0
    to_speak: int = 0
    words: int = 0
    lost: float = 0
    furniture: float = 0
    first_furniture: float = 0
    begins: int = 0  # chapter begins in the marks
    begins_right: int = 0
    begins_told: int = 0
    titles_right: int = 0
    joints: int = 0
    joints_right: int = 0
    language: int = 1
    unread: int = 0

    @property
    def chapters(self) -> float:
        """The share of all chapter begins, marked or told, that are both."""
        return self.begins_right / max(1, self.begins + self.begins_told - self.begins_right)

    @property
    def verdict(self) -> str:
        """What a listener says of the book."""
        lost, furniture = self.lost / max(1, self.words), self.furniture / max(1, self.words)
        few = self.begins < 2
        if self.unread or not self.language or lost > MAX_LOST[1] or furniture > MAX_FURNITURE[1]:
            return "serious"
        if not few and self.chapters < MIN_CHAPTERS[1]:
            return "serious"
        bad = (
            (lost > MAX_LOST[0] and self.lost > MIN_LOST_WORDS)
            or (furniture > MAX_FURNITURE[0] and self.furniture > MIN_FURNITURE_WORDS)
            or self.first_furniture > MAX_FIRST_FURNITURE
            or self.joints - self.joints_right >= MIN_CUTS
            or (not few and self.chapters < MIN_CHAPTERS[0])
        )
        return "audible" if bad else "fine"


def places_of(path: Path, name: str) -> list[Place]:
    """Return the reference blocks of a book with their marks."""
    return [Place(block, mark) for block, mark in marked_blocks(path, marks_of(name))]


def trace_runs(chapter: ChapterText) -> Iterator[tuple[int, str, int, int]]:
    """Yield for each run of a chapter the index of its block, its document, its place and its length."""
    for number, block in enumerate(chapter.blocks):
        if block.trace and block.text:
            for _, place, count in block.trace.runs:
                yield number, block.trace.document, place, count


class Finder:
    """Finds the reference blocks that have some characters."""

    def __init__(self, places: Sequence[Place]) -> None:
        self.rows: dict[str, list[Place]] = defaultdict(list)
        for place in sorted(places, key=lambda place: place.block.start):
            self.rows[place.block.name].append(place)
        self.starts = {name: [place.block.start for place in row] for name, row in self.rows.items()}

    def count(self, document: str, start: int, length: int) -> Counter[int]:
        """Return the number of characters in each place, by the place's id."""
        found: Counter[int] = Counter()
        row = self.rows.get(document, [])
        for place in row[max(0, bisect_right(self.starts.get(document, []), start) - 1) :]:
            if place.block.start >= start + length:
                break
            own = min(start + length, place.block.end) - max(start, place.block.start)
            if own > 0:
                found[id(place)] += own
        return found


def measure(book: Book | None, places: Sequence[Place], language: str) -> Figures:
    """Compare a book as it is read with its marks."""
    figures = Figures(unread=int(book is None), language=int(book is None or book.language == language))
    finder, by_id = Finder(places), {id(place): place for place in places}
    heads: list[tuple[Place | None, str]] = []
    piece = 0
    for chapter in book.chapters if book else ():
        if chapter.left_out:
            continue
        first: Place | None = None
        last = -1
        for number, document, start, count in trace_runs(chapter):
            piece += number != last
            last = number
            for key, chars in finder.count(document, start, count).items():
                place = by_id[key]
                first = first or place
                place.spoken += chars
                place.pieces.append(piece)
        heads.append((first, chapter.title))
    _find_untraced(book, places)
    _swap_twins(places)
    _count_blocks(figures, places)
    _count_chapters(figures, places, heads)
    return figures


def _find_untraced(book: Book | None, places: Sequence[Place]) -> None:
    """Count as spoken what no trace tells: what was joined to a block of another document, and a formula below one."""
    blocks = [block for chapter in (book.chapters if book else ()) if not chapter.left_out for block in chapter.blocks]
    rests = []
    for number, block in enumerate(blocks):
        traced = sum(count for _, _, count in block.trace.runs) if block.trace else 0
        text = visible_chars(block.text)
        if block.trace and len(text) > traced + MIN_UNTRACED:
            rests.append((-number - 1, text))
    for before, place in pairwise(places):
        text = visible_chars(place.block.text)
        if not place.spoken and before.spoken and _is_formula(place):
            place.spoken, place.pieces = len(text), [min(before.pieces)]
        if place.spoken or len(text) < MIN_UNTRACED:
            continue
        number = next((number for number, whole in rests if text in whole), 0)
        if number:
            place.spoken, place.pieces = len(text), [number]
            before.pieces.append(number)


def _is_formula(place: Place) -> bool:
    """Tell whether a block is nothing but mathematics, which is said in other characters and has no trace at all."""
    formulas = list(place.block.element.iter("{*}math"))
    inside = sum(len(visible_chars("".join(formula.itertext()))) for formula in formulas)
    return inside > 0 and inside >= len(visible_chars(place.block.text))


def share_of(place: Place) -> float:
    """Return the share of a place that is spoken; a formula is said in other characters."""
    if place.spoken and next(place.block.element.iter("{*}math"), None) is not None:
        return 1.0
    return place.spoken / max(1, place.block.end - place.block.start)


def _swap_twins(places: Sequence[Place]) -> None:
    """Let a line that stands twice be right whichever of the two is spoken."""
    shown = [place for place in places if plain(place.block.text)]
    for one, other in pairwise(shown):
        twins = plain(one.block.text) == plain(other.block.text) and {one.mark.spoken, other.mark.spoken} == {"y", "n"}
        if twins and (share_of(one) >= SPOKEN_SHARE) != (share_of(other) >= SPOKEN_SHARE):
            said, wanted = (one, other) if share_of(one) >= SPOKEN_SHARE else (other, one)
            if wanted.mark.spoken == "y":
                said.spoken, wanted.spoken, said.pieces, wanted.pieces = 0, said.spoken, [], said.pieces


def _count_blocks(figures: Figures, places: Sequence[Place]) -> None:
    heard: list[Place] = []
    for place in places:
        words, share = words_in(place.block.text), share_of(place)
        is_spoken = share >= SPOKEN_SHARE
        if place.mark.label == "unmarked":
            continue
        if is_spoken:
            heard.append(place)
        if place.mark.spoken == "?" or place.mark.label == "separator":
            continue
        wanted = place.mark.spoken == "y"
        figures.blocks += 1
        figures.right += wanted == is_spoken
        figures.spoken += is_spoken
        figures.to_speak += wanted
        figures.true_spoken += wanted and is_spoken
        figures.words += words if wanted else 0
        figures.lost += words * (1 - share) if wanted and share < WHOLE_SHARE else 0
        figures.furniture += 0 if wanted else words * share
    for before, place in pairwise(heard):
        if place.mark.joined and place.mark.spoken == "y":
            figures.joints += 1
            figures.joints_right += bool(set(before.pieces) & set(place.pieces))
    told = 0
    bad = 0.0
    for place in heard:
        if told < FIRST_WORDS:
            told += words_in(place.block.text)
            bad += words_in(place.block.text) * (place.mark.spoken == "n")
    figures.first_furniture = bad / max(1, told)


def _count_chapters(figures: Figures, places: Sequence[Place], heads: Sequence[tuple[Place | None, str]]) -> None:
    lines: dict[int, list[Place]] = defaultdict(list)
    for place in places:
        if place.mark.chapter:
            lines[id(place.mark)].append(place)
    marked = {id(place) for place in places if place.mark.label != "unmarked"}
    wanted = {id(line[0]): line for line in lines.values()}
    line_of = {id(place): line for line in lines.values() for place in line}
    for line in lines.values():  # what is said right before a chapter's heading, such as its twin, begins it too
        at = places.index(line[0])
        for place in reversed(places[max(0, at - MAX_BEFORE) : at]):
            if place.mark.spoken == "y" or id(place) in line_of:
                break
            line_of[id(place)] = line
    figures.begins = len(wanted)
    hit: set[int] = set()
    for place, title in heads:
        if place is None or id(place) not in marked:
            continue
        figures.begins_told += 1
        line = line_of.get(id(place))
        if line and id(line[0]) not in hit:
            hit.add(id(line[0]))
            own, theirs = plain(title.rstrip("…")), plain(" ".join(each.block.text for each in line))
            figures.titles_right += bool(own and theirs) and (own in theirs or theirs in own)
    figures.begins_right = len(hit)


@dataclass
class Reading:
    """A book of the corpus as it was read: its figures, and its blocks as the model sees them with their marks."""

    name: str
    fold: int
    maker: str
    figures: Figures
    rows: list[list[float]]
    labels: list[tuple[str, str, int]]  # label, whether spoken, and words of each row; ("", "?", 0) if unmarked
    groups: list[tuple[object, ...]] = field(default_factory=list)  # of each row
    others: dict[str, Figures] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def read(task: tuple[Path, Listed, bool, str]) -> Reading:
    """Read a book of the corpus and compare it with its marks; in a process of its own."""
    path, row, learned, model = task
    block_kind.weights = lambda: _model(model) if learned else None
    told: list[tuple[list[list[float]], list[object]]] = []
    groups: list[tuple[object, ...]] = []

    def judge(parts, rulings, *, code=False):
        passages = [ruling.passage for each in rulings for ruling in each if ruling.passage.text]
        traces = [passage.trace for passage in passages]
        told.append((block_kind.describe(parts, rulings), traces))
        groups[:] = block_kind.grouped(rulings)
        return block_kind.judge(parts, rulings, code=code)

    inclusion.judge = judge
    places = places_of(path, row.name)
    try:
        book = read_book(path)
    except SwarmError:
        book = None
    language = main_language(row.name)
    figures = measure(book, places, language)
    rows, labels = [], []
    finder, by_id = Finder(places), {id(place): place for place in places}
    for described, traces in told[-1:]:
        for features, trace in zip(described, traces, strict=True):
            counted: Counter[int] = Counter()
            for _, start, count in trace.runs if trace else ():
                counted.update(finder.count(trace.document, start, count))
            place = by_id[counted.most_common(1)[0][0]] if counted else None
            rows.append(features)
            known = place is not None and place.mark.label != "unmarked" and not block_kind.is_prose(features)
            labels.append((place.mark.label, place.mark.spoken, words_in(place.block.text)) if known else ("", "?", 0))
    wrong = [
        f"{'lost' if place.mark.spoken == 'y' else 'said'} {place.mark.label}: {place.block.text[:90]!r}"
        for place in places
        if place.mark.label not in ("unmarked", "separator")
        and place.mark.spoken != "?"
        and (share_of(place) >= SPOKEN_SHARE) != (place.mark.spoken == "y")
    ]
    return Reading(row.name, row.fold, row.maker, figures, rows, labels, groups, wrong=wrong)


def extract(extractor: str, task: tuple[Path, Listed, bool, str]) -> Reading:
    """Return which blocks of a book an extractor of web pages takes for text; it knows no chapters."""
    path, row, *_ = task
    if extractor == "own":
        figures = read(task).figures
    else:
        figures, places = Figures(), places_of(path, row.name)
        with zipfile.ZipFile(path) as file:
            for name, page in groupby(places, key=lambda place: place.block.name):
                kept = [visible_chars(line) for line in EXTRACTORS[extractor](file.read(name), main_language(row.name))]
                lines, whole = frozenset(kept), "".join(kept)
                for place in page:
                    text = visible_chars(place.block.text)
                    if text in lines or (len(text) >= MIN_UNTRACED and text in whole):
                        place.spoken = place.block.end - place.block.start
        _count_blocks(figures, places)
    figures = replace(figures, language=1, begins=0, joints=0, joints_right=0)
    return Reading(row.name, row.fold, row.maker, figures, [], [])


def _justext(page: bytes, language: str) -> list[str]:
    import justext

    name = next((name for name in justext.get_stoplists() if name == language_name(language)), "")
    words = {"stoplist": justext.get_stoplist(name)} if name else NO_STOP_WORDS
    return [line.text for line in justext.justext(page, **words) if not line.is_boilerplate] if page.strip() else []


def _trafilatura(page: bytes, language: str) -> list[str]:
    import trafilatura

    text = trafilatura.extract(page.decode("utf-8", "replace"), include_comments=False, favor_recall=True) or ""
    return [line.lstrip("- ") for line in text.replace("|", "\n").splitlines()]


EXTRACTORS = {"justext": _justext, "trafilatura": _trafilatura}
NO_STOP_WORDS = {"stoplist": (), "stopwords_low": 0, "stopwords_high": 0}  # of a language without a list


def _model(file: str) -> block_kind.Weights | None:
    import msgspec

    if not file:
        return OWN_WEIGHTS()
    return block_kind.indexed(msgspec.json.decode(Path(file).read_bytes(), type=block_kind.Weights))


def main_language(name: str) -> str:
    """Return the language that a book's marks name as its main one."""
    with marks_of(name).open(encoding="utf-8") as file:
        return file.readline().split()[3]


def wanted(folds: Sequence[int]) -> list[Listed]:
    """Return the lines about the marked books of some folds."""
    return [book for book in listed() if book.fold in folds and marks_of(book.name).is_file()]


def marks_of(name: str) -> Path:
    """Return the file of a book's marks."""
    return Path(os.environ.get("READING_MARKS", CORPUS / "corpus")) / f"{name}.tsv"


def read_all(
    folder: Path, folds: Sequence[int], *, learned: bool = True, model: str = "", extractor: str = ""
) -> list[Reading]:
    """Read the marked books of some folds, two at a time."""
    tasks = [(book.file(folder), book, learned, model) for book in wanted(folds)]
    with Pool(2, maxtasksperchild=8) as pool:
        reader = partial(extract, extractor) if extractor else read
        return pool.map(reader, [task for task in tasks if task[0].is_file()], chunksize=1)


def summed(all_figures: Iterable[Figures]) -> Figures:
    """Add figures up."""
    whole = Figures(language=0)
    for figures in all_figures:
        for name, value in vars(figures).items():
            setattr(whole, name, getattr(whole, name) + value)
    return whole


def line(name: str, figures: Sequence[Figures]) -> str:
    """Return a row of the table in docs/benchmarks.md."""
    whole, verdicts = summed(figures), Counter(each.verdict for each in figures)
    shares = [
        whole.right / max(1, whole.blocks),
        whole.true_spoken / max(1, whole.spoken),
        whole.true_spoken / max(1, whole.to_speak),
    ]
    of_blocks = " | ".join(f"{share:.2%}" for share in shares)
    words = f"{whole.lost / max(1, whole.words):.2%} | {whole.furniture / max(1, whole.words):.2%}"
    chapters = f"{whole.begins_right}/{whole.begins}/{whole.begins_told} | {whole.titles_right}"
    good = sum(1 for each in figures if each.begins < 2 or each.chapters >= MIN_CHAPTERS[0])
    return (
        f"| {name} | {len(figures)} | {of_blocks} | {words} | {chapters} | {good} | "
        f"{whole.joints_right}/{whole.joints} | {whole.language} | "
        f"{verdicts['fine']}/{verdicts['audible']}/{verdicts['serious']} |"
    )


HEAD = (
    "| what | books | blocks right | precision | recall | words lost | furniture said | begins right/marked/told "
    "| titles | books with chapters right | joined | language | fine/audible/serious |\n|" + " --- |" * 13
)


def train(readings: Sequence[Reading], *, labelled: bool = True) -> dict[str, object]:
    """Make the model of some books; one that is not `labelled` knows only what is spoken."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier

    table, answers, weights, labels = _table(readings, [reading.rows for reading in readings])
    found: dict[str, object] = {"spoken": _first(table, answers, weights), "slope": SLOPE, "offset": OFFSET}
    found["again"] = _second(readings)
    if not labelled:
        return found | {"labels": {"note": [0.0]}}
    names = block_kind.FEATURES
    rest = [number for number, label in enumerate(labels) if label in block_kind.REASONS]
    kinds = np.array([labels[number] for number in rest])
    kind = HistGradientBoostingClassifier(
        max_iter=15, max_depth=3, learning_rate=0.2, min_samples_leaf=10, random_state=1, early_stopping=False
    ).fit(table[rest], kinds, sample_weight=weights[rest])
    found["labels"] = {str(name): _trees(kind, number, names) for number, name in enumerate(kind.classes_)}
    return found


def _table(readings: Sequence[Reading], rows_of: Sequence[Sequence[Sequence[float]]]):
    """Return rows of each book, whether they are to be spoken, their weights, and the labels of those that are not."""
    import numpy as np

    data, wanted, weight, labels = [], [], [], []
    ruled = block_kind.FEATURES.index("ruled")
    for reading, rows in zip(readings, rows_of, strict=True):
        lines = zip(rows, reading.labels, (row[ruled] for row in reading.rows), strict=True)
        known = [each for each in lines if each[1][0]]
        known = known[:: 1 + len(known) // MAX_ROWS]
        share = 1 / max(1, len(known)) ** 0.6
        for row, (label, spoken, words), is_ruled in known:
            data.append(row)
            wanted.append(not is_ruled if spoken == "?" else spoken == "y")  # what is fine either way stays as it is
            weight.append(share * (0.1 if spoken == "?" or label == "separator" else 1) * (1 + words) ** 0.25)
            labels.append(label if spoken == "n" else "")
    return np.array(data, float), np.array(wanted), np.array(weight) / np.mean(weight), labels


def _first(table, answers, weights) -> list[object]:
    """Return the trees of the first look."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    made = HistGradientBoostingClassifier(
        max_iter=80,
        max_depth=4,
        max_leaf_nodes=10,
        learning_rate=0.12,
        min_samples_leaf=20,
        l2_regularization=3.0,
        max_features=0.3,
        random_state=1,
        early_stopping=False,
    ).fit(table, answers, sample_weight=weights)
    return _trees(made, 0, block_kind.FEATURES)


def _second(readings: Sequence[Reading]) -> list[object]:
    """Return the trees of the second look, at what the first one says of books that it was made without."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    seen: list[tuple[Reading, list[tuple[float, ...]]]] = []
    for fold in sorted({reading.fold for reading in readings}):
        others = [reading for reading in readings if reading.fold != fold]
        *data, _ = _table(others, [reading.rows for reading in others])
        raw = block_kind.Weights(_first(*data), {}, slope=SLOPE, offset=OFFSET)
        model = block_kind.indexed(raw)
        for reading in (reading for reading in readings if reading.fold == fold and reading.rows):
            odds = [
                block_kind.PLAIN_ODDS if block_kind.is_prose(row) else block_kind.first_odds(model, row)
                for row in reading.rows
            ]
            seen.append((reading, block_kind.look_again(reading.rows, reading.groups, odds, range(len(odds)))))
    table, answers, weights, _ = _table(*zip(*seen, strict=True))
    made = HistGradientBoostingClassifier(
        max_iter=40,
        max_depth=3,
        learning_rate=0.12,
        min_samples_leaf=100,
        l2_regularization=10.0,
        max_features=0.5,
        random_state=2,
        early_stopping=False,
    ).fit(table, answers, sample_weight=weights)
    base, *trees = _trees(made, 0, block_kind.AGAIN, AGAIN_SLOPE)
    return [round(base + AGAIN_OFFSET, 4), *trees]


MAX_ROWS = 1_200  # of a book: the rest of a long one is much the same
SLOPE, OFFSET = 0.98, -0.58  # make the odds true of books that the trees were not made on
AGAIN_SLOPE, AGAIN_OFFSET = 1.3, 0.5


def _trees(made, of: int, names: Sequence[str], slope: float = 1.0) -> list[object]:
    base = slope * float(made._baseline_prediction.ravel()[of])
    return [round(base, 4), *(_tree(predictors[of].nodes, 0, names, slope) for predictors in made._predictors)]


def _tree(nodes, number: int, names: Sequence[str], slope: float) -> object:
    node = nodes[number]
    if node["is_leaf"]:
        return round(slope * float(node["value"]), 4)
    below, above = (_tree(nodes, int(node[side]), names, slope) for side in ("left", "right"))
    return [names[node["feature_idx"]], round(float(node["num_threshold"]), 4), below, above]


def cross(folder: Path, readings: Sequence[Reading], folds: Sequence[int]) -> list[Reading]:
    """Measure each fold with the model that was made without it."""
    found: list[Reading] = []
    for fold in folds:
        file = Path("/tmp") / f"reading_model_{fold}.json"
        file.write_text(
            json.dumps(train([each for each in readings if each.fold != fold], labelled=False)), encoding="utf-8"
        )
        found += read_all(folder, [fold], model=str(file))
    return found


def main() -> None:
    """Print the figures, by fold and together."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--folds", default="0,1,2,3")
    parser.add_argument("--rules", action="store_true", help="measure the rules alone")
    parser.add_argument("--extractor", choices=["own", *EXTRACTORS], help="measure blocks alone, as it finds them")
    parser.add_argument("--cross", action="store_true", help="measure models that were made without each fold")
    parser.add_argument("--train", type=Path, help="write the model of these folds")
    parser.add_argument("--keep", type=Path, help="keep what was read in a file, and use it if it is there")
    parser.add_argument("--wrong", type=int, default=0, help="show so many wrong blocks of each book")
    arguments = parser.parse_args()
    folds = [int(fold) for fold in arguments.folds.split(",")]
    readings = _kept(arguments, folds)
    if arguments.train:
        arguments.train.write_text(json.dumps(train(readings)), encoding="utf-8")
    if arguments.cross:
        readings = cross(arguments.folder, readings, folds)
    for reading in readings:
        print(reading.fold, reading.name, reading.maker, reading.figures.verdict, vars(reading.figures))
        for text in reading.wrong[: arguments.wrong]:
            print("     ", text)
    print(HEAD)
    for fold in folds:
        print(line(f"fold {fold}", [each.figures for each in readings if each.fold == fold]))
    print(line("all", [each.figures for each in readings]))


def _kept(arguments: argparse.Namespace, folds: Sequence[int]) -> list[Reading]:
    if arguments.keep and arguments.keep.is_file():
        return pickle.loads(arguments.keep.read_bytes())
    learned = not (arguments.rules or arguments.train or arguments.cross)
    readings = read_all(arguments.folder, folds, learned=learned, extractor=arguments.extractor or "")
    if arguments.keep:
        arguments.keep.write_bytes(pickle.dumps(readings))
    return readings


if __name__ == "__main__":
    main()
