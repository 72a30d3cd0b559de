"""Every benchmark, one after the other, as docs/benchmarks.md holds them; with nothing else on the machine: an hour.

python benchmarks/all.py
python benchmarks/all.py --only crash restart
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

from making import BOOKS

HERE = Path(__file__).resolve().parent
SCRIPTS: dict[str, list[list[str]]] = {  # what to run, and each with which options
    "single_machine": [[str(BOOKS / "jekyll-and-hyde.epub")], [str(BOOKS / "yellow-wallpaper.epub")]],
    "encoding": [[]],
    "reading": [[]],
    "efficiency": [[], ["--equal"], ["--no-split", "--workers", "5", "16"]],
    "crash": [[]],
    "restart": [[]],
    "ingest": [[]],
    "assets": [[]],
    "memory": [[]],
    "idle": [[]],
    "overhead": [[]],
    "finish": [[]],
    "ending": [[]],
    "coqui_speed": [[]],
}
LONGEST_S = 3600


def main() -> None:
    """Run them; ends with the number of those that failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=list(SCRIPTS), nargs="*", default=list(SCRIPTS))
    arguments = parser.parse_args()
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    failed = [name for name in arguments.only for options in SCRIPTS[name] if not _run(name, options)]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def _run(name: str, options: list[str]) -> bool:
    shown = " ".join([f"benchmarks/{name}.py", *(os.path.relpath(word) if "/" in word else word for word in options)])
    print(f"## {name}\n\n```sh\npython {shown}\n```\n", flush=True)
    began_s = time.monotonic()
    try:
        code = subprocess.run([sys.executable, str(HERE / f"{name}.py"), *options], timeout=LONGEST_S).returncode
    except subprocess.TimeoutExpired:
        code = -1
    print(f"\n({time.monotonic() - began_s:.0f} s{'' if code == 0 else ', failed'})\n", flush=True)
    return code == 0


if __name__ == "__main__":
    main()
