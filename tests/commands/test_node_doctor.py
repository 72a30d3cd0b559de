import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import structs

from swarm.commands import doctor
from swarm.commands.doctor import (
    check_addresses,
    check_capacity,
    check_clock,
    check_encryption,
    check_engines,
    check_gpu,
    check_key,
    check_library_gpu,
    check_multicast,
    check_port,
    check_sound,
    check_sqlite,
    check_state_folder,
)
from swarm.net.client import Knock
from swarm.net.identity.keys import key_file, save_key
from swarm.net.identity.swarm_key import make_key
from swarm.system.capacity import Capacity
from swarm.voice.engine import Check
from swarm.worker.devices import Gpu, Proof


def check_coqui() -> Check:
    return next(check for check in check_engines() if check.name == "engine coqui")


def test_a_writable_state_folder_is_made_and_named_with_its_room(tmp_path: Path) -> None:
    check = check_state_folder(tmp_path / "new")
    assert check.verdict in ("ok", "warn")
    assert "free" in check.text
    assert list((tmp_path / "new").iterdir()) == []


def test_a_state_folder_that_cannot_be_written_fails_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    check = check_state_folder(tmp_path / "file" / "state")
    assert (check.verdict, "--state-dir" in check.remedy) == ("fail", True)
    assert "a file is where a folder should be" in check.text


@pytest.mark.parametrize(("free", "verdict"), [(10**6, "fail"), (10**9, "warn"), (10**10, "ok")])
def test_little_room_warns_and_none_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, verdict: str
) -> None:
    usage = doctor.shutil.disk_usage(tmp_path)._replace(free=free)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _folder: usage)
    assert check_state_folder(tmp_path).verdict == verdict


@pytest.mark.parametrize(
    ("cores", "free", "verdict", "text"),
    [
        (8, 16e9, "ok", "8 cores and 16 GB of free memory: 8 engines work side by side unless you say otherwise"),
        (8, 1.3e9, "warn", "8 cores and 1.3 GB of free memory: 2 engines work side by side unless you say otherwise"),
        (1, 9e8, "ok", "1 core and 900 MB of free memory: 1 engine works unless you say otherwise"),
        (1, 2e8, "warn", "1 core and 200 MB of free memory: 1 engine works unless you say otherwise"),
    ],
)
def test_memory_for_fewer_engines_than_cores_warns(
    monkeypatch: pytest.MonkeyPatch, cores: int, free: float, verdict: str, text: str
) -> None:
    monkeypatch.setattr(doctor, "read_capacity", lambda: Capacity(cores, free))
    check = check_capacity()
    assert (check.verdict, check.text) == (verdict, text)
    assert bool(check.remedy) == (verdict == "warn")


def test_sqlite_is_named_by_its_version_and_nothing_that_puzzles() -> None:
    assert check_sqlite() == ("sqlite", "ok", f"SQLite {sqlite3.sqlite_version}", "")


def test_what_is_installed_here_works() -> None:
    checks = [check_sound(), check_encryption(), *check_engines()]
    assert [check.name for check in checks if check.verdict not in ("ok", "-")] == []
    assert {"engine hibari", "engine espeak", "engine metronome"} <= {check.name for check in checks}


def test_coqui_may_be_absent_or_broken_or_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm.voice.coqui.engine.is_installed", lambda: False)
    assert (check_coqui().verdict, "engines install coqui" in check_coqui().text) == ("-", True)
    monkeypatch.setattr("swarm.voice.coqui.engine.is_installed", lambda: True)
    monkeypatch.setitem(sys.modules, "torchaudio", None)
    assert check_coqui().verdict == "fail"
    assert "torchaudio" in check_coqui().text


@pytest.mark.coqui
def test_where_coqui_is_installed_it_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COQUI_TOS_AGREED", "1")
    assert (check_coqui().verdict, check_coqui().text[-8:]) == ("ok", "accepted")


def test_an_engine_that_does_not_load_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm.voice.host.registry.engine_targets", lambda: {"broken": "swarm.no_such_engine:engine"})
    (check,) = check_engines()
    assert (check.name, check.verdict) == ("engine broken", "fail")
    assert "ModuleNotFoundError" in check.text


