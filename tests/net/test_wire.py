import struct
from typing import get_args

import msgpack
import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from swarm.job.job_asset import JobAsset
from swarm.job.spec import Recipe
from swarm.lease import message as m
from swarm.lease.envelope import Reason
from swarm.lease.file_transfer import (
    MissingFileReport,
    ModelReport,
    ModelSource,
    Source,
    ToldFile,
)
from swarm.lease.member_message import (
    Claim,
    Copied,
    Copy,
    Enrol,
    Epochs,
    Instruct,
    Members,
    NewBook,
    Obeyed,
    Opinion,
    Order,
    Signature,
    Silent,
    StandbyStatus,
    SuccessionCandidate,
    Voters,
)
from swarm.net.wire import MAX_CONTROL_BYTES, pack, unpack_from_coordinator, unpack_from_worker

KEY, DIGEST = "0123456789abcdef" * 2, "0123456789abcdef" * 4
TOLD = ToldFile(DIGEST, DIGEST, 5)
SLOTS = (m.SlotStatus(0, "speaking", "job", 1, 2, 3, 4.5, 6.5),)
SIGNATURE = Signature(bytes(32), ("c", "0123456789abcdef"), "0123456789abcdef")
CANDIDATE = SuccessionCandidate("id", "tower", "10.0.0.5:5000")
FROM_WORKER: list[m.Message] = [
    m.Hello(
        "w", "n", "attic", "1", (m.EngineOffer("hibari", ("en",)),), (m.Device("cpu"),), 2, m.PROTOCOL, "", bytes(32)
    ),
    m.Held("job", ((0, 1, KEY), (2, 3, KEY))),
    m.Heartbeat(
        (m.SlotReport(0, "speaking", 7, 3, 1.5, "note"),),
        (1, 2),
        (7,),
        (DIGEST,),
        (m.Fetching(DIGEST, 5, "no room"),),
        (m.OfferedLatents("job", DIGEST, 5), m.OfferedLatents("other", "", 0)),
    ),
    m.Heartbeat(
        (), models=ModelReport((MissingFileReport(DIGEST, 5, false=(DIGEST,), told=TOLD, waits=True),), (TOLD,))
    ),
    m.Heartbeat((), reels=(m.EncodedReel("job", "00000-00000-a.reel", DIGEST, 2**20, 0.25),)),
    m.Fetch(DIGEST, 2**33),
    m.Fetch(DIGEST, 2048, "blocks"),
    m.Piece(DIGEST, 5, 2**33),
    m.Clip("job", 0, 1, 2, KEY, 7, 1, samples=2400, sample_rate=24000, digest=DIGEST, work_s=0.25),
    m.Piece(DIGEST, 65536, 2**20, "clip"),
    m.Failed("job", 0, 1, 2, "silent", "nothing heard", 7, 1),
    m.Release(7, "leaving", True),
    m.Bye(),
    m.Status(),
    Order("move", "Moby Dick", 2, m.PROTOCOL, SIGNATURE),
    NewBook("Moby Dick.epub", DIGEST, 2**21, ("--voice", "heart"), m.PROTOCOL, SIGNATURE),
    Copy("tower", Claim(CANDIDATE, "run", 3, 180.0, True)),
    m.Fetch(DIGEST, 5, "records", "job"),
    Silent("id", Voters("run", 3, (CANDIDATE,)), 7, ("job",), withdraws=True),
    Epochs((("job", 2**52),)),
    Enrol("attic", bytes(32)),
    Enrol("den", bytes(32), addresses=("10.0.0.3:5847",)),
]
FROM_COORDINATOR: list[m.Message] = [
    m.Welcome("c", 3, "laptop", 1.0, 2**33, 65536),
    m.Fetch(DIGEST, 65536, "clip"),
    m.Refused(Reason("other protocol", count=1, expected=2)),
    m.Wanted("job", ((0, 1, KEY),), ()),
    m.Job("job", "Moby Dick", Recipe("metronome", "tick", "en", "", (("cost", 0.5), ("fast", True), ("n", 1)))),
    m.Job("job", "Moby Dick", Recipe("coqui", "clone:1", "en"), (JobAsset("model/model.pth", DIGEST, 2**31),), True),
    m.Job("job", "Moby Dick", Recipe("piper", "v", "de"), voices=("de_DE-mls-medium:5",)),
    m.Fetch(DIGEST, 0),
    m.Piece(DIGEST, 0, 5),
    Source(DIGEST, "10.0.0.1:5000"),
    m.Piece(DIGEST, 2048, 4096, "blocks"),
    ModelSource(DIGEST, wait=True),
    ModelSource(DIGEST, told=TOLD),
    m.Grant(7, "job", 0, 1, (m.Line(0, "Call me Ishmael. 🐋", 0), m.Line(1, "So.", 1))),
    m.Encode(
        "job", "00000-00000-a.reel", (KEY,), DIGEST, (0.5,), 24000, 1.5, -2.0, m.ReelCoding("aac", 24000, 1, 64000), "e"
    ),
    m.Wake(("02:00:00:00:00:01",)),
    m.Accepted("job", ((0, 1, KEY), (0, 2, KEY))),
    m.Rejected("job", 0, 1, KEY, Reason("other job")),
    m.Trim(7, 3),
    m.Skip(7, (2, 5)),
    m.Revoke(7),
    m.Done(final=True),
    m.Done(missing=Reason("lacks model", title="T", model="vctk", command="models fetch vctk")),
    m.WhoAreYou(),
    Instruct(Order("limit", "attic", 2, m.PROTOCOL, SIGNATURE)),
    Obeyed(True, "paused"),
    Obeyed(True, book=3),
    Members("laptop", bytes(32), bytes(64)),
    Copied(Voters("run", 3, (CANDIDATE,))),
    m.Piece("", 0, 7, "records", "job"),
    Opinion("id", "run", 7, "abstains", Voters("run", 4)),
    m.StatusReply(
        "c",
        "laptop",
        "1",
        3,
        (m.JobStatus("job", "T", "e", "speaking", 9, 4, 0, 90, 50, 1.5, 2.5, None, (m.ChapterStatus("1", 9, 4),)),),
        (m.WorkerStatus("w", "attic", "cpu", SLOTS, 0.5, 0),),
        standbys=(StandbyStatus("tower", 1.5, 0.5, 3, title="T"),),
        checks=m.CheckStatus(0.01, 5, 1, 2, 7.5),
    ),
]
HELLO_OF_0_2 = bytes.fromhex(
    "88a474797065a548656c6c6fa6776f726b6572a177a56e6f6e6365a16ea46e616d65a56174746963a776657273696f6ea530"
    "2e322e30a7656e67696e65739182a46e616d65a665737065616ba96c616e67756167657391a2656ea7646576696365739181"
    "a46e616d65a3637075a5736c6f747301"
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(0, 9), inner),
    max_leaves=20,
)


