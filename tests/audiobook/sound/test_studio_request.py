from pathlib import Path

import msgspec
import pytest

from swarm.audiobook.sound.format import Coding
from swarm.audiobook.sound.studio_request import (
    AudiobookRequest,
    Mark,
    ReelClip,
    ReelDone,
    ReelRequest,
    from_message,
    to_message,
)
from swarm.audiobook.sound.tags import Tags
from swarm.job.clip_info import ClipInfo

INFO = ClipInfo(samples=5, sample_rate=24_000, digest="0" * 64, work_s=0.5)


@pytest.mark.parametrize(
    "value",
    [
        ReelRequest((ReelClip(Path("ä.flac"), INFO), None), (0.1, 2.0), 24000, 1.5, Path("r")),
        ReelDone(Path("r"), 10, 20, ((0, "why"),)),
        AudiobookRequest(Path("p"), Tags("T", ("A", "B")), coding=Coding("opus"), cover=b"\xff\x00"),
        Mark("T", 3),
    ],
)
def test_values_come_through_a_pipe_unchanged(value: msgspec.Struct) -> None:
    message = msgspec.msgpack.decode(msgspec.msgpack.encode(to_message(value)))
    assert from_message(message, type(value)) == value


def test_what_is_no_order_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        from_message({"clips": 3}, ReelRequest)
