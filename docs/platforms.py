"""Prints for which platforms and Pythons all packages are found, as the table of docs/install.md says.

    python docs/platforms.py

Nothing is installed or run: uv, which has to be on the PATH, looks for wheels on the package index. Packages named in
`BUILT` need none, for they are built on the spot without a compiler.
"""

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")  # pyproject.toml refuses all others
BUILT = {"x86_64-apple-darwin": ("docopt", "zeroconf")}
PLATFORMS = {
    "Linux x86-64 (glibc)": "x86_64-manylinux_2_28",
    "Linux aarch64": "aarch64-manylinux_2_28",
    "Windows x64": "x86_64-pc-windows-msvc",
    "Windows on ARM": "aarch64-pc-windows-msvc",
    "macOS 14, Apple silicon": "aarch64-apple-darwin",
    "macOS 14, Intel": "x86_64-apple-darwin",
    "Alpine (musl)": "x86_64-unknown-linux-musl",
}


def fault(platform: str, python: str) -> str:
    """Return why the packages of a platform are not found, in uv's last words; "" if all are."""
    words = ["uv", "pip", "compile", "--quiet", str(PROJECT), "--output-file", os.devnull]
    words += ["--python-platform", platform, "--python-version", python, "--only-binary", ":all:"]
    for package in BUILT.get(platform, ("docopt",)):
        words += ["--no-binary", package]
    done = subprocess.run(
        words, capture_output=True, text=True, env={**os.environ, "MACOSX_DEPLOYMENT_TARGET": "14.0"}, check=False
    )
    return " ".join(done.stderr.split())[-300:] if done.returncode else ""


def main() -> None:
    """Print the table in Markdown, and below it why a platform has a "no"."""
    print("| platform |", " | ".join(PYTHONS), "|")
    print("| --- |", " | ".join("---" for _ in PYTHONS), "|")
    for name, platform in PLATFORMS.items():
        faults = {python: fault(platform, python) for python in PYTHONS}
        print(f"| {name} |", " | ".join("no" if why else "yes" for why in faults.values()), "|", flush=True)
        for python, why in faults.items():
            if why:
                print(f"{name}, Python {python}: {why}", file=sys.stderr)


if __name__ == "__main__":
    main()
