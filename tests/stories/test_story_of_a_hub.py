"""Machines lack a voice, named or not; one downloads it, from a server here that stands in for the hub."""

from collections.abc import Callable
from pathlib import Path

import piper_bench
import pytest
from evidence import assert_complete, assert_spoken_once, only, report_of
from household import Machine, wait_for
from ocarina_package import PLACE, lay_ocarina
from ocarina_package import WEIGHTS as OCARINA_WEIGHTS
from stand_in_hub import stand_in_hub

from swarm.errors import EXIT_INTERRUPTED
from swarm.voice.piper.voices import CARD_FILE, folder_of, listed_voices

VOICE = listed_voices()[piper_bench.JOE]
WEIGHTS = "model.onnx"


def has_weights(machine: Machine) -> bool:
    return (machine.home / "models" / folder_of(VOICE.name).name / WEIGHTS).exists()


@piper_bench.needs_joe
@pytest.mark.slow
def test_of_three_machines_that_lack_a_voice_one_downloads_it_and_all_speak(
    lan: Callable[[str], Machine], write_book: Callable[..., Path], tmp_path: Path, free_port: int
) -> None:
    laptop, *others = lan("laptop"), lan("attic"), lan("barn"), lan("cellar")
    book = write_book({f"Walk {each}": f"The tide was out for {each} days. So we walked." for each in "123"})
    with stand_in_hub(tmp_path / "hub") as hub:
        places = {file.name: file.url.partition(".co/")[2] for file in VOICE.files}
        hub.put(places[WEIGHTS], piper_bench.joe(".onnx").read_bytes())
        hub.put(places["config.json"], piper_bench.joe(".onnx.json").read_bytes())
        hub.put(places[CARD_FILE], b"* License: CC0\n")
        words = "--tts-engine", f"piper:{VOICE.name}", "--min-workers", "3", "--port", free_port
        coordinator = laptop.start("coordinate", book, *words, HF_ENDPOINT=hub.url)
        where = f"127.0.0.1:{free_port}"
        workers = []
        for each in others:
            env = {"HF_ENDPOINT": hub.url, "E2A_SWARM_MODELS": str(each.home / "models")}
            line = "work", "--cpu", "--slots", "1", "--coordinator", where, "--exit-when-done"
            workers.append(each.start(*line, **env))
        wait_for(lambda: all(has_weights(each) for each in others), what="the voice on all machines")
        coordinator.ends()
        for worker in workers:
            worker.ends()
        asked = [line.partition(" ")[0].strip("/") for line in hub.handler.asked]
        assert asked.count(places[WEIGHTS]) == 1, [worker.output for worker in workers]
    assert_complete(report_of(only(laptop.desk, "*.m4b")))
    assert_spoken_once(laptop.home)


