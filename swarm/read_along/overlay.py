"""Makes the Media Overlays of EPUB 3.3: SMIL documents that map elements of a document to sounds. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from xml.sax.saxutils import quoteattr

from msgspec import Struct

ACTIVE_CLASS = "-epub-media-overlay-active"  # the name that Apple Books requires
DRAWN_SHEET = f".{ACTIVE_CLASS} {{ fill: #b34700; }}"  # an SVG drawing marks the heard text so
SHEET = f".{ACTIVE_CLASS} {{ background-color: #ffe58a; color: #1a1a1a; }}\n"  # a page marks the heard text so

_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<smil xmlns="http://www.w3.org/ns/SMIL" xmlns:epub="http://www.idpf.org/2007/ops" version="3.0">\n<body>\n'
)


class TimedText(Struct, frozen=True):
    """A stretch of text with its start in s; `names` are ids of its elements, each with the length of its text."""

    start_s: float
    document: str
    names: tuple[tuple[str, int], ...]


class Par(Struct, frozen=True):
    """An element of a document, and the time in a sound file at which it is heard."""

    document: str
    name: str
    sound: str
    begin_ms: int
    end_ms: int


def time_pars(heard: Sequence[TimedText], sound: str, duration_s: float) -> Iterator[Par]:
    """Yield the pars of one sound file, which cover it without gaps. A pause belongs to the text before it.

    The time of a stretch is divided among its elements by the lengths of their texts. An element of less than 1 ms has
    no par.
    """
    end_ms = int(duration_s * 1000)
    starts = [0, *(round(each.start_s * 1000) for each in heard[1:]), end_ms] if heard else []
    for each, begin, until in zip(heard, starts, starts[1:], strict=False):
        until = min(until, end_ms)
        total, said = sum(length for _, length in each.names), 0
        for name, length in each.names:
            at = begin + (until - begin) * said // max(1, total)
            said += length
            end = begin + (until - begin) * said // max(1, total)
            if at < end:
                yield Par(each.document, name, sound, at, end)


def smil(pars: Iterable[Par], text: str, folder: str = "") -> str:
    """Return the overlay of the document at the address `text`, with sounds in `folder`, relative to the overlay."""
    lines = (
        f"<par id={quoteattr(f'par{number}')}><text src={quoteattr(f'{text}#{par.name}')}/>"
        f"<audio src={quoteattr(folder + par.sound)} "
        f'clipBegin="{clock(par.begin_ms)}" clipEnd="{clock(par.end_ms)}"/></par>\n'
        for number, par in enumerate(pars, 1)
    )
    return f"{_HEAD}{''.join(lines)}</body>\n</smil>\n"


def clock(milliseconds: int) -> str:
    """Return a time in SMIL's format, with hours: "0:01:02.345"."""
    seconds, thousandths = divmod(milliseconds, 1000)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}.{thousandths:03}"
