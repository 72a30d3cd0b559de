"""What a job's folder remembers of other heads."""

from pathlib import Path

import pytest

from swarm.job.run import MAX_EPOCH, RUNS, lineage_of
from swarm.standby.adopt import leader_epoch, note_taken_over, taken_over_at


def lowest(most: int) -> int:
    return 0


def test_a_job_is_taken_back_above_the_head_that_was_heard_of(tmp_path: Path) -> None:
    assert lineage_of(leader_epoch(tmp_path, lowest, 3)) == lineage_of(leader_epoch(tmp_path, lowest, 5))
    heard = leader_epoch(tmp_path, lambda most: most - 1, 3) + 7
    note_taken_over(tmp_path, heard)
    assert taken_over_at(tmp_path) == heard
    assert lineage_of(leader_epoch(tmp_path, lowest, 3)) > lineage_of(heard)


@pytest.mark.parametrize("text", ["", "x", "-4", str(MAX_EPOCH + 1), "9" * 40, "\xff"])
def test_what_is_no_epoch_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "taken-over").write_text(text, encoding="utf-8")
    assert taken_over_at(tmp_path) == 0
    assert leader_epoch(tmp_path, lowest, 3) >= RUNS


def test_a_folder_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    note_taken_over(tmp_path / "gone", 5)
    assert taken_over_at(tmp_path / "gone") == 0
