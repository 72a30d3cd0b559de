"""The bytes of clips in pieces: joined in order, dropped with their connection."""

from swarm.job.clip_info import ClipInfo
from swarm.lease.coordinator.intake import ClipAssembly
from swarm.lease.coordinator.roster import Transfer
from swarm.lease.message import Clip

INFO = ClipInfo(samples=9, sample_rate=24000, digest="0" * 64, work_s=1.0)
CLIP = Clip("job", 0, 0, 0, "f" * 32, number=1, size=6, samples=9, sample_rate=24000, digest="0" * 64, work_s=1.0)


def coming(have: int) -> Transfer:
    """Return what the core says after `have` bytes came."""
    return Transfer(CLIP, 0.0, 2, have)


def test_a_clip_is_whole_once_its_last_piece_came() -> None:
    assembly = ClipAssembly()
    assert assembly.add_piece(b"p", 0, b"ab", coming(2)) == b""
    assert assembly.add_piece(b"q", 0, b"xy", coming(2)) == b""
    assert assembly.add_piece(b"p", 2, b"cd", coming(4)) == b""
    assert assembly.add_piece(b"p", 4, b"ef", coming(6)) == b"abcdef"
    assert assembly.parts.keys() == {b"q"}


def test_a_piece_that_the_core_did_not_count_is_not_added() -> None:
    assembly = ClipAssembly()
    assembly.add_piece(b"p", 0, b"ab", coming(2))
    assembly.add_piece(b"p", 2, b"cd", coming(4))
    assembly.add_piece(b"p", 2, b"cd", coming(4))
    assembly.add_piece(b"p", 5, b"f", coming(4))
    assert assembly.add_piece(b"p", 4, b"ef", coming(6)) == b"abcdef"


def test_what_the_core_does_not_expect_and_lost_connections_leave_nothing() -> None:
    assembly = ClipAssembly()
    assembly.add_piece(b"p", 0, b"ab", coming(2))
    assert assembly.add_piece(b"p", 2, b"cd", None) == b""
    assert not assembly.parts
    assembly.add_piece(b"p", 0, b"ab", coming(2))
    assembly.keep({b"q"}.__contains__)
    assert not assembly.parts
