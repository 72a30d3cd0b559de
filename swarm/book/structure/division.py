"""Divides a book's passages into parts, by its table of contents or else by headings."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from itertools import pairwise
from statistics import mean, median

import regex
from msgspec import Struct

from swarm.book.language.pattern import compile_later
from swarm.book.package.toc import TableOfContents
from swarm.book.page import front_matter
from swarm.book.page.bare_text import plain, tidy
from swarm.book.page.block import SUBTITLE_LEVEL
from swarm.book.page.chapter_line import chapter_lines
from swarm.book.page.document import Document
from swarm.book.page.likeness import is_legal_page, offers
from swarm.book.page.passage import Passage
from swarm.book.page.printed_page import RUNNING, interrupted, join_pairs
from swarm.book.page.spoken_mark import without_marks

MAX_LEAD_CHARS = 300  # longer text before a document's first entry is a part of its own
MAX_OPENING_CHARS = 50  # longer opening words are cut to serve as a title

# Names of parts that the markup does not show as headings: "Part One", "DEUXIEME PARTIE".
_PART = compile_later(
    r"(?:(?!fin|end|ende|fine)\p{L}+\s+)?(?:part|book|partie|livre|tome|volume|teil|buch|band|parte|libro|deel)"
    r"(?:\s+[\p{L}\d]{1,12})?[.:]?",
    regex.IGNORECASE,
)
# "1.2 Maps" and "§ 3 Sets" are sections of a chapter; what is called "Chapter 1" is no part above chapters.
_SECTION = compile_later(
    r"(?:section|abschnitt|§|sección|sezione|secção)?\s*\d{1,2}[.-]\d{1,2}\b|§\s?\d", regex.IGNORECASE
)
_CHAPTER = compile_later(
    r"(?:chapter|unit|lesson|chapitre|leçon|kapitel|lektion|capítulo|unidad|lección|capitolo|lezione|hoofdstuk|les|"
    r"rozdział|глава|урок)\s+[\p{L}\d]",
    regex.IGNORECASE,
)
_WORD = compile_later(r"\p{L}{2}|[\p{Han}\p{Hiragana}\p{Katakana}]")
_DENSE, DENSE_TIMES = compile_later(r"[\p{Han}\p{Hiragana}\p{Katakana}]{2}"), 3
_PUNCTUATED = compile_later(r"\p{P}$")


MAX_CHAPTER_CHARS = 200_000  # some four hours: a longer part is cut at its own headings
MIN_PIECE_CHARS = 1_500  # average of what it is cut to
MAX_SECTION_CHARS = 8_000  # some ten minutes: most chapters are longer
MIN_SECTION_CHARS = 2_000  # if most sections are smaller, even a long chapter is not cut at them
MIN_CHAPTERS = 3  # fewer entries are the book and its appendix
MAX_BARE_CHARS = 60  # an entry with less text above its first section only names a part
LONG_CHARS = 60_000  # a chapter of an hour is better cut at its sections
MIN_SECTIONS, MIN_SECTION_SHARE = 4, 0.3  # fewer entries of a depth are no habit of the book
MIN_OWN_SHARE, OWN_SHARE = 0.5, 0.75  # of the entries of a depth that begin a document, if documents are chapters
MIN_OWN_CHARS, MAX_OWN_CHARS = 1_000, 150_000  # documents that are sections are smaller, those that are parts longer
MIN_UPPER_CHARS = 27_000  # chapters of half an hour are not cut at documents below them
MAX_SAMPLE_PASSAGES = 200
MAX_LABEL_CHARS = 20  # "Chapter Twenty-One"
MIN_PAGES = 8  # documents of a book whose documents are pages
MIN_CUT_SHARE = 0.15  # this share of pages ends within a sentence

# What programs call a document: "index_split_003", "Section0001", "chapter-1.xhtml", "[Title here]".
_FILE_LABEL = compile_later(
    r"[\w-]{0,40}[-_]split[-_]?\d+|[A-Za-z]{1,12}[-_]?\d{2,}|[\w./-]{1,80}\.x?html?|unknown|untitled|unbekannt|unnamed|"
    r"\[(?:chapter )?title(?: here)?\]|(?:new|unnamed) section",
    regex.IGNORECASE,
)
_PAGE_LABEL = compile_later(
    r"(?:(?:page|seite|pagina|página|pág\.|p\.|pg\.?|стр\.)\s?)?[\divxlc]{1,5}", regex.IGNORECASE
)

_PAGE_NAME = compile_later(r"(?:page|seite|pagina|página|pág\.|p\.|pg|стр\.)\s?[\divxlc]{1,5}", regex.IGNORECASE)


class Part(Struct):
    """A run of passages that belong together, before the verdict on them."""

    title: str
    passages: list[Passage]
    name: str  # name of the document in which it begins
    whole: bool = False  # whether it begins where its document begins
    listed: bool = False  # whether the table of contents names it
    reason: str = ""  # reason to leave it out by the landmarks or the guide, "" if they give none


class Named(Struct, frozen=True):
    """A document with its name."""

    name: str
    document: Document


class PassageRow:
    """All passages of a book in order, and where each document begins."""

    def __init__(self, documents: list[Named]) -> None:
        self.documents = documents
        self.numbers = {named.name: number for number, named in enumerate(documents)}
        self.headings: dict[int, dict[str, int]] = {}  # places of the headings of each document, by their letters
        self.passages: list[Passage] = []
        self.starts: list[int] = []
        for named in documents:
            self.starts.append(len(self.passages))
            self.passages += named.document.passages

    def place(self, name: str, fragment: str, title: str = "") -> int | None:
        """Return the place that an entry leads to, by its anchor or else by its title; None if there is none."""
        number = self.numbers.get(name)
        if number is None or not self.documents[number].document.passages:
            return None
        found: int | None = 0
        if fragment:
            found = self.documents[number].document.anchors.get(fragment)
            found = self._headings(number).get(plain(title)) if found is None else found
        return None if found is None else self.starts[number] + found

    def _headings(self, number: int) -> dict[str, int]:
        if number not in self.headings:
            passages = self.documents[number].document.passages
            titles = ((plain(passage.text), place) for place, passage in enumerate(passages) if passage.level)
            self.headings[number] = {title: place for title, place in reversed(list(titles)) if title}
        return self.headings[number]

    def number(self, place: int) -> int:
        """Return the number of the document that has a place."""
        return bisect_right(self.starts, place) - 1

    def spans(self) -> list[tuple[int, int]]:
        """Return where each document begins and ends."""
        return list(pairwise([*self.starts, len(self.passages)]))


def divide(documents: list[Named], contents: TableOfContents, title: str = "") -> list[Part]:
    """Cut a book into parts, in which every passage is once; `title` is the book's."""
    row = PassageRow(documents)
    cuts = _listed_cuts(row, contents)
    reasons = {row.place(name, fragment): why for name, fragment, why in contents.reasons}
    starts = set(cuts) | _document_cuts(row, cuts, reasons, title) | {0}
    joints = _page_breaks(row, contents, cuts)
    if joints is not None:
        starts = {place for place in starts if not place or _begins_chapter(row, place, cuts.get(place, ""))}
        join_pairs(row.passages, joints)
    thin = len(cuts) < 2
    places = sorted((starts | (_heading_cuts(row) if thin else set())) - _sections(row, contents))
    parts = []
    for place, end in pairwise([*_with_inner_cuts(row, places), len(row.passages)]):
        number = row.number(place)
        passages = row.passages[place:end]
        listed = "" if joints is not None and _PAGE_LABEL.fullmatch(cuts.get(place, "")) else cuts.get(place, "")
        part = Part(_title(listed, passages, thin=thin), passages, documents[number].name)
        part.whole, part.listed = row.starts[number] == place, place in cuts
        part.reason = reasons.get(place, "")
        parts.append(part)
    return list(_joined(parts))


