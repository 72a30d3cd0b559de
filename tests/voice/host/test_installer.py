"""Environments of engines: a real one for the package of examples/engine, and installations that end early."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from patience import wait_for

from swarm.errors import EngineUnknown, EnvironmentFault, UsageError
from swarm.voice.engine import EngineFault
from swarm.voice.environment import Environment, engine_folder, find_environment
from swarm.voice.host import installer, registry
from swarm.voice.host.foreign import HousedEngine
from swarm.voice.host.process import EngineProcess
from swarm.voice.host.registry import choose_recipe, engine_target, find_engine, installed_engines

ROOT = Path(__file__).resolve().parents[3]
HUM = str(ROOT / "examples" / "engine")
BESIDE = str(Path(sys.executable).parent)  # uv lies here, if anywhere

# A package that does not get built before a file lets it, and then fails.
BACKEND = """
import time
from pathlib import Path

def build_wheel(*words, **more):
    (Path(__file__).parent / "begun").write_text("")
    while not (Path(__file__).parent / "release").exists():
        time.sleep(0.05)
    raise SystemExit("the backend fails")
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "hang"
version = "1"
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a state folder with an environment for `hum`; all tests here use it."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("E2A_SWARM_HOME", str(folder))
        patch.setenv("PATH", f"{BESIDE}{os.pathsep}{os.environ['PATH']}")  # pip takes ten times as long
        patch.setattr(registry, "_OFFERED", {})  # or later tests of this process would know the engine, too
        told: list[str] = []
        words = ("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder), HUM)
        subprocess.run([sys.executable, "-m", "pip", *words], check=True)
        (wheel,) = map(str, folder.glob("*.whl"))
        installer.install("hum", told.append, more=[wheel])
        assert told[0] == "making an environment for hum"
        assert any(words.startswith(("hum: Installing", "hum: Installed")) for words in told)
        assert told[-1] == "hum speaks a sentence"
        yield folder


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("E2A_SWARM_HOME", str(tmp_path / "home"))
    return tmp_path


def test_a_process_that_speaks_needs_what_the_program_itself_requires() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(installer.REQUIREMENTS) <= set(project["dependencies"])
    assert set(installer.VERIFY) == set(project["optional-dependencies"]["verify"])


@pytest.mark.slow
async def test_the_engine_of_an_environment_speaks_there(home: Path, tmp_path: Path) -> None:
    engine = find_engine("hum")
    assert isinstance(engine, HousedEngine)
    assert engine in installed_engines()
    assert [voice.name for voice in engine.card.voices] == ["low", "high"]
    process = EngineProcess()
    await process.start(engine_target("hum"), tmp_path / "log", environment=find_environment("hum"))
    await process.open(0, choose_recipe("en", engine="hum", voice="high"), "cpu:0")
    assert (await process.speak(0, "It hums from afar.", 1)).info.samples == int(18 * 0.06 * 24_000)
    await process.end_engine()


@pytest.mark.slow
async def test_it_is_not_known_to_the_program_s_own_python(home: Path, tmp_path: Path) -> None:
    process = EngineProcess()
    await process.start(engine_target("hum"), tmp_path / "log")
    with pytest.raises(EngineFault, match="hum_tts"):
        await process.open(0, choose_recipe("en", engine="hum"), "cpu:0")
    await process.end_engine()


@pytest.mark.slow
def test_what_is_here_is_not_made_again_unless_something_is_added(home: Path) -> None:
    told: list[str] = []
    assert installer.install("hum", told.append) == find_environment("hum")
    assert told == []
    found = find_environment("hum")
    assert found is not None
    assert installer.is_current(find_engine("hum"), found)
    assert not installer.is_current(find_engine("hum"), Environment("hum", found.name, found.packages, found.packages))


def test_what_needs_no_environment_or_is_unknown_is_said(empty: Path) -> None:
    with pytest.raises(UsageError, match="espeak needs no environment of its own"):
        installer.install("espeak", print)
    with pytest.raises(EngineUnknown, match="no engine 'fife'"):
        installer.install("fife", print)


def test_an_engine_that_does_not_speak_leaves_nothing(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installer, "_make", lambda fresh, tell: (fresh.folder / "lib").mkdir(parents=True))
    with pytest.raises(EnvironmentFault):
        installer.install("fife", print, more=["fife-tts"])
    assert find_environment("fife") is None
    assert [path for path in engine_folder("fife").iterdir() if path.is_dir()] == []


@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal")
def test_a_killed_installation_is_not_believed_and_a_waiting_one_goes_on(
    empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [folder for folder in os.environ["PATH"].split(os.pathsep) if not shutil.which("uv", path=folder)]
    monkeypatch.setenv("PATH", os.pathsep.join(folders))  # uv would wait for the orphan of the killed installation
    package = empty / "hang"
    package.mkdir()
    (package / "backend.py").write_text(BACKEND)
    (package / "pyproject.toml").write_text(PROJECT)
    words = [sys.executable, str(ROOT / "cli.py"), "engines", "install", "hang", "--package", str(package)]
    first = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for((package / "begun").exists)
    (package / "begun").unlink()
    told: list[str] = []
    faults: list[str] = []

    def second() -> None:
        try:
            installer.install("hang", told.append, more=[str(package)])
        except EnvironmentFault as fault:
            faults.append(str(fault))

    thread = threading.Thread(target=second)
    thread.start()
    wait_for(lambda: "another process installs hang; waiting" in told)
    (left,) = [path for path in engine_folder("hang").iterdir() if path.is_dir()]
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert find_environment("hang") is None
    wait_for((package / "begun").exists)
    assert not left.exists()
    (package / "release").write_text("")
    thread.join()
    assert "cannot be made" in faults[0]
    assert "the backend fails" in (engine_folder("hang") / installer.LOG).read_text()
    assert [path for path in engine_folder("hang").iterdir() if path.is_dir()] == []
    installer.remove("hang", print)
    assert not engine_folder("hang").exists()


def test_uv_makes_it_where_it_is_installed(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installer.shutil, "which", lambda name: f"/usr/bin/{name}")
    fresh = Environment("hum", "abc", ("hum-tts==1.0",), ("hum-tts==1.0", "numpy>=1.26"))
    make, fill = installer.commands(fresh)
    assert make == ("/usr/bin/uv", "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(fresh.folder))
    assert fill == ("/usr/bin/uv", "pip", "install", "--python", str(fresh.python), *fresh.requirements)
