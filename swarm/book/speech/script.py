"""Makes the script of a book: the chosen chapters in segments, and the spoken opening and closing: title, authors and
narrator.
"""

from collections.abc import Sequence

import regex
from msgspec.structs import replace

from swarm.book.language.known import find_language
from swarm.book.language.pattern import compile_later
from swarm.book.model.book import Block, Book, Chapter, ChapterText, Pause, Segment, Unspoken
from swarm.book.model.reading_choice import NO_CAST, Cast, Credits
from swarm.book.model.speaker import NO_FALLBACKS, FallbackVoices, Speaker
from swarm.book.page.input_bounds import MAX_SEGMENTS, MAX_SPOKEN_CHARS
from swarm.book.speech.capitals import usage_of
from swarm.book.speech.casting import NO_CASTING, Casting
from swarm.book.speech.dialogue import Dialogue, find_dialogue
from swarm.book.speech.lexicon import NO_LEXICON, Lexicon
from swarm.book.speech.segment import segment_chapter
from swarm.book.speech.speech import Speech
from swarm.errors import BookError, UsageError

MAX_UNSPOKEN_SHARE = 0.5  # a script with more unspoken text is refused

_RANGE = compile_later(r"\s*(\d{1,6})(?:\s*-\s*(\d{1,6}))?\s*")


def spoken_chapters(book: Book) -> tuple[ChapterText, ...]:
    """Return the chapters that are not left out, in order. A selection counts these."""
    return tuple(chapter for chapter in book.chapters if not chapter.left_out)


def chapter_texts(book: Book) -> list[list[str]]:
    """Return the texts of the blocks of each spoken chapter."""
    return [[block.text for block in chapter.blocks] for chapter in spoken_chapters(book)]


def chosen_chapters(book: Book, selection: str) -> list[ChapterText]:
    """Return the spoken chapters that a selection names. Raises UsageError for a selection that fits no chapters."""
    spoken = spoken_chapters(book)
    return [spoken[number] for number in parse_selection(selection, len(spoken), f"“{book.title}”")]


def make_script(
    book: Book,
    card: Speaker,
    language: str,
    selection: str = "",
    lexicon: Lexicon = NO_LEXICON,
    around: tuple[ChapterText, ...] = (),
    cast: Cast = NO_CAST,
    fallbacks: FallbackVoices = NO_FALLBACKS,
    dialogue: Dialogue | None = None,
    *,
    expressive: bool = False,
) -> tuple[Chapter, ...]:
    """Segment the spoken chapters of a book; `language` is a primary subtag. `around` are an opening and a closing.

    `cast` names the voices of characters, `fallbacks` speak passages in other languages. `dialogue` is that of the
    book, if it is known already. `expressive` marks what is whispered, shouted or asked.

    A chapter without segments is dropped, and the chapter before it, or else after it, gets its unspoken text.
    Pronunciations of the book count for words that `lexicon` does not change.
    Raises UsageError for a selection that fits no chapters, BookError if nothing is left to speak.
    """
    chosen = chosen_chapters(book, selection)
    speech = Speech(card, lexicon.over(book.pronunciations), usage_of(book))
    if sum(len(block.text) for text in chosen for block in text.blocks) > MAX_SPOKEN_CHARS:
        raise BookError(f"{book.title} is refused: it has more than {MAX_SPOKEN_CHARS:,} characters to speak.")
    script: list[Chapter] = []
    count = 0
    waiting: tuple[Unspoken, ...] = ()
    numbers = {id(each): number for number, each in enumerate(spoken_chapters(book), 1)}
    if (cast.has_dialogue or expressive) and dialogue is None:
        dialogue = find_dialogue(chapter_texts(book), language)
    for text in (*around[:1], *chosen, *around[1:]):
        number = numbers.get(id(text), 0)
        casting = (
            Casting(cast, dialogue=dialogue, expressive=expressive).for_chapter(number, text.title)
            if number
            else NO_CASTING
        )
        chapter = segment_chapter(text, language, card, speech, casting, fallbacks)
        if chapter.segments:
            script.append(replace(chapter, unspoken=waiting + chapter.unspoken))
            waiting = ()
        elif script:
            script[-1] = _with(script[-1], chapter.unspoken)
        else:
            waiting += chapter.unspoken
        count += len(chapter.segments)
        if count > MAX_SEGMENTS:
            raise BookError(f"{book.title} is refused: it has more than {MAX_SEGMENTS:,} sentences to speak.")
    if not script:
        raise BookError(_nothing(book, card, waiting))
    return tuple(script)


def check_sayable(book: Book, script: tuple[Chapter, ...], advice: str = "") -> None:
    """Raise BookError if the engine cannot speak most of a script; `advice` names a better engine."""
    silent = [line for chapter in script for line in chapter.unspoken]
    unspoken = sum(len(line.text) for line in silent)
    whole = unspoken + sum(len(segment.written) for chapter in script for segment in chapter.segments)
    if unspoken > MAX_UNSPOKEN_SHARE * whole:
        share = f"{100 * unspoken / whole:.0f} % of it cannot be spoken"
        refusal = (
            f"“{book.title}” is not begun, for {share}: {silent[0].reason}; choose another engine with --tts-engine "
            "or the text's --language, or speak the rest with --anyway."
        )
        raise BookError(f"{refusal} {advice}".rstrip())


