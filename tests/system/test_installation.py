import importlib.metadata
import json
import os
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

from swarm.system import machine
from swarm.system.machine import CHECKOUT, extra_line, package_line

PYTHON = "/home/ada/.venv/bin/python"
CLONE = {"url": "file:///home/ada/e2a-swarm", "dir_info": {}}


class Distribution:
    requires = ('av>=18; python_version >= "3.11"', 'coqui-tts>=0.28; extra == "coqui"', "six; extra == 'coqui'", "x")

    def __init__(self, record: str | None) -> None:
        self.record = record

    def read_text(self, _name: str) -> str | None:
        return self.record


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sys, "executable", PYTHON)
    monkeypatch.setattr(machine, "find_spec", lambda name: name)
    return tmp_path


def installed_from(monkeypatch: pytest.MonkeyPatch, origin: object) -> None:
    record = origin if isinstance(origin, str | None) else json.dumps(origin)
    monkeypatch.setattr(importlib.metadata, "distribution", lambda _name: Distribution(record))


@pytest.mark.skipif(os.name != "posix", reason="the paths here are POSIX paths")
@pytest.mark.parametrize(
    ("origin", "what"),
    [
        (CLONE, '"/home/ada/e2a-swarm[coqui]"'),
        ({"url": "file:///home/ada/my%20books/c", "dir_info": {}}, '"/home/ada/my books/c[coqui]"'),
        ({**CLONE, "dir_info": {"editable": True}}, '-e "/home/ada/e2a-swarm[coqui]"'),
        ({"url": "file:///tmp/e2a.whl", "archive_info": {}}, '"/tmp/e2a.whl[coqui]"'),
        (None, '"coqui-tts>=0.28" "six"'),
        (
            {"url": "https://example.org/e2a", "vcs_info": {"vcs": "git"}},
            '"e2a-swarm[coqui] @ git+https://example.org/e2a"',
        ),
        ({"url": "https://example.org/e2a.zip"}, '"e2a-swarm[coqui] @ https://example.org/e2a.zip"'),
        ("no json", '"coqui-tts>=0.28" "six"'),
        ([], '"coqui-tts>=0.28" "six"'),
    ],
)
def test_an_extra_is_added_from_where_the_program_came(
    prefix: Path, monkeypatch: pytest.MonkeyPatch, origin: Any, what: str
) -> None:
    installed_from(monkeypatch, origin)
    assert extra_line("coqui") == f"{PYTHON} -m pip install {what}"


def test_a_clone_that_was_never_installed_is_named(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Distribution:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", absent)
    assert extra_line("storage") == f'{PYTHON} -m pip install -e "{CHECKOUT}[storage]"'


@pytest.mark.parametrize(("built", "extras"), [("", "coqui"), ("[notify]", "coqui,notify"), ("[coqui]", "coqui")])
def test_an_image_is_built_anew(built: str, extras: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("E2A_SWARM_IMAGE_EXTRAS", built)
    assert extra_line("coqui") == f'docker build --build-arg EXTRAS="[{extras}]" --tag e2a-swarm .'


def test_an_interpreter_with_a_space_in_its_path_is_quoted(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", r"C:\Program Files\Python\python.exe")
    assert package_line("six") == r'"C:\Program Files\Python\python.exe" -m pip install six'


def test_an_environment_without_pip_is_extended_by_uv(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "find_spec", lambda _name: None)
    assert package_line("six", "av") == f"uv pip install --python {PYTHON} six av"


@pytest.mark.skipif(os.name != "posix", reason="the paths here are POSIX paths")
def test_pipx_adds_to_its_own_environment(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed_from(monkeypatch, CLONE)
    (prefix / "pipx_metadata.json").write_text("{}")
    assert extra_line("coqui") == 'pipx runpip e2a-swarm install "/home/ada/e2a-swarm[coqui]"'
    assert package_line("six") == "pipx runpip e2a-swarm install six"


@pytest.mark.skipif(os.name != "posix", reason="the paths here are POSIX paths")
@pytest.mark.parametrize(
    ("receipt", "extras"),
    [
        ('[tool]\nrequirements = [{ name = "e2a-swarm", directory = "/x" }, { name = "six" }]', "coqui"),
        ('[tool]\nrequirements = [{ name = "e2a-swarm", extras = ["verify", "coqui"] }]', "coqui,verify"),
        ("[tool]\nrequirements = 3", "coqui"),
        ("not toml at all", "coqui"),
    ],
)
def test_a_tool_of_uv_keeps_the_extras_that_it_has(
    prefix: Path, monkeypatch: pytest.MonkeyPatch, receipt: str, extras: str
) -> None:
    installed_from(monkeypatch, CLONE)
    (prefix / "uv-receipt.toml").write_text(receipt)
    assert extra_line("coqui") == f'uv tool install "/home/ada/e2a-swarm[{extras}]"'
    assert package_line("six") == f"uv pip install --python {PYTHON} six"
