"""From clips on disk to an audiobook, through the real studio."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import av
import numpy as np
import pytest
from msgspec import structs

from specs_for_tests import a_job  # isort: skip
from swarm.audiobook.press import Press
from swarm.audiobook.sound.format import read_level
from swarm.audiobook.sound.reel import Reel
from swarm.audiobook.sound.reel_file import pack_reel, read_reel, write_reel
from swarm.audiobook.sound.studio import Studio
from swarm.audiobook.sound.studio_request import AudiobookDone, ReelDone, ReelRequest
from swarm.audiobook.sound.tags import Tags
from swarm.audiobook.style import Style
from swarm.book.model.book import Chapter, Pause, Segment
from swarm.job.record import OTHERWISE, ClipAccepted, ClipDiscarded, GainFixed, SegmentQuarantined
from swarm.job.spec import TAKES
from swarm.job.state import JobState, Place, apply
from swarm.job.store.store import DiskStore
from swarm.voice.host.takes import make_clip

STYLE = Style(Tags("Book", ("Author",)))


def make_state(sentences: int = 3, chapters_: int = 2) -> JobState:
    chapters = tuple(
        Chapter(f"Part {n}", tuple(Segment(f"Sentence {n} {i} is spoken.", Pause.SENTENCE) for i in range(sentences)))
        for n in range(chapters_)
    )
    return JobState(structs.replace(a_job(), chapters=chapters))


def speak(
    state: JobState,
    store: DiskStore,
    place: Place,
    hertz: float = 300.0,
    *,
    volume: float = 9000,
    stored: bool = True,
) -> bytes:
    tone = (np.sin(np.arange(24000) * 2 * np.pi * hertz / 24000) * volume).astype(np.int16)
    sound = make_clip(tone, 24000, state.engine_text(place))
    record = ClipAccepted(*place, 0, state.key(place, 0), len(sound.frame), "w", 1.0, 1.1, **structs.asdict(sound.info))
    if stored:
        store.commit([(state.job, record, sound.frame)])
    apply(state, record)
    return sound.frame


def places(state: JobState) -> list[Place]:
    return [(n, i) for n, chapter in enumerate(state.spec.chapters) for i in range(len(chapter.segments))]


class Bench:
    """A job in a real store with a real studio; what is reported damaged is spoken again."""

    def __init__(self, tmp_path: Path, chapters: int = 2) -> None:
        tmp_path.mkdir(exist_ok=True)
        self.state = make_state(chapters_=chapters)
        self.store = DiskStore(tmp_path / "state")
        book = tmp_path / "book.epub"
        book.write_bytes(b"book")
        self.store.create_job(self.state.spec, book)
        self.studio = Studio(tmp_path, 2)
        self.damaged: list[Place] = []
        self.gains: list[GainFixed] = []
        self.target = tmp_path / "out.m4b"
        self.press = self.another()

    def another(self, style: Style = STYLE, target: Path | None = None) -> Press:
        """Return a press of a later run."""
        return Press(self.state, self.store, self.studio, target or self.target, style, self.mend, self.fix)

    def speak_all(self) -> None:
        for place in places(self.state):
            speak(self.state, self.store, place)

    def fix(self, gain: GainFixed) -> None:
        self.gains.append(gain)
        apply(self.state, gain)

    def mend(self, place: Place, why: str) -> None:
        self.damaged.append(place)
        self.store.discard_clip(self.state.accepted[place].key)
        apply(self.state, ClipDiscarded(*place, why))
        asyncio.get_running_loop().call_later(0.05, self.speak, place)

    def speak(self, place: Place) -> None:
        speak(self.state, self.store, place)
        self.press.notice_place(place)

    async def close(self) -> None:
        await self.studio.close_studio()
        self.store.close()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    await bench.close()


@pytest.fixture
def spoken(bench: Bench) -> Bench:
    bench.speak_all()
    return bench


async def test_a_clip_that_is_accepted_but_not_yet_on_the_disk_is_waited_for(bench: Bench) -> None:
    writing = asyncio.create_task(bench.press.make_files())
    await asyncio.sleep(0)
    *early, last = places(bench.state)
    frames = {place: speak(bench.state, bench.store, place, stored=False) for place in early}
    speak(bench.state, bench.store, last)
    bench.press.notice_place(last)
    for _ in range(150):  # time enough for an encoder to start and miss them
        await asyncio.sleep(0 if bench.damaged else 0.01)
    for place, frame in frames.items():
        bench.store.commit([(bench.state.job, bench.state.accepted[place], frame)])
        bench.press.notice_place(place)
    await writing
    assert bench.damaged == []


async def test_clips_in_any_order_become_a_book_with_its_chapters(bench: Bench) -> None:
    writing = asyncio.create_task(bench.press.make_files())
    await asyncio.sleep(0)
    assert bench.press.encoded == 0
    for place in reversed(places(bench.state)):
        bench.speak(place)
        await asyncio.sleep(0.01)
    (book,) = await writing
    with av.open(str(bench.target)) as container:
        titles = [chapter["metadata"]["title"] for chapter in container.chapters()]
    assert titles == ["Part 0", "Part 1"]
    assert book.duration_s > 6.0
    assert bench.press.encoded == 1


async def test_a_damaged_clip_is_reported_and_the_book_waits_for_the_new_one(spoken: Bench) -> None:
    path = spoken.store.clip_path(spoken.state.accepted[1, 1].key)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    await spoken.press.make_files()
    assert spoken.damaged == [(1, 1)]
    assert spoken.target.is_file()


async def test_the_gain_is_measured_on_whole_clips_alone(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.speak_all()
    sound = Bench(tmp_path / "undamaged")
    sound.speak_all()
    for place in places(bench.state)[:4]:
        path = bench.store.clip_path(bench.state.accepted[place].key)
        path.write_bytes(bytes(path.stat().st_size))
    await sound.press.make_files()
    await bench.press.make_files()
    assert bench.damaged == places(bench.state)[:4]
    assert [gain.gain_db for gain in bench.gains] == [gain.gain_db for gain in sound.gains]
    await bench.close()
    await sound.close()


async def test_the_gain_is_the_same_whichever_clip_reaches_the_disk_last(tmp_path: Path) -> None:
    gains = []
    for late in (None, (0, 0), (1, 1)):
        bench = Bench(tmp_path / f"late {late}")
        writing = asyncio.create_task(bench.press.make_files())
        await asyncio.sleep(0)
        frames = {
            place: speak(bench.state, bench.store, place, volume=9000 - 1400 * n, stored=place != late)
            for n, place in enumerate(places(bench.state))
        }
        for place in frames.keys() - {late}:
            bench.press.notice_place(place)
        if late:
            await asyncio.sleep(1.0)  # time enough to measure without it
            assert bench.gains == []
            bench.store.commit([(bench.state.job, bench.state.accepted[late], frames[late])])
            bench.press.notice_place(late)
        await writing
        gains += [gain.gain_db for gain in bench.gains]
        await bench.close()
    assert len(gains) == 3
    assert len(set(gains)) == 1


async def test_a_later_run_takes_whole_reels_and_encodes_exchanged_and_damaged_ones_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, chapters=7)
    for place in places(bench.state):
        speak(bench.state, bench.store, place, 300.0 + 50 * place[0])
    await bench.press.make_files()
    first = bench.target.read_bytes()
    [start] = bench.store.folder(bench.state.job).glob("reels/start-*.reel")
    one, two, *others = sorted(bench.store.folder(bench.state.job).glob("reels/0*.reel"))
    assert len(others) == 5
    aside = one.rename(tmp_path / "aside")
    two.rename(one)
    aside.rename(two)
    await bench.another().make_files()
    assert bench.target.read_bytes() == first
    untouched = others[0].stat().st_mtime_ns
    one.write_bytes(one.read_bytes()[:-5])
    bench.target.unlink()
    await bench.another().make_files()
    assert bench.target.read_bytes() == first
    assert others[0].stat().st_mtime_ns == untouched
    start.write_bytes(b"damaged")
    for reel in (one, two, *others):
        reel.write_bytes(reel.read_bytes()[:-5])
    bench.target.unlink()
    await bench.another().make_files()
    assert bench.target.read_bytes() == first
    await bench.close()


async def test_what_a_worker_may_have_encoded_falsely_is_encoded_again_and_files_with_it_are_written_again(
    bench: Bench,
    tmp_path: Path,
) -> None:
    bench.speak_all()
    (honest,) = await bench.press.make_files()
    expected = honest.path.read_bytes()
    made = list[Path]()

    async def make(reel: Reel, request: ReelRequest) -> ReelDone:
        done = await bench.studio.encode_reel("job", request)
        if len(made) < 2:  # as a worker that lies, with a reel of the right form
            sound = read_reel(request.target)
            write_reel(request.target, pack_reel(sound.head, sound.packets[::-1]))
        made.append(request.target)
        return done

    for reel in (tmp_path / "state").rglob("0*.reel"):
        reel.unlink()
    style = structs.replace(STYLE, keep_chapters=True)
    written = list[AudiobookDone]()
    press = Press(
        bench.state, bench.store, bench.studio, bench.target, style, bench.mend, bench.fix, written.append, maker=make
    )

    asked = 0

    async def may_finish() -> None:
        nonlocal asked
        asked += 1
        if asked == 3:  # of the files of two chapters and the book, two may have ended before
            while not written:
                await asyncio.sleep(0.01)
            press.distrust("w")

    press._may_finish = may_finish
    (book, *_) = await press.make_files()
    assert book.path.read_bytes() == expected
    assert len(made) == 4


async def test_a_place_that_is_opened_again_is_waited_for_and_its_reel_encoded_again(
    bench: Bench, tmp_path: Path
) -> None:
    expected = Bench(tmp_path / "other")
    for each in (bench, expected):
        apply(each.state, GainFixed(0.0, each.press._level))
    *early, last = places(bench.state)
    for place in early:
        bench.speak(place)
    writing = asyncio.create_task(bench.press.make_files())
    while not bench.press.encoded:
        await asyncio.sleep(0.01)
    bench.store.discard_clip(bench.state.accepted[early[0]].key)
    apply(bench.state, ClipDiscarded(*early[0], OTHERWISE, TAKES))
    bench.press.reopen(early[0])
    bench.speak(last)
    await asyncio.sleep(0.3)
    assert not writing.done()
    speak(bench.state, bench.store, early[0], 700.0)
    bench.press.notice_place(early[0])
    (book,) = await writing
    for place in places(expected.state):
        speak(expected.state, expected.store, place, 700.0 if place == early[0] else 300.0)
    (other,) = await expected.press.make_files()
    assert book.path.read_bytes() == other.path.read_bytes()
    await expected.close()


async def test_a_gap_is_left_only_when_nothing_can_fill_it_any_more(bench: Bench) -> None:
    apply(bench.state, SegmentQuarantined(0, 1, "empty"))
    writing = asyncio.create_task(bench.press.make_files())
    for place in places(bench.state)[:-1]:
        if place != (0, 1):
            bench.speak(place)
    await asyncio.sleep(0.3)
    assert not list(bench.store.folder(bench.state.job).glob("reels/00000-*.reel"))
    bench.speak(places(bench.state)[-1])
    await writing
    assert bench.target.is_file()


async def test_a_gap_that_is_not_yet_on_the_disk_is_waited_for(bench: Bench) -> None:
    writing = asyncio.create_task(bench.press.make_files())
    for place in places(bench.state)[1:]:
        bench.speak(place)
    await asyncio.sleep(0)
    apply(bench.state, SegmentQuarantined(0, 0, "empty"))
    bench.press.notice_place(places(bench.state)[-1])  # the news of a clip come later than the gap was known
    await asyncio.sleep(0.5)
    assert not list(bench.store.folder(bench.state.job).glob("reels/00000-*.reel"))
    bench.press.notice_place((0, 0))
    await writing
    assert bench.target.is_file()


async def test_another_format_and_a_file_a_chapter_come_of_the_same_clips(spoken: Bench, tmp_path: Path) -> None:
    await spoken.press.make_files()
    style = structs.replace(STYLE, output_format="mp3", split="chapter")
    press = spoken.another(style, spoken.target.with_suffix(".mp3"))
    books = await press.make_files()
    assert [book.path.relative_to(tmp_path).as_posix() for book in books] == [
        "out/01 - Part 0.mp3", "out/02 - Part 1.mp3"
    ]  # fmt: skip
    with av.open(str(books[1].path)) as container:
        tags = container.metadata
        assert (tags["title"], tags["album"], tags["track"]) == ("Part 1", "Book", "2/2")
    assert spoken.damaged == []
    # The reels of the first format are gone.
    assert len(list(spoken.store.folder(spoken.state.job).glob("reels/0*"))) == 2


async def test_a_split_by_hours_cuts_between_chapters(spoken: Bench) -> None:
    style = structs.replace(STYLE, split="1h")
    press = spoken.another(style)
    (book,) = await press.make_files()
    assert book.path.name == "01 - Book.m4b"  # it holds the whole book
    with av.open(str(book.path)) as container:
        assert container.metadata["title"] == "Book"
        assert len(container.chapters()) == 2
        assert container.duration / av.time_base == pytest.approx(book.duration_s, abs=0.01)


def heard(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)])


async def test_the_voice_is_measured_once_and_every_book_of_it_is_as_loud_as_asked(spoken: Bench) -> None:
    await spoken.press.make_files()
    first = heard(spoken.target)
    quiet = structs.replace(STYLE, level=read_level("-24"))
    for style in (STYLE, quiet, STYLE, quiet):
        await spoken.another(style).make_files()
    assert len(spoken.gains) == 2
    assert np.abs(heard(spoken.target)).max() == pytest.approx(np.abs(first).max() / 2, rel=0.05)


async def test_a_voice_left_as_it_is_needs_no_measuring(spoken: Bench) -> None:
    style = structs.replace(STYLE, level=read_level("off"))
    await spoken.another(style).make_files()
    assert spoken.gains == []
    assert np.abs(heard(spoken.target)).max() == pytest.approx(9000 / 32768, rel=0.05)


async def test_longer_pauses_make_a_longer_book_of_the_same_clips(spoken: Bench) -> None:
    (usual,) = await spoken.press.make_files()
    style = structs.replace(STYLE, pauses_s=(("sentence", 1.5), ("vary", 0.0)))
    (slow,) = await spoken.another(style).make_files()
    assert slow.duration_s - usual.duration_s == pytest.approx(6 * 1.0, abs=0.2)


@pytest.mark.parametrize("name", ["m4b", "mp3", "opus", "flac"])
async def test_every_sentence_is_heard_when_it_is_said_to_be(bench: Bench, tmp_path: Path, name: str) -> None:
    apply(bench.state, SegmentQuarantined(0, 1, "empty"))
    for place in places(bench.state):
        if place != (0, 1):
            speak(bench.state, bench.store, place)
    style = structs.replace(STYLE, output_format=name)
    target = tmp_path / f"out.{name}"
    press = bench.another(style, target)
    await press.make_files()
    cues = press.cues(press.bound[0][0])
    assert [(cue.chapter, cue.index) for cue in cues] == [place for place in places(bench.state) if place != (0, 1)]
    sound, rate = heard(target), 48000 if name == "opus" else 24000
    level = np.abs(sound / np.abs(sound).max())
    loud = np.flatnonzero(level > 0.3)
    breaks = np.flatnonzero(np.diff(loud) > 0.1 * rate)
    starts = loud[np.concatenate([[0], breaks + 1])] / rate
    ends = loud[np.concatenate([breaks, [-1]])] / rate
    assert np.abs(starts - [cue.start_s for cue in cues]).max() < 0.02
    assert np.abs(ends - [cue.end_s for cue in cues]).max() < 0.05


def first_sound_s(path: Path) -> float:
    with av.open(str(path)) as container:
        rate = container.streams.audio[0].rate
    sound = np.abs(heard(path))
    return int(np.argmax(sound > 0.05 * sound.max())) / rate


@pytest.mark.parametrize("name", ["m4b", "mp3", "opus"])
async def test_every_file_begins_with_half_a_second_of_silence(spoken: Bench, tmp_path: Path, name: str) -> None:
    usual = structs.replace(STYLE, output_format=name, split="chapter")
    acx = structs.replace(usual, level=read_level("acx"), bitrate=192_000, sample_rate=44_100)
    silent = structs.replace(usual, pauses_s=(("start", 0.0),))
    whole = structs.replace(silent, split="")
    for style, start_s in ((usual, 0.5), (silent, 0.0), (whole, 0.0), *([(acx, 0.5)] if name == "mp3" else [])):
        press = spoken.another(style, tmp_path / f"out.{name}")
        for book in await press.make_files():
            assert start_s - 0.001 <= first_sound_s(book.path) < start_s + 0.15
        for volume, book in press.bound:
            assert first_sound_s(book.path) == pytest.approx(press.cues(volume)[0].start_s, abs=0.02)
            with av.open(str(book.path)) as container:
                first, *later = [float(mark["start"] * mark["time_base"]) for mark in container.chapters()]
            heard = press.cues(volume)
            assert (first, len(later)) == (0, len(heard) // 3 - 1)
            assert all(heard[2].end_s <= mark_s <= heard[3].start_s for mark_s in later)


async def test_a_finished_chapter_can_be_listened_to_while_the_one_before_it_is_not_finished(
    bench: Bench, tmp_path: Path
) -> None:
    style = structs.replace(STYLE, keep_chapters=True)
    press = bench.another(style)
    first, *rest = places(bench.state)
    apply(bench.state, GainFixed(0.0, press._level))
    writing = asyncio.create_task(press.make_files())
    for place in rest:
        speak(bench.state, bench.store, place)
        press.notice_place(place)
    second = tmp_path / "out" / "02 - Part 1.m4b"
    while not second.exists():
        await asyncio.sleep(0.02)
    assert not bench.target.exists()
    assert heard(second).size > 3 * 24000
    speak(bench.state, bench.store, first)
    press.notice_place(first)
    (book,) = await writing
    assert [each.path for _, each in press.bound] == [book.path, tmp_path / "out" / "01 - Part 0.m4b", second]


async def test_the_same_book_made_of_two_state_folders_at_once_is_whole_in_one_output_folder(tmp_path: Path) -> None:
    benches = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        bench = Bench(tmp_path / name)
        bench.press._target = bench.target = tmp_path / "out.m4b"
        benches.append(bench)
    slow, quick = benches
    *most, last = places(slow.state)
    for place in most:
        speak(slow.state, slow.store, place)
    for place in [*most, last]:
        speak(quick.state, quick.store, place)
    slow.press._gain_known.set()
    writing = asyncio.create_task(slow.press.make_files())
    while not slow.press.parts or not slow.press.parts[0].exists():
        await asyncio.sleep(0.01)
    await quick.press.make_files()
    slow.speak(last)
    (book,) = await writing
    with av.open(str(book.path)) as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
    assert samples / 24000 == pytest.approx(book.duration_s, abs=0.1)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["out.m4b"]
    for bench in benches:
        await bench.close()