def _page_breaks(row: PassageRow, contents: TableOfContents, listed: dict[int, str]) -> list[tuple[int, int]] | None:
    """Return the places before and after each cut within a sentence; None if the documents are not pages of print.

    Leave out the numbers at the edges of pages, unless a title in the contents begins with it.
    """
    edges = [_edges(row.passages, start, end) for start, end in row.spans()]
    pages = [edge for edge in edges if edge]
    pairs = [(before[1], after[0]) for before, after in pairwise(pages)]
    cuts = [pair for pair in pairs if interrupted(*(row.passages[place] for place in pair))]
    labels = sum(1 for entry in contents.entries if _PAGE_NAME.fullmatch(entry.title))
    is_named = labels >= MIN_PAGES and 2 * labels > len(contents.entries)
    if not is_named and (len(pages) < MIN_PAGES or len(cuts) < MIN_CUT_SHARE * len(pairs)):
        return None
    for (start, end), edge in zip(row.spans(), edges, strict=True):
        above = range(start, edge[0]) if edge and not row.passages[edge[0]].level else ()
        title = listed.get(start, "")
        for place in (*above, *range(edge[1] + 1, end)) if edge else ():
            passage = row.passages[place]
            if _PAGE_LABEL.fullmatch(title) or not plain(title).startswith(plain(passage.text) or " "):
                passage.left_out, passage.level = passage.left_out or RUNNING, 0
    return cuts


