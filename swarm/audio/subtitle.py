"""The text with its times, as players take it: WebVTT, SubRip, or LRC for those made for songs. Pure."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from swarm.audio.caption import SubtitleLine, cut_captions
from swarm.audio.tags import Tags


def write_subtitles(kind: str, lines: Sequence[SubtitleLine], tags: Tags) -> str:
    """Return a whole file; `kind` is "vtt", "srt" or "lrc".

    A long sentence becomes several cues, each of which fits a screen. A line without text, as of the rest of a long
    number, prolongs the one before it. In WebVTT words have times of their own, where they are known.
    """
    cues = [caption for line in _with_text(lines) for caption in cut_captions(line)]
    return "\n".join({"vtt": _vtt, "srt": _srt, "lrc": _lrc}[kind](cues, tags)) + "\n"


def _with_text(lines: Sequence[SubtitleLine]) -> list[SubtitleLine]:
    found: list[SubtitleLine] = []
    for line in lines:
        if line.text.strip():
            found.append(line)
        elif found:
            found[-1] = replace(found[-1], end_s=line.end_s)
    return found


def _vtt(lines: Sequence[SubtitleLine], _tags: Tags) -> Iterator[str]:
    yield "WEBVTT"
    for line in lines:
        yield ""
        yield f"{_clock(line.start_s, '.')} --> {_clock(line.end_s, '.')}"
        yield "".join(_timed(line))


def _timed(line: SubtitleLine) -> Iterator[str]:
    """Yield the text of a cue, with a time before each word that begins inside the cue and later than the one before.

    Readers refuse a cue whose times do not grow, or that has one of its beginning or its end.
    """
    at, last_ms, end_ms = 0, round(line.start_s * 1000), round(line.end_s * 1000)
    for share, moment_s in line.moments:
        place, moment_ms = round(share * len(line.text)), round(moment_s * 1000)
        if place > at and last_ms < moment_ms < end_ms:
            yield _escaped(line.text[at:place])
            yield f"<{_clock(moment_s, '.')}>"
            at, last_ms = place, moment_ms
    yield _escaped(line.text[at:])


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _srt(lines: Sequence[SubtitleLine], _tags: Tags) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        yield str(number)
        yield f"{_clock(line.start_s, ',')} --> {_clock(line.end_s, ',')}"
        yield line.text
        yield ""


def _lrc(lines: Sequence[SubtitleLine], tags: Tags) -> Iterator[str]:
    yield f"[ti:{_plain(tags.part_title or tags.title)}]"
    yield f"[ar:{_plain(', '.join(tags.authors))}]"
    yield f"[al:{_plain(tags.title)}]"
    for line in lines:
        hundredths = round(line.start_s * 100)
        minutes, hundredths = divmod(hundredths, 6000)
        yield f"[{minutes:02}:{hundredths // 100:02}.{hundredths % 100:02}]{_plain(line.text)}"


def _clock(moment_s: float, point: str) -> str:
    milliseconds = round(moment_s * 1000)
    seconds, milliseconds = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{milliseconds:03}"


def _plain(text: str) -> str:
    """Put a text on one line: an empty line would end a cue."""
    return " ".join(text.split())
