"""Three machines lack a voice of Piper; one downloads it, from a server here that stands in for the hub."""

from collections.abc import Callable
from pathlib import Path

import piper_bench
import pytest
from evidence import assert_complete, assert_spoken_once, only, report_of
from household import Machine, wait_for
from stand_in_hub import stand_in_hub

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
