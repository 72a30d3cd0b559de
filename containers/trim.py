"""Removes from a virtual environment what an image never runs: tests, headers, sources of extensions, type stubs.

`python trim.py FOLDER`, in the build stage of the Dockerfile. Licences stay, and so does all that a module imports.
"""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("tests", "test", "testing", "include")  # below a package of EMPTIED
EMPTIED = ("av", "babel", "lxml", "numpy", "onnx", "onnxruntime", "pysbd", "psutil", "torch", "zmq", "zeroconf")
KEPT = ("numpy/testing", "torch/testing", "torch/include")  # imported by their packages, or by engines that compile
DEAD = (
    "onnx/backend/test",
    "onnxruntime/tools",
    "onnxruntime/transformers",
    "onnxruntime/quantization",
    "onnxruntime/datasets",
    "numpy/f2py",
    "apprise/assets",
    "faker",  # for examples in OpenAPI documents, which ours has none of
)
READ = ("__init__.pyi",)  # by lazy_loader, as librosa is loaded
ENDINGS = (".a", ".c", ".cc", ".cpp", ".h", ".hpp", ".pxd", ".pxi", ".pyi", ".pyx")  # never read by a program that runs


def dead_paths(packages: Path) -> Iterator[Path]:
    """Return the files and folders of a `site-packages` that can go."""
    kept = [packages / name for name in KEPT]
    folders = (
        path for name in EMPTIED for path in (packages / name).rglob("*") if path.is_dir() and path.name in FOLDERS
    )
    files = (path for path in packages.rglob("*") if path.suffix in ENDINGS and path.name not in READ)
    for path in (*folders, *files):
        if not any(path.is_relative_to(folder) for folder in kept):
            yield path
    yield from (packages / name for name in DEAD if (packages / name).exists())


def trim(environment: Path) -> int:
    """Remove what can go from a virtual environment; return how many bytes that were."""
    [packages] = environment.glob("lib/python3*/site-packages")
    before = _size(packages)
    for path in list(dead_paths(packages)):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return before - _size(packages)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


if __name__ == "__main__":
    sys.stdout.write(f"removed {trim(Path(sys.argv[1])) / 1e6:.0f} MB\n")
