import sys
from contextlib import closing
from pathlib import Path

import epub_maker as maker
import numpy as np
import pytest
from epub_maker import CONTAINER, nav, opf, pack, page
from msgspec import structs
from prose import PROSE

from swarm.audiobook.sound.frame import with_key
from swarm.book.model.reading_choice import Reading
from swarm.config import RedoConfig, RenderConfig
from swarm.coordinator.books import file_stem
from swarm.coordinator.prepare import Prepared, find_in_book, prepare
from swarm.coordinator.verification import listen, open_spoken
from swarm.errors import BookError, EnvironmentFault, Outdated, StoreError, UsageError
from swarm.job.record import ClipAccepted, ClipDiscarded, JobFinished, RunStarted
from swarm.job.spec import Recipe
from swarm.job.store.store import DiskStore
from swarm.standby.adopt import adopt_job
from swarm.system.platform import peak_bytes
from swarm.system.text import slug
from swarm.voice.host.choice import Recommendation
from swarm.voice.host.clip_check import Judgement
from swarm.voice.host.registry import find_engine
from swarm.voice.host.takes import make_clip


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return make_book(tmp_path / "book.epub", "It was a dark night. The wind howled.")


def make_book(path: Path, text: str) -> Path:
    pages = {"one.xhtml": page(f"<h1>One</h1><p>{text}</p>"), "two.xhtml": page("<h1>Two</h1><p>The end came.</p>")}
    files = {f"OEBPS/{name}": content for name, content in pages.items()}
    files["OEBPS/nav.xhtml"] = nav(("one.xhtml", "One"), ("two.xhtml", "Two"))
    files["OEBPS/content.opf"] = opf(pages, toc="nav")
    return pack(path, {"mimetype": "application/epub+zip", "META-INF/container.xml": CONTAINER, **files})


def config(tmp_path: Path, **fields: object) -> RenderConfig:
    settings = {"books": (), "output_dir": tmp_path / "out", "state_dir": tmp_path / "state"} | fields
    return RenderConfig(**settings)  # type: ignore[arg-type]


def run(tmp_path: Path, book: Path, **fields: object) -> Prepared:
    """Run a command up to the serving, with its records committed and its job released."""
    with closing(DiskStore(tmp_path / "state")) as store:
        prepared = prepare(config(tmp_path, **fields), book, store, 1000.0)
        store.commit([(prepared.state.job, record, b"") for record in prepared.records])
    return prepared


def clip_path(tmp_path: Path, key: str) -> Path:
    with closing(DiskStore(tmp_path / "state")) as store:
        path = store.clip_path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def speak_all(tmp_path: Path, prepared: Prepared, take: int = 0) -> None:
    """Accept a clip for every place, as a run that speaks the book would."""
    store = DiskStore(tmp_path / "state")
    state = prepared.state
    for number, chapter in enumerate(state.spec.chapters):
        for index, segment in enumerate(chapter.segments):
            tone = (np.sin(np.arange(24000) / 20) * 9000).astype(np.int16)
            sound = make_clip(tone, 24000, segment.spoken)
            key = state.key((number, index), take)
            record = ClipAccepted(
                number, index, take, key, len(sound.frame), "w", 1.0, 1.1, **structs.asdict(sound.info)
            )
            store.commit([(state.job, record, sound.frame)])
    store.close()


def test_a_new_job_starts_its_first_run_with_its_gain(tmp_path: Path, book: Path) -> None:
    prepared = run(tmp_path, book)
    assert [type(record) for record in prepared.records] == [RunStarted]
    assert [chapter.title for chapter in prepared.state.spec.chapters] == ["One", "Two"]


def test_better_voices_are_named_to_who_has_not_chosen_one(tmp_path: Path, book: Path) -> None:
    advice = [line for line in run(tmp_path, book, language="fr").notes if "robotically" in line]
    assert len(advice) == 1
    chosen = run(tmp_path, book, language="fr", engine="espeak")
    assert chosen.state.spec.recipe.engine == "espeak"
    speak_all(tmp_path, chosen)
    again = run(tmp_path, book, language="fr", redo=RedoConfig(chapters=(1,)))
    assert not any("robotically" in line for line in (*chosen.notes, *again.notes))


