"""Which sentences `redo` opens again, and in which words they are spoken."""

from collections.abc import Sequence

import pytest
from msgspec import structs
from specs_for_tests import a_clip, a_job

from swarm.book.model.book import Chapter, Pause, Segment
from swarm.config import RedoConfig
from swarm.coordinator.mending import Mending, carry, mend, overrides_of
from swarm.errors import UsageError
from swarm.job.record import ClipDiscarded, SegmentReworded
from swarm.job.state import JobState, Place, apply
from swarm.lease.coordinator.ledger import Ledger
from swarm.lease.coordinator.served_job import ServedJob


@pytest.fixture
def state() -> JobState:
    made = JobState(a_job())
    for index, doubt in enumerate(("too long", "")):
        clip = structs.replace(a_clip(index, b"x", key=made.key((0, index), 0)), doubt=doubt)
        apply(made, clip)
    return made


def wish(state: JobState, **words: object) -> Mending:
    return mend(state, RedoConfig(**words), lambda segment, say: say.lower())  # type: ignore[arg-type]


def chosen(state: JobState, **words: object) -> list[Place]:
    return [(record.chapter, record.index) for record in wish(state, **words).records]  # type: ignore[union-attr]


def test_doubtful_ones_a_chapter_or_some_by_name(state: JobState) -> None:
    assert chosen(state, doubtful=True) == [(0, 0)]
    assert chosen(state, chapters=(1,)) == [(0, 0), (0, 1)]
    assert chosen(state, segments=((1, 2, 2),)) == [(0, 1)]


def test_takes_that_were_heard_are_not_wanted_again(state: JobState) -> None:
    place, old_key = (0, 0), state.key((0, 0), 0)
    for _ in range(2):
        (record,) = wish(state, segments=((1, 1, 1),)).records
        apply(state, record)
        assert place not in state.accepted
        assert not ServedJob(state, Ledger(state)).is_wanted(place, old_key)
        assert ServedJob(state, Ledger(state)).is_wanted(place, state.key(place, state.next_take(place)))
        apply(state, structs.replace(a_clip(0, b"x", key="k" * 32), take=state.next_take(place)))
    assert state.next_take(place) == 6
    apply(state, ClipDiscarded(0, 0, "its file is gone"))
    assert state.next_take(place) == 6


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ({"chapters": (2,)}, "no chapter 2: this audiobook has 1, and 1 is 1. Loomings"),
        ({"segments": ((1, 2, 3),)}, "sentences 1 to 2"),
        ({"segments": ((1, 0, 1),)}, "sentences 1 to 2"),
        ({"texts": ("Ahab",)}, "no sentence of this book"),
        ({"texts": ("/(/",)}, "no pattern"),
        ({"texts": ("/./",), "say": "x"}, r"2 are meant.*\n  1:1, .*Call me.*\n  1:2, "),
    ],
)
def test_what_is_not_there_or_not_clear_is_said(state: JobState, words: dict[str, object], answer: str) -> None:
    with pytest.raises(UsageError, match=answer):
        chosen(state, **words)


def test_a_sentence_without_sound_is_named_and_tried_again_as_by_any_run(state: JobState) -> None:
    apply(state, ClipDiscarded(0, 0, "gone"))
    assert chosen(state, doubtful=True) == []
    assert wish(state, segments=((1, 1, 1),)) == ([], ['1:1, 1. Loomings: "Call me Ishmael."'])


@pytest.mark.parametrize("pattern", ["call ME", "  me   ishmael", "/^Call .* Ish/"])
def test_words_or_a_pattern_find_a_sentence(state: JobState, pattern: str) -> None:
    assert chosen(state, texts=(pattern,)) == [(0, 0)]