def test_a_status_without_cross_checks_as_older_coordinators_say_it_is_understood() -> None:
    (newer,) = [message for message in FROM_COORDINATOR if isinstance(message, m.StatusReply)]
    said = msgspec.msgpack.decode(pack(newer))
    del said["checks"]
    assert unpack_from_coordinator(msgspec.msgpack.encode(said)) == structs.replace(newer, checks=None)


def test_a_greeting_of_another_protocol_is_understood_as_far_as_it_can_be_refused() -> None:
    of_0_2 = unpack_from_worker(HELLO_OF_0_2)
    assert isinstance(of_0_2, m.Hello)
    assert (of_0_2.name, of_0_2.protocol) == ("attic", 1)
    newer = unpack_from_worker(
        msgpack.packb({"type": "Hello", "name": "attic", "protocol": 3, "engines": "of tomorrow"})
    )
    assert isinstance(newer, m.Hello)
    assert (newer.name, newer.protocol) == ("attic", 3)
    assert unpack_from_worker(msgpack.packb({"type": "Hello", "name": "attic", "protocol": 2})) is None


def test_every_message_of_the_table_is_tried_here() -> None:
    assert {type(message) for message in FROM_WORKER} == set(get_args(m.FromWorker))
    assert {type(message) for message in FROM_COORDINATOR} == set(get_args(m.FromCoordinator))


def test_what_a_worker_says_arrives_as_it_was() -> None:
    for message in FROM_WORKER:
        assert unpack_from_worker(pack(message)) == message
        assert isinstance(message, m.Fetch | m.Piece) or unpack_from_coordinator(pack(message)) is None


def test_what_a_coordinator_says_arrives_as_it_was() -> None:
    for message in FROM_COORDINATOR:
        assert unpack_from_coordinator(pack(message)) == message
        assert isinstance(message, m.Fetch | m.Piece) or unpack_from_worker(pack(message)) is None


def test_unknown_fields_are_ignored_and_unknown_types_are_nothing() -> None:
    release = {"type": "Release", "lease": 7, "colour": "blue", "more": {"a": [1, {}]}}
    assert unpack_from_worker(msgpack.packb(release)) == m.Release(7)
    assert unpack_from_worker(msgpack.packb({"type": "Sing", "song": 1})) is None


def test_a_field_out_of_its_bounds_makes_no_message() -> None:
    for fields in [
        {"lease": -1},
        {"lease": 2**53},
        {"lease": "7"},
        {"lease": 7.5},
        {"lease": True},
        {"lease": 7, "note": "x" * 2001},
        {"lease": 7, "note": b"bytes"},
        {"lease": 7, "unable": 1},
        {},
    ]:
        assert unpack_from_worker(msgpack.packb({"type": "Release", **fields})) is None