def opening(script: tuple[Chapter, ...], characters: float) -> tuple[Chapter, ...]:
    """Return the first sentences of the first chapter: about `characters`, but at least one after the heading."""
    first, said, begun = script[0], 0, False
    for count, segment in enumerate(first.segments):
        if begun and said + len(segment.spoken) / 2 > characters:
            unspoken = tuple(line for line in first.unspoken if line.after < count)
            return (replace(first, segments=first.segments[:count], unspoken=unspoken),)
        said += len(segment.spoken)
        begun = begun or segment.pause is not Pause.HEADING
    return (first,)


def with_word(script: tuple[Chapter, ...], word: str, characters: float) -> tuple[Chapter, ...]:
    """Return one chapter of sentences with a word, as many as `characters` allow but at least one.

    Raises UsageError if no sentence has it.
    """
    finder = compile_later(rf"(?<![\p{{L}}\p{{N}}]){regex.escape(word)}(?![\p{{L}}\p{{N}}])", regex.IGNORECASE)
    found: list[Segment] = []
    said = 0
    for segment in (segment for chapter in script for segment in chapter.segments):
        if finder.search(segment.written) and (not found or said + len(segment.spoken) <= characters):
            found.append(replace(segment, origin=None))
            said += len(segment.spoken)
    if not found:
        raise UsageError(f"--name {word}: no sentence of the book has it; `e2a-swarm inspect --names` lists names.")
    return (Chapter(word, tuple(found)),)


def _with(chapter: Chapter, unspoken: tuple[Unspoken, ...]) -> Chapter:
    last = len(chapter.segments) - 1
    moved = tuple(Unspoken(last, line.text, line.reason) for line in unspoken)
    return replace(chapter, unspoken=chapter.unspoken + moved)


def _nothing(book: Book, card: Speaker, unspoken: tuple[Unspoken, ...]) -> str:
    if unspoken:
        return (
            f"Nothing of “{book.title}” can be spoken: {unspoken[0].reason}; choose another engine with --tts-engine."
        )
    return f"Nothing of “{book.title}” is left to speak: e2a-swarm inspect shows what is left out and why."


def parse_selection(text: str, count: int, book: str = "the book") -> tuple[int, ...]:
    """Return the chapter numbers in a selection, from 0, sorted and unique; "" selects all `count` chapters.

    Raises UsageError, which calls the book `book`.
    """
    if not text.strip():
        return tuple(range(count))
    chosen: set[int] = set()
    for part in text.split(","):
        chosen.update(_range(part, text, count, book))
    return tuple(sorted(chosen))


def _range(part: str, text: str, count: int, book: str) -> range:
    match = _RANGE.fullmatch(part)
    if match is None or not match[0].isascii():
        raise UsageError(f"--chapters takes numbers and ranges such as 1-3,7, not {text!r}.")
    first, last = int(match[1]), int(match[2] or match[1])
    if not 1 <= first <= last:
        raise UsageError(
            f"--chapters {text}: {part.strip()} names no chapter; they count from 1, the smaller number first."
        )
    if last > count:
        have = f"{book} has only 1 chapter" if count == 1 else f"{book} has {count} chapters"
        raise UsageError(f"There is no chapter {last}: {have}, as `e2a-swarm inspect` counts them.")
    return range(first - 1, last)


def spoken_credits(names: Credits | None, book: Book, narrator: str, language: str) -> tuple[ChapterText, ...]:
    """Return the opening and the closing of a book; none if no names are given.

    `narrator` is the voice's name, which counts where the names have none; "" if it is not worth naming.
    """
    if names is None:
        return ()
    authors = (names.author,) if names.author else book.authors
    return credit_chapters(names.title or book.title, authors, names.narrator or narrator, language)


def part_form(language: str) -> str:
    """Return the form of a part's title in a language, such as "Part {} of {}"."""
    return find_language(language).credits.part


def credit_chapters(
    title: str, authors: Sequence[str], narrator: str, language: str
) -> tuple[ChapterText, ChapterText]:
    """Return the opening and the closing as chapters in the book's language; a chapter's title is spoken first.

    In a language that has no words for it, title and names are spoken alone. Without a narrator no name follows.
    """
    words = find_language(language).credits
    names = [words.by.format(", ".join(authors))] if authors else []
    names += [words.read_by.format(narrator)] if narrator else []
    closing = [title, *names] if words.end else names
    return _chapter(title, names), _chapter(words.end or title, closing)


def _chapter(title: str, lines: Sequence[str]) -> ChapterText:
    return ChapterText(title, (Block("heading", title), *(Block("paragraph", _sentence(line)) for line in lines)))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
