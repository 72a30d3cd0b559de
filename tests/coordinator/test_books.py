"""The books of a config: which of them become editions."""

from pathlib import Path

import pytest
from msgspec import structs
from specs_for_tests import a_clip, a_job

from swarm.audiobook.sound.studio import Studio
from swarm.audiobook.sound.tags import Tags
from swarm.audiobook.style import Style
from swarm.book.model.book import Chapter, Pause, Segment
from swarm.config import RenderConfig
from swarm.coordinator import books
from swarm.coordinator.books import Books, Need, book_need, check_space, clip_bytes, file_bytes, judge
from swarm.errors import EXIT_ENVIRONMENT, BookError, EnvironmentFault
from swarm.job.spec import Recipe
from swarm.job.state import JobState, apply
from swarm.job.store.store import DiskStore
from swarm.system.machine import Clock
from swarm.voice.host.registry import estimate_s

HOUR = 18 * 3600  # characters of hibari's
HIBARI = Recipe("hibari", "heart", "en")
STYLE = Style(Tags("Book"))


def a_book(recipe: Recipe = HIBARI, sentences: int = 648, characters: int = 100) -> JobState:
    segments = tuple(Segment(f"{n:03}" + "x" * (characters - 3), Pause.SENTENCE) for n in range(sentences))
    return JobState(structs.replace(a_job(), recipe=recipe, chapters=(Chapter("One", segments),)))


def test_an_hour_of_a_book_takes_about_what_was_measured() -> None:
    """31.7 minutes of hibari with 28 of speech were 44 MB of clips, 14.9 of reels, 15.4 of M4B."""
    state = a_book(sentences=380, characters=81)
    assert estimate_s(state.spec.recipe, 30_801) == pytest.approx(1687, rel=0.03)
    reels, files = file_bytes(state, STYLE)
    assert clip_bytes(state) == pytest.approx(44.6e6, rel=0.15)
    assert reels == pytest.approx(14.9e6, rel=0.15)
    assert files == pytest.approx(15.4e6, rel=0.15)


def test_formats_take_what_they_take() -> None:
    state = a_book()
    sizes = {
        name: file_bytes(state, structs.replace(STYLE, output_format=name)) for name in ("m4b", "opus", "flac", "wav")
    }
    assert sizes["opus"][1] == pytest.approx(sizes["m4b"][1] / 2)
    assert sizes["wav"][1] == pytest.approx(sizes["flac"][1] / books.FLAC_SHARE)
    assert sizes["wav"][0] == sizes["flac"][0]
    kept = file_bytes(state, structs.replace(STYLE, keep_chapters=True))
    assert kept[1] == 2 * sizes["m4b"][1]
    assert file_bytes(state, structs.replace(STYLE, bitrate=128_000))[1] == pytest.approx(2 * sizes["m4b"][1])


@pytest.mark.parametrize(("language", "longer"), [("ar", 1.7), ("zh", 4.17), ("ja", 2.5), ("ru", 0.9), ("xh", 1.11)])
def test_a_book_takes_as_long_as_its_writing_needs(language: str, longer: float) -> None:
    espeak = Recipe("espeak", language, language)
    english = estimate_s(Recipe("espeak", "en-us", "en"), HOUR)
    assert estimate_s(espeak, HOUR) / english == pytest.approx(longer, rel=0.05)


def test_speed_and_pauses_count() -> None:
    assert estimate_s(structs.replace(HIBARI, settings=(("speed", 2.0),)), HOUR) == pytest.approx(1800)
    assert estimate_s(Recipe("metronome", "tick", "en", settings=(("seconds_per_char", 0.5),)), 1000) == 500
    slow = structs.replace(STYLE, pauses_s=(("sentence", 10.0),))
    assert file_bytes(a_book(), slow)[1] > 1.9 * file_bytes(a_book(), STYLE)[1]


