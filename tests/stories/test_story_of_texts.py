"""A book with phonemes, numbers and money: the engine is told how to say it, people are shown what the book says."""

import json
from pathlib import Path

import epub_maker
import pytest
from evidence import only, report_of
from household import Machine
from ocarina_package import lay_package
from read_along_rules import check_rules

from swarm.errors import EXIT_GAPS

PACKAGE = '''
"""An engine that writes down what it is told, fails at one sentence and speaks another too loud."""

import json
import os

import numpy as np

from swarm.job.card import EngineCard, VoiceCard
from swarm.voice.engine import Engine


class WitnessVoice:
    sample_rate = 24_000

    def speak(self, text, seed):
        return self.speak_phonemes(text, (), seed)

    def speak_phonemes(self, text, phonemes, seed):
        told = [text, [[text[word.start : word.end], word.ipa] for word in phonemes]]
        with open(os.environ["WITNESS_LOG"], "a", encoding="utf-8") as file:
            file.write(json.dumps(told) + "\\n")
        if "Leviathan" in text:
            raise ValueError("it is too big")
        height = 40_000 if "shrill" in text else 9_000
        wave = np.sin(np.arange(len(text) * 240) / 20) * height
        return np.clip(wave, -32_768, 32_767).astype(np.int16)


class WitnessEngine(Engine):
    card = EngineCard("witness", "", ("en",), ("Latin",), (("", 300),), (VoiceCard("one", "*"),),
                      phonemes=("en",), takes=2)

    def open(self, recipe, device, job_files=None):
        return WitnessVoice()


engine = WitnessEngine()
'''

READ = '<span ssml:ph="rɛd">read</span>'
SENTENCES = [
    "In 1921 I had read 10 books, and I paid £3 10s. for them.",
    "The Leviathan read 7 books for £4 2s. 6d. each.",
    "It was shrill, I read, for 12 % of the £9 4s.",
]
UNSPOKEN = "Ψυχή -- ψυχή."  # an engine that could read it would be told "—"
SPELLED = ("⟦", "⟧", "rɛd", "pounds", "shillings", "nineteen", "seven", "twelve", "per cent")


@pytest.fixture
def witness(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a machine on which the engine is installed."""
    laid = lay_package(tmp_path / "site", "witness", "witness_tts", PACKAGE)
    return laid | {"WITNESS_LOG": str(tmp_path / "told")}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    paragraphs = "".join(f"<p>{text.replace('read', READ)}</p>" for text in (*SENTENCES, UNSPOKEN))
    page = epub_maker.page(f"<h1>Read</h1>{paragraphs}")
    namespace = 'xmlns:ssml="http://www.w3.org/2001/10/synthesis" ssml:alphabet="ipa"'
    pages = {"a.xhtml": page.replace("<html ", f"<html {namespace} ", 1)}
    return epub_maker.make(tmp_path, pages, contents=epub_maker.nav(("a.xhtml", "Read")))


def shows_the_book(text: str, *sentences: str) -> None:
    """Check that a text has sentences as the book has them, and nothing as the engine is told it."""
    assert [sentence for sentence in sentences if sentence not in text] == []
    assert [word for word in SPELLED if word in text] == []


def test_every_file_shows_what_the_book_says(here: Machine, book: Path, witness: dict[str, str]) -> None:
    engine = ("--tts-engine", "witness")
    done = here.run("convert", book, *engine, "--subtitles", "vtt", "--report", "html", "--read-along", **witness)
    assert done.returncode == EXIT_GAPS, done.stderr
    shows_the_book(done.stdout, SENTENCES[1], SENTENCES[2], UNSPOKEN)
    assert f"set aside after 3 failures: “{SENTENCES[1]}”" in done.stdout

    told = [json.loads(line) for line in Path(witness["WITNESS_LOG"]).read_text().splitlines()]
    said = "In nineteen twenty-one I had read ten books, and I paid three pounds ten shillings for them."
    assert [said, [["read", "rɛd"]]] in told
    assert "⟦" not in str(told)

    report = report_of(only(here.desk, "*.m4b"))
    assert [row["text"] for row in report["missing"]] == [SENTENCES[1]]
    assert [row["text"] for row in report["doubtful"]] == [SENTENCES[2]]
    assert [row["text"] for row in report["unspoken"]] == [UNSPOKEN]
    assert report["totals"]["characters"] == len("Read") + sum(map(len, SENTENCES))
    assert [row["characters"] for row in report["segments"]] == [4, *map(len, SENTENCES)]
    shows_the_book(json.dumps(report, ensure_ascii=False), *SENTENCES[1:], UNSPOKEN)
    shows_the_book(only(here.desk, "*.html").read_text(), *SENTENCES[1:], UNSPOKEN)

    made = check_rules(only(here.desk, "*.read-along.epub"))
    (pars,) = made.overlays().values()
    texts = {element.get("id"): "".join(element.itertext()) for element in made.page(pars[0].document).iter("*")}
    assert [texts[par.name] for par in pars] == ["Read", SENTENCES[0], SENTENCES[2]]

    shows_the_book(" ".join(only(here.desk, "*.vtt").read_text().split()), SENTENCES[0], SENTENCES[2])


def test_inspect_shows_the_book_and_on_request_what_the_engine_is_told(
    here: Machine, book: Path, witness: dict[str, str]
) -> None:
    engine = ("--tts-engine", "witness")
    shown = here.run("inspect", book, *engine, **witness).stdout
    shows_the_book(shown, SENTENCES[0][:40], UNSPOKEN)
    told = here.run("inspect", book, *engine, "--text", "--quiet", **witness).stdout
    assert "In nineteen twenty-one I had read /rɛd/ ten books" in told
    counted = json.loads(here.run("inspect", book, *engine, "--json", **witness).stdout)
    assert counted["chapters"][0]["characters"] == len("Read") + sum(map(len, SENTENCES))
