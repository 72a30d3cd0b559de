"""A foreign package brings an engine with models, a licence and checks through one entry point."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import accepted, only
from household import Machine
from ocarina_package import lay_package

from swarm.errors import EXIT_ENVIRONMENT, EXIT_USAGE

PACKAGE = '''
"""An engine with a model for each of two languages, which its owner "downloads" by writing them."""

import os
from pathlib import Path

from swarm.errors import EnvironmentFault
from swarm.job.card import SPEED, EngineCard, ModelCard, SettingCard, VoiceCard
from swarm.voice.engine import Check
from swarm.voice.engine import Engine, EngineFault, FaultKind

MODELS = tuple(ModelCard(f"piccolo/{code}", "piccolo", code, True, "Fipple Licence", 2) for code in ("en", "fr"))
VOICES = (VoiceCard("wood", "en", "soft"), VoiceCard("brass", "en"), VoiceCard("etain", "fr"))


class PiccoloVoice:
    sample_rate = 24_000

    def __init__(self, period, volume):
        self.period, self.volume = period, volume

    def speak(self, text, seed):
        import numpy as np

        wave = np.sin(np.arange(len(text) * 240) * 2 * np.pi / self.period)
        return (wave * 100 * self.volume).astype(np.int16)


class PiccoloEngine(Engine):
    card = EngineCard("piccolo", "high and shrill", ("en", "fr"), (), (("", 300),), VOICES,
                      settings=(SettingCard("volume", 90, 10, 100), SPEED), install="pip install piccolo")
    home = Path(os.environ["PICCOLO_HOME"])

    def open(self, recipe, device, job_files=None):
        folder = self.model_folder(recipe.model)
        if not folder.is_dir():
            raise EngineFault(FaultKind.UNAVAILABLE, f"not here: e2a-swarm models fetch {recipe.model}")
        return PiccoloVoice(int((folder / "period").read_text()), dict(recipe.settings)["volume"])

    def is_installed(self):
        return "PICCOLO_AWAY" not in os.environ

    def checks(self):
        yield Check("engine piccolo", "ok", f"{len(self.kept_models())} of {len(MODELS)} models are here")
        yield Check("piccolo's fipple", "warn", "it is dry", "moisten it.")

    def models(self):
        return MODELS

    def model_folder(self, model):
        return self.home / model.replace("/", "-")

    def fetch(self, model, progress):
        if os.environ.get("PICCOLO_AGREED") != "1":
            raise EnvironmentFault("piccolo is under the Fipple Licence: say PICCOLO_AGREED=1 if you agree.")
        progress(f"downloading {model}, 50 %")
        self.model_folder(model).mkdir(parents=True)
        (self.model_folder(model) / "period").write_text("40")


engine = PiccoloEngine()
'''


@pytest.fixture
def piccolo(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a machine with the package, its licence not agreed to yet."""
    laid = lay_package(tmp_path / "site", "piccolo", "piccolo_tts", PACKAGE)
    return laid | {"PICCOLO_HOME": str(tmp_path / "models"), "PICCOLO_AGREED": ""}


def said(machine: Machine, env: dict[str, str], *words: str, code: int = 0) -> str:
    done = machine.run(*words, **env)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_its_voices_are_listed_and_what_brings_it_where_it_is_away(here: Machine, piccolo: dict[str, str]) -> None:
    text = said(here, piccolo, "voices", "--language", "en")
    assert "piccolo: high and shrill" in text
    assert "wood: soft" in text
    assert "volume=90" in text
    away = said(here, piccolo | {"PICCOLO_AWAY": "1"}, "voices")
    assert "piccolo: not installed here: pip install piccolo" in away


def test_its_models_are_fetched_listed_and_removed(here: Machine, piccolo: dict[str, str]) -> None:
    assert "piccolo --language fr: piccolo/fr (Fipple Licence, 2 bytes)" in said(here, piccolo, "models", "--all")
    assert "PICCOLO_AGREED=1" in said(
        here, piccolo, "models", "fetch", "piccolo", "--language", "en", code=EXIT_ENVIRONMENT
    )
    piccolo["PICCOLO_AGREED"] = "1"
    assert "choose one, as in --language fr" in said(here, piccolo, "models", "fetch", "piccolo", code=EXIT_USAGE)
    fetched = said(here, piccolo, "models", "fetch", "piccolo", "--language", "eng")
    here_now = f"piccolo/en is here: 2 bytes in {piccolo['PICCOLO_HOME']}/piccolo-en\n"
    assert fetched == f"fetching piccolo/en (Fipple Licence, 2 bytes)\n{here_now}"
    assert "is here already" in said(here, piccolo, "models", "fetch", "piccolo/en")
    first, *_ = json.loads(said(here, piccolo, "models", "--json"))["models"]
    assert (first["model"], first["of"], first["here"], first["bytes"]) == ("piccolo/en", "piccolo", True, 2)
    assert "piccolo/en is removed: 2 bytes" in said(here, piccolo, "models", "remove", "piccolo/en")
    assert list(Path(piccolo["PICCOLO_HOME"]).iterdir()) == []


def test_the_doctor_asks_it(here: Machine, piccolo: dict[str, str]) -> None:
    done = here.run("doctor", "--json", **piccolo)
    checks = {check["name"]: check for check in json.loads(done.stdout)}
    assert checks["engine piccolo"]["text"] == "0 of 2 models are here"
    assert checks["piccolo's fipple"]["remedy"] == "moisten it."


def test_a_book_is_spoken_with_it(here: Machine, piccolo: dict[str, str], write_book: Callable[..., Path]) -> None:
    book = write_book({"One": "The first sentence is short. The second one is a little longer."})
    asked = ("convert", str(book), "--tts-engine", "piccolo", "--voice", "brass", "--engine-option", "volume=50")
    assert "e2a-swarm models fetch piccolo/en" in said(here, piccolo, *asked, code=EXIT_ENVIRONMENT)
    piccolo["PICCOLO_AGREED"] = "1"
    said(here, piccolo, "models", "fetch", "piccolo", "--language", "en")
    said(here, piccolo, *asked)
    assert only(here.desk, "*.m4b").stat().st_size > 1000
    assert len(accepted(here.home)) == 3
    assert "from 10 to 100, not 'loud'" in said(here, piccolo, *asked[:-1], "volume=loud", code=EXIT_USAGE)
    assert "piccolo has no model" in said(here, piccolo, *asked, "--fine-tuned", "piccolo/tin", code=EXIT_USAGE)