def _edges(passages: list[Passage], start: int, end: int) -> tuple[int, int] | None:
    """Return the first and the last place of a page that are more than its number; None if there is none."""
    told = [
        place
        for place in range(start, end)
        if passages[place].text
        and not passages[place].left_out
        and (passages[place].level or not _PAGE_LABEL.fullmatch(passages[place].text))
    ]
    return (told[0], told[-1]) if told else None


def _begins_chapter(row: PassageRow, place: int, title: str) -> bool:
    """Tell whether a chapter begins at a place in a book of pages: at a heading, or at an entry that names no page."""
    named = bool(title) and not _PAGE_LABEL.fullmatch(title) and not _FILE_LABEL.fullmatch(title)
    return named or 0 < row.passages[place].level < SUBTITLE_LEVEL


def _with_inner_cuts(row: PassageRow, places: list[int]) -> Iterator[int]:
    """Yield the places at which parts begin, with those of the headings in a part of many hours."""
    for place, end in pairwise([*places, len(row.passages)]):
        yield place
        inside = row.passages[place:end]
        if sum(len(passage.text) for passage in inside if not passage.left_out) > MAX_CHAPTER_CHARS:
            yield from (place + at for at in _inner_cuts(inside) if at)


def _inner_cuts(passages: list[Passage]) -> list[int]:
    """Return where the chapters of a long part begin: at its highest headings of which there are several."""
    heads = [
        (at, passage.level)
        for at, passage in enumerate(passages)
        if 0 < passage.level < SUBTITLE_LEVEL and not passage.left_out
    ]
    size = sum(len(passage.text) for passage in passages)
    for level in sorted({level for _, level in heads}):
        cuts = [at for at, own in heads if own <= level]
        if len(cuts) > 2 and size >= MIN_PIECE_CHARS * len(cuts):
            return [at for at in cuts if at - 1 not in cuts]
    lines = {id(line) for line in chapter_lines(passages, 0)}
    return [at for at, passage in enumerate(passages) if id(passage) in lines]


_NUMBER = compile_later(r"(?:\d{1,3}|(?=[IVXLC])[IVXLC]{1,8})\W{0,3}")  # "IV." above the title that the contents name


def is_part(text: str) -> bool:
    """Tell whether a line only names a part: "Part One", "DEUXIEME PARTIE"."""
    return bool(_PART.fullmatch(text))


def names_part(title: str) -> bool:
    """Tell whether a title begins with the name of a part: "Part One. The Storm"."""
    return bool(_PART.match(title))


def is_label(text: str) -> bool:
    """Tell whether a line names a part or a chapter by its kind and number alone: "Part One", "IV."."""
    chapter = _CHAPTER.match(text)
    return bool(_PART.fullmatch(text) or _NUMBER.fullmatch(text) or (chapter and len(text) <= MAX_LABEL_CHARS))


def _sections(row: PassageRow, contents: TableOfContents) -> set[int]:
    """Return the places of entries that are deeper than chapters are."""
    depths: dict[int, int] = {}
    numbered: set[int] = set()  # places of "4.1 Cells"
    apart: set[int] = {0}  # places of "Contents", which may be left out
    for entry in contents.entries:
        place = row.place(entry.name, entry.fragment, entry.title)
        if place is not None:
            depths[place] = min(entry.depth, depths.get(place, entry.depth))
            numbered.update({place} if _SECTION.match(entry.title) else ())
            apart.update({place} if front_matter.named(entry.title) else ())
    levels = {place: row.passages[place].level for place in depths if place < len(row.passages)}
    if len(set(depths.values())) == 1 and len(levels) == len(depths) and all(levels.values()):
        depths = levels  # a list without depths
    found, inside = _below_chapters(row, depths, numbered), _inside_documents(row, depths)
    if inside is not None:
        upper = depths.keys() - inside - found
        is_enough = _density(row) * mean(_sizes(row, upper, upper)) >= MIN_UPPER_CHARS
        found = found | inside if is_enough else inside
    return {_back_over_headings(row, place, depths) for place in found} - apart - (depths.keys() - found)


