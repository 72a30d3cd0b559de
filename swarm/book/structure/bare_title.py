"""Joins chapters that are nothing but their title, such as "Part One" and the lines of a title page, with the next."""

from collections.abc import Iterator

from swarm.book.page.letters import plain
from swarm.book.page.likeness import is_title_page, size_of
from swarm.job.book import Block, ChapterText

MAX_BARE_CHARS = 200  # a chapter with more text is more than its title
TITLE_BLOCKS = 4  # first blocks of a chapter, in which its heading is searched
MAX_JOINED_TITLE_CHARS = 120


def join_bare(chapters: tuple[ChapterText, ...], title: str) -> Iterator[ChapterText]:
    """Yield the chapters, with the blocks of bare ones at the start of the next that is spoken; `title` is the book's.

    A bare chapter without a next one stays as it is.
    """
    waiting: list[ChapterText] = []
    last_spoken = max((place for place, chapter in enumerate(chapters) if not chapter.left_out), default=0)
    for place, chapter in enumerate(chapters):
        if not chapter.left_out and place < last_spoken and _is_bare(chapter):
            waiting.append(chapter)
        elif chapter.left_out or not waiting:
            yield chapter
        else:
            yield _joined(waiting, chapter, title)
            waiting = []


def _is_bare(chapter: ChapterText) -> bool:
    texts = [block.text for block in chapter.blocks if block.text]
    if size_of(texts) > MAX_BARE_CHARS or not is_title_page(texts):
        return False
    return all(block.kind != "paragraph" for block in chapter.blocks)


def _joined(waiting: list[ChapterText], chapter: ChapterText, title: str) -> ChapterText:
    blocks = tuple(_as_heading(block) for bare in waiting for block in bare.blocks)
    names = [bare.title for bare in waiting if not plain(title).startswith(plain(bare.title))]
    names = list({plain(text): text for text in names}.values())
    name = " ".join((*(text if text[-1:] in ".:!?" else f"{text}." for text in names if text), chapter.title))
    own = chapter.title if len(name) > MAX_JOINED_TITLE_CHARS or not chapter.title else name
    return ChapterText(own, (*blocks, *_titled(chapter)), chapter.left_out, chapter.grounds)


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
