"""What models took of the memory of devices, kept over restarts."""

from pathlib import Path

import pytest

from swarm.job.spec import Recipe
from swarm.worker.engine_processes import FILE, MAX_BYTES, MAX_MODELS, Needs

XTTS, HIBARI = Recipe("coqui", "Ana", "en", model="xtts_v2"), Recipe("hibari", "heart", "en")
GPUS = {"cuda:0": "RTX", "cuda:1": "RTX"}


def test_a_need_is_kept_by_model_and_kind_of_device(tmp_path: Path) -> None:
    needs = Needs(tmp_path, GPUS)
    needs.note("cuda:0", XTTS, 4_000)
    needs.note("cpu:3", HIBARI, 300)
    needs.note("cpu:0", XTTS, 5_000)
    kept = Needs(tmp_path, GPUS)
    assert (kept.of("cuda:1", XTTS), kept.of("cpu:0", XTTS), kept.of("cpu:1", HIBARI)) == (4_000, 5_000, 300)
    assert kept.of("cuda:0", HIBARI) == 0
    assert kept.least() == {"RTX": 4_000, "cpu": 300}


def test_the_largest_measure_counts_and_a_little_more_is_not_written(tmp_path: Path) -> None:
    needs = Needs(tmp_path)
    for took in (1_000, 900, 1_020):
        needs.note("cpu:0", HIBARI, took)
    assert needs.of("cpu:0", HIBARI) == 1_000
    needs.note("cpu:0", HIBARI, 1_100)
    assert Needs(tmp_path).of("cpu:0", HIBARI) == 1_100


@pytest.mark.parametrize("damage", [b"{", b'{"cpu": {"hibari": -1}}', b'{"cpu": 3}', b" " * (MAX_BYTES + 1)])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / FILE).write_bytes(damage)
    needs = Needs(tmp_path)
    assert not needs.least()
    needs.note("cpu:0", HIBARI, 300)
    assert Needs(tmp_path).least() == {"cpu": 300}


def test_coordinators_cannot_fill_the_file_with_names(tmp_path: Path) -> None:
    needs = Needs(tmp_path / "absent")  # nothing is written: it is as if the disk were full
    for number in range(MAX_MODELS + 5):
        needs.note("cpu:0", Recipe("coqui", "v", "en", model=f"custom:{number}"), 100)
    assert needs.of("cpu:0", Recipe("coqui", "v", "en", model=f"custom:{MAX_MODELS - 1}"))
    assert not needs.of("cpu:0", Recipe("coqui", "v", "en", model=f"custom:{MAX_MODELS}"))
