from pathlib import Path

import msgspec
import pytest

from swarm.voice.environment import MARK, Environment, find_environment, find_environments, python_in

MADE = Environment("hum", "abc", ("hum-tts==1.0",), ("hum-tts==1.0", "numpy>=1.26"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the environments of `hum`; the one named `abc` has a Python."""
    monkeypatch.setenv("E2A_SWARM_HOME", str(tmp_path))
    python = python_in(tmp_path / "engines" / "hum" / "abc")
    python.parent.mkdir(parents=True)
    python.write_text("")
    return tmp_path / "engines" / "hum"


def mark(folder: Path, environment: Environment) -> None:
    (folder / MARK).write_bytes(msgspec.json.encode(environment))


def test_an_environment_is_believed_when_its_mark_is_there(folder: Path) -> None:
    assert find_environment("hum") is None
    mark(folder, MADE)
    assert find_environment("hum") == MADE
    assert find_environments() == (MADE,)
    assert MADE.python.is_relative_to(folder / "abc")


@pytest.mark.parametrize(
    "other",
    [Environment("hum", "gone", (), ()), Environment("fife", "abc", (), ()), Environment("hum", "../hum/abc", (), ())],
)
def test_a_mark_that_names_no_python_of_the_engine_is_not_believed(folder: Path, other: Environment) -> None:
    mark(folder, other)
    assert find_environment("hum") is None


def test_a_damaged_mark_is_not_believed(folder: Path) -> None:
    (folder / MARK).write_text('{"engine": "hum", "na')
    assert find_environments() == ()


def test_what_lies_in_an_environment_is_found_without_importing_it(folder: Path) -> None:
    (folder / "abc" / "lib" / "python3.11" / "site-packages" / "torch").mkdir(parents=True)
    assert MADE.has("torch")
    assert not MADE.has("numpy")
