"""A release is cut, built twice with equal bytes, and installs and tests itself from what is published."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("build")
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "packaging"))

from release import (  # noqa: E402
    CHANGELOG,
    VERSION_FILE,
    build,
    built,
    cut,
    cut_changelog,
    describe,
    digest,
    refuse_lacks,
    refuse_strays,
    sum_up,
)

from swarm import __version__  # noqa: E402

MADE_AT = 1_764_000_000
TIMEOUT_S = 600
PROOF = ("tests/test_cli.py", "tests/packaging/test_manual.py")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return build(ROOT, tmp_path_factory.mktemp("release"), MADE_AT)


@pytest.fixture(scope="module")
def unpacked(made: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the unpacked sdist."""
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(made["sdist"]) as archive:
        archive.extractall(folder, filter="data")
    return folder / f"e2a_swarm-{__version__}"


def run(*words: object, cwd: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "E2A_", "PYTHON"))}
    return subprocess.run(
        [*map(str, words)],
        cwd=cwd,
        env=clean | env,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def skip_without_index(said: str) -> None:
    if any(words in said for words in ("error sending request", "dns error", "Failed to establish a new connection")):
        pytest.skip("no package index is in reach")


def test_what_is_built_is_what_an_index_takes(made: dict[str, Path]) -> None:
    done = run(sys.executable, "-m", "twine", "check", "--strict", *made.values(), cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wheel_of_the_sdist_has_the_bytes_of_the_wheel(
    made: dict[str, Path], unpacked: Path, tmp_path: Path
) -> None:
    assert digest(built(unpacked, "wheel", tmp_path, MADE_AT)) == digest(made["wheel"])


def test_the_wheel_has_the_program_and_its_manual_and_nothing_of_the_tests(made: dict[str, Path]) -> None:
    with zipfile.ZipFile(made["wheel"]) as wheel:
        names = wheel.namelist()
        (page,) = [name for name in names if name.endswith(".data/data/share/man/man1/e2a-swarm.1")]
        assert wheel.read(page).startswith(b".TH E2A-SWARM 1 ")
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"swarm", "e2a_swarm"}
    assert not [name for name in names if "test_" in name]


def test_the_tests_run_from_the_sdist(unpacked: Path) -> None:
    """Look for all tests, and run the few that prove that the program and its parts are there."""
    ours, theirs = ({path.relative_to(root) for path in root.glob("tests/**/*.py")} for root in (ROOT, unpacked))
    assert ours - theirs == set()
    line = (sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "--assert=plain", *PROOF)
    done = run(*line, cwd=unpacked)
    assert done.returncode == 0, done.stdout[-3000:]
    assert int(re.findall(r"(\d+) passed", done.stdout.splitlines()[-1])[0]) > 10


def test_what_it_consists_of_is_written_beside_it(made: dict[str, Path]) -> None:
    folder = made["wheel"].parent
    listed = describe(folder, MADE_AT)
    (folder / "e2a-swarm_1_all.deb").write_bytes(b"stands in for a package")
    sum_up(folder)
    checked = run("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=sum_up(folder).parent)
    named = [line.partition(":")[0] for line in checked.stdout.splitlines()]
    assert checked.returncode == 0
    assert named == sorted(path.name for path in folder.iterdir() if path.name != "SHA256SUMS")
    assert {"e2a-swarm_1_all.deb", "bill-of-materials.cdx.json", made["wheel"].name} <= set(named)
    assert "AGPL-3.0-or-later" in next(path for path in listed if path.name == "licences.txt").read_text()


def test_uv_installs_the_wheel_with_all_that_it_needs(made: dict[str, Path], tmp_path: Path) -> None:
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if not uv:
        pytest.skip("there is no uv here")
    folders = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin")}
    done = run(uv, "tool", "install", "--python", sys.executable, made["wheel"], cwd=tmp_path, **folders)
    skip_without_index(done.stderr)
    assert done.returncode == 0, done.stderr
    book = tmp_path / "book.txt"
    book.write_text("One sentence is spoken.")
    home = {"E2A_SWARM_HOME": str(tmp_path / "home"), "E2A_SWARM_BIND": "127.0.0.1"}
    spoken = run(tmp_path / "bin" / "e2a-swarm", "convert", book, "--tts-engine", "espeak", cwd=tmp_path, **home)
    assert spoken.returncode == 0, spoken.stderr
    assert list(tmp_path.glob("*.m4b"))


def test_pipx_installs_the_program_and_its_manual(made: dict[str, Path], tmp_path: Path) -> None:
    pytest.importorskip("pipx")
    folders = {name: str(tmp_path / name) for name in ("PIPX_HOME", "PIPX_BIN_DIR", "PIPX_MAN_DIR")}
    line = (sys.executable, "-m", "pipx", "install", "--backend", "uv", "--python", sys.executable, made["wheel"])
    done = run(*line, cwd=tmp_path, **folders)
    skip_without_index(done.stderr)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "PIPX_MAN_DIR" / "man1" / "e2a-swarm.1").read_text().startswith(".TH E2A")
    told = run(tmp_path / "PIPX_BIN_DIR" / "e2a-swarm", "--version", cwd=tmp_path)
    assert told.stdout == f"e2a-swarm {__version__}\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a folder with what a release is cut in, as it stands before one."""
    (tmp_path / VERSION_FILE).parent.mkdir()
    shutil.copy(ROOT / VERSION_FILE, tmp_path / VERSION_FILE)
    (tmp_path / CHANGELOG).write_text(
        "# Changelog\n\n## [0.2.0] - unreleased\n\n### Added\n\n- A page.\n\n## [0.1.0]\n"
    )
    return tmp_path


def test_a_release_is_cut_with_an_empty_section_for_what_comes(checkout: Path) -> None:
    before = (checkout / CHANGELOG).read_text()
    cut(checkout, "0.2.0", "2027-01-02")
    text = (checkout / CHANGELOG).read_text()
    assert "## [Unreleased]\n\n## [0.2.0] - 2027-01-02\n" in text
    assert len(text.splitlines()) == len(before.splitlines()) + 2
    told: dict[str, Any] = {}
    exec((checkout / VERSION_FILE).read_text(), told)
    assert told["__version__"] == "0.2.0"


def test_a_version_is_released_once(checkout: Path) -> None:
    cut(checkout, "0.2.0", "2027-01-02")
    with pytest.raises(ValueError, match=r"0\.2\.0 was released"):
        cut(checkout, "0.2.0", "2027-01-03")


def test_the_next_release_dates_what_was_unreleased() -> None:
    text = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n## [0.2.0] - 2027-01-02\n"
    assert "## [Unreleased]\n\n## [0.3.0] - 2027-03-04\n\n### Added\n" in cut_changelog(text, "0.3.0", "2027-03-04")


@pytest.mark.parametrize(("version", "words"), [("0.2", "no version"), ("0.9.0", "no section")])
def test_what_cannot_be_released_is_said_and_changes_nothing(checkout: Path, version: str, words: str) -> None:
    before = [(checkout / name).read_text() for name in (VERSION_FILE, CHANGELOG)]
    with pytest.raises(ValueError, match=words):
        cut(checkout, version, "2027-01-02")
    assert [(checkout / name).read_text() for name in (VERSION_FILE, CHANGELOG)] == before


def test_the_version_is_in_one_place() -> None:
    programs = (":!tests", ":!*.md")  # tests and texts may tell of a version
    line = ("git", "grep", "-lF", __version__, "--", *programs)
    files = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    if files.returncode > 1:
        pytest.skip("this is no clone")
    assert files.stdout.split() == [str(VERSION_FILE)]


@pytest.mark.skipif(not shutil.which("git"), reason="git tells what was committed")
def test_files_that_nobody_committed_are_not_published(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text(".env\n")
    (tmp_path / ".env").write_text("a secret")
    subprocess.run(["git", "add", ".gitignore"], cwd=tmp_path, check=True)
    refuse_strays(tmp_path)
    (tmp_path / "backup.tar").write_text("a key")
    with pytest.raises(ValueError, match=r"backup\.tar"):
        refuse_strays(tmp_path)


def test_an_environment_that_lacks_what_builds_a_release_is_told_so() -> None:
    refuse_lacks()
    with pytest.raises(ValueError, match=r"has no no_such_module: install `\.\[test\]` in its environment"):
        refuse_lacks(("swarm", "no_such_module"))
