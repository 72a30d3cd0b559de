"""Decides for each part of a book whether it is spoken, or left out for which reason and on which grounds.

Joins chapters that are nothing but their title, such as "Part One", with the next.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import pairwise, takewhile
from pathlib import PurePosixPath

from msgspec import Struct
from msgspec.structs import replace

from swarm.book.language.pattern import compile_later
from swarm.book.model.book import Block, ChapterText, Doubt
from swarm.book.model.reading_choice import Reading
from swarm.book.page import front_matter
from swarm.book.page.bare_text import plain, tidy
from swarm.book.page.block import CODE
from swarm.book.page.front_matter import TitleLines
from swarm.book.page.likeness import (
    MAX_SMALL_CHARS,
    is_legal_page,
    is_title_page,
    legal_signs,
    offers,
    size_of,
    transcribed,
)
from swarm.book.page.passage import Passage, rewritten
from swarm.book.page.unlinked_note import MIN_CITATIONS, find_citations, without_citations
from swarm.book.structure.block_kind import MARKED, Ruling, join_cut, judge, leave_out
from swarm.book.structure.division import Part, is_label, is_part, names_part
from swarm.errors import UsageError

MAX_BARE_CHARS = 200  # a chapter with more text is more than its title
TITLE_BLOCKS = 4  # first blocks of a chapter, in which its heading is searched
MAX_JOINED_TITLE_CHARS = 120
MAX_REST_SHARE = 0.3  # of a part that is called references, notes or an index

_COUNTED = compile_later(r"(\P{N}{0,20})(\d{1,3})(?![\d.-])")


def join_bare(chapters: tuple[ChapterText, ...], title: str) -> Iterator[ChapterText]:
    """Yield the chapters, with the blocks of bare ones at the start of the next that is spoken; `title` is the book's.

    A bare chapter without a next one stays as it is.
    """
    waiting: list[ChapterText] = []
    spoken = [place for place, chapter in enumerate(chapters) if not chapter.left_out]
    following = {place: chapters[after].title for place, after in pairwise(spoken)}
    for place, chapter in enumerate(chapters):
        if place in following and _is_bare(chapter) and not _is_before(chapter.title, following[place]):
            waiting.append(chapter)
        elif chapter.left_out or not waiting:
            yield chapter
        else:
            yield _joined(waiting, chapter, title)
            waiting = []


def _is_before(title: str, following: str) -> bool:
    """Tell whether a title has the number before that of the following one: "2 Data" and "3 Tools"."""
    one, two = _COUNTED.match(title), _COUNTED.match(following)
    return bool(one and two and one[1] == two[1] and int(one[2]) + 1 == int(two[2]))


def _is_bare(chapter: ChapterText) -> bool:
    texts = [block.text for block in chapter.blocks if block.text]
    if size_of(texts) > MAX_BARE_CHARS or not is_title_page(texts):
        return False
    return all(block.kind != "paragraph" or is_label(block.text) for block in chapter.blocks if block.text)


def _joined(waiting: list[ChapterText], chapter: ChapterText, title: str) -> ChapterText:
    blocks = tuple(_as_heading(block) for bare in waiting for block in bare.blocks)
    names = [bare.title for bare in waiting if not plain(title).startswith(plain(bare.title))]
    names = list({plain(text): text for text in names}.values())
    name = " ".join((*(text if text[-1:] in ".:!?" else f"{text}." for text in names if text), chapter.title))
    own = chapter.title if len(name) > MAX_JOINED_TITLE_CHARS or not chapter.title else name
    return ChapterText(own, (*blocks, *_titled(chapter)), chapter.left_out, chapter.grounds)


def _with_parts(chapters: tuple[ChapterText, ...]) -> Iterator[ChapterText]:
    """Yield the chapters with the name of their part in the title, where a part begins and where titles repeat."""
    times = Counter(plain(chapter.title) for chapter in chapters if not chapter.left_out)
    part = ""
    for chapter in chapters:
        begins = is_part(chapter.blocks[0].text) and not chapter.left_out
        part = tidy(chapter.blocks[0].text).rstrip(".") if begins else part
        lacks = begins or times[plain(chapter.title)] > 1
        if part and lacks and not chapter.left_out and not names_part(chapter.title):
            yield replace(chapter, title=f"{part}. {chapter.title}")
        else:
            yield chapter


def _titled(chapter: ChapterText) -> tuple[Block, ...]:
    """Return the blocks of a chapter behind its title, which is else spoken before the blocks that join it."""
    opening = plain("".join(block.text for block in chapter.blocks)[: 2 * len(chapter.title)])
    if not chapter.title or opening.startswith(plain(chapter.title.rstrip("…"))):
        return chapter.blocks
    if any(block.kind == "heading" for block in chapter.blocks[:TITLE_BLOCKS]):
        return chapter.blocks
    return (Block("heading", chapter.title), *chapter.blocks)


def _as_heading(block: Block) -> Block:
    return Block("heading", block.text, block.language, block.trace, block.sayings) if block.text else block


MAX_OPENING_PASSAGES = 200  # more than Project Gutenberg's header has
MAX_HEADER_CHARS = 15_000  # longer text before a marker is the book
MIN_HEADER_CHARS = 3_000  # shorter text before a marker is a header, however short the book is
MAX_LICENCE_CHARS = 50_000  # header and licence may be longer than a short book, but no longer than this
MAX_CONTENTS_LINES = 2_000
MAX_CREDITS = 6  # passages after Project Gutenberg's header that may be credits

LISTED = "listed so in the book"
TITLE = "by its title"
FILE = "by its file name"
WORDS = "by its words"
WANTED = "left out as asked"
MAX_GUESSED_SHARE = 0.04  # a guess may leave out this share of a book's characters without a warning
MAX_WORDS_CHARS = 40  # longer words that decided are cut
MAX_OFFERS = 3  # words of an advertisement that are told
EXAMPLES = 3
EXAMPLE_CHARS = 50
FEW_TITLES = 4  # titles in the error for an ambiguous name


def mark_licence(passages: list[Passage]) -> None:
    """Leave out Project Gutenberg's header and footer, between whose marker lines the book is."""
    before = [passage.left_out for passage in passages]
    _mark_between(passages)
    text = sum(len(passage.text) for passage, reason in zip(passages, before, strict=True) if not reason)
    kept = sum(len(passage.text) for passage in passages if not passage.left_out)
    if not kept or text - kept > max(MAX_LICENCE_CHARS, kept):  # the markers stand at odd places
        for passage, reason in zip(passages, before, strict=True):
            passage.left_out = reason


