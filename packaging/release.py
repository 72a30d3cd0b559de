"""Makes a release.

python packaging/release.py cut X.Y.Z   sets the version, and dates the changelog; look at it, commit it, tag it
python packaging/release.py build DIR   builds what is published, proves it, and says what it consists of
python packaging/release.py sums DIR    writes the digests of all files there, once packages and images were added
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
VERSION_FILE, CHANGELOG = Path("swarm", "__init__.py"), Path("CHANGELOG.md")
RELEASED = re.compile(r"\d+\.\d+\.\d+")
UNRELEASED = "## [Unreleased]\n"


def cut_changelog(text: str, version: str, date: str) -> str:
    """Return the changelog with the section of a version dated, below an empty one.

    Raises ValueError if there is no such section, or the version was released before.
    """
    waiting = f"## [{version}] - unreleased\n"
    if UNRELEASED in text and waiting not in text:
        waiting = UNRELEASED
        if f"## [{version}]" in text:
            raise ValueError(f"{CHANGELOG} says that {version} was released; choose the next version.")
    if text.count(waiting) != 1:
        raise ValueError(f"{CHANGELOG} has no section [Unreleased] or [{version}] - unreleased to be dated.")
    return text.replace(waiting, f"{UNRELEASED}\n## [{version}] - {date}\n")


def set_version(text: str, version: str) -> str:
    """Return swarm/__init__.py with another version. Raises ValueError if it is no version to release."""
    if not RELEASED.fullmatch(version):
        raise ValueError(f"{version!r} is no version of the form 1.2.3.")
    return re.sub(r'(?m)^__version__ = ".*"$', f'__version__ = "{version}"', text)


def cut(root: Path, version: str, date: str) -> None:
    """Set the version of a checkout, and date its changelog. Raises ValueError before anything is written."""
    edits = {
        VERSION_FILE: set_version((root / VERSION_FILE).read_text(encoding="utf-8"), version),
        CHANGELOG: cut_changelog((root / CHANGELOG).read_text(encoding="utf-8"), version, date),
    }
    for name, text in edits.items():
        (root / name).write_text(text, encoding="utf-8", newline="\n")


def build(root: Path, folder: Path, made_at: int) -> dict[str, Path]:
    """Build wheel and sdist of a checkout into a folder, twice; return them by kind. Raises if the bytes differ."""
    made = {kind: built(root, kind, folder, made_at) for kind in ("wheel", "sdist")}
    with TemporaryDirectory() as again:
        for kind, path in made.items():
            if digest(built(root, kind, Path(again), made_at)) != digest(path):
                raise ValueError(f"two builds of {path.name} differ; compare them with diffoscope.")
    return made


def built(root: Path, kind: str, folder: Path, made_at: int) -> Path:
    """Build a wheel or an sdist, and return it. Raises CalledProcessError."""
    with TemporaryDirectory() as fresh:
        line = [sys.executable, "-m", "build", "--no-isolation", f"--{kind}", "--outdir", fresh, str(root)]
        env = {**os.environ, "SOURCE_DATE_EPOCH": str(made_at)}
        subprocess.run(line, env=env, check=True, stdout=subprocess.DEVNULL)
        (made,) = Path(fresh).iterdir()
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.move(made, folder / made.name))


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def describe(folder: Path, made_at: int) -> list[Path]:
    """Write the bill of materials and the licences of what was built beside it; return their files."""
    from parts import bill, licence_list, parts

    found = parts()
    texts = {
        "bill-of-materials.cdx.json": bill(found, made_at),
        "licences.txt": licence_list(found),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return [folder / name for name in texts]


def sum_up(folder: Path) -> Path:
    """Write the digests of all files of a folder into SHA256SUMS, and return that."""
    sums = folder / "SHA256SUMS"
    files = sorted(path for path in folder.iterdir() if path.is_file() and path != sums)
    sums.write_text("".join(f"{digest(path)}  {path.name}\n" for path in files), encoding="utf-8", newline="\n")
    return sums


def refuse_lacks(names: Sequence[str] = ("swarm", "build", "hatchling", "twine", "cyclonedx")) -> None:
    """Raise ValueError if this Python lacks a module that a release is built with."""
    if lacks := [name for name in names if not find_spec(name)]:
        raise ValueError(
            f"{sys.executable} has no {', '.join(lacks)}: install `.[test]` in its environment, then build again."
        )


def refuse_strays(root: Path) -> None:
    """Refuse files that nobody committed: the sdist would take them along. Raises ValueError."""
    line = ["git", "ls-files", "--others", "--exclude-standard"]
    strays = subprocess.run(line, cwd=root, capture_output=True, text=True, check=True).stdout.split("\n")[:-1]
    if strays:
        raise ValueError(f"{', '.join(strays[:5])}: commit, ignore or remove what git does not know, then build again.")


def time_of_commit(root: Path) -> int:
    """Return the time of the last commit, to which all files of a release are dated; SOURCE_DATE_EPOCH has priority."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    told = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=root, capture_output=True, text=True, check=True)
    return int(told.stdout)


def main(words: list[str]) -> int:
    """Run a step; return the exit code."""
    match words:
        case ["cut", version]:
            cut(ROOT, version, f"{datetime.now(UTC):%Y-%m-%d}")
            print(f"version {version}; next: git commit -am 'Release {version}' && git tag v{version}")
        case ["build", folder]:
            refuse_lacks()
            refuse_strays(ROOT)
            made_at = time_of_commit(ROOT)
            made = list(build(ROOT, Path(folder), made_at).values())
            subprocess.run([sys.executable, "-m", "twine", "check", "--strict", *made], check=True)
            for path in (*made, *describe(Path(folder), made_at), sum_up(Path(folder))):
                print(f"{path.stat().st_size:>9}  {path}")
        case ["sums", folder]:
            print(sum_up(Path(folder)).read_text(encoding="utf-8"), end="")
        case _:
            print(__doc__)
            return 64
    return 0


if __name__ == "__main__":
    try:
        raise SystemExit(main(sys.argv[1:]))
    except ValueError as fault:
        raise SystemExit(f"release: {fault}") from None
