"""The chapters of a file as a cue sheet, for players and tools that read no others. Pure."""

from collections.abc import Iterator, Sequence

from swarm.audio.tags import Tags

FRAMES_S = 75  # a cue sheet counts time in the frames of a CD


def write_cue_sheet(name: str, tags: Tags, chapters: Sequence[tuple[str, float]]) -> str:
    """Return the cue sheet of a file of that name, whose chapters have a title and begin at these seconds."""
    return "\n".join(_lines(name, tags, chapters)) + "\n"


def _lines(name: str, tags: Tags, chapters: Sequence[tuple[str, float]]) -> Iterator[str]:
    yield f"PERFORMER {_quoted(tags.author)}"
    yield f"TITLE {_quoted(tags.file_title)}"
    yield f"FILE {_quoted(name)} {'MP3' if name.endswith('.mp3') else 'WAVE'}"  # WAVE stands for all that is decoded
    for number, (title, start_s) in enumerate(chapters, 1):
        seconds, frames = divmod(int(start_s * FRAMES_S), FRAMES_S)
        yield f"  TRACK {number:02} AUDIO"
        yield f"    TITLE {_quoted(title)}"
        yield f"    INDEX 01 {seconds // 60:02}:{seconds % 60:02}:{frames:02}"


def _quoted(text: str) -> str:
    """Return a text in quotes, which it cannot contain itself, on one line."""
    return '"' + " ".join(text.replace('"', "'").split()) + '"'
