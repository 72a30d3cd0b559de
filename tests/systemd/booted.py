"""A mock machine with a systemd of its own: the real systemd, booted in a container on a copy of this machine."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("systemd-nspawn", "loginctl", "dbus-daemon", "unshare", "nsenter", "setpriv", "pgrep", "useradd")
BOOT_S = 60.0
# The container wants one tree of cgroups, of version 2, and a root that it may write to: both are made for it alone.
BOOT = Path(__file__).with_name("boot.sh")
PROGRAM = f"""#!/bin/sh
export LD_LIBRARY_PATH=/opt/python/lib PYTHONPATH=${{CHECKOUT:=/opt/checkout}}:/opt/packages PYTHONDONTWRITEBYTECODE=1
exec /opt/python/bin/python{sys.version_info.major}.{sys.version_info.minor} $CHECKOUT/cli.py "$@"
"""


def require_boot() -> None:
    """Skip the test if no systemd can be booted."""
    if not sys.platform.startswith("linux") or os.geteuid():
        pytest.skip("to boot a systemd takes Linux and root")
    if missing := [tool for tool in TOOLS if not shutil.which(tool)]:
        pytest.skip(
            f"to boot a systemd takes {', '.join(missing)} (packages systemd-container, dbus, util-linux, procps)"
        )
    if not os.access("/dev/shm", os.W_OK):
        pytest.skip("to boot a systemd takes a /dev/shm to write to")


class Booted:
    """A machine with the units of this checkout; the host's folder `desk` is /desk there."""

    def __init__(self, name: str, folder: Path) -> None:
        self.desk, self._upper = folder / "desk", Path("/dev/shm") / name
        self._log = folder / "boot.log"
        for path in (self.desk, self._upper):
            path.mkdir()
        program = self.desk / "e2a-swarm"
        program.write_text(PROGRAM)
        program.chmod(0o755)
        binds = (
            f"--bind={self.desk}:/desk",
            f"--bind-ro={program}:/opt/e2a-swarm/bin/e2a-swarm",
            f"--bind-ro={ROOT}:/opt/checkout",
            f"--bind-ro={sysconfig.get_path('purelib')}:/opt/packages",
            f"--bind-ro={sys.base_prefix}:/opt/python",
        )
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                ["unshare", "-m", "bash", str(BOOT), name, str(self._upper), str(ROOT / "systemd"), *binds],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait(self) -> None:
        """Wait until the machine is up; skip the test if the host does not let it boot."""
        deadline_s = time.monotonic() + BOOT_S
        while not self._is_up():
            if self._process.poll() is not None or time.monotonic() > deadline_s:
                pytest.skip(f"no systemd boots here: {self._log.read_text(errors='replace')[-500:]}")
            time.sleep(0.1)

    def _is_up(self) -> bool:
        if not self._leader():
            return False
        state = self.run("systemctl", "is-system-running", check=False).strip()
        return state in ("running", "degraded")  # something of this machine's own may not start there

    def run(self, *words: str, check: bool = True) -> str:
        """Run a command there to its end, and return what it printed."""
        enter = ["nsenter", "--target", self._leader() or "0", "--all", *words]
        ended = subprocess.run(enter, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        assert not check or ended.returncode == 0, f"{words}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    def shell(self, script: str) -> str:
        """Run a few lines of shell there as a service, because logind does not know processes started by `run`."""
        return self.run("systemd-run", "--quiet", "--wait", "--pipe", "sh", "-euc", script.replace("$", "$$"))

    def shows(self, unit: str, name: str) -> str:
        """Return one property of a unit."""
        return self.run("systemctl", "show", "--property", name, "--value", unit).strip()

    def _leader(self) -> str:
        """Return the host's process id of the container's first process; "" before it is there."""
        found = subprocess.run(["pgrep", "-P", str(self._process.pid)], capture_output=True, text=True, check=False)
        return found.stdout.split()[0] if found.stdout else ""

    def close(self) -> None:
        """Switch the machine off."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._upper, ignore_errors=True)
        for mount in (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup")):
            _remove_cgroup(mount / self._upper.name)


def _remove_cgroup(folder: Path) -> None:
    for path, _, _ in os.walk(folder, topdown=False):
        for _ in range(20):  # an ended process may not be buried yet
            with contextlib.suppress(OSError):
                Path(path).rmdir()
                break
            time.sleep(0.05)
