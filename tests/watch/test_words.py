"""The words for reasons; the dialogues in tests/lease/coordinator read most sentences as a user would."""

import ast
from pathlib import Path

import pytest
from msgspec import convert, structs

import swarm.lease
from swarm.book.model.book import Chapter, Pause, Segment
from swarm.coordinator import coordination
from swarm.lease.envelope import Hindrance, NotLeasing, Reason, Resting
from swarm.lease.member_message import StandbyStatus
from swarm.lease.message import Refused
from swarm.watch import words
from swarm.watch.words import (
    event_text,
    failure_text,
    files_text,
    guest_rows,
    guest_words,
    guests_line,
    hindrance_text,
    hopeless_text,
    refused_text,
    resting_text,
    standby_state,
    standby_text,
    waiting_text,
)

TABLES = (words.WAITING, words.KEPT, words.LACKING, words.HOPELESS, words.REFUSED, words.REJECTED, words.EVENTS)
FULL = Reason("", worker="attic", title="Emma", engine="xtts", model="vctk", language="fr", command="pip", note="why")
PAUSED = Resting(0, Hindrance(NotLeasing.PAUSED, "why", by="laptop"))
FULL = structs.replace(FULL, resting=(PAUSED,))


def known_codes() -> set[str]:
    """Return all codes in the sources of the core and of the lobby before it."""
    sources = (path.read_text() for path in (*Path(swarm.lease.__path__[0]).rglob("*.py"), Path(coordination.__file__)))
    calls = (node for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    named = (call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Reason")
    return {call.args[0].value for call in named if isinstance(call.args[0], ast.Constant)}


def test_every_code_has_words_and_every_word_a_code() -> None:
    assert known_codes() == {code for table in TABLES for code in table}


def test_every_sentence_is_made_of_its_facts() -> None:
    for table in TABLES:
        for code, sentence in table.items():
            assert sentence(FULL), code


def test_a_code_of_a_newer_coordinator_has_no_words() -> None:
    unknown = Reason("of tomorrow", note="anything")
    assert waiting_text(unknown) == event_text(unknown) == hopeless_text(unknown) == waiting_text(None) == ""


def test_a_failure_is_told_with_its_kind() -> None:
    for kind, note, text in [
        ("empty", "", "empty"),
        ("empty", "nothing came", "empty: nothing came"),
        ("rejected", "other clip", "rejected: the clip is not of this text and recipe"),
        ("rejected", "implausible length", "rejected: the clip is far too long or too short for its text"),
        ("rejected", "the digest is another", "rejected: the digest is another"),
    ]:
        assert failure_text(kind, note) == text


@pytest.mark.parametrize(("protocol", "behind"), [(1, "attic"), (3, "laptop")])
def test_who_is_refused_hears_which_machine_is_to_be_updated(protocol: int, behind: str) -> None:
    reason = Reason("other protocol", worker="attic", coordinator="laptop", count=protocol, expected=2)
    assert refused_text(Refused(reason)) == (
        f"attic speaks protocol {protocol} of e2a-swarm, and the coordinator laptop speaks 2: "
        f"update e2a-swarm on {behind}"
    )


def test_how_to_start_a_worker_is_said_until_workers_were_called() -> None:
    lonely = Reason("no worker")
    assert waiting_text(lonely) == f"waiting for a worker: {words.CALL_WORKERS}"
    assert waiting_text(lonely, called=True) == "waiting for a worker"
    paused = Reason("all rest", resting=(PAUSED,))
    assert waiting_text(paused, called=True) == "every worker for it rests: paused from laptop"


def test_each_cause_of_a_slot_that_takes_no_lease_has_a_sentence() -> None:
    for cause in NotLeasing:
        text = hindrance_text(Hindrance(cause, "no room on cuda:0", "cuda:0", "laptop", "22:00", 80, 300.0))
        assert text == text.strip(), cause
        assert len(text) > 10, cause
        assert resting_text([Resting(n, Hindrance(cause, "hot")) for n in range(3)]) == hindrance_text(
            Hindrance(cause, "hot")
        )


def test_a_cause_of_a_newer_peer_is_told_as_its_note() -> None:
    newer = convert({"cause": "too loud", "note": "the fan is too loud"}, Hindrance)
    assert newer.cause is NotLeasing.OTHER
    assert hindrance_text(newer) == "the fan is too loud"


def test_files_are_called_by_what_they_are_for() -> None:
    for names, text in [
        (("voice.wav",), "the voice"),
        (("model/model.pth", "model/config.json"), "the model"),
        (("voice.wav", "model/model.pth"), "the voice and the model"),
    ]:
        assert files_text(names) == text


def test_a_sentence_is_bounded() -> None:
    assert len(waiting_text(Reason("loading", note="x" * 9000))) == words.MAX_LETTERS


def test_a_standby_follows_copies_or_is_away() -> None:
    for standby, state, text in [
        (StandbyStatus("tower", 1.4), "following", "1 s behind"),
        (StandbyStatus("tower", 1.4, books=9, of_books=12), "following", "1 s behind, 9 of 12 books"),
        (StandbyStatus("tower", None, behind=7), "copying", "copying, 7 records behind"),
        (StandbyStatus("tower", 90.0, 80.0), "away", "away for 1 min 20 s"),
    ]:
        assert (standby_state(standby), standby_text(standby)) == (state, text)


def told(voice: str, count: int) -> tuple[Segment, ...]:
    return (Segment("Ja.", Pause.SENTENCE, voice=voice),) * count


PIPER = "guest:de;piper;piper:de_DE-thorsten-medium;thorsten"
CHAPTERS = [
    Chapter("One", told("guest:fr;espeak;;fr", 3) + told("", 4)),
    Chapter("Two", told(PIPER, 2) + told("guest:ru;espeak;;ru", 1)),
]


def test_each_engine_is_named_once_with_its_languages() -> None:
    words = (
        "in other languages: French (3 sentences), Russian (1 sentence) by espeak; "
        "German (2 sentences) by piper:de_DE-thorsten-medium"
    )
    assert guest_words(guest_rows(CHAPTERS)) == words
    assert guests_line(guest_rows(CHAPTERS), "hibari") == f"{words}; --one-engine leaves all to hibari"


def test_nothing_is_said_of_a_book_that_one_engine_speaks() -> None:
    assert guests_line(guest_rows([Chapter("One", told("", 4) + told("anna", 1))]), "hibari") == ""
