"""What is done when e2a-swarm is built: a check that it can be installed here at all, and its manual page."""

import platform
import subprocess
import sys
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

OLDEST, NEWEST = (3, 11), (3, 14)  # as requires-python in pyproject.toml
NEWEST_ON_INTEL_MACS = (3, 13)  # onnxruntime has no later wheels for them
OLDEST_MACOS = 14  # of PyAV's wheels
OWN_PYTHON = "`uv tool install .` brings a Python of its own; python.org has installers."


class Host(NamedTuple):
    """What decides whether all libraries have wheels."""

    python: tuple[int, int] = (sys.version_info[0], sys.version_info[1])
    is_64_bit: bool = sys.maxsize > 2**32
    has_musl: bool = "musl" in str(sysconfig.get_config_var("EXT_SUFFIX"))
    macos: int = int((platform.mac_ver()[0] or "0").partition(".")[0])  # 0 on other systems
    machine: str = platform.machine()


def obstacle(host: Host) -> str:
    """Return why e2a-swarm cannot be installed on a host and what to do, or "" if it can."""
    if host.has_musl:
        return "e2a-swarm needs glibc, and this system has musl (Alpine): use Debian, Ubuntu or a container of them."
    if host.macos and host.macos < OLDEST_MACOS:
        return f"e2a-swarm needs macOS {OLDEST_MACOS} or later, and this is macOS {host.macos}."
    newest = NEWEST_ON_INTEL_MACS if host.macos and host.machine == "x86_64" else NEWEST
    if not OLDEST <= host.python <= newest:
        needed = f"Python {_dotted(OLDEST)} to {_dotted(newest)}"
        where = " on Intel Macs" if newest != NEWEST else ""
        return f"e2a-swarm needs {needed}{where}, and this is Python {_dotted(host.python)}: {OWN_PYTHON}"
    if not host.is_64_bit:
        return f"e2a-swarm needs a 64-bit Python, and this one has 32 bits: {OWN_PYTHON}"
    return ""


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


class Check(MetadataHookInterface):
    """Stops the build where the installation would fail; installers call it first."""

    def update(self, metadata: dict[str, object]) -> None:
        """Raise SystemExit if this host lacks something; `metadata` stays as it is."""
        if sentence := obstacle(Host()):
            raise SystemExit(sentence)


class Manual(BuildHookInterface):
    """Puts the manual page into the wheel, from where pipx links it to where `man` looks."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, dict[str, str]]) -> None:
        """Write the page into a temporary folder that lives as long as this hook."""
        if version == "editable":
            return
        writer = Path(self.root, "packaging", "manual.py")
        self.folder = TemporaryDirectory(prefix="e2a-swarm-manual-")
        page = Path(self.folder.name, "e2a-swarm.1")
        page.write_bytes(subprocess.run([sys.executable, "-B", writer], stdout=subprocess.PIPE, check=True).stdout)
        build_data["shared_data"][str(page)] = "share/man/man1/e2a-swarm.1"

    def finalize(self, _version: str, _build_data: dict[str, object], _artifact_path: str) -> None:
        """Remove the folder."""
        if hasattr(self, "folder"):
            self.folder.cleanup()