def test_words_that_many_sentences_have_are_listed_with_their_times_and_need_a_word_more() -> None:
    segments = tuple(Segment(f"The dog barked {n} times.", Pause.SENTENCE) for n in range(797))
    state = JobState(structs.replace(a_job(), chapters=(Chapter("I", segments),)))
    for index in range(797):
        apply(state, a_clip(index, b"x"))
    assert len(chosen(state, texts=("barked 77",))) == 11
    assert len(chosen(state, texts=("the",), every=True)) == 797
    with pytest.raises(UsageError) as refused:
        chosen(state, texts=("the",), heard=((1, 1, 0.5), (1, 2, 3725.0)))
    first, *lines, last = str(refused.value).splitlines()
    assert "'the': 797 sentences have that." in first and "--all" in first
    assert lines[:2] == [
        '  1:1 at 0:00, I: "The dog barked 0 times."',
        '  1:2 at 1:02:05, I: "The dog barked 1 times."',
    ]
    assert (len(lines), last) == (5, "  and 792 more")


def test_typed_quotes_find_printed_ones() -> None:
    segments = (Segment("“I don’t,” he said.", Pause.SENTENCE),)
    state = JobState(structs.replace(a_job(), chapters=(Chapter("I", segments),)))
    apply(state, a_clip(0, b"x"))
    assert chosen(state, texts=("\"i don't",)) == [(0, 0)]


def test_a_pattern_that_takes_too_long_is_refused() -> None:
    state = JobState(structs.replace(a_job(), chapters=(Chapter("I", (Segment("a" * 200, Pause.SENTENCE),)),)))
    with pytest.raises(UsageError, match="no pattern"):
        wish(state, texts=("/(a|aa)+$x|(a+a+)+b/",))


def test_a_sentence_is_spoken_in_the_users_words_and_shown_in_the_books() -> None:
    state = JobState(a_job())
    apply(state, a_clip(0, b"x", key=state.key((0, 0), 0)))
    old_key = state.key((0, 0), 0)
    mending = wish(state, segments=((1, 1, 1),), say="Call me ISH-mael.")
    assert mending.notes == ['1:1, 1. Loomings: "Call me Ishmael.", said as "call me ish-mael."']
    for record in mending.records:
        apply(state, record)
    assert state.engine_text((0, 0)) == state.segment((0, 0)).spoken == "call me ish-mael."
    assert state.segment((0, 0)).written == "Call me Ishmael."
    assert wish(state, chapters=(1,)).notes[0] == mending.notes[0]
    assert (state.key((0, 0), 0) != old_key, state.next_take((0, 0)), state.accepted) == (True, 0, {})


def test_the_same_words_again_are_another_take_and_the_books_words_come_back_with_their_sound() -> None:
    state = JobState(a_job())
    for record in wish(state, segments=((1, 1, 1),), say="X").records:
        apply(state, record)
    apply(state, a_clip(0, b"x"))
    again = wish(state, segments=((1, 1, 1),), say="X").records
    assert again == [ClipDiscarded(0, 0, "to be spoken again", 3)]
    back = wish(state, segments=((1, 1, 1),), say=" ").records
    assert back == [SegmentReworded(0, 0, ""), ClipDiscarded(0, 0, "to be spoken in other words", 0)]
    apply(state, back[0])
    assert state.engine_text((0, 0)) == "Call me Ishmael."


def test_a_reworded_sentence_is_no_twin_of_its_old_text_and_one_of_its_new_text() -> None:
    segments = tuple(Segment(text, Pause.SENTENCE) for text in ("Yes.", "Yes.", "No."))
    state = JobState(structs.replace(a_job(), chapters=(Chapter("I", segments),)))
    assert state.twins((0, 0), 0) == [(0, 0), (0, 1)]
    apply(state, SegmentReworded(0, 1, "No."))
    assert state.twins((0, 0), 0) == []
    assert state.twins((0, 2), 0) == [(0, 1), (0, 2)]


def edition(*chapters: tuple[str, ...]) -> JobState:
    made = (Chapter("I", tuple(Segment(text, Pause.SENTENCE) for text in texts)) for texts in chapters)
    return JobState(structs.replace(a_job(), chapters=tuple(made)))