class Xtts:
    """Workers that have XTTS."""

    def words(self, language: str) -> set[str]:
        return {"xtts"}

    def fetchable(self, language: str) -> set[str]:
        return set()

    def why_given_up(self, recipe: Recipe) -> str:
        return ""


def test_a_better_voice_is_provided_before_a_book_begins_and_what_stood_against_it_is_in_its_report(
    tmp_path: Path, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def provide(found: Recommendation, recipe: Recipe) -> None:
        asked.append(recipe.voice)
        if found.word == "piper":
            raise EnvironmentFault("https://hub.example/x is out of reach. Try again.")

    def prepared(**fields: object) -> Prepared:
        with closing(DiskStore(tmp_path / "state")) as store:
            return prepare(config(tmp_path, **fields), book, store, 1000.0, provide=provide)

    monkeypatch.setenv("E2A_SWARM_MODELS", str(tmp_path / "models"))
    assert prepared(language="fr").state.spec.recipe.engine == "kokoro"
    german = prepared(language="de")
    assert german.state.spec.recipe.engine == "espeak"
    [line] = [line for line in german.notes if "could not be fetched: hub.example is out of reach" in line]
    assert german.state.spec.book.cautions[0] in line
    assert not any("better:" in line for line in german.notes)  # it is said once
    again = prepared(language="de")
    assert asked == ["ff_siwis", "de_DE-thorsten-medium"]  # a book that was begun stays with its voice
    assert again.state.job == german.state.job
    prepared(language="it", engine="espeak")
    prepared(language="en")
    assert len(asked) == 2


def test_a_book_stays_with_the_engine_that_began_it_and_a_new_one_takes_what_workers_offer(
    tmp_path: Path, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(tmp_path, book, language="fr")
    assert first.state.spec.recipe.engine == "espeak"
    monkeypatch.setattr(type(find_engine("kokoro")), "is_ready", lambda engine, language: True)
    assert run(tmp_path, book, language="fr").state.job == first.state.job
    assert run(tmp_path, book, language="it").state.spec.recipe.engine == "kokoro"
    with pytest.raises(UsageError, match="has no voice 'no such voice'"):
        run(tmp_path, book, language="it", voice="no such voice")
    with closing(DiskStore(tmp_path / "state")) as store:
        offered = prepare(config(tmp_path, language="de"), book, store, 1000.0, workers=Xtts())
    assert offered.state.spec.recipe.engine == "coqui"


def test_the_same_book_and_voice_are_the_same_job_and_replayed(tmp_path: Path, book: Path) -> None:
    first = run(tmp_path, book)
    speak_all(tmp_path, first)
    second = run(tmp_path, book)
    assert second.state.job == first.state.job
    assert second.state.complete
    assert second.state.epoch == 2


@pytest.mark.parametrize(
    "fields", [{"chapters": "1"}, {"engine": "espeak"}, {"settings": {"speed": 1.5}}, {"settings": {"speed": "0.9"}}]
)
def test_another_voice_or_choice_of_chapters_is_another_job(tmp_path: Path, book: Path, fields: dict) -> None:
    assert run(tmp_path, book).state.job != run(tmp_path, book, **fields).state.job


def test_a_book_that_has_a_job_is_not_read_again(tmp_path: Path, book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(tmp_path, book)
    monkeypatch.setattr("swarm.coordinator.prepare._read_book", lambda *_: pytest.fail("it was read"))
    assert run(tmp_path, book).state.spec == first.state.spec


def test_an_edited_book_speaks_only_what_is_new(tmp_path: Path, book: Path) -> None:
    speak_all(tmp_path, run(tmp_path, book))
    edited = run(tmp_path, make_book(tmp_path / "edited.epub", "It was a bright night. The wind howled."))
    places = {place for place, record in edited.state.accepted.items() if record.reused}
    texts = {edited.state.segment(place).written for place in places}
    assert {"The wind howled.", "The end came."} <= texts
    assert "It was a bright night." not in texts
    assert not edited.state.complete


def test_a_clip_of_a_later_take_is_found_too(tmp_path: Path, book: Path) -> None:
    speak_all(tmp_path, run(tmp_path, book), take=1)
    edited = run(tmp_path, make_book(tmp_path / "edited.epub", "It was a bright night. The wind howled."))
    assert {record.take for record in edited.state.accepted.values() if record.reused} == {1}


def test_clips_that_are_gone_are_named_and_their_places_open(tmp_path: Path, book: Path) -> None:
    first = run(tmp_path, book)
    speak_all(tmp_path, first)
    clip_path(tmp_path, first.state.key((0, 0), 0)).unlink()
    second = run(tmp_path, book)
    assert [record for record in second.records if isinstance(record, ClipDiscarded)]
    assert (0, 0) not in second.state.accepted
    assert any("spoken again" in note for note in second.notes)


def test_exchanged_clips_are_spoken_again_and_found_by_nothing(tmp_path: Path, book: Path) -> None:
    prepared = run(tmp_path, book)
    speak_all(tmp_path, prepared)
    one, two = (clip_path(tmp_path, prepared.state.key(place, 0)) for place in ((0, 1), (1, 1)))
    two.write_bytes(two.read_bytes() + b"more")
    aside = one.rename(tmp_path / "aside")
    two.rename(one)
    aside.rename(two)
    again = run(tmp_path, book)
    assert (0, 1) not in again.state.accepted
    assert not one.exists()


@pytest.mark.parametrize("keyed", [True, False], ids=["0.2", "0.1"])
def test_a_new_job_adopts_no_whole_clip_under_a_wrong_name_if_the_clip_says_its_key(
    tmp_path: Path, book: Path, keyed: bool
) -> None:
    tone = (np.sin(np.arange(24000) / 20) * 9000).astype(np.int16)
    frame = make_clip(tone, 24000, "It was a dark night.").frame
    key = run(tmp_path / "elsewhere", book).state.key((0, 0), 0)
    for said, reused in (("f" * 32, not keyed), (key, True)):
        path = clip_path(tmp_path, key)
        path.write_bytes(with_key(frame, said) if keyed else frame)
        made = run(tmp_path, make_book(tmp_path / f"{said}.epub", f"It was {said[:5]}."))
        places = [place for place in made.state.accepted if made.state.key(place, 0) == key]
        assert (bool(places), path.exists()) == (reused, reused)


def test_a_clip_that_is_no_clip_is_not_reused(tmp_path: Path, book: Path) -> None:
    first = run(tmp_path, book)
    path = clip_path(tmp_path, first.state.key((0, 0), 0))
    path.write_bytes(b"fLaC but not really")
    assert (0, 0) not in run(tmp_path, book).state.accepted
    assert not path.exists()


def test_only_of_a_finished_book_without_a_doubt_nothing_is_to_be_spoken_again(tmp_path: Path, book: Path) -> None:
    def redo() -> Prepared:
        return run(tmp_path, book, redo=RedoConfig(doubtful=True))

    def commit(*records: ClipAccepted | ClipDiscarded | JobFinished) -> None:
        with closing(DiskStore(tmp_path / "state")) as store:
            store.commit([(first.state.job, record, b"") for record in records])

    first = run(tmp_path, book)
    assert not redo().undoubted  # interrupted: it goes on
    speak_all(tmp_path, first)
    assert not redo().undoubted  # the file is not written yet
    commit(JobFinished(9.0, ("a.m4b",)))
    assert redo().undoubted
    assert not run(tmp_path, book).undoubted
    (spoken, *_) = redo().state.accepted.values()
    commit(ClipDiscarded(spoken.chapter, spoken.index, ""), structs.replace(spoken, doubt="too long"))
    commit(JobFinished(10.0, ("a.m4b",)))
    assert not redo().undoubted
    assert not redo().undoubted  # none is doubtful any more, but one is not spoken


def test_a_wording_is_spelled_for_the_engine_and_has_to_fit(tmp_path: Path, book: Path) -> None:
    first = run(tmp_path, book)
    speak_all(tmp_path, first)

    def reword(say: str) -> Prepared:
        return run(
            tmp_path, book, redo=RedoConfig(segments=((1, 2, 2),), say=say, job=first.state.job, notes=("near",))
        )

    again = reword("It was  a dark--dark night. Yes.")
    assert again.state.segment((0, 1)).spoken == "It was a dark—dark night. Yes."
    assert again.state.segment((0, 1)).written == "It was a dark night."
    assert again.notes[0] == "near"
    assert again.notes[-1].startswith('1:2, One: "It was a dark night.", said as "It was a dark')
    for say, words in (("word " * 2000, "too long"), ("...", "has no words")):
        with pytest.raises(UsageError, match=words):
            reword(say)


def test_a_job_that_is_gone_is_told_with_what_to_do_next(tmp_path: Path, book: Path) -> None:
    with pytest.raises(UsageError, match="run redo where it was made"):
        run(tmp_path, book, redo=RedoConfig(doubtful=True, job="book-0123456789"))
    with pytest.raises(StoreError, match="no job"):
        run(tmp_path, book, redo=RedoConfig(doubtful=True, job="../book"))


def test_another_edition_of_a_book_takes_over_its_wordings(tmp_path: Path, book: Path) -> None:
    first = run(tmp_path, book)
    speak_all(tmp_path, first)
    run(tmp_path, book, redo=RedoConfig(segments=((1, 2, 2),), say="It was quite dark.", job=first.state.job))
    make_book(book, "It was a dark night. The wind howled and howled.")
    changed = run(tmp_path, book)
    assert changed.state.job != first.state.job
    assert changed.state.engine_text((0, 1)) == "It was quite dark."
    make_book(book, "It was a darker night. The wind howled.")
    assert any("is left out: its chapter has no such sentence" in note for note in run(tmp_path, book).notes)
    assert not run(tmp_path, book, language="fr").state.wordings


def test_two_at_once_on_one_job_are_refused(tmp_path: Path, book: Path) -> None:
    store, other = DiskStore(tmp_path / "state"), DiskStore(tmp_path / "state")
    prepare(config(tmp_path), book, store, 1.0)
    with pytest.raises(StoreError):
        prepare(config(tmp_path), book, other, 1.0)
    store.close()
    other.close()


def test_a_job_names_its_book_without_detours(tmp_path: Path, book: Path) -> None:
    (tmp_path / "beside").mkdir()
    prepared = run(tmp_path, tmp_path / "beside" / ".." / book.relative_to(tmp_path))
    assert prepared.state.spec.source == str(book)


def test_what_is_no_book_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.epub").write_bytes(b"nothing")
    with pytest.raises(BookError):
        run(tmp_path, tmp_path / "x.epub")


def test_slugs() -> None:
    for title, expected in [("Été à Paris!", "ete-a-paris"), ("草枕", "book"), ("a" * 99, "a" * 48)]:
        assert slug(title) == expected


def test_a_file_name_says_title_author_and_chosen_chapters_and_leads_nowhere_else() -> None:
    assert file_stem("A Test", ("Ann Author",), "") == "A Test - Ann Author"
    assert file_stem("A Test", ("Ann Author",), "1-3") == "A Test - Ann Author (chapters 1-3)"
    assert file_stem("A Test", (), "4", preview=True, voice="fr-be") == "A Test (preview of chapter 4, fr-be)"
    assert file_stem("A Test", ("Ann Author",), "4") == "A Test - Ann Author (chapter 4)"
    assert file_stem("Aux", (), "") == "_Aux"
    stem = file_stem("../../etc/pass\x00wd: a <tale>" + "x" * 500, (), "")
    assert not set(stem) & set('/\\:<>\x00"|?*')
    assert len(stem.encode()) <= 180
    assert not stem.startswith(".")
    assert file_stem("..", ("Ann Author",), "") == "Ann Author"


def test_another_reading_of_a_book_is_another_job(tmp_path: Path, book: Path) -> None:
    jobs = {
        run(tmp_path, book, reading=reading).state.job
        for reading in (None, Reading(notes="end"), Reading(ruby="reading"))
    }
    assert len(jobs) == 3


def test_a_preview_is_a_job_of_its_own_whose_sentences_are_not_spoken_again(tmp_path: Path, book: Path) -> None:
    preview = run(tmp_path, book, chapters="1", preview_s=0.1)
    assert len(preview.state.spec.chapters[0].segments) == 2  # the heading, and a sentence to hear
    speak_all(tmp_path, preview)
    whole = run(tmp_path, book, chapters="1")
    assert len(whole.state.spec.chapters[0].segments) > 2
    assert whole.state.job != preview.state.job
    assert [isinstance(record, ClipAccepted) for record in whole.records].count(True) == 2


def test_what_of_the_book_could_not_be_read_is_said_each_time(tmp_path: Path) -> None:
    pages = {f"{number}.xhtml": page(f"<p>Page {number}.</p>") for number in range(3)}
    files = {f"OEBPS/{name}": content for name, content in pages.items() if name != "1.xhtml"}
    files |= {"META-INF/container.xml": CONTAINER, "OEBPS/content.opf": opf(pages)}
    damaged = pack(tmp_path / "damaged.epub", files)
    line = "text is lost: OEBPS/1.xhtml is missing from the file"
    for _ in range(2):
        prepared = run(tmp_path, damaged)
        assert f"{damaged}: {line}" in prepared.notes
        assert prepared.state.spec.book.lost == (line,)
    job, title = prepared.state.job, prepared.state.spec.title
    assert f"{title}: {line}" in run(tmp_path, tmp_path / "state" / "jobs" / job / "book", take_over=job).notes
    assert line in run(tmp_path, damaged, from_others=True).notes


def test_a_book_that_the_voice_cannot_say_is_refused_unless_it_is_wanted_anyway(tmp_path: Path) -> None:
    path = make_book(tmp_path / "greek.epub", "Ήταν μια σκοτεινή νύχτα. Ο άνεμος ούρλιαζε γύρω από το σπίτι.")
    with pytest.raises(BookError, match=r"is not begun, for \d+ % of it cannot"):
        run(tmp_path, path, language="en", engine="hibari")
    prepared = run(tmp_path, path, language="en", engine="hibari", anyway=True)
    assert prepared.state.spec.unspoken


def test_a_doubt_about_the_language_is_told_before_anything_is_spoken(tmp_path: Path) -> None:
    path = make_book(tmp_path / "book.epub", PROSE["it"])
    prepared = run(tmp_path, path)
    assert prepared.state.spec.recipe.language == "it"
    assert any("its text is Italian" in note for note in prepared.notes)
    chosen = run(tmp_path, path, language="en")
    assert not any("Italian" in note for note in chosen.notes)


LETTER = "Mon cher ami, je vous écris de Paris, où il pleut depuis trois jours et où nous ne voyons personne."


def test_a_passage_in_another_language_is_a_guest_s_unless_one_engine_is_wanted(tmp_path: Path) -> None:
    path = make_book(tmp_path / "book.epub", f"It was a dark night.</p><p>{LETTER}</p><p>Nobody came.")
    prepared = run(tmp_path, path, chapters="1")
    voices = [segment.voice for segment in prepared.state.spec.chapters[0].segments]
    assert voices == ["", "", "guest:fr;espeak;;fr", ""]
    line = "in other languages: French (1 sentence) by espeak; --one-engine leaves all to hibari"
    assert f"{path}: {line}" in prepared.notes
    assert f"{path}: {line}" in run(tmp_path, path, chapters="1").notes
    one = run(tmp_path, path, chapters="1", one_engine=True)
    assert one.state.job != prepared.state.job
    assert not any(segment.voice for segment in one.state.spec.chapters[0].segments)
    assert not any("other languages" in note for note in one.notes)


def test_another_wording_of_a_guest_s_sentence_is_spelled_for_the_guest(tmp_path: Path) -> None:
    path = make_book(tmp_path / "book.epub", f"It was a dark night.</p><p>{LETTER}</p><p>Nobody came.")
    speak_all(tmp_path, run(tmp_path, path, chapters="1"))
    say = RedoConfig(segments=((1, 3, 3),), say="Le roi Louis XIV.")
    state = run(tmp_path, path, chapters="1", redo=say).state
    assert state.engine_text((0, 2)) == "⟦|@guest:fr;espeak;;fr⟧⟦|=fr⟧Le roi Louis quatorze."
    assert state.segment((0, 2)).written == LETTER
    assert (0, 2) not in state.accepted


def test_a_book_of_others_is_read_in_a_process_of_its_own_to_the_same_job(tmp_path: Path, book: Path) -> None:
    own = find_in_book(config(tmp_path), book, "book").book
    assert own
    assert find_in_book(config(tmp_path, from_others=True), book, "book").book == own
    assert find_in_book(config(tmp_path, from_others=True), book, "title").name == (own.title, "")
    (tmp_path / "none.epub").write_text("no book")
    with pytest.raises(BookError, match=r"none\.epub is not an EPUB"):
        find_in_book(config(tmp_path, from_others=True), tmp_path / "none.epub", "name")
    with pytest.raises(UsageError, match="names no chapter"):
        find_in_book(config(tmp_path, from_others=True, reading=Reading(exclude=("gone",))), book, "book")


def test_a_book_of_others_is_not_called_unreadable_because_the_program_was_upgraded(
    tmp_path: Path, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("swarm.system.child.CODE", "an earlier version")
    with pytest.raises(Outdated, match="was upgraded"):
        find_in_book(config(tmp_path, from_others=True), book, "book")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds to such a limit")
@pytest.mark.slow
@pytest.mark.usefixtures("fresh_children")
def test_a_book_of_others_that_fills_the_memory_ends_its_reading_alone(
    tmp_path: Path, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = {f"{n}.xhtml": maker.page(f"<p>{'Go on. ' * 3000}</p>" * 600) for n in range(6)}
    others, before = config(tmp_path, from_others=True), peak_bytes()
    monkeypatch.setattr("swarm.coordinator.prepare.READING_BYTES", 350 << 20)
    assert find_in_book(others, book, "book").book
    large = maker.make(tmp_path, pages)  # takes 700 MiB
    with pytest.raises(BookError, match=r"is refused: it takes more memory to be read"):
        find_in_book(others, large, "book")
    assert peak_bytes() - before < 100 << 20


def test_a_book_of_sentences_without_number_makes_no_job(
    tmp_path: Path, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("swarm.book.speech.script.MAX_SEGMENTS", 3)
    with pytest.raises(BookError, match="more than 3 sentences to speak"):
        run(tmp_path, book)
    monkeypatch.setattr("swarm.book.speech.script.MAX_SPOKEN_CHARS", 30)
    with pytest.raises(BookError, match="more than 30 characters to speak"):
        run(tmp_path, book)


def test_a_store_from_elsewhere_speaks_in_no_other_book_until_verify_listened_to_it(tmp_path: Path, book: Path) -> None:
    speak_all(tmp_path / "elsewhere", spoken := run(tmp_path / "elsewhere", book))
    other = make_book(tmp_path / "other.epub", "It was a dark night. He slept.")
    with closing(DiskStore(tmp_path / "state")) as store:
        assert adopt_job(store, tmp_path / "elsewhere" / "state", spoken.state.job).lost == 0
    assert len(run(tmp_path, book).state.accepted) == 5
    assert not run(tmp_path, other).state.accepted
    with closing(DiskStore(tmp_path / "state")) as store:
        state = open_spoken(store, spoken.state.job)
        assert state
        dark, right = Judgement("it says something else", 1.0), Judgement("", 0.0)
        findings = [*listen(state, store, lambda text, *_: dark if "dark" in text else right)]
        assert sum(bool(finding.doubt) for finding in findings) == 1
    reused = run(tmp_path, other).state.accepted
    assert len(reused) == 3 and all(clip.reused for clip in reused.values())


def test_expressive_is_for_engines_that_can_and_another_job(tmp_path: Path, book: Path) -> None:
    with pytest.raises(UsageError, match="cannot be told to whisper or shout: leave --expressive out, or use"):
        run(tmp_path, book, expressive=True)
    plain = run(tmp_path, book, engine="qwen", voice="ryan").state
    told = run(tmp_path, book, engine="qwen", voice="ryan", expressive=True).state
    assert plain.job != told.job