def _mark_between(passages: list[Passage]) -> None:
    opened = licence = False
    header = 0  # characters of what may be the header
    for index, passage in enumerate(passages):
        if front_matter.ends_gutenberg_header(passage.text) and (licence or index <= MAX_OPENING_PASSAGES):
            is_header = not opened and header <= min(
                MAX_HEADER_CHARS, max(MIN_HEADER_CHARS, _text_after(passages, index))
            )
            for earlier in passages[:index] if is_header else ():
                earlier.left_out = earlier.left_out or front_matter.LICENCE
            passage.left_out = passage.left_out or front_matter.LICENCE
            _mark_credits(passages[index + 1 : index + 1 + MAX_CREDITS])
            opened, licence = True, False
            continue
        header += len(passage.text)
        licence = licence or front_matter.begins_gutenberg_footer(passage.text)
        if licence:
            passage.left_out = passage.left_out or front_matter.LICENCE


def _text_after(passages: list[Passage], index: int) -> int:
    """Return the characters between a marker and the licence behind the book."""
    rest = (passage.text for passage in passages[index + 1 :])
    return sum(map(len, takewhile(lambda text: not front_matter.begins_gutenberg_footer(text), rest)))


def _mark_credits(passages: list[Passage]) -> None:
    for passage in passages:
        if front_matter.is_credit(passage.text):
            passage.left_out = passage.left_out or front_matter.LICENCE


