"""The Debian package is built, installed in a clean root, run by its units in a systemd of its own, and purged."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "systemd"))

from booted import BOOT, Booted, require_boot  # noqa: E402

DEBIAN = ROOT / "packaging" / "debian"
CLEAN_ROOT = os.environ.get("E2A_SWARM_DEBIAN_ROOT", "")
PROGRAMS = ("e2a-swarm-work@.service", "e2a-swarm-serve.service", "e2a-swarm-coordinate.service")
SETTINGS = {
    "serve.env": "E2A_SWARM_BIND=127.0.0.1\nE2A_SWARM_OPTIONS=--tts-engine metronome --web off\n",
    "work.env": "E2A_SWARM_BIND=127.0.0.1\nE2A_SWARM_COORDINATOR=127.0.0.1:5847\n",
}
PATIENCE_S = 300
needs_a_root = pytest.mark.skipif(
    not CLEAN_ROOT, reason="E2A_SWARM_DEBIAN_ROOT names no root that mmdebstrap made (CONTRIBUTING.md)"
)


def test_the_scripts_are_shell() -> None:
    for script in ["build", "postinst", "prerm", "postrm"]:
        shell = (DEBIAN / script).read_text().partition("\n")[0].rpartition("/")[2].split()[-1]
        subprocess.run([shell, "-n", str(DEBIAN / script)], check=True)
        assert os.access(DEBIAN / script, os.X_OK)


def test_every_unit_finds_the_folders_and_the_group_that_it_names() -> None:
    folders = (DEBIAN / "tmpfiles.conf").read_text()
    groups = (DEBIAN / "sysusers.conf").read_text()
    for unit in PROGRAMS:
        text = (ROOT / "systemd" / "system" / unit).read_text()
        lines = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
        assert lines["DynamicUser"] == "yes"
        assert all(f"d {folder} " in folders for folder in lines.get("ReadWritePaths", "").split())
        assert "Group" not in lines or f"g {lines['Group']} " in groups
    assert "d /etc/credstore 0700" in folders


class Debian(Booted):
    """A clean Debian with a systemd; the host's folder `desk` is /desk there."""

    def __init__(self, name: str, folder: Path) -> None:
        self.desk, self._upper = folder / "desk", Path("/dev/shm") / name
        self._log = folder / "boot.log"
        for path in (self.desk, self._upper):
            path.mkdir(exist_ok=True)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                ["unshare", "-m", "bash", str(BOOT), name, str(self._upper), "", f"--bind={self.desk}:/desk"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "LOWER": CLEAN_ROOT},
            )


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the package, or take the one that E2A_SWARM_DEBIAN_PACKAGE names."""
    if given := os.environ.get("E2A_SWARM_DEBIAN_PACKAGE"):
        return Path(given)
    folder = tmp_path_factory.mktemp("debian")
    subprocess.run([DEBIAN / "build", folder], check=True)
    return next(folder.glob("*.deb"))


@pytest.fixture
def debian(package: Path, tmp_path: Path) -> Iterator[Debian]:
    require_boot()
    machine = Debian(f"e2a-debian-{os.getpid()}", tmp_path)
    try:
        machine.wait()
        shutil.copy(package, machine.desk / "e2a-swarm.deb")
        yield machine
    finally:
        machine.close()


@needs_a_root
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_clean_debian_makes_an_audiobook_of_what_comes_into_its_folder(debian: Debian) -> None:
    debian.run("dpkg", "--install", "/desk/e2a-swarm.deb")
    assert debian.run("e2a-swarm", "--version").startswith("e2a-swarm ")
    debian.shell("e2a-swarm key --make --code | install -m 600 /dev/stdin /etc/credstore/e2a-swarm.key")
    for name, text in SETTINGS.items():
        (debian.desk / name).write_text(text)
        debian.run("cp", f"/desk/{name}", f"/etc/e2a-swarm/{name}")
    for unit in PROGRAMS:
        debian.run("systemd-analyze", "security", "--offline=true", "--threshold=25", unit)
    debian.run("systemctl", "enable", "--now", "e2a-swarm-serve", "e2a-swarm-work@cpu")
    shutil.copy(ROOT / "tests/packaging/book.epub", debian.desk)
    debian.run("cp", "/desk/book.epub", "/srv/books/book.epub")

    def finished() -> str:
        states = [debian.shows(unit, "ActiveState") for unit in ("e2a-swarm-serve", "e2a-swarm-work@cpu")]
        assert states == ["active"] * 2, debian.run("journalctl", "--no-pager", "-n", "40")
        return debian.run("find", "/srv/audiobooks", "-name", "*.m4b")

    end = time.monotonic() + PATIENCE_S
    while not finished():
        assert time.monotonic() < end, debian.run("journalctl", "--no-pager", "-n", "80")
        time.sleep(0.5)
    debian.run("test", "-O", "/", "-a", "!", "-O", f"/proc/{debian.shows('e2a-swarm-serve', 'MainPID')}")
    debian.run("dpkg", "--purge", "e2a-swarm")
    assert (
        debian.run(
            "find", "/opt", "/usr/bin", "/usr/lib/systemd/system", "/var/lib", "-name", "e2a-swarm*", check=False
        )
        == ""
    )
    assert debian.run("find", "/srv/audiobooks", "-name", "*.m4b")
