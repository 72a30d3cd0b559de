"""Says what each block of a book is, by a small model over what books of all origins have in common.

The rules of the other modules are one of its inputs: it speaks what they leave out, or leaves out what they speak, only
where it is sure. `benchmarks/reading_corpus.py` trains and measures it.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from math import exp, log
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
import regex
from msgspec import Struct
from msgspec.structs import replace

from swarm.book.language.pattern import compile_later
from swarm.book.page import front_matter
from swarm.book.page.block import CODE
from swarm.book.page.likeness import is_sentence, legal_signs
from swarm.book.page.passage import Passage
from swarm.book.page.printed_page import RUNNING, interrupted, join_pairs
from swarm.book.structure.division import Part

SAMPLE_CHARS = 300  # of a longer block only the first and the last characters are looked at
NEAR = 4  # blocks on each side that say where a block stands
MAX_SAMPLES = 1_000  # blocks, evenly over a book, whose words are counted
COMMON_WORDS = 60  # the most frequent words of a book: most are its language's function words
ENDS_SHARE = 0.12  # notices and lists stand in this share of a book at either end
LAST_CHARS = 80  # they show whether a block ends as sentences do
MAX_NOTICE_CHARS = 2_000  # a longer block is no notice by itself
OUT_AT, BACK_AT = 0.6, 0.7  # probabilities at which the model leaves out, or speaks after all
SURELY_OUT_AT = 0.95  # a heading is left out only then
PROSE_ALIKE = 0.2  # so much of a book's text looks alike
PROSE_CHARS, PROSE_FROM = 150, 0.05  # shorter blocks, and those in this share at either end, are looked at in full
MOST_OUT = 0.5  # of the text that the rules speak
MIN_BLOCKS = 20  # in a shorter text nothing recurs that could show what a block is
DOUBT_AT = 0.5  # probability at which a block that is spoken is a doubt
PLAIN_ODDS, ALONE_ODDS = 6.0, 4.0  # of prose, and of what a block without others has beside it
MAX_ODDS = 9.2  # about 1 in 10,000
LOOK_AGAIN_BELOW = 0.0  # what has better odds, or is left out by the rules, is not looked at again

# The words for what the model leaves out, by the labels of its training.
REASONS = {
    "titlepage": front_matter.TITLE_PAGE,
    "note": front_matter.NOTES,
    "reference": "references",
    "index": front_matter.INDEX,
    "contents": front_matter.CONTENTS,
    "pagenumber": "page number",
    "runninghead": RUNNING,
    "navigation": "navigation",
    "imprint": front_matter.IMPRINT,
    "licence": front_matter.LICENCE,
    "shop": front_matter.ADVERTISEMENT,
    "scan": front_matter.TRANSCRIBER,
    "metadata": "facts about the text",
    "listing": CODE,
    "markup": "markup",
}
MARKED = "marked so in the book"
_NAMES = {
    "notes": (front_matter.NOTES,),
    "sources": (front_matter.BIBLIOGRAPHY, "references"),
    "index": (front_matter.INDEX,),
    "contents": (front_matter.CONTENTS, front_matter.PICTURES, "list of tables"),
    "legal": (front_matter.IMPRINT, front_matter.COPYRIGHT, front_matter.COLOPHON, front_matter.LICENCE),
    "cover": (front_matter.TITLE_PAGE, front_matter.COVER),
    "other": (front_matter.TRANSCRIBER, front_matter.ADVERTISEMENT, CODE, RUNNING),
}
_PATHS = {
    "list": r"\b[uod]l\b|\bli\b|\bd[dt]\b",
    "table": r"\b(?:table|td|th|tr)\b",
    "quote": r"blockquote|quot",
    "pre": r"\bpre\b|code|listing|highlight",
    "aside": r"\baside\b|sidebar|note-?box|callout|admonition",
    "figure": r"fig|caption|image|illus|pic",
    "note": r"(?:foot|end|rear)-?_?note|\bfn|\bnote",
    "source": r"bib|cit|\bref(?!er)|reference|csl",
    "legal": r"copyright|imprint|legal|colophon|licen[cs]e|rights",
    "contents": r"\btoc|contents|\bnav|menu|index",
    "page": r"page-?_?(?:n|b)|\bpg|folio|runn|header|footer|\bpb\b",
    "title": r"title|author|heading|\bh[1-6]\b",
    "verse": r"verse|poem|poetry|stanza|line|lyric",
    "front": r"front|dedicat|epigraph|preface|half-?title|cover",
    "back": r"back|append|about|also|promo|gloss",
}
_SIGNS = (
    ("address", ("://", "www.", "@", "doi"), ""),
    ("notice", ("ISBN", "ISSN", "©", "(c) 1", "(c) 2", "UUID", "opyright"), ""),
    ("code", ("{", "<", "\\", "|", "=", "_", "#", "//", "$"), ""),
    ("leader", ("....", "……", ". . ."), r"\s\d{1,4}$"),
    ("year", (), r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)"),
    ("citing", (" et al", "Ibid", " eds.", " vol."), r"\bpp?\. ?\d|\d\(\d+\)|\d[-–]\d"),
)
_BEGINS = {
    "label": r"\W{0,2}(?:\d{1,4}|[ivxlc]{1,6}|[a-z]|[*†‡•]{1,4})[\])}.:]",
    "bracketed": r"\s{0,2}\[[^\]]{1,24}\]",
    "numeral": r"\W{0,3}(?:[ivxlcIVXLC]+|\d+)\W{0,3}$",
    "quoted": r"[“\"«„‘'—–-]",
    "named": r"\p{L}[\p{L} ]{1,24}:",
    "author": r"\p{Lu}\p{L}+, \p{Lu}",
    "goes_on": r"[“‘(]?\p{Ll}",
}
_PATH_SHAPES = [compile_later(shape) for shape in _PATHS.values()]
_SIGN_SHAPES = [(signs, compile_later(shape) if shape else None) for _, signs, shape in _SIGNS]
_BEGIN_SHAPES = [compile_later(shape) for shape in _BEGINS.values()]
_LABEL = _BEGIN_SHAPES[0]
_FIGURES, _CAPITAL, _OPEN = compile_later(r"\d+"), compile_later(r"\p{Lu}"), compile_later(r"[\p{L}\d,’'-]$")
_IDS = compile_later(r"#\S*")
_DIGITS, _STOPS, _COMMAS = "0123456789", '.:!?()[]/"“”«»-–—', ",;，、"

_OF_TEXT = (
    *("size", "words", "letters", "digits", "capitals", "capitalised", "punctuation", "commas", "sentence", "lines"),
    *("common", "open", *(name for name, _, _ in _SIGNS), *_BEGINS),
)
_OF_PLACE = (
    *("at", "before", "after", "in_document", "to_document_end", "document", "documents", "part", "first_part"),
    *("since_heading", "times", "spread", "legal_words"),
)
_OF_MARKUP = ("level", "linked", "bold", "alike", "ruled", "marked", "whole")
# What is looked at around a block too, as the mean of its neighbours.
_AROUND = ("size", "digits", "linked", "sentence", "year", "label", "common", "capitals", "ruled", "citing", "alike")
_OF_SIDES = ("size_before", "size_behind")
FEATURES = (
    *_OF_TEXT,
    *_OF_PLACE,
    *_OF_MARKUP,
    *(f"path_{name}" for name in _PATHS),
    *(f"{place}_{name}" for place in ("rule", "heading", "title", "file") for name in _NAMES),
    *(f"near_{name}" for name in _AROUND),
    *_OF_SIDES,
)
# What the second look sees: the odds of the first, their means over the other blocks of each group, and those beside.
_TOO = ("size", "level", "ruled", "at")
_GROUPS = ("section", "page", "tag_here", "tag", "path", "tag_in_section")
AGAIN = (
    *("odds", *(f"{group}_{name}" for group in _GROUPS for name in ("odds", "count"))),
    *("before", "behind", "before_2", "behind_2", *_TOO),
)
_COLUMN = {name: number for number, name in enumerate(FEATURES)}
_COLUMN_AGAIN = {name: number for number, name in enumerate(AGAIN)}


class Ruling(Struct):
    """What is decided about a passage: `reason` says why it is left out, "" if it is spoken."""

    passage: Passage
    reason: str
    grounds: str  # the evidence for the reason
    whole: bool = False  # whether the reason is that of its whole part
    perhaps: str = ""  # the reason that would leave it out if a doubt were enough


@cache
def _path_signs(path: str) -> tuple[float, ...]:
    folded = path.casefold()
    return tuple(float(bool(shape.search(folded))) for shape in _PATH_SHAPES)


@cache
def _named(reason: str) -> tuple[float, ...]:
    return tuple(float(reason in reasons) for reasons in _NAMES.values())


def _sample(text: str) -> str:
    return text if len(text) <= SAMPLE_CHARS else f"{text[: SAMPLE_CHARS * 3 // 4]} {text[-SAMPLE_CHARS // 4 :]}"


def _of_text(text: str, common: frozenset[str]) -> list[float]:
    """Return what the words of a block show by themselves."""
    sample = _sample(text)
    size, words = len(sample), sample.split()
    count = max(1, len(words))
    digits = sum(map(sample.count, _DIGITS))
    return [
        log(len(text) + 1),
        len(words) / size,
        size / count,
        digits / size,
        len(_CAPITAL.findall(sample)) / size,
        sum(map(str.isupper, [word[0] for word in words])) / count,
        sum(map(sample.count, _STOPS)) / size,
        sum(map(sample.count, _COMMAS)) / size,
        float(is_sentence(sample[-LAST_CHARS:])),
        float(text.count("\n")),
        sum(map(common.__contains__, sample.casefold().split())) / count,
        float(bool(_OPEN.search(sample[-1:]))),
        *(_shows(sample, signs, shape if digits else None) for signs, shape in _SIGN_SHAPES),
        *(float(bool(shape.match(sample))) for shape in _BEGIN_SHAPES),
    ]


def _of_prose(text: str, book: "_Book") -> list[float]:
    """Return a row for a block of which only its neighbours are asked; it is in prose."""
    sample, row = _sample(text), [0.0] * _COLUMN[f"near_{_AROUND[0]}"]
    row[_COLUMN["size"]], row[_COLUMN["sentence"]] = log(len(text) + 1), 1.0
    row[_COLUMN["capitals"]] = len(_CAPITAL.findall(sample)) / len(sample)
    row[_COLUMN["common"]] = sum(map(book.common.__contains__, sample.casefold().split())) / (sample.count(" ") + 1)
    row[_COLUMN["label"]] = float(bool(_LABEL.match(sample)))
    return row


def is_prose(row: Sequence[float]) -> bool:
    """Tell whether a row is that of a block which needs no model."""
    return not row[_COLUMN["words"]]


def _shows(sample: str, signs: tuple[str, ...], shape: "regex.Pattern[str] | None") -> float:
    return float(any(map(sample.__contains__, signs)) or (shape is not None and bool(shape.search(sample))))


class _Book:
    """What is counted over all blocks of a book."""

    def __init__(self, rulings: Sequence[Ruling]) -> None:
        self.sizes = [len(ruling.passage.text) for ruling in rulings]
        self.ends = list(accumulate(self.sizes))
        self.whole = max(1, self.ends[-1] if self.ends else 0)
        self.paths: Counter[str] = Counter()
        self.form_of = [_form(ruling.passage.text) for ruling in rulings]
        self.forms: dict[str, set[str]] = defaultdict(set)
        self.times: Counter[str] = Counter()
        words: Counter[str] = Counter()
        self.documents: dict[str, list[int]] = {}
        for place, ruling in enumerate(rulings):
            passage, document = ruling.passage, _document(ruling.passage)
            self.paths[_tail(passage.look.path)] += self.sizes[place]
            form = self.form_of[place]
            self.times[form] += 1
            self.forms[form].add(document)
            self.documents.setdefault(document, [self.ends[place] - self.sizes[place], 0])[1] = self.ends[place]
        for ruling in rulings[:: 1 + len(rulings) // MAX_SAMPLES]:
            if not ruling.reason:
                words.update(ruling.passage.text[:SAMPLE_CHARS].casefold().split())
        self.common = frozenset(word for word, _ in words.most_common(COMMON_WORDS))

    def of_place(self, place: int, passage: Passage) -> list[float]:
        """Return where a block stands in the book and in its document, and how often the like of it is there."""
        start, end = self.documents[_document(passage)]
        begins, ends, form = self.ends[place] - self.sizes[place], self.ends[place], self.form_of[place]
        return [
            begins / self.whole,
            log(begins + 1),
            log(self.whole - ends + 1),
            (begins - start) / max(1, end - start),
            log(end - ends + 1),
            log(end - start + 1),
            log(len(self.documents)),
            log(self.times[form]),
            len(self.forms[form]) / len(self.documents),
        ]

    def is_prose(self, place: int, ruling: Ruling) -> bool:
        """Tell whether a block in the midst of the book is plainly spoken: long, without a figure or a link."""
        passage, size = ruling.passage, self.sizes[place]
        if size < PROSE_CHARS or passage.level or passage.look.linked or passage.note or ruling.reason:
            return False
        at, alike = (self.ends[place] - size) / self.whole, self.paths[_tail(passage.look.path)] / self.whole
        if not PROSE_FROM < at < 1 - PROSE_FROM or alike < PROSE_ALIKE or not is_sentence(passage.text[-LAST_CHARS:]):
            return False
        return not _FIGURES.search(_sample(passage.text))


def _form(text: str) -> str:
    return str(_FIGURES.sub("#", text[:100])).casefold()


def _document(passage: Passage) -> str:
    return passage.trace.document if passage.trace else ""


@cache
def _tail(path: str) -> str:
    """Return the last element of a path without its id."""
    return path.rpartition(" ")[2].partition("#")[0]


def describe(parts: Sequence[Part], rulings: Sequence[Sequence[Ruling]]) -> list[list[float]]:
    """Return the features of each passage with text, in order."""
    pairs = [(number, ruling) for number, row in enumerate(rulings) for ruling in row if ruling.passage.text]
    book = _Book([ruling for _, ruling in pairs])
    parts_named = [
        (_named(front_matter.named(part.title)), _named(front_matter.named(PurePosixPath(part.name).stem)))
        for part in parts
    ]
    sizes = [log(sum(len(ruling.passage.text) for ruling in row) + 1) for row in rulings]
    found: list[list[float]] = []
    heading, since = _named(""), 0
    for place, (number, ruling) in enumerate(pairs):
        passage = ruling.passage
        if passage.level:
            heading, since = _named(front_matter.named(passage.text)), 0
        since += 1
        if not (any(heading) or any(map(any, parts_named[number]))) and book.is_prose(place, ruling):
            found.append(_of_prose(passage.text, book))
            continue
        *where, times, spread = book.of_place(place, passage)
        legal = not ENDS_SHARE < where[0] < 1 - ENDS_SHARE and len(passage.text) < MAX_NOTICE_CHARS
        signs = float(len(legal_signs([_sample(passage.text)]))) if legal else 0.0
        found.append(
            [
                *_of_text(passage.text, book.common),
                *(*where, sizes[number], float(number == 0), log(since), times, spread, signs),
                *_of_markup(ruling, book),
                *_path_signs(passage.look.path),
                *(*_named(ruling.reason), *heading, *parts_named[number][0], *parts_named[number][1]),
            ]
        )
    _look_around(found)
    return found


def _of_markup(ruling: Ruling, book: _Book) -> list[float]:
    """Return what the markup shows, and what the rules say."""
    passage, size = ruling.passage, len(ruling.passage.text)
    return [
        float(passage.level),
        min(1.0, passage.look.linked / size),
        min(1.0, passage.look.bold / size),
        book.paths[_tail(passage.look.path)] / book.whole,
        float(bool(ruling.reason)),
        float(ruling.grounds == MARKED),
        float(ruling.whole),
    ]


def _look_around(rows: list[list[float]]) -> None:
    """Add to each row but prose the means of its neighbours, and what stands right before and behind it."""
    places = [place for place, row in enumerate(rows) if not is_prose(row)]
    spans = [(max(0, place - NEAR), min(len(rows), place + NEAR + 1)) for place in places]
    means = []
    for column in (_COLUMN[name] for name in _AROUND):
        total = [0.0, *accumulate(row[column] for row in rows)]
        means.append(
            [
                (total[last] - total[first] - rows[place][column]) / max(1, last - first - 1)
                for place, (first, last) in zip(places, spans, strict=True)
            ]
        )
    sizes = [0.0, *(row[_COLUMN["size"]] for row in rows), 0.0]
    for place, near in zip(places, zip(*means, strict=True), strict=True):
        rows[place] += (*near, sizes[place], sizes[place + 2])


def grouped(rulings: Sequence[Sequence[Ruling]]) -> list[tuple[object, ...]]:
    """Return the groups of each passage with text, whose blocks are mostly of one kind: those of `_GROUPS`."""
    found: list[tuple[object, ...]] = []
    section, page = 0, ""
    for passage in (ruling.passage for row in rulings for ruling in row if ruling.passage.text):
        if passage.level or _document(passage) != page:
            section, page = section + 1, _document(passage)
        tag = _tail(passage.look.path)
        found.append((section, page, (page, tag), tag, _without_ids(passage.look.path), (section, tag)))
    return found


@cache
def _without_ids(path: str) -> str:
    return str(_IDS.sub("", path))


def look_again(
    rows: Sequence[Sequence[float]], groups: Sequence[tuple[object, ...]], odds: Sequence[float], places: Sequence[int]
) -> list[tuple[float, ...]]:
    """Return the features of the second look at the rows of some places; `odds` are those of the first look at all."""
    size = _COLUMN["size"]
    weights = [exp(row[size] / 2) for row in rows]  # longer ones weigh more
    weighted = [weight * value for weight, value in zip(weights, odds, strict=True)]
    columns = [[odds[place] for place in places]]
    for keys in zip(*groups, strict=True):
        counts = Counter(keys)
        sums = {keys[place]: [0.0, 0.0] for place in places}
        for key, weight, value in zip(keys, weights, weighted, strict=True):
            if found := sums.get(key):
                found[0] += weight
                found[1] += value
        asked = [(place, counts[keys[place]], sums[keys[place]]) for place in places]
        columns.append(
            [
                (total - weighted[place]) / (share - weights[place]) if count > 1 else ALONE_ODDS
                for place, count, (share, total) in asked
            ]
        )
        columns.append([log(count) for _, count, _ in asked])
    beside = [ALONE_ODDS, ALONE_ODDS, *odds, ALONE_ODDS, ALONE_ODDS]
    columns += [[beside[place + 2 + step] for place in places] for step in (-1, 1, -2, 2)]
    columns += [[rows[place][_COLUMN[name]] for place in places] for name in _TOO]
    return list(zip(*columns, strict=True))


class Weights(Struct, frozen=True):
    """Trees whose values add up to the odds of being spoken, and to those of each label of what is not.

    A tree is a value, or a feature with a threshold and the trees for rows up to it and above it.
    """

    spoken: tuple[Any, ...]
    labels: dict[str, tuple[Any, ...]]
    again: tuple[Any, ...] = ()  # those of the second look
    slope: float = 1.0  # makes the sum of the first the logarithm of the odds
    offset: float = 0.0


@cache
def weights() -> Weights | None:
    """Return the model; None if the program has none."""
    file = Path(__file__).with_name("block_kind.json")
    return indexed(msgspec.json.decode(file.read_bytes(), type=Weights)) if file.is_file() else None


def indexed(read: Weights) -> Weights:
    """Return a model that was read from a file, with the columns of its features in place of their names."""
    labels = {name: _tuples(trees, _COLUMN) for name, trees in read.labels.items()}
    return replace(read, spoken=_tuples(read.spoken, _COLUMN), labels=labels, again=_tuples(read.again, _COLUMN_AGAIN))


def _tuples(trees: Sequence[Any], columns: dict[str, int]) -> tuple[Any, ...]:
    def made(tree: Any) -> Any:
        if not isinstance(tree, list):
            return tree
        name, threshold, below, above = tree
        return columns[name], threshold, made(below), made(above)

    return tuple(map(made, trees))


def _total(trees: Sequence[Any], row: Sequence[float]) -> float:
    total = 0.0
    for tree in trees:
        while type(tree) is tuple:
            column, threshold, below, above = tree
            tree = below if row[column] <= threshold else above
        total += tree
    return total


def first_odds(model: Weights, row: Sequence[float]) -> float:
    """Return the logarithm of the odds that a block is to be spoken, at a first look."""
    return max(-MAX_ODDS, min(MAX_ODDS, model.slope * _total(model.spoken, row) + model.offset))


def probabilities(model: Weights, rows: Sequence[Sequence[float]], groups: Sequence[tuple[object, ...]]) -> list[float]:
    """Return the probability of each block that it is to be spoken.

    One that the rules speak and the first look does not is looked at again: both must agree to leave it out.
    """
    odds = [PLAIN_ODDS if is_prose(row) else first_odds(model, row) for row in rows]
    doubtful = (place for place, each in enumerate(odds) if each < LOOK_AGAIN_BELOW)
    places = [place for place in doubtful if not rows[place][_COLUMN["ruled"]]] if model.again else []
    for place, seen in zip(places, look_again(rows, groups, odds, places) if places else (), strict=True):
        odds[place] = _total(model.again, seen)
    return [1 / (1 + exp(-each)) for each in odds]


def label(model: Weights, row: Sequence[float]) -> str:
    """Return the most probable label of a block that is not to be spoken."""
    return max(model.labels, key=lambda name: _total(model.labels[name], row))


def judge(parts: Sequence[Part], rulings: list[list[Ruling]], *, code: bool = False) -> list[list[Ruling]]:
    """Return what is decided: what the rules say, but where the model is sure of the opposite.

    Where `code` is to be said, no listing is left out. Where the model would leave out most of what the rules speak, it
    leaves out nothing: a book is not furniture.
    """
    model = weights()
    told = [ruling for row in rulings for ruling in row if ruling.passage.text]
    if model is None or len(told) < MIN_BLOCKS:
        return rulings
    rows = describe(parts, rulings)
    said = sum(len(ruling.passage.text) for ruling in told if not ruling.reason)
    out = list[tuple[Ruling, float]]()
    for ruling, row, spoken in zip(told, rows, probabilities(model, rows, grouped(rulings)), strict=True):
        if not ruling.reason and 1 - spoken >= DOUBT_AT:
            ruling.perhaps = REASONS.get(label(model, row), "no text of the book")
            if 1 - spoken >= (SURELY_OUT_AT if ruling.passage.level else OUT_AT) and not _is_kept(row, code=code):
                out.append((ruling, 1 - spoken))
        elif ruling.reason and spoken >= BACK_AT and not ruling.passage.note and ruling.grounds != MARKED:
            ruling.reason = ruling.grounds = ""
    if sum(len(ruling.passage.text) for ruling, _ in out) <= MOST_OUT * said:
        for ruling, sure in out:
            leave_out(ruling, f"by its looks, {sure:.0%} sure")
    return rulings


def _is_kept(row: Sequence[float], *, code: bool) -> bool:
    """Tell whether the rules alone decide: on cells of tables, and on wanted listings."""
    return bool(code if row[_COLUMN["path_pre"]] else row[_COLUMN["path_table"]])


def join_cut(rulings: Sequence[Sequence[Ruling]]) -> None:
    """Join the sentences that what the model left out has cut: page numbers, running heads."""
    before: Ruling | None = None
    cut = False
    for ruling in (ruling for row in rulings for ruling in row if ruling.passage.text):
        if ruling.reason:
            cut = bool(ruling.perhaps)
        elif before and cut and interrupted(before.passage, ruling.passage):
            join_pairs([before.passage, ruling.passage], [(0, 1)])
            ruling.reason, ruling.grounds, cut = RUNNING, before.grounds, False
        else:
            before, cut = ruling, False


def leave_out(ruling: Ruling, grounds: str) -> None:
    """Leave out what a ruling is about, for what it perhaps is."""
    ruling.reason, ruling.grounds, ruling.whole = ruling.perhaps, grounds, False