def test_what_is_there_already_is_not_needed_again(tmp_path: Path) -> None:
    state = a_book(sentences=2)
    before = clip_bytes(state)
    apply(state, a_clip(0, b"x", key=state.key((0, 0), 0)))
    assert clip_bytes(state) == pytest.approx(before / 2, rel=0.01)
    first = book_need(state, STYLE, tmp_path, tmp_path / "job", tmp_path)
    (tmp_path / "job" / "reels").mkdir(parents=True)
    (tmp_path / "job" / "reels" / "a.reel").write_bytes(bytes(20_000))
    second = book_need(state, STYLE, tmp_path, tmp_path / "job", tmp_path)
    assert sum(first.bytes.values()) - sum(second.bytes.values()) == pytest.approx(20_000)


def test_a_book_to_read_along_has_the_sound_in_it_once_more(tmp_path: Path) -> None:
    def need(**more: object) -> tuple[float, float]:
        made = book_need(a_book(), structs.replace(STYLE, **more), tmp_path, tmp_path / "job", tmp_path)
        return made.files, sum(made.bytes.values())

    (files, whole), (with_it, more) = need(), need(read_along=True)
    assert with_it == 2 * files
    assert more - whole == pytest.approx(2 * files)  # while it is made, and finished
    opus_files, opus_whole = need(output_format="opus")
    assert need(output_format="opus", read_along=True)[1] - opus_whole == pytest.approx(3 * files)
    assert need(output_format="opus", read_along=True)[0] == pytest.approx(opus_files + files)


def test_too_little_room_is_refused_and_little_room_is_said() -> None:
    for free, verdict in [(49e6, "refused"), (60e6, "warned"), (119e6, "warned"), (121e6, "")]:
        said = "about 100 MB will be written to /books, where "
        if verdict == "refused":
            with pytest.raises(EnvironmentFault, match=f"too little room: {said}49 MB are free") as refused:
                judge("/books", 100e6, int(free))
            assert refused.value.exit_code == EXIT_ENVIRONMENT
        else:
            assert judge("/books", 100e6, int(free)).startswith(f"room may run out: {said}" if verdict else "")


def test_nothing_is_said_of_small_books_nor_where_nobody_knows() -> None:
    assert judge("/books", books.MIN_BYTES - 1, 0) == ""
    assert judge("s3://books", 1e12, None) == ""


def test_books_on_one_disk_are_taken_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "free_bytes", lambda folder: 110_000_000)
    need = Need()
    need.add_bytes(tmp_path, 60e6)
    assert check_space([need]) == []
    assert check_space([need, need]) == [
        f"room may run out: about 120 MB will be written to {tmp_path}, where 110 MB are free"
    ]


def opened(tmp_path: Path, *paths: Path, found: tuple[Path, ...] = ()) -> tuple[Books, list[str]]:
    """Open books with the metronome; return them and what was said."""
    said: list[str] = []
    state = tmp_path / "state"
    config = RenderConfig(
        books=paths, found=frozenset(found), output_dir=tmp_path, state_dir=state, engine="metronome", language="en"
    )
    store = DiskStore(state)
    try:
        books = Books(config, store, Studio(state, 1), Clock(), said.append)
        books.open()
    finally:
        store.close()
    return books, said


def a_text(path: Path, words: str) -> Path:
    path.write_text(words)
    return path


def test_a_book_that_is_named_twice_is_one_edition(tmp_path: Path) -> None:
    one, copy = a_text(tmp_path / "One.txt", "Words of one."), a_text(tmp_path / "two.txt", "Other words.")
    books, _ = opened(tmp_path, one, one, copy)
    assert [edition.state.spec.title for edition in books.editions] == ["One", "two"]
    assert books.editions[0].output_path == tmp_path / "One.m4b"


def test_a_folders_bad_book_is_left_out_and_a_named_one_stops_the_command(tmp_path: Path) -> None:
    good, bad = a_text(tmp_path / "good.txt", "Words."), a_text(tmp_path / "bad.epub", "no zip")
    books, said = opened(tmp_path, bad, good, found=(bad,))
    assert [edition.state.spec.title for edition in books.editions] == ["good"]
    assert "left out: " in "".join(said)
    assert len(books.unread) == 1
    with pytest.raises(BookError):
        opened(tmp_path, bad, good)
    with pytest.raises(BookError):
        opened(tmp_path, bad, found=(bad,))