@pytest.fixture
def ocarina(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a machine that has the package of the ocarina, but not its model."""
    return lay_ocarina(tmp_path / "site")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_house_downloads_the_voice_that_fits_once_without_being_asked(
    lan: Callable[[str], Machine],
    write_book: Callable[..., Path],
    tmp_path: Path,
    free_port: int,
    ocarina: dict[str, str],
) -> None:
    laptop, *others = lan("laptop"), lan("shed"), lan("attic"), lan("barn"), lan("cellar")
    book = write_book(
        {f"Weg {each}": "Die Flut kam nach drei Tagen. Wir gingen. " * 40 for each in "123"}, language="de"
    )
    with stand_in_hub(tmp_path / "hub") as hub:
        hub.put(PLACE, OCARINA_WEIGHTS)
        house = ocarina | {"HF_ENDPOINT": hub.url}
        models = {each.name: str(each.home / "models") for each in (laptop, *others)} | {"shed": "/dev/null"}
        words = "coordinate", book, "--min-workers", "4", "--port", free_port
        coordinator = laptop.start(*words, **house, E2A_SWARM_MODELS=models["laptop"])
        coordinator.says("Waiting for a worker: what it has decides which voice speaks German")
        line = "work", "--cpu", "--slots", "1", "--coordinator", f"127.0.0.1:{free_port}", "--exit-when-done"
        workers = [
            each.start(*line, "--name", each.name, **house, E2A_SWARM_MODELS=models[each.name]) for each in others
        ]
        said = coordinator.ends()
        for worker in workers:
            worker.ends()
        whole = [line for line in hub.handler.asked if not line.endswith("bytes=0-0")]
        assert whole == ["/house/ocarina"], said
    report = report_of(only(laptop.desk, "*.m4b"))
    assert_complete(report)
    assert report["recipe"]["engine"] == "ocarina"
    spoke = {worker["name"] for worker in report["workers"] if worker["segments"]}
    assert spoke <= {"attic", "barn", "cellar"}  # the disk of the shed takes no model


@pytest.mark.slow
def test_a_machine_without_a_network_speaks_with_what_it_has_and_says_so(
    here: Machine, write_book: Callable[..., Path], ocarina: dict[str, str]
) -> None:
    book = write_book({"Weg": "Die Flut kam. Wir gingen."}, language="de")
    env = ocarina | {"HF_ENDPOINT": "http://127.0.0.1:9", "E2A_SWARM_MODELS": str(here.home / "models")}
    done = here.run("convert", book, **env)
    assert done.returncode == 0, done.stderr
    told = "German is spoken by espeak, robotic, since a better voice could not be fetched: the ocarina is not on this"
    assert told in " ".join(done.stdout.split())
    report = report_of(only(here.desk, "*.m4b"))
    assert report["book"]["cautions"][0].startswith(told)
    other = write_book({"Weg": "Die Flut ging. Wir blieben."}, language="de")
    silent = here.run("convert", other, "--output-dir", "other", "--offline", **env)
    assert (silent.returncode, "could not be fetched" in silent.stdout) == (0, False)


@pytest.mark.slow
def test_a_download_ends_with_ctrl_c_and_goes_on_where_it_stopped(
    here: Machine, write_book: Callable[..., Path], tmp_path: Path, ocarina: dict[str, str]
) -> None:
    book = write_book({"Weg": "Die Flut kam. Wir gingen."}, language="de")
    part = here.home / "models" / "ocarina-clay" / "weights.part"
    with stand_in_hub(tmp_path / "hub") as hub:
        hub.put(PLACE, OCARINA_WEIGHTS)
        hub.handler.hang_after += [1, 500_000]  # the first is asked for a byte, to see whether it is there
        env = ocarina | {"HF_ENDPOINT": hub.url, "E2A_SWARM_MODELS": str(here.home / "models")}
        convert = here.start("convert", book, **env)
        convert.says("fetching ocarina, which speaks German with a natural voice, clay [(]CC0 1.0[)]: 1.0 MB from")
        wait_for(lambda: part.exists() and part.stat().st_size >= 400_000, what="a part of the model")
        convert.signal()
        convert.ends(EXIT_INTERRUPTED)
        had = part.stat().st_size
        assert here.run("convert", book, **env).returncode == 0
        assert hub.handler.asked[-1] == f"/house/ocarina bytes={had}-"
    assert report_of(only(here.desk, "*.m4b"))["recipe"]["engine"] == "ocarina"


@pytest.mark.slow
@pytest.mark.parametrize("is_resident", [False, True])
def test_a_swarm_that_is_sent_another_file_speaks_with_the_best_it_has_and_says_so(
    lan: Callable[[str], Machine],
    write_book: Callable[..., Path],
    tmp_path: Path,
    free_port: int,
    ocarina: dict[str, str],
    is_resident: bool,
) -> None:
    laptop, *others = lan("laptop"), lan("attic"), lan("barn")
    book = write_book({"Weg": "Die Flut kam. Wir gingen."}, language="de")
    with stand_in_hub(tmp_path / "hub") as hub:
        hub.put(PLACE, OCARINA_WEIGHTS[::-1])  # of the right length, so that a look finds it there
        house = ocarina | {"HF_ENDPOINT": hub.url}
        port, models = ("--port", free_port), laptop.home / "models"
        if is_resident:
            coordinator = laptop.start("serve", *port, **house, E2A_SWARM_MODELS=str(models))
        else:
            coordinator = laptop.start("coordinate", book, *port, **house, E2A_SWARM_MODELS=str(models))
        line = "work", "--cpu", "--slots", "1", "--coordinator", f"127.0.0.1:{free_port}"
        for each in others:
            each.start(*line, "--name", each.name, **house, E2A_SWARM_MODELS=str(each.home / "models"))
        if is_resident:
            coordinator.says("waiting for workers at")
            assert laptop.run("add", book, "--coordinator", f"127.0.0.1:{free_port}").returncode == 0
        made = laptop.desk.glob
        wait_for(lambda: any("totals" in report_of(path) for path in made("*.m4b")), what="the audiobook")
        if not is_resident:
            coordinator.ends()
    report = report_of(only(laptop.desk, "*.m4b"))
    assert_complete(report)
    assert report["recipe"]["engine"] == "espeak"
    told = "German is spoken by espeak, robotic, since a better voice could not be fetched: "
    assert report["book"]["cautions"][0].startswith(told)
    assert "sent another file than the one that is known by its digest" in report["book"]["cautions"][0]
    assert len(list((laptop.home / "jobs").iterdir())) == 1  # nothing is left of the job that could not be spoken
