import tempfile
from pathlib import Path

import pytest
import soundfile
from msgspec import structs

from swarm.commands.preview import file_name, speak_samples
from swarm.errors import StoreError
from swarm.job.spec import Recipe
from swarm.voice.host.registry import choose_recipe

TICK = choose_recipe("en", engine="metronome", settings={"cost_per_char": 0})


async def test_each_voice_speaks_into_a_file_of_its_own_and_a_fault_is_told(tmp_path: Path) -> None:
    recipes = (TICK, choose_recipe("fr"), Recipe("espeak", "no such voice", "fr"), structs.replace(TICK, language="de"))
    made = [result async for _, result in speak_samples(recipes, "", tmp_path)]
    paths = [result for result in made if isinstance(result, Path)]
    assert [path.name for path in paths] == [
        "sample-metronome-en-tick.flac",
        "sample-espeak-fr-fr.flac",
        "sample-metronome-de-tick.flac",
    ]
    assert all(soundfile.info(path).duration > 1 for path in paths)
    assert "no such voice" in str(made[2])


async def test_users_of_one_machine_are_not_in_each_others_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "e2a-swarm-listen.log").mkdir()  # a name that all users shared
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    samples = tmp_path / "samples"
    samples.mkdir()
    [(_, path)] = [each async for each in speak_samples([TICK], "", samples)]
    assert path == samples / "sample-metronome-en-tick.flac"
    assert {found.name for found in tmp_path.iterdir()} == {"samples", "e2a-swarm-listen.log"}


async def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="gone"):
        _ = [each async for each in speak_samples([TICK], "", tmp_path / "gone")]


def test_names_of_voices_make_plain_file_names() -> None:
    assert file_name(structs.replace(TICK, voice="../Ana María + b")) == "sample-metronome-en-..-Ana-María-+-b.flac"
