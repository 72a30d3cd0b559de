"""Makes .venv ready for development: `python3 develop.py` installs e2a-swarm there with all that its tests need."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
BIN = Path(".venv", "Scripts" if os.name == "nt" else "bin")
TOOLS = {  # programs without which tests skip: Debian's packages that have them
    "ip": "iproute2",
    "nft": "nftables",
    "systemd-nspawn": "systemd-container",
    "chromium": "chromium",
    "prometheus": "prometheus",
    "zsh": "zsh",
    "fish": "fish",
    "man": "man-db",
    "mandoc": "mandoc",
}


def steps(bin_folder: Path, *, has_git: bool) -> list[list[str]]:
    """Return the command lines that make an environment ready."""
    python = str(bin_folder / "python")
    hooks = [[python, "-m", "pre_commit", "install"]] if has_git else []
    return [[python, "-m", "pip", "install", "-e", ".[test]"], *hooks]


def advice(missing: list[str]) -> str:
    """Return what to do after the installation, in a few lines."""
    lines = [f"ready: {BIN / 'python'} -m pytest"]
    if missing:
        lines += ["some tests skip without: sudo apt install " + " ".join(missing)]
    return "\n".join(lines)


def main(words: list[str]) -> int:
    """Make the environment; `--python-only` says nothing of other programs. Return the exit code."""
    if [word for word in words if word != "--python-only"]:
        sys.stdout.write(f"{__doc__}\nusage: python3 develop.py [--python-only]\n")
        return 0 if {"-h", "--help"} & {*words} else 64
    os.chdir(ROOT)
    if not (BIN / "python").exists() and not (BIN / "python.exe").exists():
        venv.create(".venv", with_pip=True)
    sys.stdout.write("installing into .venv; the first time takes some five minutes\n")
    sys.stdout.flush()
    for line in steps(BIN, has_git=os.name != "nt" and Path(".git").exists()):
        if code := subprocess.call(line):
            return code
    missing = [package for tool, package in TOOLS.items() if not shutil.which(tool)]
    sys.stdout.write(advice([] if "--python-only" in words else missing) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
