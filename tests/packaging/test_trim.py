"""The image loses what no program reads, and nothing else."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "containers"))

from trim import trim  # noqa: E402

GOES = (
    "numpy/tests/test_it.py",
    "numpy/core/types.pyi",
    "onnx/backend/test/data.pb",
    "lazy/fast.pyx",
    "numpy/x.h",
    "faker/providers/job.py",
)
STAYS = (
    "numpy/__init__.py",
    "numpy/testing/include/a.py",
    "own/tests/used.py",
    "lazy/__init__.pyi",  # lazy_loader reads it when the package is imported
    "torch/include/header.h",
    "own-1.dist-info/licenses/LICENSE",
)


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    for name in GOES + STAYS:
        path = tmp_path / "lib/python3.13/site-packages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")
    return tmp_path


def test_what_no_program_reads_goes_and_the_rest_stays(environment: Path) -> None:
    packages = environment / "lib/python3.13/site-packages"
    assert trim(environment) == 5 * len(GOES)
    assert {str(path.relative_to(packages)) for path in packages.rglob("*") if path.is_file()} == set(STAYS)