def reworded(*words: tuple[int, str]) -> dict[Place, SegmentReworded]:
    return {(0, index): SegmentReworded(0, index, said) for index, said in words}


def test_another_edition_has_the_wordings_wherever_the_sentences_are_now() -> None:
    old = edition(("Yes.", "Yes.", "The Colonel came."))
    carried = overrides_of(old.spec, reworded((1, "Aye."), (2, "The kernel came.")))
    new = edition(("A new one.", "Yes.", "The Colonel came.", "Yes."))
    assert carry(carried, new.spec, 100) == (
        [SegmentReworded(0, 2, "The kernel came."), SegmentReworded(0, 3, "Aye.")],
        [],
    )


def test_a_wording_of_a_sentence_that_changed_or_is_too_long_is_left_out_and_named() -> None:
    old = edition(("The Colonel came.", "Go."))
    carried = overrides_of(old.spec, reworded((0, "The kernel came."), (1, "Go! " * 9)))
    mending = carry(carried, edition(("The Colonel went.", "Go.")).spec, 30)
    assert mending.records == []
    assert mending.notes == [
        'the other wording of "The Colonel came." is left out: its chapter has no such sentence',
        'the other wording of "Go." is too long for this voice, and is left out',
    ]


def test_a_wording_in_a_chapter_that_an_edition_leaves_out_is_no_matter_of_it() -> None:
    old = edition(("The Colonel came.", "Go."))
    carried = overrides_of(old.spec, reworded((0, "The kernel came.")))
    spec = edition(("Another.",)).spec
    chapters = tuple(structs.replace(chapter, title="Another chapter") for chapter in spec.chapters)
    assert carry(carried, structs.replace(spec, chapters=chapters), 30) == ([], [])


def cast_of_two() -> JobState:
    """Return a job in which tick says one sentence and tock two, all of them spoken."""
    voices = ("tock", "", "tick", "tock")
    segments = tuple(Segment(f"Sentence {n}.", Pause.SENTENCE, voice=voice) for n, voice in enumerate(voices))
    made = JobState(structs.replace(a_job(), chapters=(Chapter("One", segments),)))
    for index in range(4):
        apply(made, a_clip(index, b"x", key=made.key((0, index), 0)))
    return made


def test_another_voice_for_a_character_opens_what_it_says_and_no_more() -> None:
    state = cast_of_two()
    mending = wish(state, recast=("tock", "tack"))
    assert mending.notes == ["2 sentences of tock: tack speaks them"]
    for record in mending.records:
        apply(state, record)
    assert sorted(state.accepted) == [(0, 1), (0, 2)]
    assert [state.segment((0, index)).voice for index in range(4)] == ["tack", "", "tick", "tack"]
    assert state.engine_text((0, 0)) == "⟦|@tack⟧Sentence 0."
    assert wish(state, recast=("tack", "tock")).notes == ["2 sentences of tack: tock speaks them"]


def test_the_voice_that_a_character_has_already_speaks_nothing_again_and_the_note_says_so() -> None:
    mending = wish(cast_of_two(), recast=("tock", "tock"))
    assert mending.notes == ["2 sentences of tock: tock speaks them already"]
    assert not any(isinstance(record, ClipDiscarded) for record in mending.records)


def test_a_character_is_recast_by_its_name_in_the_book() -> None:
    speakers = ("Mr. Holmes", "", "Watson", "the old man")
    segments = tuple(
        Segment(f"Sentence {n}.", Pause.SENTENCE, voice="tock", speaker=name) for n, name in enumerate(speakers)
    )
    state = JobState(structs.replace(a_job(), chapters=(Chapter("One", segments),)))
    assert wish(state, recast=("holmes", "tack")).notes == ["1 sentence of holmes: tack speaks them"]
    assert wish(state, recast=("the old man", "tack")).records[0].index == 3  # type: ignore[union-attr]
    assert len(wish(state, recast=("tock", "tack")).records) == 4


