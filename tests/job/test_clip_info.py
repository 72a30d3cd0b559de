import msgspec
import pytest
from msgspec import structs

from swarm.job.clip_info import MAX_DOUBT, ClipInfo
from swarm.job.record import AnyRecord, ClipAccepted
from swarm.lease.message import Clip

FACTS = {
    "samples": 48_000,
    "sample_rate": 24_000,
    "digest": "0" * 64,
    "work_s": 0.5,
    "takes": 2,
    "doubt": "9.0 s, where 1.0 s are usual",
}
INFO = ClipInfo(**FACTS)  # type: ignore[arg-type]
PLACE = {"chapter": 1, "index": 2, "take": 1, "key": "1" * 32}
MESSAGE = {"type": "Clip", "job": "job", **PLACE, "lease": 7, "slot": 1, **FACTS}
RECORD = {"type": "ClipAccepted", **PLACE, "bytes": 9, "worker": "w", "started_s": 1.0, "accepted_s": 1.5}
RECORD |= {"reused": False, **FACTS}


def test_message_and_record_carry_the_facts_flat_as_the_release_before_wrote_them() -> None:
    for kind, fields in [(Clip, MESSAGE), (ClipAccepted, RECORD)]:
        carrier = msgspec.msgpack.decode(msgspec.msgpack.encode(fields), type=kind)
        assert carrier.info == INFO, kind
        assert type(carrier.info) is ClipInfo, kind
        written = msgspec.msgpack.decode(msgspec.msgpack.encode(carrier))
        assert written.pop("words", b"") == b"", kind  # the old release passes over words
        assert written == fields


def test_a_record_without_takes_and_doubt_is_read_as_one_take_without_doubt() -> None:
    old = {name: value for name, value in RECORD.items() if name not in ("takes", "doubt")}
    record = msgspec.json.decode(msgspec.json.encode(old), type=AnyRecord)
    assert isinstance(record, ClipAccepted)
    assert (record.takes, record.doubt) == (1, "")


def test_a_doubt_over_the_bound_is_no_clip() -> None:
    long = msgspec.msgpack.encode({**MESSAGE, "doubt": "x" * (MAX_DOUBT + 1)})
    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(long, type=Clip)
    assert structs.replace(INFO, doubt="x" * MAX_DOUBT).length_s == 2.0
