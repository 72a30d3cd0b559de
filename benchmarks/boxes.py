"""Measures the container image, and how soon a book is heard after `docker compose up`. It takes Docker and root.

    python benchmarks/boxes.py
    python benchmarks/boxes.py --parts      what goes into the image only: no engine is started

The image is built without a network, as tests/boxes does it. Seconds count from `docker compose up`, with the image
there and a book in the watched folder, until the first minute of the first chapter can be heard.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from making import BOOKS, make_book
from process import head, row

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "boxes"))

from boxed import IMAGE, Engine, missing_tools  # noqa: E402  (of the tests)
from homemade import make_root, make_wheels  # noqa: E402

EXTRAS = "[notify]"  # the Dockerfile has the same
MAX_S = 600.0
BIGGEST = 12
LOOK = """
import json, urllib.request
token = open("/data/web-token").read().strip()
address = "http://127.0.0.1:5848/api/v1/books/1/chapters/1"
request = urllib.request.Request(address, headers={"Authorization": "Bearer " + token})
print(json.load(urllib.request.urlopen(request))["stretches"][0].get("sound") or "")
"""
PACKAGES = """
import collections, json, pathlib, sysconfig
sizes = collections.Counter()
for path in pathlib.Path(sysconfig.get_path("purelib")).rglob("*"):
    if path.is_file():
        sizes[path.relative_to(sysconfig.get_path("purelib")).parts[0].removesuffix(".libs")] += path.stat().st_size
print(json.dumps(sizes.most_common()))
"""


def main() -> None:
    """Build the image, print its sizes, and time a book."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", action="store_true", help="print the sizes of base and wheels only")
    parser.add_argument("--times", type=int, default=3, help="how often to start anew")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if arguments.parts:
            return _print_parts(Path(name))
        if missing := missing_tools():
            return print(f"Not run: {missing}.")
        engine = Engine(Path(name))
        try:
            engine.wait()
            engine.build(EXTRAS)
            _print_image(engine)
            _print_starts(engine, Path(name), arguments.times)
        finally:
            engine.close()


def _print_parts(folder: Path) -> None:
    make_root(folder / "root.tar")
    (folder / "wheels").mkdir()
    make_wheels(folder / "wheels", [f"e2a-swarm{EXTRAS}", "hatchling"])
    wheels = sum(path.stat().st_size for path in (folder / "wheels").iterdir())
    head("part", "MB")
    row("base", f"{(folder / 'root.tar').stat().st_size / 1e6:.0f}")
    row("wheels, unpacked, before they are trimmed", f"{wheels / 1e6:.0f}")


def _print_image(engine: Engine) -> None:
    total, base = (engine.inspect(name)["Size"] for name in (IMAGE, "homemade-base"))
    head("part of the image", "MB")
    row("base", f"{base / 1e6:.0f}")
    row("e2a-swarm and its packages", f"{(total - base) / 1e6:.0f}")
    sizes = json.loads(engine.docker("run", "--rm", "--network=none", "--entrypoint=python", IMAGE, "-c", PACKAGES))
    for name, size in sizes[:BIGGEST]:
        row(f"– {name}", f"{size / 1e6:.0f}")
    print()


def _print_starts(engine: Engine, folder: Path, times: int) -> None:
    known = BOOKS / "jekyll-and-hyde.epub"
    book = known if known.exists() else make_book(folder, chapters=4, characters=20_000)
    head("start", "`compose up` returned, s", "first minute can be heard, s")
    for number in range(times):
        lab = folder / f"lab{number}"
        (lab / "books").mkdir(parents=True)
        shutil.copy(ROOT / "compose.yaml", lab)
        shutil.copy(book, lab / "books" / "book.epub")
        began_s = time.monotonic()
        engine.compose(lab, "up", "--detach", "--no-build")
        up_s = time.monotonic() - began_s
        while not engine.compose(lab, "exec", "serve", "python", "-c", LOOK, check=False).strip():
            if time.monotonic() - began_s > MAX_S:
                sys.exit(engine.compose(lab, "logs"))
            time.sleep(0.5)
        row(str(number + 1), f"{up_s:.1f}", f"{time.monotonic() - began_s:.1f}")
        engine.compose(lab, "down", "--volumes")


if __name__ == "__main__":
    main()
