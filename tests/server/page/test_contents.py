"""What the page makes of the answers of `inspect` and `voices`."""

import pytest

from swarm.errors import UsageError
from swarm.lease.message import JobStatus, SlotStatus, StatusReply, WorkerStatus
from swarm.server.page.advice import notes_of, read_answer, waiting_s, work_s


def reply(*speeds: float, silent_s: float = 0.0) -> StatusReply:
    slots = tuple(SlotStatus(number, "speaking", realtime=speed) for number, speed in enumerate(speeds))
    job = JobStatus("j", "Emma", "hibari", "speaking", 1, 0, 0, 9, 9, 0.0, 0.0, 90.0, ())
    return StatusReply("c", "n", "1", 1, (job,), (WorkerStatus("w", "attic", "cpu", slots, silent_s, 0),))


def test_the_time_is_estimated_by_what_is_measured_now_or_was_before() -> None:
    assert work_s(60.0, reply(2.0, 4.0), 0.0) == 10.0
    assert work_s(60.0, reply(2.0, 0.0), 0.0) == 15.0, "a slot that waits is as fast as the others"
    assert work_s(60.0, reply(0.0, 0.0), 3.0) == 10.0
    assert work_s(60.0, reply(0.0), 0.0) is None
    assert work_s(60.0, reply(2.0, silent_s=60.0), 3.0) is None
    assert waiting_s(reply()) == 90.0


def test_engines_of_passages_in_other_languages_are_a_note() -> None:
    plain = {"title": "Emma", "authors": [], "language": "en", "engine": "hibari", "chapters": [], "left_out": []}
    plain |= {"totals": {"words": 9, "estimated_s": 3}, "cautions": ["it is odd"]}
    guest = {"language": "fr", "engine": "espeak", "model": "", "voice": "fr", "sentences": 2}
    assert notes_of(plain) == ["it is odd"]
    told = notes_of(plain | {"guests": [guest]})
    assert told[1:] == ["in other languages: French (2 sentences) by espeak; --one-engine leaves all to hibari"]


def test_answers_that_make_no_sense_are_told_so() -> None:
    for answer in (b"", b"[]"):
        with pytest.raises(UsageError, match="no sense"):
            read_answer(answer)
