"""A strict reader of WebVTT, after the syntax of the W3C: it refuses what lenient players pass over.

https://www.w3.org/TR/webvtt1/#syntax. Of cue texts it takes what e2a-swarm writes: text, character references, times.
"""

import html
import re
from dataclasses import dataclass, field
from itertools import pairwise

_TIME = r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMING = re.compile(rf"{_TIME}[ \t]+-->[ \t]+{_TIME}")
_PART = re.compile(rf"<{_TIME}>|&(?:amp|lt|gt);|[^<>&]+")


@dataclass
class Cue:
    """One cue; `words` are the texts behind its inner times, up to the next white space."""

    start_s: float
    end_s: float
    text: str = ""
    words: list[tuple[str, float]] = field(default_factory=list)


def read(text: str) -> list[Cue]:
    """Return the cues of a file. Raises ValueError for any breach of the syntax."""
    if "\0" in text or "\r" in text or not text.endswith("\n"):
        raise ValueError("a sign or an ending that is not allowed")
    head, *blocks = text.removesuffix("\n").split("\n\n")
    if head != "WEBVTT":
        raise ValueError(f"the head is {head!r}")
    cues = [_cue(block) for block in blocks]
    if any(one.start_s > other.start_s for one, other in pairwise(cues)):
        raise ValueError("cues are out of order")
    return cues


def _cue(block: str) -> Cue:
    first, *lines = block.split("\n")
    found = _TIMING.fullmatch(first)
    if not found or not lines or "-->" in block[len(first) :] or not all(lines):
        raise ValueError(f"no cue: {block!r}")
    cue = Cue(_seconds(found.groups()[:4]), _seconds(found.groups()[4:]))
    if cue.start_s >= cue.end_s:
        raise ValueError(f"the cue ends before it begins: {first}")
    payload, at, last_s = "\n".join(lines), 0, cue.start_s
    while at < len(payload):
        part = _PART.match(payload, at)
        if not part:
            raise ValueError(f"neither text nor a time: {payload[at : at + 20]!r}")
        if part[0].startswith("<"):
            moment_s = _seconds(part.groups())
            if not last_s < moment_s < cue.end_s:
                raise ValueError(f"the time {part[0]} is not behind {last_s} and before {cue.end_s}")
            last_s = moment_s
            behind = html.unescape(payload[part.end() :].split("<")[0]).split()
            cue.words.append((behind[0] if behind else "", moment_s))
        else:
            cue.text += html.unescape(part[0])
        at = part.end()
    return cue


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, milliseconds = (int(part or 0) for part in parts)
    return hours * 3600 + minutes * 60 + seconds + milliseconds / 1000
