"""Which voice speaks which part of a chapter."""

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from steps import steps_of

from swarm.book.model.book import Block, ChapterText, Pause
from swarm.book.model.reading_choice import Cast, CastVoice
from swarm.book.speech.casting import (
    Casting,
    assign_voices,
    cast_by_itself,
    marks_in,
    read_cast,
    unknown_names,
    unlikeness,
    voice_runs,
)
from swarm.book.speech.dialogue import find_dialogue
from swarm.book.speech.segment import segment_chapter
from swarm.errors import UsageError
from swarm.voice.host.registry import find_card

CARD = find_card("metronome")


def spoken(text: str, cast: Cast, language: str = "en", title: str = "") -> list[tuple[str, str]]:
    chapter = ChapterText("", tuple(Block("paragraph", line) for line in text.split("\n")))
    casting = Casting(cast).for_chapter(3, title)
    made = segment_chapter(chapter, language, CARD, casting=casting)
    assert "".join("".join(each.written.split()) for each in made.segments) == "".join(text.split())
    return [(segment.voice, segment.written) for segment in made.segments]


def test_a_paragraph_of_many_quotations_takes_steps_in_proportion_to_its_length() -> None:
    casting = Casting(Cast("tock"))
    few, many = (
        steps_of(lambda times=times: voice_runs(["“Yes.” He went. " * times], casting, "en")) for times in (500, 2000)
    )
    assert many < 6 * few


TEXT = "“Come in,” said Holmes. “Sit down. Do.” He waited, and then said: “Well?”"


def test_what_is_said_has_another_voice_and_nothing_is_lost() -> None:
    assert spoken(TEXT, Cast("tock")) == [
        ("tock", "“Come in,”"),
        ("", "said Holmes."),
        ("tock", "“Sit down. Do.”"),
        ("", "He waited, and then said:"),
        ("tock", "“Well?”"),
    ]


def test_a_segment_knows_its_speaker_also_where_all_share_a_voice() -> None:
    chapter = ChapterText("", (Block("paragraph", "“Come in,” said Holmes. “Sit.” It rained."),))
    made = segment_chapter(chapter, "en", CARD, casting=Casting(Cast("tock")))
    assert [(segment.speaker, segment.voice) for segment in made.segments] == [
        ("Holmes", "tock"),
        ("", ""),
        ("Holmes", "tock"),
        ("", ""),
    ]


def test_a_sentence_that_goes_on_in_another_voice_has_a_short_pause() -> None:
    chapter = ChapterText("", (Block("paragraph", TEXT),))
    made = segment_chapter(chapter, "en", CARD, casting=Casting(Cast("tock")))
    assert [segment.pause for segment in made.segments][:3] == [Pause.CLAUSE, Pause.SENTENCE, Pause.SENTENCE]
    assert made.segments[0].engine_text == "⟦|@tock⟧“Come in,”"


def test_speakers_and_chapters_have_their_voices() -> None:
    text = "“Come in,” said Sherlock Holmes.\n“Thank you,” said Watson.\n“Yes,” said she.\nIt rained."
    cast = Cast(speakers=(("holmes", "deep"), ("Dr. Watson", "never")), chapters=(("3", "old"),))
    assert spoken(text, cast) == [
        ("deep", "“Come in,”"),
        ("old", "said Sherlock Holmes."),
        ("old", "“Thank you,” said Watson."),
        ("old", "“Yes,” said she."),
        ("old", "It rained."),
    ]
    letter = Cast("tock", chapters=(("The Letter", "old"),))
    assert spoken("It rained.", letter, title="the letter") == [("old", "It rained.")]
    assert spoken("It rained.", letter, title="Another") == [("", "It rained.")]