def test_no_order_for_a_reel_names_another_folder_or_takes_all_memory() -> None:
    for fields in [
        {"reel": "../a.reel"},
        {"reel": "a/b"},
        {"reel": ""},
        {"pauses_s": [1e6]},
        {"pauses_s": [0.5] * 501},
        {"sample_rate": 10**9},
        {"coding": ["aac", 10**9, 1, 64000]},
        {"coding": ["aac", 24000, 9, 64000]},
        {"gain_db": 1e9},
        {"keys": []},
    ]:
        [order] = [message for message in FROM_COORDINATOR if isinstance(message, m.Encode)]
        sound = msgpack.unpackb(pack(order))
        assert unpack_from_coordinator(msgpack.packb(sound)) == order, fields
        assert unpack_from_coordinator(msgpack.packb(sound | fields)) is None


def test_a_time_that_is_none_makes_no_message() -> None:
    for work_s in [float("nan"), float("inf"), -1.0]:
        clip = m.Clip("job", 0, 1, 2, KEY, samples=2400, sample_rate=24000, digest=DIGEST, work_s=work_s)
        assert unpack_from_worker(pack(clip)) is None, work_s


def test_what_is_built_to_hurt_is_nothing() -> None:
    for data in [
        b"",
        b"\xc1",
        b"\xdd\xff\xff\xff\xff",  # an array of four thousand million
        b"\xdf\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xff",
        b"\x91" * 60_000,  # nested sixty thousand deep
        b"\x81\x01" * 30_000,
        b"\xdc\xff\xff" + b"\x90" * 65_000,
        b"\x81\xa4type\xa3\xff\xfe\xfd",  # no UTF-8
        b"\x81\xc4\x01x\x01",  # a key of bytes
        pack(m.Bye()) + b"\x00",
        pack(m.Release(1, "x" * 70_000)),
        msgpack.packb({"type": "Bye", "unknown": "x" * 70_000}),
    ]:
        assert unpack_from_worker(data) is None
        assert unpack_from_coordinator(data) is None


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_message_or_nothing(data: bytes) -> None:
    assert unpack_from_worker(data) is None or isinstance(unpack_from_worker(data), m.Message)
    assert unpack_from_coordinator(data) is None or isinstance(unpack_from_coordinator(data), m.Message)


@settings(max_examples=2 * settings().max_examples)
@given(st.sampled_from(FROM_WORKER + FROM_COORDINATOR), st.data())
def test_a_message_with_any_field_replaced_is_a_message_or_nothing(message: m.Message, data: st.DataObject) -> None:
    fields = msgspec.to_builtins(message)
    fields[data.draw(st.sampled_from(sorted(fields)))] = data.draw(ANYTHING)
    packed = msgspec.msgpack.encode(fields)
    for unpacked in (unpack_from_worker(packed), unpack_from_coordinator(packed)):
        if unpacked is not None:
            assert len(pack(unpacked)) <= MAX_CONTROL_BYTES


@settings(max_examples=2 * settings().max_examples)
@given(st.sampled_from(FROM_WORKER + FROM_COORDINATOR), st.data())
def test_a_message_with_any_byte_flipped_is_a_message_or_nothing(message: m.Message, data: st.DataObject) -> None:
    packed = bytearray(pack(message))
    at = data.draw(st.integers(0, len(packed) - 1))
    packed[at] ^= struct.pack("B", data.draw(st.integers(1, 255)))[0]
    for heard in (unpack_from_worker(bytes(packed)), unpack_from_coordinator(bytes(packed))):
        assert heard is None or isinstance(heard, m.Message)


def test_a_file_of_a_job_cannot_lead_out_of_its_folder() -> None:
    for name in ["../voice.wav", "/voice.wav", "model/../x", "a/b/c/d", ".hidden", "a\\b", "", "x\n"]:
        job = m.Job("job", "Moby Dick", Recipe("coqui", "v", "en"), (JobAsset(name, DIGEST, 5),))
        assert unpack_from_coordinator(pack(job)) is None, name


def test_no_two_files_of_a_job_have_one_place() -> None:
    for names in [("voice.wav", "voice.wav"), ("model/A.pth", "model/a.pth"), ("model", "model/x")]:
        job = m.Job("job", "Moby Dick", Recipe("coqui", "v", "en"), (JobAsset("voice.wav", DIGEST, 5),))
        said = msgpack.unpackb(pack(job))
        said["assets"] = [{"name": name, "digest": DIGEST, "size": 5} for name in names]
        assert unpack_from_coordinator(msgpack.packb(said)) is None, names


def test_a_digest_is_nothing_but_a_digest() -> None:
    for digest in [DIGEST + "\n", "../" + DIGEST[3:], DIGEST.upper()]:
        assert unpack_from_worker(pack(m.Fetch(digest, 0))) is None