def test_a_name_that_a_character_has_itself_means_no_other_one_of_that_name() -> None:
    segments = tuple(
        Segment(f"Sentence {n}.", Pause.SENTENCE, voice="tock", speaker=name)
        for n, name in enumerate(("Hall", "Mrs. Hall", "Hall"))
    )
    state = JobState(structs.replace(a_job(), chapters=(Chapter("One", segments),)))
    assert [record.index for record in wish(state, recast=("Hall", "tack")).records] == [0, 2]  # type: ignore[union-attr]


def test_a_voice_that_no_character_has_is_named_with_those_that_some_have() -> None:
    with pytest.raises(UsageError, match="no character of this book has that name or voice; its voices are tick, tock"):
        wish(cast_of_two(), recast=("tuck", "tack"))
    with pytest.raises(UsageError, match="its voices are tack, tock; those that speak are Ned, Nemo"):
        wish(people(("Nemo", "tock"), ("Ned", "tack"), ("Ned", "tack")), recast=("Zoe", "tack"))
    with pytest.raises(UsageError, match="it has no --cast"):
        wish(JobState(a_job()), recast=("tick", "tock"))


def test_a_guest_is_no_character() -> None:
    guest = "guest:fr;espeak;;fr"
    chapters = (Chapter("One", (Segment("Oui.", Pause.SENTENCE, voice=guest),)),)
    with pytest.raises(UsageError, match="no character of this book has that name or voice; it has no --cast"):
        wish(JobState(structs.replace(a_job(), chapters=chapters)), recast=(guest, "tack"))


def test_another_wording_of_a_character_keeps_its_voice() -> None:
    state = cast_of_two()
    for record in wish(state, segments=((1, 1, 1),), say="Other Words.").records:
        apply(state, record)
    assert state.engine_text((0, 0)) == "⟦|@tock⟧other words."
    assert overrides_of(state.spec, reworded((0, state.wordings[0, 0])))[0].said == "other words."
    assert overrides_of(state.spec, reworded((0, "⟦|@tack⟧Sentence 0."))) == []  # only the voice is another


def people(*speakers: tuple[str, str]) -> JobState:
    """Return a job of sentences by speakers with their voices, all of them spoken."""
    segments = tuple(
        Segment(f"Sentence {n}.", Pause.SENTENCE, voice=voice, speaker=name) for n, (name, voice) in enumerate(speakers)
    )
    made = JobState(structs.replace(a_job(), chapters=(Chapter("One", segments),)))
    for index in range(len(segments)):
        apply(made, a_clip(index, b"x", key=made.key((0, index), 0)))
    return made


def test_a_character_called_as_another_one_has_that_ones_voice_and_name() -> None:
    state = people(("Nemo", "tock"), ("the Captain", "tick"), ("Ned", "tack"), ("the Captain", "tock"), ("", ""))
    mending = wish(state, rename=("the Captain", "nemo"))
    assert mending.notes == ["the Captain and Nemo are one; 1 sentence to be spoken again"]
    for record in mending.records:
        apply(state, record)
    assert sorted(state.accepted) == [(0, 0), (0, 2), (0, 3), (0, 4)]
    assert [state.segment((0, index)).speaker for index in range(5)] == ["Nemo", "Nemo", "Ned", "Nemo", ""]
    assert {state.segment((0, index)).voice for index in (0, 1, 3)} == {"tock"}
    for record in wish(state, recast=("Nemo", "tick")).records:
        apply(state, record)
    assert sorted(state.accepted) == [(0, 2), (0, 4)]