def test_marks_are_obeyed_over_paragraphs_and_beat_all_else() -> None:
    runs = voice_runs(
        ["A. [voice:/v/Anna.wav]“B,” said", "Tom. [/voice]C.[voice:Bert] D."],
        Casting(Cast("tock", marks=(("anna", "a"),))),
        "en",
    )
    assert [[(run.voice, run.start) for run in row] for row in runs] == [
        [("", 0), ("a", 22)],
        [("a", 0), ("", 5)],
    ]
    assert marks_in(["[voice:/v/Anna.wav]x[/voice]", "[voice:Bert]"]) == ("anna", "bert")


def test_without_a_cast_nothing_changes() -> None:
    chapter = ChapterText("", (Block("paragraph", TEXT),))
    plain = segment_chapter(chapter, "en", CARD)
    assert all(segment.voice == "" for segment in plain.segments)
    assert plain == segment_chapter(chapter, "en", CARD, casting=Casting())


def test_a_piece_of_punctuation_alone_changes_no_voice() -> None:
    assert spoken("“Yes!” — “No!”", Cast("tock")) == [("tock", "“Yes!” —"), ("tock", "“No!”")]


def test_a_long_quotation_is_cut_in_its_own_voice() -> None:
    text = f"“{'many words ' * 60}.” said Tom."
    found = spoken(text, Cast("tock"))
    assert len(found) > 3
    assert {voice for voice, _ in found[:-1]} == {"tock"}


def test_a_passage_in_another_language_keeps_its_own_voice() -> None:
    chapter = ChapterText("", (Block("paragraph", "“Guten Tag,” sagte er.", language="de"),))
    polyglot = structs.replace(CARD, polyglot=True, languages=("en", "de"))
    made = segment_chapter(chapter, "en", polyglot, casting=Casting(Cast("tock")))
    assert {segment.voice for segment in made.segments} == {""}
    plain = segment_chapter(chapter, "en", CARD, casting=Casting(Cast("tock")))  # it is read as all else is
    assert [segment.voice for segment in plain.segments] == ["tock", ""]


def test_a_cast_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "cast.txt"
    path.write_text(
        "# who is who\ndialogue = tock\nHolmes = deep  # the detective\nchapter 3 = old\nchapter The End = older\n"
        "[voice:/v/Anna.wav] = a\n[bert] = b\n\n"
    )
    cast = read_cast(path)
    assert cast == Cast(
        "tock", (("Holmes", "deep"),), (("3", "old"), ("The End", "older")), (("anna", "a"), ("bert", "b"))
    )
    assert cast.voices == ("tock", "deep", "old", "older", "a", "b")
    assert read_cast(path, "mine").dialogue == "mine"


@pytest.mark.parametrize("line", ["Holmes", "= deep", "Holmes =", "x" * 600 + " = y"])
def test_a_line_that_is_none_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "cast.txt"
    path.write_text(f"# ok\n{line}\n")
    with pytest.raises(UsageError, match="line 2"):
        read_cast(path)
    with pytest.raises(UsageError, match=r"cannot be read: .*; name a file, or auto"):
        read_cast(tmp_path / "none.txt")


@pytest.mark.parametrize(
    ("language", "text", "narrated"),
    [
        ("fr", "— Je suis rentré, dit-il, et j’ai dormi.", ["dit-il,"]),
        ("fr", "« Je suis rentré, dit Jean en riant, et j’ai dormi. »", ["dit Jean en riant,"]),
        ("fr", "— Je suis rentré, dit le capitaine. Venez.", ["dit le capitaine."]),
        ("fr", "— Tiens ! s’écria Conseil, vous voilà.", ["s’écria Conseil,"]),
        ("fr", "— Oui, répondis-je. Et vous ?", ["répondis-je."]),
        ("fr", "— Et demain, viendra-t-il ? On dit Jean malade.", []),
        ("sv", "— Jag gick hem, sade han, och sov.", ["sade han,"]),
        ("es", "—Me fui a casa —dijo él—, y dormí.", ["—dijo él—"]),
        ("de", "„Ich ging heim“, sagte er, „und schlief.“", [", sagte er,"]),
        ("en", "“I went home,” he said, “and slept.”", ["he said,"]),
    ],
)
def test_he_said_inside_a_quotation_is_the_narrators(language: str, text: str, narrated: list[str]) -> None:
    (runs,) = voice_runs([text], Casting(Cast("tock")), language)
    assert "".join(text[run.start : run.end] for run in runs) == text
    assert [text[run.start : run.end].strip() for run in runs if not run.voice] == narrated


