"""What comes into a house from outside, counted at the cable."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import only, report_of
from host import Host
from household import wait_for
from ocarina_package import PLACE, lay_ocarina

pytestmark = [pytest.mark.lan, pytest.mark.slow]

WEIGHTS = bytes(range(256)) * 40_000  # 10 MB
MAX_COPIES = 1.05  # with the heads of packets and the look whether the file is there


def test_four_machines_have_a_voice_for_the_bytes_of_one(swarm: Callable[..., dict[str, Host]], tmp_path: Path) -> None:
    laptop, *others, hub = swarm("laptop", "attic", "barn", "cellar", "den", "hub").values()
    place = tmp_path / "served" / PLACE
    place.parent.mkdir(parents=True)
    place.write_bytes(WEIGHTS)
    server = (sys.executable, "-m", "http.server", "80", "--directory", str(tmp_path / "served"))
    hub.lan.run("hub", server, stderr=subprocess.DEVNULL)
    house = lay_ocarina(tmp_path / "site", WEIGHTS) | {"HF_ENDPOINT": f"http://{hub.lan.address['hub']}"}
    book = tmp_path / "Weg.txt"
    book.write_text("Die Flut kam nach drei Tagen. Wir gingen an das andere Ufer. " * 150, encoding="utf-8")
    words = ("coordinate", book, "--language", "de", "--min-workers", 4)
    coordinator = laptop.start(*words, **house, E2A_SWARM_MODELS=str(laptop.home / "models"))
    before = hub.lan.sent_bytes("hub")
    for each in others:
        line = ("work", "--cpu", "--slots", 1, "--name", each.name, "--exit-when-done")
        each.start(*line, **house, E2A_SWARM_MODELS=str(each.home / "models"))
    models = [each.home / "models" / "ocarina-clay" / "weights" for each in others]
    wait_for(lambda: all(model.exists() for model in models), what="the voice on all machines")
    copies = (hub.lan.sent_bytes("hub") - before) / len(WEIGHTS)
    print(f"copies that came into the house: {copies:.3f}")
    assert 1 <= copies <= MAX_COPIES
    coordinator.ends()
    assert report_of(only(laptop.desk, "*.m4b"))["recipe"]["engine"] == "ocarina"