def _inside_documents(row: PassageRow, depths: dict[int, int]) -> set[int] | None:
    """Return the places of sections in a book whose documents are its chapters; None if they are not.

    They are if the entries of a depth mostly begin a document, and chapters have less than some hours then.
    """
    begins, density = _document_begins(row, depths), _density(row)
    shares = {}
    for depth, count in Counter(depths.values()).items():
        small = density * median(_sizes_of(row, depths, depth)) < MIN_OWN_CHARS and depth > min(depths.values())
        own = sum(1 for place in begins if depths[place] == depth)
        shares[depth] = 0.0 if small else own / count
    follow = {two for one, two in pairwise(sorted(depths)) if _text_size(row, one, two) < MAX_BARE_CHARS}
    begins |= {place for place in follow if shares[depths[place]] >= OWN_SHARE}  # an act and its first scene
    inside = {place for place, depth in depths.items() if not _is_chapter(shares[depth], begins=place in begins)}
    kept = sorted(depths.keys() - inside)
    if len(kept) < 2 or max(shares.values()) < OWN_SHARE or len(begins) < OWN_SHARE * len(kept):
        return None
    return inside if density * mean(_sizes(row, kept, kept)) <= MAX_OWN_CHARS else None


def _density(row: PassageRow) -> int:
    """Return how many letters a sign of the book's script says."""
    sample = " ".join(passage.text for passage in row.passages[:MAX_SAMPLE_PASSAGES])
    return DENSE_TIMES if 2 * len(_DENSE.findall(sample)) > len(_WORD.findall(sample)) else 1


def _is_chapter(share: float, *, begins: bool) -> bool:
    """Tell whether an entry is a chapter, by the share of its depth that begins documents, and whether it does."""
    return share > 0 if begins else MIN_OWN_SHARE <= share < OWN_SHARE


def _document_begins(row: PassageRow, depths: dict[int, int]) -> set[int]:
    """Return the first entry of each document that has no text above it, but for the number of the chapter."""
    first = {row.number(place): place for place in sorted(depths, reverse=True)}
    above = {place: row.passages[row.starts[number] : place] for number, place in first.items()}
    return {
        place
        for place, lines in above.items()
        if sum(len(each.text) for each in lines if not each.left_out) <= MAX_BARE_CHARS
    }


def _below_chapters(row: PassageRow, depths: dict[int, int], numbered: set[int]) -> set[int]:
    """Return the places of entries of the depths below that of chapters."""
    keep = min(depths.values(), default=0)
    while any(depth > keep for depth in depths.values()) and _is_above_chapters(row, depths, keep, numbered):
        keep = min(depth for depth in depths.values() if depth > keep)
    found = {place for place in depths if depths[place] > keep}
    # So few entries are no habit of the book.
    return found if len(found) >= max(MIN_SECTIONS, MIN_SECTION_SHARE * len(depths)) else set()


def _is_above_chapters(row: PassageRow, depths: dict[int, int], keep: int, numbered: set[int]) -> bool:
    """Tell whether the entries of a depth are parts: mostly without a text of their own, or of more than an hour."""
    ordered = sorted(depths)
    texts = _sizes(row, ordered, depths)
    wholes: list[list[int]] = []  # the sizes of an entry by itself, and of each below it
    for place, size in zip(ordered, texts, strict=True):
        if depths[place] <= keep:
            wholes.append([size])
        elif wholes:
            wholes[-1].append(size)
    parents = [sizes for sizes in wholes if len(sizes) > 1]
    next_depth = min(depth for depth in depths.values() if depth > keep)
    below = median(_sizes_of(row, depths, next_depth))
    if not parents or len(wholes) < MIN_CHAPTERS or below >= MAX_SECTION_CHARS:
        return True
    deeper = [place for place in ordered if depths[place] == next_depth]
    if below < MIN_SECTION_CHARS or 2 * sum(1 for place in deeper if place in numbered) > len(deeper):
        return False
    if median(map(sum, wholes)) > LONG_CHARS:
        return True
    return 2 * sum(1 for sizes in parents if sizes[0] < MAX_BARE_CHARS) > len(parents)