CONVERSATION = (
    "“Good day,” said Mr. Hall. He bowed.",
    "“Good day,” said Mrs. Vane. She smiled.",
    "“Is it you?” said Mr. Hall.",
    "“It is I,” said Mrs. Vane.",
    "“So late?” asked Mr. Poole. He was tired.",
    "“So late,” said Mr. Hall.",
    "“No,” cried a voice.",
) * 6
VOICES = [CastVoice("own", "f"), CastVoice("deep", "m"), CastVoice("high", "f"), CastVoice("low", "m")]


def test_persons_get_voices_of_their_gender_by_themselves_and_those_who_talk_get_different_ones() -> None:
    found = cast_by_itself(find_dialogue([CONVERSATION], "en"), Cast(auto=True), VOICES)
    rows = dict(found.speakers)
    assert (rows["Mrs. Vane"], rows["she"]) == ("high", "high")
    assert {rows["Mr. Hall"], rows["Mr. Poole"]} == {"deep", "low"}
    assert not found.auto


def test_a_cast_by_itself_keeps_what_is_named_already() -> None:
    found = cast_by_itself(find_dialogue([CONVERSATION], "en"), Cast("tock", (("Hall", "bell"),), auto=True), VOICES)
    assert [voice for name, voice in found.speakers if "Hall" in name] == ["bell"]
    assert found.dialogue == "tock"


def test_persons_share_a_voice_where_there_are_few() -> None:
    rows = dict(cast_by_itself(find_dialogue([CONVERSATION], "en"), Cast(auto=True), VOICES[:2]).speakers)
    assert (rows["Mr. Hall"], rows["Mr. Poole"], rows["he"]) == ("deep", "deep", "deep")
    assert "Mrs. Vane" not in rows


def men(*pitches: float) -> list[CastVoice]:
    """Return voices of men by their pitches; the first is the narrator's."""
    return [CastVoice(f"v{number}", "m", "", (pitch, 0.0)) for number, pitch in enumerate(pitches)]


def test_those_who_speak_most_with_each_other_have_the_most_unlike_voices() -> None:
    lines = [
        *(["“Yes,” said Mr. Hall.", "“No,” said Mr. Vane."] * 12),
        *(["“Yes,” said Mr. Vane.", "“No,” said Mr. Poole."] * 6),
    ]
    found = dict(cast_by_itself(find_dialogue([lines], "en"), Cast(auto=True), men(1.5, 0.9, 0.5, 0.0)).speakers)
    hall, vane, poole = (found[name] for name in ("Mr. Hall", "Mr. Vane", "Mr. Poole"))
    assert {hall, vane} == {"v1", "v3"}
    assert poole == "v2"


def test_voices_like_the_narrators_are_left_while_there_are_others() -> None:
    lines = ["“Yes,” said Mr. Hall.", "“No,” said Mr. Vane."] * 12
    voices = men(0.0, 0.01, 0.02, 3.0, 5.0, 2.0, 4.0)
    found = dict(cast_by_itself(find_dialogue([lines], "en"), Cast(auto=True), voices).speakers)
    assert {found["Mr. Hall"], found["Mr. Vane"]} == {"v4", "v5"}
    assert found["he"] not in ("v1", "v2", *found["Mr. Hall"])


