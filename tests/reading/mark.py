"""Makes marking a book quick: proposes a label for each block, shows the book condensed, and takes corrections.

    mark.py show BOOK.epub [CORRECTIONS]      lists documents and runs of blocks; odd blocks are shown one by one
    mark.py write NAME BOOK.epub CORRECTIONS  writes corpus/NAME.tsv
    mark.py draw NAME BOOK.epub               shows 40 blocks among their neighbours, no marks, for a second marker
    mark.py agree                             counts in again.tsv where a second marker agrees with the first

A correction is a line of selectors and of what holds for the blocks that they all select; later lines win:

    3-20.0 heading =c         the first block of each of the documents 3 to 20
    7.4-9 note                some blocks of document 7
    p.footnote* note          by tag and classes, `>aside.*` by an element around it, `:note` by the label until now,
                              `~p.notes` from the first such block of each document on
    5-9 /^\\d+$/ pagenumber   by the text
    12-14 @la                 language; y n ? = spoken; =c =s =+ =- = flags
"""

import fnmatch
import random
import sys
from collections import Counter, defaultdict
from pathlib import Path

import regex
from corpus_blocks import HERE, LABELS, Block, beginning, blocks, digest, marked_blocks
from lxml import etree

from swarm.book.page.markup import local, types

SPOKEN = dict.fromkeys(("body", "heading", "dedication", "epigraph", "verse"), "y")
SPOKEN |= dict.fromkeys(("titlepage", "caption", "table", "formula", "metadata", "answer"), "?")
MAX_BODY_CHARS = 16  # marks carry no sentences of a book
MAX_SHOWN_CHARS = 46
MAX_ODD = 6  # odd blocks of a run that are shown
MIN_LINKS = 4  # so many blocks that are links are a table of contents
MAX_SHAPES = 3  # documents of one shape that are shown whole
DRAWN = 40  # blocks of a book for a second marker

_KINDS = (  # by the names of classes, ids, types and files
    ("note", r"foot-?notes?\b|end-?notes?\b|rearnote|fnote|^fn\d|\bnotes?\b|_note"),
    ("reference", r"csl-entry|bibliograph|references?\b|biblio\b"),
    ("index", r"index-?(?:entry|term)|^ix\b"),
    ("contents", r"\btoc\b|^nav$|contents|inhalt|sommaire|indice-?gen"),
    ("imprint", r"copyright|colophon|imprint|impressum|copy-?page|legal"),
    ("titlepage", r"title[-_]?page|half-?title|\bcover\b|couverture|portada"),
    ("dedication", r"dedicat"),
    ("epigraph", r"epigraph"),
    ("caption", r"caption|legend"),
    ("listing", r"programlisting|source-?code|sourceCode|listing"),
    ("verse", r"\b(?:poem|verse|stanza|linegroup)\b"),
    ("pagenumber", r"page-?num|pagebreak"),
    ("licence", r"\blicen[sc]e|pg-?header|pg-?footer|pg-?boilerplate"),
)
_BY_NAME = [(label, regex.compile(pattern, regex.IGNORECASE)) for label, pattern in _KINDS]
_HEADS = (  # by the heading of a document
    (
        "contents",
        r"(?:table of )?contents|contenido|índice|indice|sumário|sommaire|table des matières|inhalt\w*|目录|目次|目錄",
    ),
    ("reference", r"references|bibliograph\w*|works cited|literatur\w*|referências|bibliografía|références|参考文献"),
    ("note", r"(?:foot|end)?notes|anmerkungen|notas|fußnoten"),
    ("index", r"index|sachregister|register"),
    ("imprint", r"copyright.*|impressum|colophon|credits"),
    ("licence", r"creative commons.*|.*\blicen[sc]e"),
)
_BY_HEAD = [(label, regex.compile(rf"\W*(?:\d+\W+)?(?:{pattern})\W*", regex.IGNORECASE)) for label, pattern in _HEADS]
_ODD = regex.compile(
    r"https?:|www\.|©|\(c\)|isbn|copyright|rights reserved|^\W*[\divxlc]+\W*$|^[\[(（【*†‡]|[{}<>\\]|\.{4}|page \d|"
    r"kindle|patreon|newsletter|@|donat|^(?:figure|fig\.|table|abb\.|figura|tabla|tabela) ?\d",
    regex.IGNORECASE,
)


