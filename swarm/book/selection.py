"""Which chapters: "1-3,7" as `inspect` numbers them."""

import regex

from swarm.errors import UsageError

_PART = regex.compile(r"\s*(\d{1,6})(?:\s*-\s*(\d{1,6}))?\s*")


def parse_selection(text: str, count: int, book: str = "the book") -> tuple[int, ...]:
    """Chapter numbers from 0, in order, each once; an empty text means all of `count`.

    Raises UsageError, which calls the book by the words of `book`.
    """
    if not text.strip():
        return tuple(range(count))
    chosen: set[int] = set()
    for part in text.split(","):
        chosen.update(_range(part, text, count, book))
    return tuple(sorted(chosen))


def _range(part: str, text: str, count: int, book: str) -> range:
    match = _PART.fullmatch(part)
    if match is None or not match[0].isascii():
        raise UsageError(f"--chapters takes numbers and ranges such as 1-3,7, not {text!r}.")
    first, last = int(match[1]), int(match[2] or match[1])
    if not 1 <= first <= last:
        raise UsageError(
            f"--chapters {text}: {part.strip()} names no chapter; they count from 1, smaller number first."
        )
    if last > count:
        have = f"{book} has only 1 chapter" if count == 1 else f"{book} has {count} chapters"
        raise UsageError(f"--chapters {text}: there is no chapter {last}; {have}, as e2a-swarm inspect counts them.")
    return range(first - 1, last)