def _text_size(row: PassageRow, start: int, end: int) -> int:
    """Return the characters between two places, without headings."""
    return sum(len(passage.text) for passage in row.passages[start:end] if not passage.level)


def _sizes(row: PassageRow, places: Iterable[int], wanted: Container[int]) -> list[int]:
    """Return the characters of each wanted place up to the next one; [0] if there is none."""
    spans = pairwise([*sorted(places), len(row.passages)])
    return [_text_size(row, start, end) for start, end in spans if start in wanted] or [0]


def _sizes_of(row: PassageRow, depths: dict[int, int], depth: int) -> list[int]:
    """Return the characters of each entry of a depth with what is below it."""
    upto = [place for place in depths if depths[place] <= depth]
    return _sizes(row, upto, {place for place in upto if depths[place] == depth})


def _listed_cuts(row: PassageRow, contents: TableOfContents) -> dict[int, str]:
    """Return places and titles of the parts in the table of contents; the last of several at one place counts."""
    cuts: dict[int, str] = {}
    astray = []
    for entry in contents.entries:
        place = row.place(entry.name, entry.fragment, entry.title)
        if place is None:
            astray.append(entry)
        else:
            cuts[place] = entry.title or cuts.get(place, "")
    named = {row.number(place) for place in cuts}
    # An entry whose anchor is missing counts for its whole document, unless another entry names that.
    for entry in astray:
        place = row.place(entry.name, "")
        if place is not None and row.number(place) not in named:
            named.add(row.number(place))
            cuts[place] = entry.title
    asides = _asides(row, cuts)
    cuts = {place: title for place, title in cuts.items() if place not in asides}
    return {_back_over_headings(row, place, cuts): title for place, title in sorted(cuts.items())}


def _asides(row: PassageRow, cuts: dict[int, str]) -> set[int]:
    """Return the places of captions, formulas and notes that the contents name beside the headings of chapters."""
    inside = {
        place
        for place, title in cuts.items()
        if place != row.starts[row.number(place)]
        and not row.passages[place].level
        and not is_label(row.passages[place].text)
        and not (_WORD.search(title) and plain(row.passages[place].text).startswith(plain(title)))
    }
    return inside if 2 * len(inside) < len(cuts) else set()


def _back_over_headings(row: PassageRow, place: int, cuts: Container[int]) -> int:
    """Move a cut up over the headings right before it, such as "PART ONE" and "CHAPTER I" before "The Storm"."""
    passages, start = row.passages, row.starts[row.number(place)]
    while start < place < len(passages) and place - 1 not in cuts:
        above = passages[place - 1]
        title = passages[place].text
        lone = is_label(above.text) and not is_label(title) and not plain(title).startswith(plain(above.text))
        named = above.kind == "paragraph" and (lone or _PART.fullmatch(above.text))
        if not named and not (passages[place].level and 0 < above.level < SUBTITLE_LEVEL):
            break
        place -= 1
    return place


def _document_cuts(row: PassageRow, cuts: dict[int, str], reasons: dict[int | None, str], title: str) -> set[int]:
    """Return the places of documents that begin a part without being in the table of contents."""
    found: set[int] = set()
    ordered = sorted(cuts)
    thin, headed = len(cuts) < 2, _mostly_headed(row)
    levels = [row.passages[place].level for place in ordered if place < len(row.passages) and row.passages[place].level]
    highest = min(2, max(levels, default=2))
    after_matter = True
    for named, (start, end) in zip(row.documents, row.spans(), strict=True):
        if start == end:
            continue
        first = row.passages[start]
        begins = (not headed) if thin else 0 < first.level <= highest
        called = (cuts.get(start, ""), tidy(first.text) if first.level else "")
        is_matter = bool(
            reasons.get(start)
            or front_matter.named(_stem(named.name))
            or _all_matter(row.passages[start:end])
            or offers(_texts(row.passages[start:end]), start / len(row.passages))
            or front_matter.is_page_apart(called, _texts(row.passages[start:end]), _at(row, start, ordered), title)
        )
        if begins or is_matter or after_matter:
            found.add(start)
        inside = bisect_left(ordered, end) > bisect_right(ordered, start)
        after_matter = (is_matter and not inside) or (after_matter and start not in found)
    return found