class Line:
    """What is said of a block until now."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.label, self.flags, self.language, self.spoken = "body", "", "", ""
        self.look = ".".join([block.tag, *(block.element.get("class") or "").split()])

    def mark(self) -> tuple[str, str, str, str]:
        if self.label == "unmarked":
            return self.label, "?", "-", "-"
        return self.label, self.spoken or SPOKEN.get(self.label, "n"), self.flags or "-", self.language or "-"


def propose(found: list[Block]) -> list[Line]:
    """Return the blocks with likely labels."""
    lines = [Line(block) for block in found]
    pages: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        pages[line.block.document].append(line)
    for page in pages.values():
        _propose_page(page)
    return lines


def _propose_page(page: list[Line]) -> None:
    stem = Path(page[0].block.name).stem
    whole = next((label for label, pattern in _BY_NAME if pattern.search(stem)), "")
    if len(page) > 60 or sum(len(line.block.text) for line in page) > 6000:
        whole = whole if whole in ("note", "contents", "index", "reference") else ""
    named, level = whole, 9
    for line in page:
        line.label = _by_markup(line) or whole or "body"
        if line.label != "heading":
            continue
        if named:
            line.label = named
            continue
        by_head = next((label for label, pattern in _BY_HEAD if pattern.fullmatch(line.block.text)), "")
        if by_head or int(line.block.tag[1]) <= level:
            whole, level = by_head, int(line.block.tag[1])
        line.label, line.flags = (by_head, "") if by_head else (line.label, "s")
    linked = [line for line in page if line.label == "body" and _is_link(line.block)]
    if len(linked) >= MIN_LINKS:
        for line in linked:
            line.label = "contents"
    first = next((line for line in page if line.label not in ("pagenumber", "separator")), None)
    if first and first.label == "heading" and not first.block.beside:
        first.flags = "c"


def _is_link(block: Block) -> bool:
    """Tell whether a block is nearly all a link within the book."""
    links = [link for link in block.element.iter("{*}a") if link.get("href") and ":" not in link.get("href")]
    size = sum(len("".join(link.itertext()).strip()) for link in links)
    return size > 0.7 * len(block.text)


def _by_markup(line: Line) -> str:
    block = line.block
    names = [block.element, *block.element.iterancestors()]
    tags = {local(element) for element in names}
    if "nav" in tags:
        return "contents"
    if regex.fullmatch("h[1-6]", block.tag) and "aside" not in tags:
        return "heading"
    for element in names[:5]:
        if local(element) in ("body", "html"):
            break
        told = f"{element.get('class') or ''} {element.get('id') or ''} {' '.join(types(element))}"
        if "admonition" in told:
            return ""
        found = next((label for label, pattern in _BY_NAME if pattern.search(told)), "")
        if found:
            return found
    if not any(char.isalnum() for char in block.text) and not tags & {"td", "th", "pre"}:
        return "separator"
    if block.text.isdecimal() and len(block.text) <= 4 and block.tag not in ("td", "th"):
        return "pagenumber"
    by_tag = {"pre": "listing", "td": "table", "th": "table", "figcaption": "caption", "caption": "caption"}
    return next((label for tag, label in by_tag.items() if tag in tags), "")


def correct(lines: list[Line], corrections: str) -> None:
    """Apply corrections. Raises ValueError for a line that is none."""
    for told in corrections.splitlines():
        told = told.partition(" #")[0].strip()
        if told and not told.startswith("#"):
            _correct(lines, told)


def _correct(lines: list[Line], told: str) -> None:
    selected, changes = lines, []
    pattern = regex.search(r"(?:^|\s)/(.*)/(?=\s|$)", told)
    if pattern:
        selected = [line for line in selected if regex.search(pattern[1], line.block.text)]
        told = told.replace(pattern[0], " ")
    for word in told.split():
        place = regex.fullmatch(r"(\d+)(?:-(\d+))?(?:\.(\d+)(?:-(\d*))?)?", word)
        if word in LABELS or word in ("y", "n", "?") or word[0] in "=@":
            changes.append(word)
        elif place:
            selected = _placed(selected, place)
        elif word.startswith("~"):
            selected = [line for line in selected if _is_behind(line, selected, word[1:])]
        elif word.startswith(":"):
            selected = [line for line in selected if line.label == word[1:]]
        elif word.startswith(">"):
            selected = [line for line in selected if _is_around(line.block.element, word[1:])]
        elif regex.match(r"[a-z*]", word):
            selected = [line for line in selected if fnmatch.fnmatchcase(line.look, word)]
        else:
            raise ValueError(f"not a correction: {told!r}")
    if not selected:
        print(f"selects nothing: {told!r}", file=sys.stderr)
    for line in selected:
        for change in changes:
            if change in LABELS:
                line.label, line.spoken, line.flags = change, "", ""
            elif change[0] == "=":
                line.flags = change[1:].strip("-")
            elif change[0] == "@":
                line.language = change[1:].strip("-")
            else:
                line.spoken = change


def _placed(lines: list[Line], place: "regex.Match[str]") -> list[Line]:
    first, last = int(place[1]), int(place[2] or place[1])
    chosen = [line for line in lines if first <= line.block.document <= last]
    if place[3] is None:
        return chosen
    begin = int(place[3])
    end = begin if place[4] is None else int(place[4] or 1 << 30)
    return [line for line in chosen if begin <= line.block.number <= end]


def _is_behind(line: Line, lines: list[Line], look: str) -> bool:
    """Tell whether a line is, or is behind, the first of its document that looks so."""
    page = (one for one in lines if one.block.document == line.block.document)
    first = next((one.block.number for one in page if fnmatch.fnmatchcase(one.look, look)), None)
    return first is not None and first <= line.block.number


def _is_around(element: etree._Element, look: str) -> bool:
    return any(
        fnmatch.fnmatchcase(".".join([local(step), *(step.get("class") or "").split()]), look)
        for step in element.iterancestors()
    )


def show(lines: list[Line]) -> str:
    """Return the book condensed: each document by its runs, documents of the same shape only a few times."""
    pages: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        pages[line.block.document].append(line)
    shown: list[str] = []
    seen: dict[tuple[str, ...], int] = defaultdict(int)
    for number, page in pages.items():
        runs = list(_runs(page))
        shape = tuple(f"{run[0].label}{run[0].flags}" for run in runs)
        odd = [line for run in runs for line in _odd(run)]
        seen[shape] += 1
        head = f"{number}{'*' if page[0].block.beside else ''} {Path(page[0].block.name).name[-22:]} {len(page)}"
        if seen[shape] > MAX_SHAPES and not odd:
            heads = " / ".join(_said(line, 24) for line in page if line.label == "heading" and line.flags)
            shown.append(f"{head}: same, {heads or _said(page[0], 24)}")
            continue
        shown.append(head)
        shown += _elided([_shown(run) for run in runs], [run[0].mark() for run in runs])
    return "\n".join(shown)


def _elided(told: list[list[str]], marks: list[tuple[str, str, str, str]]) -> list[str]:
    """Return the lines of a document; in the middle of a long one only those that may be wrong."""
    plain = ("body", "heading", "caption", "table", "listing", "verse")
    shown, left_out = [], 0
    for number, (lines, mark) in enumerate(zip(told, marks, strict=True)):
        if 8 <= number < len(told) - 4 and mark[0] in plain and "c" not in mark[2] and len(lines) == 1:
            left_out += 1
        else:
            shown += [*([f" … {left_out} runs"] if left_out else []), *lines]
            left_out = 0
    return shown


def _runs(page: list[Line]) -> list[list[Line]]:
    runs: list[list[Line]] = []
    for line in page:
        if runs and runs[-1][-1].mark() == line.mark():
            runs[-1].append(line)
        else:
            runs.append([line])
    return runs


def _odd(run: list[Line]) -> list[Line]:
    if run[0].label != "body":
        return []
    alone = {id(line) for line in run if sum(one.look == line.look for one in run) <= 2 < len(run) / 4}
    return [line for line in run if len(line.block.text) < 160 and (_ODD.search(line.block.text) or id(line) in alone)]


def _shown(run: list[Line]) -> list[str]:
    first, last = run[0], run[-1]
    label, spoken, flags, language = first.mark()
    where = f"{first.block.number}" + (f"-{last.block.number}" if last is not first else "")
    looks = list(dict.fromkeys(line.look[:22] for line in run))
    marked = f"{spoken}{flags.strip('-')}{'@' + language if language != '-' else ''}"
    told = f" {where} {label} {marked} {','.join(looks[:3])}{f'+{len(looks) - 3}' if len(looks) > 3 else ''}"
    if label == "body":
        told += f" {sum(len(line.block.text) for line in run)}c"
    texts = [_said(first, MAX_SHOWN_CHARS)] + ([_said(last, 26)] if last is not first else [])
    if len(run) > 2 and label != "body":
        texts.insert(1, _said(run[len(run) // 2], 26))
    odd = [line for line in _odd(run) if line not in (first, last)]
    return [f"{told} | {' … '.join(texts)}"] + [f"   {line.block.number} ! {_said(line, 40)}" for line in odd[:MAX_ODD]]


def _said(line: Line, size: int) -> str:
    return " ".join(line.block.text.split())[:size]


def write(name: str, book: Path, lines: list[Line], language: str, sha256: str) -> Path:
    """Write the marks of a book, a line for each run of blocks of the same mark."""
    told = [f"#! {name} {sha256} {language} by=hand"]
    for run in _written_runs(lines):
        first, last = run[0].block, run[-1].block
        where = f"{first.document}.{first.number}" + (f"-{last.number}" if last is not first else "")
        seal = digest([line.block.text for line in run])
        shown = beginning(first.text)[: MAX_BODY_CHARS if run[0].label in ("body", "verse", "unmarked") else None]
        told.append("\t".join([where, *run[0].mark(), seal, shown.strip()]))
    path = HERE / "corpus" / f"{name}.tsv"
    path.write_text("\n".join(told) + "\n", encoding="utf-8")
    return path


def _written_runs(lines: list[Line]) -> list[list[Line]]:
    """Return the runs of blocks of the same mark; what is joined stands alone."""
    runs: list[list[Line]] = []
    for line in lines:
        last = runs[-1][-1] if runs else None
        same = last is not None and last.block.document == line.block.document and last.mark() == line.mark()
        if same and "+" not in line.flags:
            runs[-1].append(line)
        else:
            runs.append([line])
    return runs


def draw(name: str, book: Path) -> str:
    """Return blocks of a book, half of them not `body` if it has so many, each with three neighbours on each side."""
    marked = sorted(marked_blocks(book, HERE / "corpus" / f"{name}.tsv"), key=lambda one: one[0][:2])
    chance = random.Random(f"second marker {name}")
    body = [number for number, (_, mark) in enumerate(marked) if mark.label == "body"]
    other = [number for number, (_, mark) in enumerate(marked) if mark.label not in ("body", "unmarked")]
    others = min(len(other), max(DRAWN // 2, DRAWN - len(body)))
    chosen = {*chance.sample(other, others), *chance.sample(body, min(len(body), DRAWN - others))}
    shown = []
    for number, (block, _) in enumerate(marked):
        if chosen & set(range(number - 3, number + 4)):
            place = f"{block.document}.{block.number} {block.name[-24:]}"
            text = " ".join(block.text[: 170 if number in chosen else MAX_SHOWN_CHARS].split())
            shown.append(f"{'>>' if number in chosen else '  '} {place} {Line(block).look} {text}")
    return "\n".join(shown)


def agree() -> str:
    """Return how far the two markers of again.tsv agree: all blocks, and by the first one's label."""
    rows = [line.split("\t") for line in (HERE / "again.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for _, _, first, spoken, second, spoken_again, wrong in rows:
        for label in ("all", first):
            counts[label].update(
                blocks=1,
                label=int(first == second),
                spoken=int(spoken == spoken_again),
                opposite=int({spoken, spoken_again} == {"y", "n"}),
            )
        counts["all"][f"wrong: {wrong}"] += 1
    return "\n".join(f"{label}: {dict(counted)}" for label, counted in counts.items())


def main(words: list[str]) -> None:
    """Run the command of the module's docstring."""
    import corpus_books

    if words[0] == "show":
        lines = propose(blocks(Path(words[1])))
        if len(words) > 2:
            correct(lines, Path(words[2]).read_text(encoding="utf-8"))
        print(show(lines))
        return
    if words[0] == "agree":
        print(agree())
        return
    name, book = words[1], Path(words[2])
    if words[0] == "draw":
        print(draw(name, book))
        return
    listed = next(line for line in corpus_books.listed() if line.name == name)
    lines = propose(blocks(book))
    correct(lines, Path(words[3]).read_text(encoding="utf-8"))
    print(write(name, book, lines, listed.language, listed.sha256))


if __name__ == "__main__":
    main(sys.argv[1:])
