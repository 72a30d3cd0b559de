"""What is said of this machine and its network."""

import argparse
import os
import sys
from pathlib import Path

import pytest

from swarm.commands.book_config import render_config
from swarm.commands.machine_config import asked_devices, coordinate_config, prepare_voices, progress_mode
from swarm.commands.main import make_parser
from swarm.commands.main import parse as parse_line
from swarm.commands.option import option_parser
from swarm.commands.option_table import TERMINAL
from swarm.commands.work import limits_of as work_limits
from swarm.commands.work import work_config
from swarm.config import CoordinateConfig, Limits
from swarm.errors import EnvironmentFault, UsageError


def parse(*words: str) -> argparse.Namespace:
    return make_parser().parse_args(["coordinate", *words])


def worker(*words: str) -> argparse.Namespace:
    return make_parser().parse_args(["work", *words])


def devices(*words: str) -> tuple[str, ...]:
    return asked_devices(worker(*words))


def test_devices() -> None:
    assert devices() == ()
    assert devices("--cpu") == devices("--device", "CPU") == ("cpu",)
    assert devices("--device", "CUDA") == devices("--gpu", "0") == ("cuda:0",)
    assert devices("--gpu", "1", "--gpu", "0,1") == ("cuda:1", "cuda:0")
    assert devices("--gpu", "all") == ("cuda",)
    assert devices("--gpu", "GPU-5a1e,1") == ("GPU-5a1e", "cuda:1")
    assert devices("--device", "MPS") == ("mps",)
    assert devices("--device", "ROCM") == ("cuda:0",)
    assert devices("--device", "cuda", "--gpu", "1") == ("cuda:1",)
    assert devices("--device", "1") == ("cuda:1",)
    assert devices("--device", "all") == ("cuda",)
    assert devices("--device", "GPU-5a1e") == ("GPU-5a1e",)


def test_devices_that_cannot_be_meant() -> None:
    for words in ["--cpu --gpu 0", "--gpu first", "--gpu -1", "--device TPU", "--device ²", "--device 256", "--gpu 1,"]:
        with pytest.raises(UsageError):
            devices(*words.split())


def configured(*words: str) -> CoordinateConfig:
    return coordinate_config(parse(*words), render_config(parse(*words)))


def test_where_a_coordinator_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("E2A_SWARM_BIND", "10.0.0.1")
    config = configured("a.epub")
    assert (config.bind, config.port, config.open, config.advertise) == ("10.0.0.1", None, False, True)
    config = configured("a.epub", "--port", "6000", "--bind", "::1", "--open", "--no-advertise")
    assert (config.bind, config.port, config.open, config.advertise) == ("::1", 6000, True, False)
    with pytest.raises(UsageError, match="--port takes a whole number from 1 to 65535"):
        configured("a.epub", "--port", "70000")


def test_a_machine_that_nobody_wakes_is_not_told_when_to_sleep() -> None:
    assert work_config(worker()).sleep_after_s == 600.0
    assert work_config(worker("--may-wake", "--sleep-after", "5m")).sleep_after_s == 300.0
    with pytest.raises(UsageError, match="--sleep-after needs --may-wake"):
        work_config(worker("--sleep-after", "10m"))


def test_a_coordinator_is_asked_for_no_device() -> None:
    with pytest.raises(UsageError, match="e2a-swarm work"):
        parse("a.epub", "--device", "CUDA")


def test_progress_is_shown_as_asked() -> None:
    parser = option_parser((TERMINAL,))
    modes = [progress_mode(parser.parse_args(words)) for words in ([], ["--quiet"], ["--json"], ["--json", "--quiet"])]
    assert modes == ["auto", "quiet", "json", "json"]


@pytest.mark.parametrize("said", [True, False])
def test_the_licence_is_accepted_where_models_are_loaded(said: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COQUI_TOS_AGREED", "0")
    prepare_voices(worker(*["--accept-coqui-license"] * said))
    assert os.environ["COQUI_TOS_AGREED"] == ("1" if said else "0")


def test_a_coordinator_accepts_no_licence_for_its_workers() -> None:
    with pytest.raises(UsageError, match="give it to `e2a-swarm work`"):
        parse("a.epub", "--accept-coqui-license")


def test_models_may_lie_in_a_folder_of_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("TTS_HOME", "HF_HUB_CACHE"):
        monkeypatch.setenv(name, "elsewhere")
    prepare_voices(worker(*["--models-dir", str(tmp_path)]))
    assert (os.environ["TTS_HOME"], os.environ["HF_HUB_CACHE"]) == (str(tmp_path), str(tmp_path / "hub"))


def test_a_recogniser_listens_where_one_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm.voice.host.recogniser.prove", lambda: "")
    monkeypatch.setenv("E2A_SWARM_VERIFY", "small")
    prepare_voices(worker(*["--verify"]))
    assert os.environ["E2A_SWARM_VERIFY"] == "small"
    assert "E2A_SWARM_VERIFY_SAMPLE" not in os.environ
    monkeypatch.setenv("E2A_SWARM_VERIFY_SAMPLE", "")  # restored after the test
    prepare_voices(worker(*["--verify", "sample"]))
    assert os.environ["E2A_SWARM_VERIFY_SAMPLE"] == "1"
    with pytest.raises(UsageError, match="--verify"):
        prepare_voices(worker(*["--verify=tenth"]))
    monkeypatch.delenv("E2A_SWARM_VERIFY")
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(EnvironmentFault, match=r"\[verify\]"):
        prepare_voices(worker(*["--verify"]))
    assert "E2A_SWARM_VERIFY" not in os.environ


def limits(*words: str) -> Limits:
    return work_limits(worker(*words, "--on-battery"))


def test_when_a_worker_may_work(monkeypatch: pytest.MonkeyPatch) -> None:
    assert limits("--gpu", "0") == Limits()
    said = limits("--gpu", "0", "--hours", "22-7,12-13:30", "--idle-only", "--max-temperature", "80")
    assert said == Limits(((22 * 60, 7 * 60), (12 * 60, 13 * 60 + 30)), 80, True)
    assert limits("--cpu", "--hours", "22-7") == Limits(((22 * 60, 7 * 60),))
    monkeypatch.setenv("TZ", "Europe/Berln")
    with pytest.raises(UsageError, match="TZ=Europe/Berln is no time zone"):
        limits("--hours", "22-7")
    assert limits("--cpu") == Limits()
    assert work_limits(worker("--cpu")) == Limits(on_battery=False)


def test_limits_that_make_no_sense_are_refused() -> None:
    for words, part in [
        (("--hours", "night"), "--hours takes spans such as 22-7"),
        (("--hours", "22-22"), "not '22-22'"),
        (("--max-temperature", "warm"), "--max-temperature takes a whole number"),
        (("--max-temperature", "5"), "from 30 to 120"),
    ]:
        with pytest.raises(UsageError, match=part):
            limits(*words)


def test_a_second_coordinator_does_not_silently_replace_the_first() -> None:
    for command in ["work", "status"]:
        with pytest.raises(UsageError, match="names one coordinator; without it, all"):
            parse_line([command, "--coordinator", "one:5847", "--coordinator", "two:5847"])
        assert parse_line([command, "--coordinator", "one", "--coordinator", "one"]).coordinator == "one"
