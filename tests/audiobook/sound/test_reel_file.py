from pathlib import Path

import pytest
from msgspec import structs

from swarm.audiobook.sound.format import Coding
from swarm.audiobook.sound.reel_file import ReelDamaged, ReelHead, pack_reel, read_reel, write_reel

HEAD = ReelHead(Coding(), 3072, 3, b"conf", "a.reel")
PACKETS = [b"first", b"", b"third" * 100]


def test_a_reel_reads_back(tmp_path: Path) -> None:
    size = write_reel(tmp_path / "new" / "a.reel", pack_reel(HEAD, PACKETS))
    reel = read_reel(tmp_path / "new" / "a.reel")
    assert reel.head == HEAD
    assert list(reel.packets) == PACKETS
    assert size == (tmp_path / "new" / "a.reel").stat().st_size
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.reel"]


def test_every_shortened_or_changed_reel_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.reel"
    write_reel(path, pack_reel(structs.replace(HEAD, packets=2), PACKETS[:2]))
    whole = path.read_bytes()
    for place in range(len(whole)):
        for data in (whole[:place], whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :]):
            path.write_bytes(data)
            with pytest.raises(ReelDamaged) as raised:
                read_reel(path)
            assert raised.value.path == path


def test_a_reel_under_the_name_of_another_is_damaged(tmp_path: Path) -> None:
    write_reel(tmp_path / "a.reel", pack_reel(HEAD, PACKETS))
    (tmp_path / "a.reel").rename(tmp_path / "b.reel")
    with pytest.raises(ReelDamaged, match="another reel"):
        read_reel(tmp_path / "b.reel")


def test_a_missing_reel_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(ReelDamaged, match="missing"):
        read_reel(tmp_path / "missing.reel")
