"""Installs the package of examples/engine, as a user would, into a folder that a mock machine may have on its path."""

import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

PACKAGE = Path(__file__).resolve().parents[2] / "examples" / "engine"


@cache
def installed() -> dict[str, str]:
    """Return the environment of a machine that has the package installed."""
    site = mkdtemp(prefix="e2a-example-")
    words = ("install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target", site, str(PACKAGE))
    subprocess.run([sys.executable, "-m", "pip", *words], check=True)
    return {"PYTHONPATH": site}
