import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import av
import epub_maker
import numpy as np
import pytest
from machine import Machine

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


def picture() -> bytes:
    """A small JPEG."""
    coder = av.CodecContext.create("mjpeg", "w")
    coder.width, coder.height, coder.pix_fmt, coder.framerate = 64, 96, "yuvj420p", 1
    frame = av.VideoFrame.from_ndarray(np.full((96, 64, 3), (200, 30, 30), np.uint8), format="rgb24")
    return bytes(coder.encode(frame.reformat(format="yuvj420p"))[0])


@pytest.fixture(scope="session")
def cover() -> bytes:
    return picture()


@pytest.fixture
def write_book(tmp_path: Path, cover: bytes) -> Callable[..., Path]:
    """Writes an EPUB with a title and chapters (title: text, or whole XHTML)."""

    def write(chapters: dict[str, str], title: str = TITLE, language: str = "en") -> Path:
        pages = {f"c{number}.xhtml": title_and_text(*chapter) for number, chapter in enumerate(chapters.items(), 1)}
        entries = [(page, name) for page, name in zip(pages, chapters, strict=True)]
        return epub_maker.make(
            Path(tempfile.mkdtemp(dir=tmp_path)),
            pages,
            contents=epub_maker.nav(*entries),
            metadata=metadata(title, language),
            manifest='<item id="cover" href="cover.jpg" media-type="image/jpeg" properties="cover-image"/>',
            more={"OEBPS/cover.jpg": cover},
        )

    return write


def title_and_text(title: str, text: str) -> str:
    return epub_maker.page(f"<h1>{title}</h1>{text if text.startswith('<') else f'<p>{text}</p>'}")


def metadata(title: str, language: str) -> str:
    escaped = title.replace("&", "&amp;")
    return (
        f'<dc:identifier id="uid">test:{escaped}</dc:identifier><dc:title>{escaped}</dc:title>'
        f"<dc:creator>{AUTHOR}</dc:creator><dc:language>{language}</dc:language><dc:date>{YEAR}-05-01</dc:date>"
    )


@pytest.fixture
def small_book(write_book: Callable[..., Path]) -> Path:
    """An EPUB of three chapters with ten short sentences each, and a cover."""
    return write_book(CHAPTERS)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Callable[[str], Machine]]:
    """Makes machines by name; what they started ends with the test."""
    with ExitStack() as stack:

        def make(name: str) -> Machine:
            made = Machine(tmp_path / name)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def here(machine: Callable[[str], Machine]) -> Machine:
    """The machine that most stories happen on."""
    return machine("here")


@pytest.fixture
def lan(machine: Callable[[str], Machine]) -> Callable[[str], Machine]:
    """Makes machines of one swarm: the first makes the key, the others join with its code."""
    code = ""

    def make(name: str) -> Machine:
        nonlocal code
        made = machine(name)
        if code:
            joined = made.run("join", code)
            assert joined.returncode == 0, joined.stderr
        else:
            assert made.run("key", "--make").returncode == 0
            code = made.run("key", "--code").stdout.strip()
        return made

    return make