def test_a_line_is_said_by_another_character_in_that_ones_voice() -> None:
    state = people(("Nemo", "tock"), ("Ned", "tack"), ("Ned", "tack"), ("", ""))
    mending = wish(state, segments=((1, 3, 4),), speaker="nemo")
    assert mending.notes == ['1:3, One: "Sentence 2.", said by Nemo', '1:4, One: "Sentence 3.", said by Nemo']
    for record in mending.records:
        apply(state, record)
    assert sorted(state.accepted) == [(0, 0), (0, 1)]
    assert [state.segment((0, index)).speaker for index in range(4)] == ["Nemo", "Ned", "Nemo", "Nemo"]
    assert [state.segment((0, index)).voice for index in range(4)] == ["tock", "tack", "tock", "tock"]
    again = wish(state, segments=((1, 3, 3),), speaker="Nemo").notes
    assert again == ['1:3, One: "Sentence 2.", said by Nemo']  # in no other words
    with pytest.raises(UsageError, match="--speaker Zoe: no character of this book has that name; those that speak"):
        wish(state, segments=((1, 3, 3),), speaker="Zoe")


def test_the_only_line_of_a_character_is_given_back_and_the_books_words_keep_the_voice() -> None:
    state = people(("Nemo", "tock"), ("Ned", "tack"))
    for words, speaker, voice in [
        ({"speaker": "Ned"}, "Ned", "tack"),
        ({"say": "Other Words."}, "Ned", "tack"),
        ({"say": ""}, "Ned", "tack"),
        ({"speaker": "nemo"}, "Nemo", "tock"),
    ]:
        for record in wish(state, segments=((1, 1, 1),), **words).records:
            apply(state, record)
        assert (state.segment((0, 0)).speaker, state.segment((0, 0)).voice) == (speaker, voice)
    assert state.segment((0, 0)).marked_words == "Sentence 0."


def in_chapters(*chapters: Sequence[tuple[str, str]]) -> JobState:
    """Return a job like `people`, of several chapters and without sound."""
    made = [tuple(Segment("So.", Pause.SENTENCE, voice=voice, speaker=name) for name, voice in row) for row in chapters]
    return JobState(structs.replace(a_job(), chapters=tuple(Chapter("One", segments) for segments in made)))


def test_a_line_goes_to_the_narrator_who_speaks_it_as_the_rest_of_its_chapter_and_back() -> None:
    state = in_chapters([("", ""), ("Nemo", "tock"), ("", "tick")], [("", "tack"), ("Nemo", "tock"), ("", "tack")])
    mending = wish(state, segments=((1, 2, 3), (2, 2, 2)), speaker="Narrator")
    assert mending.notes[0] == '1:2, One: "So.", said by the narrator'
    for record in mending.records:
        apply(state, record)
    given = [state.segment(place) for place in ((0, 1), (0, 2), (1, 1))]
    assert [(each.speaker, each.voice) for each in given] == [("", ""), ("", ""), ("", "tack")]
    for record in wish(state, segments=((1, 2, 2),), speaker="Nemo").records:
        apply(state, record)
    assert (state.segment((0, 1)).speaker, state.segment((0, 1)).voice) == ("Nemo", "tock")


def test_all_that_one_says_who_is_nobody_goes_to_the_narrator_by_that_name() -> None:
    state = people(("Presently", "tock"), ("Ned", "tack"), ("", ""), ("Presently", "tock"))
    mending = wish(state, rename=("Presently", "narrator"))
    assert mending.notes == ["Presently is the narrator; 2 sentences to be spoken again"]
    for record in mending.records:
        apply(state, record)
    assert [state.segment((0, index)).speaker for index in range(4)] == ["", "Ned", "", ""]
    assert {state.segment((0, index)).voice for index in (0, 2, 3)} == {""}