@given(st.lists(st.tuples(st.sampled_from("ABCD"), st.sampled_from("ABCD")), min_size=1, max_size=30), st.randoms())
def test_no_two_persons_could_change_to_better_voices_one_by_one(pairs: list[tuple[str, str]], random: Random) -> None:
    voices = men(*(random.uniform(0, 3) for _ in range(4)))
    said = [name for pair in pairs for name in pair]
    taken: dict[str, CastVoice] = {}
    assign_voices(dict.fromkeys(sorted(set(said)), voices[1:]), taken, said, voices[0])
    turns = Counter(frozenset(pair) for pair in pairwise(said) if pair[0] != pair[1])

    def apart(cast: Mapping[str, CastVoice]) -> float:
        return sum(times * unlikeness(*(cast[name] for name in pair)) for pair, times in turns.items())

    alike = dict.fromkeys(taken, voices[1])
    assert apart(taken) >= apart(alike)
    assert apart(taken) > 0 or not turns or len({voice.sound for voice in voices[1:]}) < 3


def test_unlikeness_is_told_by_gender_and_accent_where_no_sound_is_known() -> None:
    ann, mary, emma, tom = (
        CastVoice("ann", "f", "American"), CastVoice("mary", "f", "American"), CastVoice("emma", "f", "British"),
        CastVoice("tom", "m", "American", (1.0,)),
    )  # fmt: skip
    assert unlikeness(ann, ann) == 0 < unlikeness(ann, mary) < unlikeness(ann, emma) < unlikeness(ann, tom)


def test_who_has_no_voice_of_its_own_has_that_of_all_men_or_women() -> None:
    texts = ("“Yes,” said Mr. Hall.", "It rained.", "“No,” she said. She sat down.")
    cast = Cast(speakers=(("he", "deep"), ("she", "high")))
    runs = voice_runs(texts, Casting(cast, dialogue=find_dialogue([texts], "en"), number=1), "en")
    assert [run.voice for row in runs for run in row if run.voice] == ["deep", "high"]


def test_auto_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_cast(Path("auto"), "tock") == Cast("tock", auto=True)


def test_names_of_a_cast_that_nobody_in_the_book_has_are_told() -> None:
    dialogue = find_dialogue([["“Come in,” said Sherlock Holmes.", "“Thank you,” said Dr. Watson."]], "en")
    named = ("holmes", "Dr. Watson", "she", "he", "Lestrade")
    assert unknown_names(Cast(speakers=tuple((name, "deep") for name in named)), dialogue) == ["Lestrade"]


@pytest.mark.parametrize(
    ("language", "text", "manners"),
    [
        ("en", "“Hush,” she whispered. “He sleeps.”", ["whisper"]),
        ("en", "“Stop!” he shouted, and ran.", ["shout"]),
        ("en", "He cried: “Stop!”", ["shout"]),
        ("en", "“Who?” asked Ann.", ["ask"]),
        ("en", "“Yes,” said Ann. The children shouted.", []),
        ("en", "“Yes.” It rained while the children whispered.", []),
        ("fr", "— Venez, murmura Jean, il dort.", ["whisper", "whisper"]),
        ("de", "„Halt!“, rief er.", ["shout"]),
        ("es", "—¿Quién? —preguntó Ana.", ["ask"]),
        ("sv", "”Tyst”, viskade han.", []),
    ],
)
def test_what_is_whispered_shouted_or_asked_is_marked(language: str, text: str, manners: list[str]) -> None:
    def made(*, expressive: bool) -> list[tuple[str, str]]:
        chapter = ChapterText("", (Block("paragraph", text),))
        found = segment_chapter(chapter, language, CARD, casting=Casting(expressive=expressive))
        assert "".join("".join(each.written.split()) for each in found.segments) == "".join(text.split())
        return [(each.manner, each.engine_text) for each in found.segments]

    marked = made(expressive=True)
    assert [manner for manner, _ in marked if manner] == manners
    assert all(text.startswith(f"⟦|~{manner}⟧") for manner, text in marked if manner)
    assert all("⟦" not in text for manner, text in (*made(expressive=False), *marked) if not manner)
