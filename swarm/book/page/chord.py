"""Takes the chords off the lines of songs: "Am  G  C" above a line of words, "[Am]Hello" within one."""

from swarm.book.language.late_pattern import compile_later

_ROOT, _KIND = r"[A-H](?:#|♯|♭|b(?!\p{L}))?", r"(?:maj|min|dim|aug|sus|add|m|M|\+)"
_CHORD = rf"{_ROOT}{_KIND}?(?:[245679]|11|13)?(?:(?:sus|add|maj|b|\#)\d{{1,2}})?(?:/{_ROOT})?"
_CHORDS = compile_later(rf"[\s|()/x\d:–-]*(?:{_CHORD}(?![\p{{L}}\p{{N}}])[\s|()x:–-]*)+")
# What is more than a letter or a size of paper: "Am", "F#", "G7", "D/F", but neither "B+" nor "A4".
_TOLD = compile_later(
    r"(?<![\p{L}\p{N}])[A-H](?:[#♯♭]|b(?!\p{L})|7|9|/[A-H]|maj|min|dim|aug|sus|add|m)[\p{L}\d/#]{0,6}(?![\p{L}\p{N}])"
)
_INLINE = compile_later(rf"\[({_CHORD})\]\s?")
MAX_LINE_CHARS = 120
MIN_CHORDS = 2


def without_chords(text: str) -> str:
    """Return a text without its lines of chords, and without chords in brackets; "" if it has nothing else.

    A lone letter, as in a list of grades, is no chord.
    """
    if "[" in text:
        found = _INLINE.findall(text)
        if len(found) >= MIN_CHORDS and any(len(chord) > 1 for chord in found):
            text = _INLINE.sub("", text)
    lines = text.split("\n")
    kept = [line for line in lines if not _is_chords(line)]
    return text if len(kept) == len(lines) else "\n".join(kept).strip("\n")


def _is_chords(line: str) -> bool:
    """Tell whether a line has nothing but chords, one of which is more than a letter."""
    if len(line) > MAX_LINE_CHARS or line.islower() or len(line.split()) < MIN_CHORDS:
        return False
    return bool(_TOLD.search(line)) and bool(_CHORDS.fullmatch(line))