def test_a_line_gets_other_words_and_another_speaker_at_once() -> None:
    state = people(("Nemo", "tock"), ("Ned", "tack"), ("", ""))
    mending = wish(state, segments=((1, 1, 1),), speaker="Ned", say="Other Words.")
    assert mending.notes == ['1:1, One: "Sentence 0.", said as "other words.", said by Ned']
    for record in mending.records:
        apply(state, record)
    assert (state.segment((0, 0)).speaker, state.engine_text((0, 0))) == ("Ned", "⟦|@tack⟧other words.")
    for words, spoken in [({"say": "More."}, "more."), ({"say": ""}, "Sentence 0.")]:
        for record in wish(state, segments=((1, 1, 1),), speaker="narrator", **words).records:
            apply(state, record)
        assert (state.segment((0, 0)).speaker, state.engine_text((0, 0))) == ("", spoken)
    with pytest.raises(UsageError, match="2 are meant"):
        wish(state, segments=((1, 1, 2),), speaker="Ned", say="Other Words.")


def test_the_next_edition_knows_what_the_narrator_says_and_that_one_line_was_given() -> None:
    old, new = people(("Nemo", "tock"), ("", "")), people(("Nemo", "tick"), ("", ""))
    for record in wish(old, segments=((1, 1, 1),), speaker="narrator").records:
        apply(old, record)
    carried = overrides_of(old.spec, {(0, 0): SegmentReworded(0, 0, "Sentence 0.", "narrator", given=True)})
    for record in carry(carried, new.spec, 100).records:
        apply(new, record)
    assert (new.segment((0, 0)).speaker, new.engine_text((0, 0)), new.given) == ("", "Sentence 0.", {(0, 0)})
    assert carry(carried, people(("", ""), ("", "")).spec, 100) == ([], [])


def test_what_a_voice_of_another_language_says_is_given_to_nobody() -> None:
    state = people(("Nemo", "tock"), ("", "guest:fr;espeak;;fr"))
    with pytest.raises(UsageError, match="a voice of another language speaks this"):
        wish(state, segments=((1, 2, 2),), speaker="Nemo")
    assert len(wish(state, segments=((1, 1, 2),), speaker="Nemo").notes) == 1
    with pytest.raises(UsageError, match=r"^--speaker Zoe [^\n]{1,300}$"):
        wish(state, segments=((1, 1, 1),), speaker="Zoe\n" + "e" * 10_000)


def test_another_edition_knows_who_says_a_line_and_with_which_voice_that_one_speaks_now() -> None:
    old, new = people(("Nemo", "tock"), ("Ned", "tack")), people(("Nemo", "tick"), ("", ""))
    mends = wish(old, segments=((1, 2, 2),), speaker="Nemo").records
    [given] = [each for each in mends if isinstance(each, SegmentReworded)]
    carried = overrides_of(old.spec, {(0, 1): given})
    assert carry(carried, new.spec, 100) == (
        [SegmentReworded(0, 1, "⟦|@tick⟧Sentence 1.", "Nemo", given=True)],
        [],
    )
    assert carry(carried, people(("Nemo", "tick"), ("Nemo", "tick")).spec, 100) == ([], [])
    gone = people(("Nemo", "tick")).spec
    assert carry(carried, gone, 100).notes == [
        'the other speaker of "Sentence 1." is left out: its chapter has no such sentence'
    ]


def test_another_name_speaks_nothing_again_and_outlives_another_wording() -> None:
    state = people(("Nemo", "tock"), ("Ned", "tack"))
    for record in (
        *wish(state, rename=("Nemo", "Captain Nemo")).records,
        *wish(state, segments=((1, 1, 1),), say="Other Words.").records,
    ):
        apply(state, record)
    assert state.segment((0, 0)).speaker == "Captain Nemo"
    assert sorted(state.accepted) == [(0, 1)]


@pytest.mark.parametrize(
    ("name", "other", "why"),
    [
        ("Zoe", "Ann", "no character of this book has that name; those that speak are .*Ann"),
        ("Ann", "a = b", "cannot be called"),
        ("Ann", "[voice:x]", "cannot be called"),
        ("Ann", "x" * 81, "cannot be called"),
    ],
)
def test_a_name_that_cannot_be_given_is_refused(name: str, other: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        wish(people(("Ann", "tock")), rename=(name, other))