class Decision(Struct, frozen=True):
    """The chapters of a book, what may be decided otherwise, and the names in the user's choices that were found."""

    chapters: tuple[ChapterText, ...]
    doubts: tuple[Doubt, ...]
    found: frozenset[str]


def decide(parts: list[Part], title: str, reading: Reading | None = None, *, code: bool = False) -> Decision:
    """Return all passages as chapters with a verdict; `title` is the book's, `code` tells to read listings.

    If every chapter would be left out, those that only a guess excludes are spoken.
    """
    reading = reading or Reading()
    rulings = judge(parts, rule(parts, title), code=code)
    _leave_out_rests(parts, rulings)
    doubts = _doubts(rulings)
    found = _switched(rulings, reading)
    join_cut(rulings)
    chapters = [chapter for part, row in zip(parts, rulings, strict=True) for chapter in _chapters(part, row)]
    kept = chapters if any(not chapter.left_out for chapter in chapters) else map(_without_guess, chapters)
    return Decision(tuple(_with_parts(tuple(join_bare(tuple(kept), title)))), doubts, found)


def _leave_out_rests(parts: list[Part], rulings: list[list[Ruling]]) -> None:
    """Leave out the rest of parts that are left out otherwise: all of "References", of others headings alone."""
    for part, row in zip(parts, rulings, strict=True):
        told = [ruling for ruling in row if ruling.passage.text]
        rest = [ruling for ruling in told if not ruling.reason]
        called = front_matter.named(part.title)
        said, whole = (sum(len(ruling.passage.text) for ruling in group) for group in (rest, told))
        is_rest = bool(called) and said <= MAX_REST_SHARE * whole
        if not rest or not (is_rest or all(ruling.passage.level for ruling in rest)):
            continue
        gone = next((ruling for ruling in told if ruling.reason and ruling.perhaps), rest[0])
        if is_rest or (gone.perhaps and (gone is not rest[0] or len(told) == 1)):
            for ruling in rest:
                ruling.perhaps = gone.perhaps or called
                leave_out(ruling, gone.grounds or "by its looks")


