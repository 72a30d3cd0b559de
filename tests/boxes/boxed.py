"""A Docker engine of its own, with the image of this checkout built on it, without a network."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from homemade import make_root, make_wheels

ROOT = Path(__file__).resolve().parents[2]
ENGINE = Path(__file__).with_name("engine.sh")
IMAGE, BASE = "e2a-swarm", "homemade-base"
START_S = 60.0
ROOM = 4 << 30  # bytes that the engine takes while it builds, and what others need


def require_engine() -> None:
    """Skip the test if no Docker engine can be started."""
    if missing := missing_tools():
        pytest.skip(missing)


def missing_tools() -> str:
    """Return what a Docker engine lacks on this machine; "" if nothing is lacking."""
    if not sys.platform.startswith("linux") or os.geteuid():
        return "to start a Docker engine takes Linux and root"
    tools = ("docker", "dockerd", "containerd", "unshare", "nsenter")
    if missing := [tool for tool in tools if not shutil.which(tool)]:
        return f"a Docker engine takes {', '.join(missing)} (Debian's docker.io and docker-cli)"
    if not os.access("/dev/shm", os.W_OK) or shutil.disk_usage("/dev/shm").free < ROOM:
        return "the engine takes a /dev/shm with 4 GiB free"
    for plugin in ("buildx", "compose"):
        if subprocess.run(["docker", plugin, "version"], capture_output=True).returncode:
            return f"the images take Docker's {plugin} (Debian's docker-buildx and docker-compose)"
    return ""


class Engine:
    """A Docker engine in namespaces of its own, whose networks are not the machine's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = Path("/dev/shm") / f"e2a-{uuid.uuid4().hex[:8]}"  # half a gigabyte, and in memory far faster
        self.data.mkdir()
        self._log = folder / "engine.log"
        with self._log.open("wb") as log:
            words = ["unshare", "-m", "-n", "bash", str(ENGINE), str(self.data)]
            self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._environment = {**os.environ, "DOCKER_HOST": f"unix://{self.data}/docker.sock"}

    def wait(self) -> None:
        """Wait until the engine answers; skip the test if the host does not let it start."""
        deadline_s = time.monotonic() + START_S
        while self._run(["docker", "version"], check=False).returncode:
            if self._process.poll() is not None or time.monotonic() > deadline_s:
                pytest.skip(f"no Docker engine starts here: {self._log.read_text(errors='replace')[-500:]}")
            time.sleep(0.2)

    def build(self, extras: str = "") -> None:
        """Build the image from files of this machine, with extras such as "[notify]"."""
        context = self.data / "context"
        (context / "wheels").mkdir(parents=True)
        for name in ("Dockerfile", ".dockerignore", *_context()):
            (context / name).parent.mkdir(exist_ok=True)
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, context / name)
        make_wheels(context / "wheels", [f"e2a-swarm{extras}", "hatchling"])
        make_root(self.folder / "root.tar")
        self.docker("import", str(self.folder / "root.tar"), BASE)
        choices = {"BASE": BASE, "EXTRAS": extras, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/src/wheels"}
        choices["PIP_NO_BINARY"] = ":none:"
        arguments = [word for name, value in choices.items() for word in ("--build-arg", f"{name}={value}")]
        self.docker("build", "--network=none", *arguments, "--tag", IMAGE, str(context))
        shutil.rmtree(context)
        self.docker("builder", "prune", "--all", "--force")

    def docker(self, *words: str, check: bool = True, **variables: str) -> str:
        """Run `docker` to its end, and return what it printed."""
        ended = self._run(["docker", *words], check=check, **variables)
        return ended.stdout

    def compose(self, folder: Path, *words: str, check: bool = True) -> str:
        """Run `docker compose` in a folder to its end, and return what it printed."""
        return self._run(["docker", "compose", *words], check=check, cwd=folder).stdout

    def shell(self, folder: Path, lines: str) -> None:
        """Run lines of a shell in a folder, until one fails."""
        self._run(["bash", "-euc", lines], cwd=folder)

    def inspect(self, name: str) -> Any:
        """Return what the engine knows of a container or an image."""
        return json.loads(self.docker("inspect", name))[0]

    def read_file(self, image: str, path: str) -> str:
        """Return the text of a file in an image; what a container prints may get lost if it ends at once."""
        container = self.docker("create", image).strip()
        copy = self.folder / Path(path).name
        self.docker("cp", f"{container}:{path}", str(copy))
        self.docker("rm", container)
        return copy.read_text(encoding="utf-8")

    def _run(
        self, words: Sequence[str], *, check: bool = True, cwd: Path | None = None, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        ended = subprocess.run(
            words,
            cwd=cwd,
            env={**self._environment, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
        assert not check or ended.returncode == 0, f"{words}: {ended.stdout[-2000:]}{ended.stderr[-2000:]}"
        return ended

    def close(self) -> None:
        """Stop all containers and the engine."""
        if names := self.docker("ps", "--all", "--quiet", check=False).split():
            self.docker("rm", "--force", "--volumes", *names, check=False)
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.data, ignore_errors=True)
        for mount in (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup")):
            for group in mount.glob(f"{self.data.name}-*"):
                _remove_group(group)


def _context() -> list[str]:
    """Return the files and folders of the checkout that .dockerignore lets through."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    return [line[1:] for line in lines if line.startswith("!") and line != "!wheels"]


def _remove_group(group: Path) -> None:
    for path, _, _ in os.walk(group, topdown=False):
        with contextlib.suppress(OSError):
            Path(path).rmdir()
