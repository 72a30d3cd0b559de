"""Small books for stories."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import av
import epub_maker
import numpy as np

TITLE, AUTHOR, YEAR = "The Lamp & the Letter", "Ada Example", "1898"
CHAPTERS = {
    "The Lamp": "The lamp stood by the door. It had not been lit for a year. Nobody asked why. "
    "On Monday a letter came. Anna read it twice. She put it under the lamp and said nothing. "
    "The wind moved the curtains. A dog barked far away. Then the house was quiet again. She slept well.",
    "The Letter": "In the morning the letter was gone. Anna looked under the table. She looked behind the clock. "
    "Her brother laughed at her. You have dreamed it, he said. Perhaps I have, she answered. "
    "But the lamp was warm. Somebody had read by it in the night. The oil was nearly spent. She counted the steps.",
    "The Answer": "There were eleven steps to the cellar. She took them slowly. The door below was open. "
    "An old man sat there with her letter. He had written it himself. I could not wait, he told her. "
    "She gave him the lamp. He thanked her kindly. Then he went up the stairs and out. Nobody saw him again.",
}
SENTENCES = 33  # CHAPTERS has so many, titles included


def picture() -> bytes:
    """Make a small JPEG."""
    coder = av.CodecContext.create("mjpeg", "w")
    coder.width, coder.height, coder.pix_fmt, coder.framerate = 64, 96, "yuvj420p", 1
    frame = av.VideoFrame.from_ndarray(np.full((96, 64, 3), (200, 30, 30), np.uint8), format="rgb24")
    return bytes(coder.encode(frame.reformat(format="yuvj420p"))[0])


def write_book(folder: Path, chapters: Mapping[str, str], title: str = TITLE, language: str = "en") -> Path:
    """Write an EPUB of chapters (title: text, or XHTML) in a new folder below one, and return the file."""
    pages = {f"c{number}.xhtml": _page(*chapter) for number, chapter in enumerate(chapters.items(), 1)}
    return epub_maker.make(
        Path(tempfile.mkdtemp(dir=folder)),
        pages,
        contents=epub_maker.nav(*zip(pages, chapters, strict=True)),
        metadata=_metadata(title, language),
        manifest='<item id="cover" href="cover.jpg" media-type="image/jpeg" properties="cover-image"/>',
        more={"OEBPS/cover.jpg": picture()},
    )


def _page(title: str, text: str) -> str:
    return epub_maker.page(f"<h1>{title}</h1>{text if text.startswith('<') else f'<p>{text}</p>'}")


def _metadata(title: str, language: str) -> str:
    escaped = title.replace("&", "&amp;")
    return (
        f'<dc:identifier id="uid">test:{escaped}</dc:identifier><dc:title>{escaped}</dc:title>'
        f"<dc:creator>{AUTHOR}</dc:creator><dc:language>{language}</dc:language><dc:date>{YEAR}-05-01</dc:date>"
    )