def _at(row: PassageRow, place: int, ordered: list[int]) -> float:
    """Return a place as a share of the book, from 0 to 1; all places before the first entry count as 0."""
    return place / len(row.passages) if ordered and place >= ordered[0] else 0.0


def _texts(passages: list[Passage]) -> list[str]:
    return [passage.text for passage in passages if passage.text]


def _all_matter(passages: list[Passage]) -> bool:
    """Tell whether a document begins with a left-out passage; notes count only if the whole document is left out."""
    first = passages[0]
    return bool(first.left_out) and (not first.note or all(passage.left_out for passage in passages))


def _heading_cuts(row: PassageRow) -> set[int]:
    """Return places of parts by headings alone: those of the highest level that has several."""
    counts = Counter(passage.level for passage in row.passages if 0 < passage.level < SUBTITLE_LEVEL)
    deepest = next((level for level in sorted(counts) if counts[level] > 1), max(counts, default=0))
    levels = [passage.level if passage.level <= deepest else 0 for passage in row.passages]
    cuts = {place for place, level in enumerate(levels) if level and not (place and 0 < levels[place - 1] <= level)}
    return {_back_over_headings(row, place, cuts) for place in cuts}


def _mostly_headed(row: PassageRow) -> bool:
    firsts = [named.document.passages[0] for named in row.documents if named.document.passages]
    return 2 * sum(1 for first in firsts if first.level) >= len(firsts) > 0


def _joined(parts: list[Part]) -> Iterator[Part]:
    """Join short parts before a document's first entry or heading, such as a cover line or a link, with that.

    Without an entry the first part of a book stays apart: it may be the title page.
    """
    lead: list[Passage] = []
    for index, part in enumerate(parts):
        following = parts[index + 1] if index + 1 < len(parts) else None
        size = sum(len(passage.text) for passage in part.passages if not passage.left_out)
        small = not part.listed and not part.reason and size <= MAX_LEAD_CHARS
        if (
            small
            and following is not None
            and following.name == part.name
            and not is_legal_page(_texts(part.passages), index / len(parts))
            and (following.listed or _is_line(part, index))
        ):
            lead += part.passages
            continue
        part.passages, lead = lead + part.passages, []
        yield part


def _is_line(part: Part, index: int) -> bool:
    """Tell whether a part is a line above the heading of a document, such as "Features"."""
    return bool(index) and part.whole and not any(passage.level for passage in part.passages)


def _title(listed: str, passages: list[Passage], *, thin: bool) -> str:
    """Return the title of a part from the table of contents, or from its headings if these say more."""
    listed = "" if _FILE_LABEL.fullmatch(listed) else listed
    headed = bool(passages and passages[0].level)
    own = _own_title(passages) if headed or not listed else ""
    worded = bool(_WORD.search(own)) and plain(own) not in plain(listed)
    fuller = not _WORD.search(listed) and plain(own).startswith(plain(listed))  # "1" of "1. The Storm"
    return own if not listed or (worded and (thin or fuller)) else listed


def _own_title(passages: list[Passage]) -> str:
    """Return the first two headings at the start of a part, or else its opening words."""
    passages = [passage for passage in passages if not passage.left_out] or passages
    headings: list[str] = []
    for passage in passages:
        if not passage.level or len(headings) == 2 or (headings and _begins_section(passage, passages)):
            break
        headings.append(without_marks(tidy(passage.text)))
    if headings:
        *above, last = headings
        return " ".join([*(text if _PUNCTUATED.search(text) else f"{text}." for text in above), last])
    return _opening(without_marks(next((tidy(passage.text) for passage in passages if passage.text), "")))


def _begins_section(heading: Passage, passages: list[Passage]) -> bool:
    """Tell whether a heading below another one is the first of several sections rather than a second title."""
    alike = sum(1 for passage in passages if passage.level == heading.level and not passage.left_out)
    return bool(_SECTION.match(heading.text)) or (alike > 1 and heading.level > passages[0].level)


def _opening(text: str) -> str:
    if len(text) <= MAX_OPENING_CHARS:
        return text
    return text[:MAX_OPENING_CHARS].rsplit(" ", 1)[0].rstrip(" ,;:.-–—") + "…"


def _stem(name: str) -> str:
    return name.rpartition("/")[2].partition(".")[0]
