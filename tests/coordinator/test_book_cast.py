"""The cast of a book, and how the persons of a series keep their voices."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs
from specs_for_tests import a_job

from swarm.book.model.book import Block, Book, Chapter, ChapterText, Pause, Segment
from swarm.book.model.reading_choice import Cast
from swarm.book.speech.casting import read_cast, voices_of
from swarm.book.speech.dialogue import Dialogue, find_dialogue
from swarm.config import RedoConfig, RenderConfig, StyleConfig
from swarm.coordinator import book_cast
from swarm.coordinator.book_cast import BookCast, find_cast, keep_mends
from swarm.coordinator.brought_files import BroughtFiles
from swarm.coordinator.prepare import Prepared, prepare, unheard
from swarm.job.record import SegmentReworded
from swarm.job.spec import Recipe
from swarm.job.state import JobState, apply
from swarm.job.store.store import DiskStore

KOKORO = Recipe("kokoro", "af_heart", "en", cast=True)
FIRST = (
    "“Good day,” said Mr. Hall. He bowed.",
    "“Good day,” said Mrs. Vane. She smiled.",
    "“Is it you?” said Mr. Hall.",
    "“It is I,” said Mrs. Vane.",
    "“So late?” asked Mr. Poole. He was tired.",
    "“So late,” said Mr. Hall.",
) * 6
SECOND = (
    *(("“Well,” said Mr. Utterson. He sighed.", "“Well?” said Sir Danvers. He laughed.") * 20),
    *(line.replace("Mr. Hall", "Hall") for line in FIRST),
)


def volume(title: str, lines: tuple[str, ...], series: str = "The Inn", author: str = "A. Writer") -> Book:
    blocks = tuple(Block("paragraph", line) for line in lines)
    return Book(title, (author,), "en", (ChapterText("One", blocks),), series=series)


def config(state: Path, cast: Cast | None = None, **fields: object) -> RenderConfig:
    return RenderConfig(books=(), output_dir=state, state_dir=state, cast=cast or Cast(auto=True), **fields)  # type: ignore[arg-type]


def cast_of(book: Book, state: Path, cast: Cast | None = None, voice: str = "af_heart", **fields: object) -> BookCast:
    recipe = structs.replace(KOKORO, voice=voice)
    return find_cast(config(state, cast, **fields), book, recipe, BroughtFiles(), unheard, alone=False)


def voices(found: BookCast) -> dict[str, str]:
    assert found.dialogue
    return voices_of(found.dialogue, found.cast)


def said(found: BookCast) -> str:
    return " ".join(filter(None, found.notes))


def kept_in(state: Path) -> Path:
    [path] = (state / "casts").iterdir()
    return path


def test_a_person_keeps_its_voice_in_the_next_volume_of_a_series(tmp_path: Path) -> None:
    first = voices(cast_of(volume("Evening", FIRST), tmp_path / "state"))
    found = cast_of(volume("Morning", SECOND), tmp_path / "state")
    second, anew = voices(found), voices(cast_of(volume("Morning", SECOND), tmp_path / "other"))
    assert [second[name] for name in ("Hall", "Mrs. Vane", "Mr. Poole")] == list(first.values())
    assert anew["Hall"] != second["Hall"]  # nothing else gives it that voice
    assert second["Mr. Utterson"] != second["Sir Danvers"] != second["Hall"]
    path = kept_in(tmp_path / "state")
    assert said(found) == f"voices as in an earlier volume: Hall, Mrs. Vane, Mr. Poole; {path} has them."
    assert dict(read_cast(path).speakers)["Mr. Utterson"] == second["Mr. Utterson"]
    third = volume("Noon", FIRST[:18], author="B. Other")
    assert "earlier volume" not in said(cast_of(third, tmp_path / "state"))


def test_another_edition_of_a_book_in_no_series_keeps_its_voices_and_a_preview_keeps_none(tmp_path: Path) -> None:
    book = volume("Evening", FIRST, series="")
    cast_of(book, tmp_path, preview_s=60.0)
    assert not (tmp_path / "casts").exists()
    cast_of(book, tmp_path)
    assert "earlier volume" in said(cast_of(structs.replace(book, identifier="second"), tmp_path))
    tagged = config(tmp_path, style=StyleConfig(tags=(("series", "The Inn"),))).style
    assert "earlier volume" not in said(cast_of(book, tmp_path, style=tagged))


def test_the_narrators_voice_is_nobodys_though_somebody_had_it(tmp_path: Path) -> None:
    first = voices(cast_of(volume("Evening", FIRST), tmp_path))
    second = voices(cast_of(volume("Morning", FIRST), tmp_path, voice=first["Mr. Hall"]))
    assert second["Mr. Hall"] != first["Mr. Hall"]
    assert second["Mr. Poole"] == first["Mr. Poole"]


def test_voices_that_a_file_names_are_kept_too(tmp_path: Path) -> None:
    chosen = Cast(speakers=(("Hall", "bm_george"),))
    cast_of(volume("Evening", FIRST), tmp_path, chosen)
    assert voices(cast_of(volume("Morning", FIRST), tmp_path))["Mr. Hall"] == "bm_george"
    again = Cast(speakers=(("Hall", "bm_lewis"),), auto=True)
    assert voices(cast_of(volume("Noon", FIRST), tmp_path, again))["Mr. Hall"] == "bm_lewis"
    assert voices(cast_of(volume("Night", FIRST), tmp_path))["Mr. Hall"] == "bm_lewis"


def test_a_file_that_cannot_be_read_stops_no_book_and_stays(tmp_path: Path) -> None:
    cast_of(volume("Evening", FIRST), tmp_path)
    path = kept_in(tmp_path)
    path.write_text("Mr. Hall\n")
    assert "line 1: it takes NAME = VOICE" in said(cast_of(volume("Morning", FIRST), tmp_path))
    assert path.read_text() == "Mr. Hall\n"


def test_a_voice_in_the_file_that_nobody_can_have_is_told(tmp_path: Path) -> None:
    first = voices(cast_of(volume("Evening", FIRST), tmp_path))
    path = kept_in(tmp_path)
    path.write_text(path.read_text().replace(f"Mrs. Vane = {first['Mrs. Vane']}", "Mrs. Vane = af_hart"))
    told = said(cast_of(volume("Morning", FIRST), tmp_path))
    assert f"{path} names voices that cannot be given: Mrs. Vane = af_hart. " in told
    assert "cannot be given" not in said(cast_of(volume("Noon", FIRST), tmp_path))  # another voice took its place


def test_volumes_that_begin_at_once_lose_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile(*arguments: object) -> Dialogue:
        monkeypatch.setattr(book_cast, "find_dialogue", find_dialogue)
        cast_of(volume("Morning", SECOND), tmp_path)
        return find_dialogue(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(book_cast, "find_dialogue", meanwhile)
    cast_of(volume("Evening", FIRST), tmp_path)
    assert {"Mr. Poole", "Mr. Utterson"} <= dict(read_cast(kept_in(tmp_path)).speakers).keys()


def test_other_voices_and_names_that_the_user_gave_are_kept(tmp_path: Path) -> None:
    cast_of(volume("Evening", FIRST), tmp_path)
    hall, poole, vane = ("Mr. Hall", "am_fenrir"), ("Mr. Poole", "am_michael"), ("Mrs. Vane", "af_bella")
    lane = ("Mr. Lane", "am_adam")
    segments = tuple(
        Segment("Yes.", Pause.SENTENCE, speaker=name, voice=voice) for name, voice in (hall, poole, vane, hall, lane)
    )
    facts = structs.replace(a_job().book, title="Evening", authors=("A. Writer",), series="The Inn")
    spec = structs.replace(a_job(), book=facts, chapters=(Chapter("One", segments),), recipe=KOKORO)
    state = JobState(spec)
    apply(
        state, SegmentReworded(0, 3, "⟦|@bf_emma⟧Yes.", "Mrs. Vane", given=True)
    )  # this line was not his, but he is not she
    apply(state, SegmentReworded(0, 4, "⟦|@bf_emma⟧Yes.", "Mrs. Vane", given=True))  # nor Mr. Lane's only one
    for record in (SegmentReworded(0, 1, "⟦|@am_fenrir⟧Yes.", "Mr. Hall"), SegmentReworded(0, 2, "⟦|@bf_emma⟧Yes.")):
        apply(state, record)
    keep_mends(config(tmp_path), state)
    found = cast_of(volume("Morning", FIRST), tmp_path)
    assert voices(found) == {"Mr. Hall": voices(found)["Mr. Hall"], "Mrs. Vane": "bf_emma"}
    assert "Mr. Hall | Mr. Poole = am_fenrir" in kept_in(tmp_path).read_text()
    assert "Lane" not in kept_in(tmp_path).read_text()


@pytest.mark.parametrize("name", ["Mr. Hall", "the Visitor"])
def test_names_that_a_file_says_are_one_persons_have_one_voice_and_the_first_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "cast.txt").write_text(f"auto\n{name} | Mr. Hall | Mr. Poole = bm_george  # one man\n")
    found = cast_of(volume("Evening", FIRST), tmp_path, read_cast(tmp_path / "cast.txt"))
    assert found.dialogue
    assert {each.speaker for each in found.dialogue.utterances} == {name, "Mrs. Vane"}
    assert voices(found)[name] == "bm_george"
    assert voices(found)["Mrs. Vane"].startswith("af_")


def test_a_job_that_goes_on_names_voices_and_persons_as_they_are_now(tmp_path: Path) -> None:
    (book := tmp_path / "night.txt").write_text("One\n\n" + "\n\n".join(FIRST))
    chosen = Cast(speakers=(("Mr. Hall", "tick"), ("Mr. Poole", "tock")))

    def notes(cast: Cast = chosen, **fields: object) -> str:
        store = DiskStore(tmp_path)
        made = prepare(config(tmp_path, cast, engine="metronome", **fields), book, store, 1000.0)
        store.commit([(made.state.job, record, b"") for record in made.records])
        store.close()
        return " ".join(made.notes)

    assert "voices of the persons: Mr. Hall tick, Mr. Poole tock." in notes()
    notes(redo=RedoConfig(rename=("Mr. Poole", "Mr. Hall")))
    assert "voices of the persons: Mr. Hall tick." in notes()
    assert "voice of all persons: tock." in notes(Cast(dialogue="tock"))


def test_a_cast_is_another_edition_unless_it_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (book := tmp_path / "night.txt").write_text("One\n\n" + "\n\n".join(FIRST))

    def prepared(cast: Cast | None, engine: str) -> Prepared:
        with closing(DiskStore(tmp_path)) as store:
            return prepare(replace(config(tmp_path, engine=engine), cast=cast), book, store, 1000.0)

    plain = prepared(None, "metronome").state.spec
    voiced = prepared(Cast(speakers=(("Mr. Hall", "tick"),)), "metronome").state.spec
    assert (plain.recipe.cast, voiced.recipe.cast) == (False, True)
    assert plain.job != voiced.job
    monkeypatch.setenv("E2A_SWARM_OFFLINE", "1")
    alone = prepared(None, "hibari").state.spec.job
    lacking = prepared(Cast(auto=True), "hibari")
    assert lacking.state.spec.job == alone
    assert any("Once they can be had, give the same command again" in line for line in lacking.notes)
    assert len(list((tmp_path / "jobs").iterdir())) == 3