def test_a_machine_without_a_key_is_told_how_to_join(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("E2A_SWARM_KEY", raising=False)
    assert check_key(tmp_path).verdict == "warn"
    assert "e2a-swarm join" in check_key(tmp_path).remedy
    save_key(tmp_path, make_key())
    assert check_key(tmp_path)[1:3] == ("ok", f"from {key_file(tmp_path)}")


def test_the_key_is_said_to_come_from_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("E2A_SWARM_KEY", raising=False)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "e2a-swarm.key").write_text(make_key().code)
    assert check_key(tmp_path / "state")[1:3] == ("ok", f"from {tmp_path / 'e2a-swarm.key'}")


def test_a_key_is_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = make_key().code
    for value in (code, code[:-1]):
        monkeypatch.setenv("E2A_SWARM_KEY", value)
        check = check_key(tmp_path)
        assert check.verdict == ("ok" if value == code else "fail")
        assert code[4:12] not in check.text


def test_a_port_that_is_taken_is_no_obstacle() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert check_port(port, "127.0.0.1").verdict == "warn"
    assert check_port(port, "127.0.0.1").verdict == "ok"


def test_loopback_alone_finds_nobody() -> None:
    check = check_multicast("127.0.0.1")
    assert check.verdict == "warn"
    assert "--coordinator" in check.remedy


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (FileNotFoundError(), "-"),
        (subprocess.CalledProcessError(9, "nvidia-smi"), "warn"),
        (subprocess.TimeoutExpired("nvidia-smi", 10), "warn"),
    ],
)
def test_gpus_and_their_absence(monkeypatch: pytest.MonkeyPatch, answer: Exception, verdict: str) -> None:
    def run(*_args: object, **_options: object) -> None:
        raise answer

    monkeypatch.setattr(doctor.subprocess, "run", run)
    assert check_gpu().verdict == verdict


def test_it_says_what_would_let_onnx_runtime_use_a_graphics_card(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds: tuple[str, ...] = ()
    monkeypatch.setattr("swarm.voice.onnx_session.gpu_kinds", lambda: kinds)
    monkeypatch.setattr(doctor, "graphics_makers", lambda: ("AMD",))
    check = check_library_gpu()
    assert (check.verdict, check.text.startswith("AMD is here")) == ("-", True)
    assert "onnxruntime-ep-webgpu" in check.remedy
    assert "onnxruntime-migraphx in place of onnxruntime" in check.remedy
    kinds, gpu = ("webgpu",), Gpu("webgpu", fault="it finds no such GPU")
    monkeypatch.setattr("swarm.worker.devices.prove_library", lambda: Proof((gpu,), "1.32", library="ONNX Runtime"))
    assert check_library_gpu().text == "ONNX Runtime 1.32 uses no GPU: webgpu: it finds no such GPU"
    gpu = structs.replace(gpu, fault="")
    assert check_library_gpu().verdict == "ok"


def test_a_clock_that_was_never_set_or_has_an_unknown_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_clock(0.0).verdict == "warn"
    monkeypatch.setenv("TZ", "Europe/Berln")
    assert "TZ=Europe/Berln is no time zone" in check_clock(1_800_000_000.0).text
    monkeypatch.setenv("TZ", "Europe/Berlin")
    assert check_clock(1_800_000_000.0) == ("clock", "ok", "2027-01-15 08:00:00 UTC", "")


def test_each_known_address_is_tried_and_what_keeps_one_away_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(check_addresses(tmp_path)) == []
    save_key(tmp_path, make_key())

    async def knock(*words: object) -> list[list[Knock]]:
        return [
            [Knock("lan:1"), Knock("vpn:1", silence="far")],
            [Knock("b:1", silence="near"), Knock("c:1", "it has another key"), Knock("d:1", silence="dropped")],
        ]

    monkeypatch.setattr("swarm.net.client.knock_everywhere", knock)
    found = {check.name.removeprefix("address "): check for check in check_addresses(tmp_path)}
    assert {name: check.verdict for name, check in found.items()} == {
        "lan:1": "ok", "vpn:1": "-", "b:1": "warn", "c:1": "warn", "d:1": "warn",
    }  # fmt: skip
    assert "answers" in found["lan:1"].text and "another network" in found["vpn:1"].text
    assert found["c:1"].text == "it has another key"
    assert "client isolation" in found["b:1"].remedy and "firewall" in found["d:1"].text
