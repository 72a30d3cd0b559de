"""What the page makes of the answers of `inspect` and `voices`."""

import pytest

from swarm.errors import UsageError
from swarm.lease.message import JobStatus, SlotStatus, StatusReply, WorkerStatus
from swarm.site.contents import read_contents, read_voices, waiting_s, work_s


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


def test_answers_that_make_no_sense_are_told_so() -> None:
    for answer in (b"", b"[]", b'{"title": 1}'):
        with pytest.raises(UsageError, match="no sense"):
            read_contents(answer)
        with pytest.raises(UsageError, match="no sense"):
            read_voices(answer)
