"""The verdict on each part of a book: its chapters are spoken, or left out for a reason with its grounds."""

from collections import Counter, defaultdict
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from swarm.book.page import front_matter
from swarm.book.page.letters import plain
from swarm.book.page.passage import Passage
from swarm.book.structure.division import Part
from swarm.errors import UsageError
from swarm.job.book import Block, ChapterText
from swarm.job.reading import Reading

MAX_OPENING_PASSAGES = 200  # Project Gutenberg's opening words are fewer
MAX_CONTENTS_LINES = 2_000
MAX_CREDITS = 6  # passages after its opening line that may say who made the file

MARKED = "marked so in the book"
LISTED = "listed so in the book"
TITLE = "by its title"
FILE = "by its file name"
WORDS = "by its words"
WANTED = "left out as asked"
FEW_TITLES = 4  # titles that an error names if a name fits several


def mark_licence(passages: list[Passage]) -> None:
    """Leave out Project Gutenberg's words around a book: the book stands between its two marker lines."""
    opened = licence = False
    for index, passage in enumerate(passages):
        if front_matter.ends_gutenberg_header(passage.text) and (licence or index <= MAX_OPENING_PASSAGES):
            for earlier in passages[:index] if not opened else ():
                earlier.left_out = earlier.left_out or front_matter.LICENCE
            passage.left_out = passage.left_out or front_matter.LICENCE
            _mark_credits(passages[index + 1 : index + 1 + MAX_CREDITS])
            opened, licence = True, False
            continue
        licence = licence or front_matter.begins_gutenberg_footer(passage.text)
        if licence:
            passage.left_out = passage.left_out or front_matter.LICENCE


def _mark_credits(passages: list[Passage]) -> None:
    for passage in passages:
        if front_matter.is_credit(passage.text):
            passage.left_out = passage.left_out or front_matter.LICENCE


def decide(parts: list[Part], title: str) -> tuple[ChapterText, ...]:
    """Return the passages of all parts, each once, as chapters with a verdict; `title` is the book's."""
    chapters: list[ChapterText] = []
    counts = Counter(plain(part.title) for part in parts)
    for number, part in enumerate(parts):
        opening = not any(not chapter.left_out for chapter in chapters)
        chapters += _sorted(part, number / max(1, len(parts) - 1), title if opening else "", counts)
    return tuple(chapters if any(not chapter.left_out for chapter in chapters) else map(_doubted, chapters))


def _doubted(chapter: ChapterText) -> ChapterText:
    """Speak a chapter after all if it was left out by a guess, and nothing else would be left."""
    return chapter if chapter.grounds in (MARKED, LISTED) else ChapterText(chapter.title, chapter.blocks)


def _sorted(part: Part, at: float, title: str, titles: Counter[str]) -> list[ChapterText]:
    """Return a part as one spoken chapter, and one left-out chapter for each kind of matter in it."""
    groups: dict[str, list[Passage]] = defaultdict(list)
    for passage in part.passages:
        groups[passage.left_out].append(passage)
    chapters = []
    for marked, passages in groups.items():
        blocks = tuple(map(_block, passages))
        if any(block.text for block in blocks):
            reason, grounds = (marked, MARKED) if marked else _promised(part, passages, at, title, titles)
            own = not marked or len(groups) == 1 or plain(passages[0].text) == plain(part.title)
            name = part.title if own else marked.capitalize()
            chapters.append(ChapterText(name or "…", _trimmed(blocks), reason, grounds))
    return chapters


def _block(passage: Passage) -> Block:
    return Block(passage.kind, passage.text, passage.language, passage.trace, passage.sayings)


def _promised(part: Part, passages: list[Passage], at: float, title: str, titles: Counter[str]) -> tuple[str, str]:
    """Return why the book's lists, names or words leave a part out, if its text bears them out; and the grounds."""
    texts = [passage.text for passage in passages if passage.text]
    stem = PurePosixPath(part.name).stem if part.whole else ""
    named = ((part.reason, LISTED), (front_matter.named(part.title), TITLE), (front_matter.named(stem), FILE))
    for reason, grounds in named:
        if reason and front_matter.plausible(reason, texts, at):
            return reason, grounds
    if front_matter.is_titled_page(title, texts):
        return front_matter.TITLE_PAGE, WORDS
    return _told(part, texts, 0.0 if title else at, titles)


def _told(part: Part, texts: list[str], at: float, titles: Counter[str]) -> tuple[str, str]:
    """Return what a part is by its words alone."""
    if front_matter.is_transcribers(part.title, texts):
        return front_matter.TRANSCRIBER, WORDS
    if front_matter.is_legal_page(texts, at):
        return front_matter.COPYRIGHT, WORDS
    if len(texts) <= MAX_CONTENTS_LINES and front_matter.is_contents(part.title, texts, titles):
        return front_matter.CONTENTS, WORDS
    return "", ""


def _trimmed(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Drop the scene breaks at either end of a chapter, which part nothing."""
    heard = [index for index, block in enumerate(blocks) if block.text]
    return blocks[heard[0] : heard[-1] + 1]


def chosen(chapters: tuple[ChapterText, ...], reading: Reading) -> list[ChapterText]:
    """Apply the user's choices to the chapters. Raises UsageError for a name that matches nothing, or too much."""
    found = list(chapters)
    for name in reading.include:
        left_out = [at for at, chapter in enumerate(found) if chapter.left_out]
        for at in _named(name, found, left_out, "--include", "nothing that is left out"):
            found[at] = ChapterText(found[at].title, found[at].blocks)
    for name in reading.exclude:
        spoken = [at for at, chapter in enumerate(found) if not chapter.left_out]
        for at in _named(name, found, spoken, "--exclude", "no chapter"):
            found[at] = ChapterText(found[at].title, found[at].blocks, "not wanted", WANTED)
    return found


def _named(name: str, chapters: list[ChapterText], among: list[int], option: str, nothing: str) -> list[int]:
    """Return the chapters that a name means: by title, reason, pattern, or else the beginning of one title."""
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
    """Return a title on one line: it may have been copied from several lines of a terminal."""
    return " ".join(text.split()).casefold()