def _doubts(rulings: list[list[Ruling]]) -> tuple[Doubt, ...]:
    """Return what is left out by a guess, and what is spoken though it may be none of the text, by kind."""
    groups: dict[tuple[str, bool], list[tuple[str, str]]] = defaultdict(list)
    before = ""
    for ruling in (ruling for row in rulings for ruling in row if ruling.passage.text):
        if ruling.reason and ruling.grounds not in (MARKED, LISTED):
            groups[ruling.reason, True].append((before, ruling.passage.text))
        elif ruling.perhaps and not ruling.reason:
            groups[ruling.perhaps, False].append((before, ruling.passage.text))
        before = ruling.passage.text
    return tuple(
        Doubt(
            what,
            len(texts),
            sum(len(text.split()) for _, text in texts),
            left_out,
            tuple(_example(*texts[at]) for at in sorted({0, len(texts) // 2, len(texts) - 1})),
            f"--{'include' if left_out else 'exclude'}={what}",
        )
        for (what, left_out), texts in sorted(groups.items(), key=lambda group: -len(group[1]))
    )


def _example(before: str, text: str) -> str:
    """Return the beginning of a block behind the end of the one before it."""
    above, own = tidy(before)[-EXAMPLE_CHARS:], tidy(text)
    return f"…{above} ▸ {own[:EXAMPLE_CHARS]}{'…' if len(own) > EXAMPLE_CHARS else ''}"


def _switched(rulings: list[list[Ruling]], reading: Reading) -> frozenset[str]:
    """Decide the doubts as the user wants, each block in its place; return the names that were found."""
    included, excluded = (set(map(_folded, names)) for names in (reading.include, reading.exclude))
    found: set[str] = set()
    for ruling in (ruling for row in rulings for ruling in row if ruling.passage.text):
        if ruling.reason and not ruling.whole and not ruling.passage.note and _folded(ruling.reason) in included:
            found.add(_folded(ruling.reason))
            ruling.reason = ruling.grounds = ""
        elif not ruling.reason and ruling.perhaps and _folded(ruling.perhaps) in excluded:
            found.add(_folded(ruling.perhaps))
            leave_out(ruling, WANTED)
    return frozenset(found)


def rule(parts: list[Part], title: str) -> list[list[Ruling]]:
    """Return for each part what the rules say of each of its passages."""
    rulings: list[list[Ruling]] = []
    counts = front_matter.count_titles(part.title for part in parts)
    opening = True
    for number, part in enumerate(parts):
        rulings.append(_ruled(part, number / max(1, len(parts) - 1), title if opening else "", counts))
        opening = opening and not any(each.passage.text and not each.reason for each in rulings[-1])
    return rulings


def _without_guess(chapter: ChapterText) -> ChapterText:
    """Return a chapter as spoken, unless its markup or the book's lists leave it out."""
    return chapter if chapter.grounds in (MARKED, LISTED) else ChapterText(chapter.title, chapter.blocks)


def _ruled(part: Part, at: float, title: str, titles: TitleLines) -> list[Ruling]:
    """Return the rulings of a part: those of its passages that are left out by themselves, and one for the others."""
    _take_back(part, at, title, titles)
    reasons = {each.left_out for each in part.passages if each.left_out}
    marks = {reason: _mark([each for each in part.passages if each.left_out == reason]) for reason in reasons}
    rest = [passage for passage in part.passages if not passage.left_out]
    heard = any(passage.text for passage in rest)
    reason, grounds = _reason(part, rest, at, title, titles) if heard else ("", "")
    head = {id(passage) for passage in rest[: _names_a_part(rest, reason, grounds, opening=bool(title))]}
    return [
        Ruling(passage, passage.left_out, marks[passage.left_out])
        if passage.left_out
        else Ruling(passage, "" if id(passage) in head else reason, "" if id(passage) in head else grounds, whole=True)
        for passage in part.passages
    ]


def _chapters(part: Part, rulings: list[Ruling]) -> list[ChapterText]:
    """Return the chapters of a part: one for its text, and one for each reason to leave passages out."""
    groups: dict[tuple[str, bool], list[Ruling]] = defaultdict(list)
    for ruling in rulings:
        groups[ruling.reason, ruling.whole or not ruling.reason].append(ruling)
    chapters = []
    for (reason, whole), group in groups.items():
        blocks = tuple(_block(ruling.passage) for ruling in group)
        if any(block.text for block in blocks):
            own = whole or len(groups) == 1 or plain(group[0].passage.text) == plain(part.title)
            name = part.title if own else reason.capitalize()
            chapters.append(ChapterText(name or "…", _trimmed(blocks), reason, group[0].grounds))
    return chapters


def _take_back(part: Part, at: float, title: str, titles: TitleLines) -> None:
    """Take back a mark of a small part, such as a colophon, if much text has it.

    Take back the guess that some passages are contents if their whole part is a table of contents.
    """
    for reason in front_matter.SMALL:
        marked = [passage for passage in part.passages if passage.left_out == reason]
        if size_of([passage.text for passage in marked]) > MAX_SMALL_CHARS:
            for passage in marked:
                passage.left_out = ""  # a template's mark
    guessed = [passage for passage in part.passages if passage.grounds and passage.left_out == front_matter.CONTENTS]
    if not guessed:
        return
    for passage in guessed:
        passage.left_out = ""
    whole = [passage for passage in part.passages if not passage.left_out]
    if _reason(part, whole, at, title, titles)[0] != front_matter.CONTENTS:
        for passage in guessed:
            passage.left_out = front_matter.CONTENTS


def _mark(passages: list[Passage]) -> str:
    """Return the grounds of passages that were left out before: the book's marks, or the words that a rule found."""
    words = next((passage.grounds for passage in passages if passage.text), "")
    return _by_words(words) if words else MARKED


def _names_a_part(passages: list[Passage], reason: str, grounds: str, *, opening: bool) -> int:
    """Return the number of headings above a list of chapters that name a part: "Soups", unlike "Contents"."""
    if reason != front_matter.CONTENTS or not grounds.startswith(WORDS) or opening:
        return 0
    headings = len(list(takewhile(lambda passage: passage.level, passages)))
    return 0 if any(front_matter.named(passage.text) for passage in passages[:headings]) else headings


def _block(passage: Passage) -> Block:
    return Block(passage.kind, passage.text, passage.language, passage.trace, passage.sayings)


def _reason(part: Part, passages: list[Passage], at: float, title: str, titles: TitleLines) -> tuple[str, str]:
    """Return the reason to leave out a part, by the book's lists, names or texts, and its grounds; "" to keep it."""
    texts = [passage.text for passage in passages if passage.text]
    stem = PurePosixPath(part.name).stem if part.whole else ""
    named = ((part.reason, LISTED), (front_matter.named(part.title), TITLE), (front_matter.named(stem), FILE))
    for reason, grounds in named:
        if reason and front_matter.plausible(reason, texts, at):
            return reason, grounds
    if front_matter.is_titled_page(title, texts):
        return front_matter.TITLE_PAGE, _by_words(title)
    return _reason_by_texts(part, texts, 0.0 if title else at, titles)


def _reason_by_texts(part: Part, texts: list[str], at: float, titles: TitleLines) -> tuple[str, str]:
    """Return the reason to leave out a part by its texts alone, and its grounds; "" to keep it."""
    if opening := transcribed(part.title, texts):
        return front_matter.TRANSCRIBER, _by_words(opening)
    if is_legal_page(texts, at):
        return front_matter.COPYRIGHT, _by_words(*legal_signs(texts))
    if offered := offers(texts, at):
        return front_matter.ADVERTISEMENT, _by_words(*offered[:MAX_OFFERS])
    if len(texts) <= MAX_CONTENTS_LINES and front_matter.is_contents(part.title, texts, titles):
        return front_matter.CONTENTS, f"{WORDS}, which are titles of chapters"
    return "", ""


def _by_words(*words: str) -> str:
    """Return the grounds of a rule of words, with the words that it found."""
    return f"{WORDS} {', '.join(f'“{tidy(word)[:MAX_WORDS_CHARS]}”' for word in words)}"


def caution(chapters: Sequence[ChapterText]) -> str:
    """Return a line about a book of which much is left out, and not by its own marks; "" if little is."""
    guessed = [chapter for chapter in chapters if chapter.left_out and chapter.grounds not in (MARKED, LISTED, WANTED)]
    whole = sum(map(_size, chapters))
    share = sum(map(_size, guessed)) / max(1, whole)
    if share <= MAX_GUESSED_SHARE:
        return ""
    largest = max(guessed, key=_size)
    return (
        f"{100 * share:.0f} % of its text is left out though the book does not mark it so, such as “{largest.title}” "
        f"({largest.left_out} {largest.grounds}): --include reads it"
    )


def code_caution(chapters: Sequence[ChapterText]) -> str:
    """Return a line about the code listings that are left out; "" if there are none."""
    words = sum(len(block.text.split()) for chapter in chapters if chapter.left_out == CODE for block in chapter.blocks)
    noun = "word" if words == 1 else "words"
    return f"code listings of {words:,} {noun} are left out: --code say reads them" if words else ""


def cite(chapters: list[ChapterText], reading: Reading) -> tuple[list[ChapterText], tuple[Doubt, ...]]:
    """Return the chapters without citations, and the doubt about these: the user decides, or whether they are many."""
    spoken = [chapter for chapter in chapters if not chapter.left_out]
    found = find_citations(block.text for chapter in spoken for block in chapter.blocks)
    if reading.citations == "say" or not found or (not reading.citations and len(found) < MIN_CITATIONS):
        return chapters, ()
    known = frozenset(found)
    kept = [chapter if chapter.left_out else replace(chapter, blocks=_uncited(chapter, known)) for chapter in chapters]
    often = Counter(found).most_common(EXAMPLES)
    examples = tuple(f"{text} ({times} times)" if times > 1 else text for text, times in often)
    words = sum(len(text.split()) for text in found)
    return kept, (Doubt("citations", len(found), words, True, examples, "--citations=say"),)


def _uncited(chapter: ChapterText, citations: frozenset[str]) -> tuple[Block, ...]:
    blocks = []
    for block in chapter.blocks:
        text = without_citations(block.text, citations)
        if text == block.text:
            blocks.append(block)
        elif text:
            trace = rewritten(block.trace, text) if block.trace else None
            blocks.append(replace(block, text=text, trace=trace))
    return tuple(blocks) or chapter.blocks


def _size(chapter: ChapterText) -> int:
    return sum(len(block.text) for block in chapter.blocks)


def _trimmed(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Remove the scene breaks at either end of a chapter."""
    heard = [index for index, block in enumerate(blocks) if block.text]
    return blocks[heard[0] : heard[-1] + 1]


def chosen(
    chapters: tuple[ChapterText, ...], reading: Reading, known: frozenset[str] = frozenset()
) -> list[ChapterText]:
    """Apply the user's choices to the chapters; `known` are names that blocks were found by.

    Raises UsageError for a name that fits no chapter or several titles.
    """
    found = list(chapters)
    for name in reading.include:
        left_out = [at for at, chapter in enumerate(found) if chapter.left_out]
        if _folded(name) in known and not any(_fits(_folded(name), found[at]) for at in left_out):
            continue
        for at in _named(name, found, left_out, "--include", "nothing that is left out"):
            found[at] = ChapterText(found[at].title, found[at].blocks)
    for name in reading.exclude:
        if _folded(name) in known:
            continue
        spoken = [at for at, chapter in enumerate(found) if not chapter.left_out]
        for at in _named(name, found, spoken, "--exclude", "no chapter"):
            found[at] = ChapterText(found[at].title, found[at].blocks, "not wanted", WANTED)
    return found


def _named(name: str, chapters: list[ChapterText], among: list[int], option: str, nothing: str) -> list[int]:
    """Return the indices of chapters whose title or reason a name fits, or else whose title it begins.

    `among` are the indices to search. Raises UsageError if it fits none, or begins several titles.
    """
    whole = _folded(name)
    fitting = [at for at in among if _fits(whole, chapters[at])]
    if fitting:
        return fitting
    start = whole.removesuffix("…").removesuffix("...").rstrip()  # inspect cuts long titles with an ellipsis
    fitting = [at for at in among if start and _folded(chapters[at].title).startswith(start)]
    titles = list({_folded(chapters[at].title): chapters[at].title for at in fitting}.values())
    if not titles:
        raise UsageError(f"{option} {name!r} names {nothing} in this book: e2a-swarm inspect shows titles and reasons.")
    if len(titles) > 1:
        fits = "; ".join(f"“{title}”" for title in titles[:FEW_TITLES]) + ("; ..." if titles[FEW_TITLES:] else "")
        raise UsageError(f"{option} {name!r} is how several titles begin: {fits}. Say more of the one you mean.")
    return fitting


def _fits(pattern: str, chapter: ChapterText) -> bool:
    names = [_folded(text) for text in (chapter.title, chapter.left_out) if text]
    return any(name == pattern or fnmatchcase(name, pattern) for name in names)


def _folded(text: str) -> str:
    """Return a title in lower case on one line, since users copy titles from several lines of a terminal."""
    return " ".join(text.split()).casefold()
