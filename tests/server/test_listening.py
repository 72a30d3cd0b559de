"""Covers of the books of a queue, as browsers get them, whatever a book brings along."""

import io
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
import soundfile
from msgspec import structs
from PIL import Image
from resident_bench import ResidentBench
from specs_for_tests import a_clip, a_job

from swarm.book.model.book import Chapter, Pause, Segment
from swarm.errors import UsageError
from swarm.job.record import ClipAccepted, SegmentQuarantined, SegmentReworded
from swarm.job.state import JobState, Place, apply
from swarm.server.listening import Listening, Playback

SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>"
OPF = """<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="i"><metadata
xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="i">1</dc:identifier><dc:title>Emma</dc:title>
<dc:language>en</dc:language></metadata><manifest><item id="c" href="c.bin" media-type="image/png"
properties="cover-image"/><item id="t" href="t.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine><itemref idref="t"/></spine></package>"""
CONTAINER = """<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="p.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""


def png(width: int, height: int) -> bytes:
    """Return a PNG that says how large it is; only a small one has the pixels."""
    if width * height < 10**6:
        file = io.BytesIO()
        Image.new("RGB", (width, height), "red").save(file, "PNG")
        return file.getvalue()
    head = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    rows = b"IDAT" + zlib.compress(b"\0" * 1000)
    chunks = [len(each[4:]).to_bytes(4, "big") + each + zlib.crc32(each).to_bytes(4, "big") for each in (head, rows)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


async def brought(bench: ResidentBench, cover: bytes) -> int:
    """Add an EPUB with a cover; return its number."""
    path = bench.folder / "book.part"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        book.writestr("META-INF/container.xml", CONTAINER)
        book.writestr("p.opf", OPF)
        book.writestr("t.xhtml", "<html xmlns='http://www.w3.org/1999/xhtml'><body><p>Some words.</p></body></html>")
        book.writestr("c.bin", cover)
    return (await bench.resident.add_book(path, "Emma.epub", ())).id


@pytest.fixture
def bench(tmp_path: Path) -> ResidentBench:
    return ResidentBench(tmp_path)


@pytest.mark.parametrize("hostile", [SVG, b"no picture", png(10_000, 10_000)], ids=["svg", "words", "100 megapixels"])
async def test_a_hostile_cover_is_not_handed_on(bench: ResidentBench, hostile: bytes) -> None:
    number = await brought(bench, hostile)
    await bench.settle()
    library = Listening(bench.resident)
    cover = await library.cover(number)
    small, square = [await library.made_cover(number, form) for form in ("small", "square")]
    assert cover and small and square and cover[0] == "image/jpeg"
    for content in (cover[1], small, square):
        assert Image.open(io.BytesIO(content)).format == "JPEG", "one is drawn in its place"
    bench.stop()


async def test_a_cover_is_the_books_own_and_so_is_that_of_one_that_is_not_served(bench: ResidentBench) -> None:
    number = await brought(bench, png(900, 600))
    with pytest.raises(UsageError, match="not begun yet"):
        await Listening(bench.resident).cover(number)
    await bench.settle()
    whole = ("image/png", png(900, 600))
    assert await Listening(bench.resident).cover(number) == whole
    bench.stop()
    bench.start()
    assert await Listening(bench.resident).cover(number) == whole, "from the journal"
    bench.stop()


RATE, PAUSE_S = 24000, 0.5
MINUTE = "word " * 180  # some 60 seconds by the pace of the cuts


def pause_after(segment: Segment, place: Place) -> float:
    return PAUSE_S


def segment(text: str) -> Segment:
    return structs.replace(a_job().chapters[0].segments[0], spoken=text, pause=Pause.PARAGRAPH)


@pytest.fixture
def state() -> JobState:
    """Return a job of two chapters: the first has three stretches of one sentence, the other two short sentences."""
    first = Chapter("One", tuple(segment(f"{MINUTE}{n}.") for n in range(3)))
    return JobState(structs.replace(a_job(), chapters=(first, Chapter("Two", (segment("A."), segment("B."))))))


def clip(chapter: int, index: int, seconds: float = 2.0, doubt: str = "") -> ClipAccepted:
    made = a_clip(index, b"x", key=f"{chapter}{index}" + "k" * 30)
    digest = f"{chapter}{index}" + "d" * 62
    return structs.replace(
        made, chapter=chapter, samples=int(seconds * RATE), sample_rate=RATE, doubt=doubt, digest=digest
    )


def heard(playback: Playback, chapter: int = 1) -> list[bool]:
    sound = playback.chapter(chapter)
    assert sound is not None
    return [bool(stretch.sound) for stretch in sound.stretches]


def test_a_stretch_can_be_heard_when_its_sentences_are_spoken_whatever_is_around_it(state: JobState) -> None:
    playback = Playback(state, pause_after)
    assert heard(playback) == [False] * 3
    apply(state, clip(0, 2))
    assert heard(playback) == [False, False, True]
    apply(state, clip(0, 0))
    assert heard(playback) == [True, False, True]
    assert [(c.spoken, c.sentences, c.is_whole) for c in playback.chapters()] == [(2, 3, False), (0, 2, False)]
    assert playback.sound(1, 2) is None
    assert playback.sound(1, 4) is playback.sound(0, 1) is playback.sound(3, 1) is playback.chapter(9) is None


def test_sentences_have_the_times_at_which_they_are_heard(state: JobState) -> None:
    playback = Playback(state, pause_after)
    apply(state, clip(1, 0, 2.0))
    apply(state, clip(1, 1, 3.0, doubt="too long"))
    sound = playback.chapter(2)
    assert sound is not None
    [stretch] = sound.stretches
    assert [(s.sentence, s.at_s, s.end_s, s.doubt) for s in stretch.sentences] == [
        (1, 0.0, 2.0, ""),
        (2, 2.5, 5.5, "too long"),
    ]
    assert stretch.length_s == 6.0
    assert [(d.chapter, d.stretch, d.sentence.sentence) for d in playback.doubtful()] == [(2, 1, 2)]


def test_a_sentence_says_whether_a_paragraph_ends_with_it(state: JobState) -> None:
    kinds = (Pause.CLAUSE, Pause.SENTENCE, Pause.PARAGRAPH, Pause.HEADING, Pause.SCENE, Pause.CHAPTER)
    segments = tuple(structs.replace(segment("A."), pause=kind) for kind in kinds)
    chapters = (Chapter("One", segments),)
    sound = Playback(JobState(structs.replace(state.spec, chapters=chapters)), pause_after).chapter(1)
    assert sound is not None
    [stretch] = sound.stretches
    assert [sentence.ends_paragraph for sentence in stretch.sentences] == [False, False, True, True, True, True]


def test_the_samples_are_those_of_the_clips_with_silence_between_them(state: JobState) -> None:
    playback = Playback(state, pause_after)
    for index in range(2):
        apply(state, clip(1, index, 0.01))
    sound = playback.sound(2, 1)
    assert sound is not None
    pcm, rate = soundfile.read(
        io.BytesIO(sound.wav(lambda record: np.full(record.samples, 7, np.int16))), dtype="int16"
    )
    pause = int(PAUSE_S * RATE)
    assert rate == RATE
    assert [(int(run.sum()), run.size) for run in np.split(pcm, [240, 240 + pause, 480 + pause])] == [
        (7 * 240, 240),
        (0, pause),
        (7 * 240, 240),
        (0, pause),
    ]


def test_a_sentence_that_was_given_up_keeps_nothing_back_and_is_in_the_list(state: JobState) -> None:
    playback = Playback(state, pause_after)
    apply(state, clip(1, 0))
    apply(state, SegmentQuarantined(1, 1, "hang"))
    assert heard(playback, 2) == [True]
    [doubtful] = playback.doubtful()
    assert (doubtful.sentence.state, doubtful.sentence.doubt) == ("missing", "hang")


def test_the_persons_of_a_book_have_their_voices_and_sentences_to_hear(state: JobState) -> None:
    said = [("Ann", "high"), ("Bert", "low"), ("", ""), ("Bert", "low")]
    lines = tuple(structs.replace(segment(f"{n}."), speaker=who, voice=voice) for n, (who, voice) in enumerate(said))
    cast = JobState(structs.replace(state.spec, chapters=(state.spec.chapters[0], Chapter("Two", lines))))
    playback = Playback(cast, pause_after)
    assert [(each.name, each.voice, each.sentences) for each in playback.cast()] == [
        ("Bert", "low", 2),
        ("Ann", "high", 1),
    ]

    def heard() -> list[tuple[int, str]]:
        return [(each.sentence.sentence, each.sentence.state) for each in playback.cast()[0].heard]

    apply(cast, clip(1, 3))
    assert heard() == [(4, "waiting"), (2, "waiting")]  # its stretch has no sound yet
    for index in range(3):
        apply(cast, clip(1, index))
    assert heard() == [(2, "spoken"), (4, "spoken")]
    apply(cast, SegmentReworded(1, 0, "⟦|@deep⟧0."))
    assert playback.cast()[1].voice == "deep"
    assert Playback(state, pause_after).cast() == []


def test_the_name_of_a_sound_changes_with_it_and_with_nothing_else(state: JobState) -> None:
    playback = Playback(state, pause_after)

    def name() -> str:
        sound = playback.chapter(2)
        assert sound is not None
        return sound.stretches[0].sound

    for index in range(2):
        apply(state, clip(1, index))
    before = name()
    apply(state, clip(0, 0))
    assert name() == before
    state.accepted[1, 1] = structs.replace(clip(1, 1), digest="e" * 64)
    assert name() != before


def test_only_later_stretches_are_told_if_asked_and_a_wording_is_shown(state: JobState) -> None:
    playback = Playback(state, pause_after)
    apply(state, SegmentReworded(0, 2, "other words"))
    sound = playback.chapter(1, first=3)
    assert sound is not None
    assert (sound.count, [s.stretch for s in sound.stretches]) == (3, [3])
    assert sound.stretches[0].sentences[0].said == "other words"
    apply(state, SegmentReworded(0, 2, "⟦|@deep⟧" + state.spec.chapters[0].segments[2].spoken))
    sound = playback.chapter(1, first=3)
    assert sound is not None
    assert sound.stretches[0].sentences[0].said == ""  # only the voice is another
