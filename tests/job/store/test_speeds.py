from pathlib import Path

import pytest

from swarm.coordinator.seen_engines import LEAST_S, MAX_NAMES, MEMORY_S, SPEEDS_FILE, note_speed, read_speeds


def test_speeds_add_up_by_name(tmp_path: Path) -> None:
    note_speed(tmp_path, "hum", 100, 10)
    note_speed(tmp_path, "hum", 100, 40)
    note_speed(tmp_path, "slow", 100, 200)
    assert read_speeds(tmp_path) == {"hum": 4.0, "slow": 0.5}


def test_a_little_sound_tells_no_speed_and_old_sound_counts_half(tmp_path: Path) -> None:
    note_speed(tmp_path, "hum", LEAST_S - 1, 1)
    note_speed(tmp_path, "idle", 0, 5)
    assert read_speeds(tmp_path) == {}
    note_speed(tmp_path, "old", 2 * MEMORY_S, 1 * MEMORY_S)
    note_speed(tmp_path, "old", 3 * MEMORY_S, 0.5 * MEMORY_S)
    assert read_speeds(tmp_path)["old"] == pytest.approx(4.0)


@pytest.mark.parametrize("data", [b"", b"[]", b'{"a": [1]}', b'{"a": [-1, 1]}', b"{" * 100_000])
def test_a_damaged_file_is_begun_anew(data: bytes, tmp_path: Path) -> None:
    (tmp_path / SPEEDS_FILE).write_bytes(data)
    assert read_speeds(tmp_path) == {}
    note_speed(tmp_path, "hum", 100, 10)
    assert read_speeds(tmp_path) == {"hum": 10.0}


def test_the_file_is_bounded_and_a_folder_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    names = ", ".join(f'"n{number}": [100, 1]' for number in range(MAX_NAMES))
    (tmp_path / SPEEDS_FILE).write_text(f"{{{names}}}")
    note_speed(tmp_path, "one more", 100, 1)
    assert len(read_speeds(tmp_path)) == MAX_NAMES
    (tmp_path / "file").touch()
    note_speed(tmp_path / "file", "hum", 100, 1)
