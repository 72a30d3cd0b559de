"""Figures and titles as people read them. Pure; ASCII, apart from what a book brings along."""

import re
import unicodedata

MAX_TITLE = 200
MAX_NOTE = 1000  # characters: what is wrong, and what to do about it
# Runs of characters that steer a terminal: C0, C1 and DEL, breaks of lines, reversed writing, and halves of characters.
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")

MINUTE_S = 60
HOUR_S = 3600
DAY_S = 86400
LEAST_S = 50  # less is not worth a figure
UNSURE = 1.3  # an estimate whose bounds differ by this factor is a range


def plain_line(text: str) -> str:
    """Return the text of a stranger as one line in which nothing steers a terminal; its words stay as they are."""
    return text if text.isprintable() else _STEERING.sub(" ", text)


def is_like_fingerprint(name: str) -> bool:
    """Tell whether a name could be taken for the fingerprint of a key: it is 16 hexadecimal digits or more."""
    plain = re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", name)).casefold()
    return re.fullmatch("[0-9a-f]{16,}", plain) is not None


def is_device_name(name: str) -> bool:
    """Tell whether a file of this name would be a device on Windows, as CON, nul.txt and LPT1 are."""
    return re.fullmatch(r"(?i:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])[ .]*(?:\..*)?", name) is not None


def plain_lines(text: str) -> str:
    """Return lines, of which each may hold text of a stranger, so that nothing but their breaks steers a terminal."""
    return "\n".join(plain_line(line) for line in text.split("\n"))


def clean(text: str, longest: int = MAX_TITLE) -> str:
    """Return a text from outside made safe for a terminal: one line, no control characters, bounded."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text[: 2 * longest])
    line = " ".join(printable.split())
    return line if len(line) <= longest else line[: longest - 3] + "..."


def shorten_middle(text: str, longest: int) -> str:
    """Return a path or another text with an end that matters, cut in its middle to `longest` characters."""
    if len(text) <= longest:
        return text
    kept = max(2, longest - 3)
    return f"{text[: kept // 3]}...{text[kept // 3 - kept :]}"


def clean_note(text: str) -> str:
    """Return a note made safe likewise; it may be longer, since its end says what to do."""
    return clean(text, MAX_NOTE)


def percent(done: float, whole: float) -> int:
    """Return the share that is done, rounded down, so that 100 means all of it."""
    return 100 if whole <= 0 else max(0, min(100, int(100 * done / whole)))


def in_tens(words: str) -> str:
    """Round the percentage in a sentence down to tens, to tell whether the sentence is news."""
    return re.sub(r"\b(\d{1,2})(?= %)", lambda figure: f"{figure[0].zfill(2)[0]}0", words)


def duration_text(seconds: float) -> str:
    """Return a length of time as "7 h 32 min", "15 min", "3 min 20 s" or "12 s"."""
    whole = round(max(0.0, seconds))
    if whole >= MINUTE_S:
        hours, minutes = divmod(whole // MINUTE_S, 60)
        parts = ((hours, "h"), (minutes, "min")) if hours else ((minutes, "min"), (whole % MINUTE_S, "s"))
        return " ".join(f"{number} {unit}" for number, unit in parts if number)
    return f"{whole} s" if whole >= 1 or seconds <= 0 else "less than 1 s"


def clock_text(moment_s: float) -> str:
    """Return a position in a sound as players show it: "1:02:33", "4:05"."""
    whole = int(max(0.0, moment_s))
    minutes = f"{whole // MINUTE_S % 60:02}" if whole >= HOUR_S else f"{whole // MINUTE_S}"
    return f"{f'{whole // HOUR_S}:' if whole >= HOUR_S else ''}{minutes}:{whole % MINUTE_S:02}"


def about_text(seconds: float) -> str:
    """Return an estimated length of time, coarse enough to be steady: "about 4 min", "about 1 h 20 min"."""
    if seconds < LEAST_S:
        return "less than a minute"
    if seconds < 57.5 * MINUTE_S:
        minutes = seconds / MINUTE_S
        return f"about {round(minutes) if minutes < 20 else 5 * round(minutes / 5)} min"
    if seconds < 10 * HOUR_S:
        minutes = 10 * round(seconds / MINUTE_S / 10)
        return f"about {minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")
    if seconds < 2 * DAY_S:
        return f"about {round(seconds / HOUR_S)} h"
    return f"about {round(seconds / DAY_S)} days"


def left_text(seconds: float, least: float, most: float) -> str:
    """Return an estimated length of time, as a range while it is uncertain: "about 4 min", "4 to 7 min"."""
    low, high = about_text(least).removeprefix("about "), about_text(most).removeprefix("about ")
    if most < UNSURE * least or low == high:
        return about_text(seconds)
    if least < LEAST_S:
        return f"up to {high}"
    number, _, unit = low.partition(" ")
    return f"{number} to {high}" if high.partition(" ")[2] == unit else f"{low} to {high}"


def speed_text(realtime: float) -> str:
    """Return a speed in multiples of real time: "0.4x", "12x"; "" where it is unknown."""
    if realtime <= 0:
        return ""
    return f"{realtime:.1f}x" if realtime < 9.95 else f"{realtime:.0f}x"


def count_text(count: int, noun: str) -> str:
    """Return a number and its noun: "1 sentence", "812 sentences"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def bytes_text(size: int) -> str:
    """Return an amount of data: "812 kB", "1.4 GB"."""
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}" if size < 10 * scale else f"{size / scale:.0f} {unit}"
    return f"{size} bytes"


def slug(title: str) -> str:
    """Return a title as a file name for programs: lower-case ASCII letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48].strip("-") or "book"
