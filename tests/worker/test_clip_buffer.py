from pathlib import Path

import pytest
from specs_for_tests import a_key

from swarm.lease.message import Clip
from swarm.worker import clip_buffer
from swarm.worker.clip_buffer import ClipBuffer


def a_message(index: int) -> Clip:
    return Clip("job", 0, index, 0, a_key("the same text"), samples=1, sample_rate=24000, digest="0" * 64, work_s=0.1)


def test_what_is_put_is_got_until_it_is_dropped() -> None:
    kept = ClipBuffer()
    kept.put(a_message(0), b"here")
    kept.put(a_message(1), b"there")
    assert (kept.get(a_message(0)), kept.get(a_message(1))) == (b"here", b"there")
    kept.drop(a_message(0))
    assert kept.get(a_message(0)) == b""
    assert kept.get(a_message(1)) == b"there"


def test_past_a_few_clips_lie_on_disk_and_are_removed_with_their_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip_buffer, "MAX_MEMORY_BYTES", 10)
    kept = ClipBuffer()
    for index in range(5):
        kept.put(a_message(index), b"x" * 8)
    files = list(kept._files.values())
    assert len(files) == 4
    assert all(kept.get(a_message(index)) == b"x" * 8 for index in range(5))
    kept.drop(a_message(4))
    assert not files[-1].exists()
    kept.close()
    assert not Path(files[0]).parent.exists()
