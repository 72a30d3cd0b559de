"""The words for reasons; the dialogues in tests/lease/coordinator read most sentences as a user would."""

import ast
from pathlib import Path

import pytest

import swarm.lease
from swarm.coordinator import engine_wait
from swarm.lease.envelope import Reason
from swarm.lease.message import Done, Refused, Rejected
from swarm.watch import words
from swarm.watch.words import (
    event_text,
    failure_text,
    files_text,
    hopeless_text,
    lacking_text,
    refused_text,
    rejected_text,
    waiting_text,
    worded,
)

TABLES = (words.WAITING, words.KEPT, words.LACKING, words.HOPELESS, words.REFUSED, words.REJECTED, words.EVENTS)
KEY = "0" * 32
FULL = Reason("", worker="attic", title="Emma", engine="xtts", model="vctk", language="fr", command="pip", note="why")


def known_codes() -> set[str]:
    """Return all codes in the sources of the core and of the lobby before it."""
    sources = (path.read_text() for path in (*Path(swarm.lease.__path__[0]).rglob("*.py"), Path(engine_wait.__file__)))
    calls = (node for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    named = (call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Reason")
    return {call.args[0].value for call in named if isinstance(call.args[0], ast.Constant)}


def test_every_code_has_words_and_every_word_a_code() -> None:
    assert known_codes() == {code for table in TABLES for code in table}


@pytest.mark.parametrize("table", TABLES)
def test_every_sentence_is_made_of_its_facts(table: dict[str, words.Sentence]) -> None:
    for code, sentence in table.items():
        assert sentence(FULL), code


def test_a_code_of_a_newer_coordinator_has_no_words() -> None:
    unknown = Reason("of tomorrow", note="anything")
    assert waiting_text(unknown) == event_text(unknown) == hopeless_text(unknown) == waiting_text(None) == ""


def test_a_coordinator_of_0_1_sends_the_words_itself() -> None:
    assert lacking_text(Done(note="Emma is spoken with espeak")) == "Emma is spoken with espeak"
    assert lacking_text(Done()) == ""


def test_a_refusal_and_a_rejection_of_0_1_keep_their_words() -> None:
    assert refused_text(Refused("install the same version")) == "install the same version"
    assert rejected_text(Rejected("job", 0, 0, KEY, "the digest is another")) == "the digest is another"


def test_workers_of_0_1_get_the_words_for_a_refusal_and_a_rejection() -> None:
    refused = worded(Refused(reason=Reason("other protocol", coordinator="laptop", count=2, expected=1, version="9")))
    assert isinstance(refused, Refused)
    assert "this worker speaks protocol 2 (e2a-swarm 9), the coordinator laptop speaks 1" in refused.why
    rejected = worded(Rejected("job", 0, 0, KEY, reason=Reason("other rate", count=8000, expected=24_000)))
    assert isinstance(rejected, Rejected)
    assert rejected.why == "the clip has 8000 Hz, the others of this job 24000"


@pytest.mark.parametrize(
    ("kind", "note", "text"),
    [
        ("empty", "", "empty"),
        ("empty", "nothing came", "empty: nothing came"),
        ("rejected", "other clip", "rejected: the clip is not of this text and recipe"),
        ("rejected", "implausible length", "rejected: the clip is far too long or too short for its text"),
        ("rejected", "the digest is another", "rejected: the digest is another"),
        ("error: as a journal of 0.1 says it", "", "error: as a journal of 0.1 says it"),
    ],
)
def test_a_failure_is_told_with_its_kind(kind: str, note: str, text: str) -> None:
    assert failure_text(kind, note) == text


def test_how_to_start_a_worker_is_said_until_workers_were_called() -> None:
    lonely = Reason("no worker")
    assert waiting_text(lonely) == f"waiting for a worker: {words.CALL_WORKERS}"
    assert waiting_text(lonely, called=True) == "waiting for a worker"
    assert waiting_text(Reason("all rest", note="at night"), called=True) == "every worker for it is paused: at night"


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (("voice.wav",), "the voice"),
        (("model/model.pth", "model/config.json"), "the model"),
        (("voice.wav", "model/model.pth"), "the voice and the model"),
    ],
)
def test_files_are_called_by_what_they_are_for(names: tuple[str, ...], text: str) -> None:
    assert files_text(names) == text


def test_a_sentence_is_bounded() -> None:
    assert len(waiting_text(Reason("loading", note="x" * 9000))) == words.MAX_LETTERS
