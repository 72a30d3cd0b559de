"""docs/engines.md and the package that it explains: what the page shows is in the package, and the package works."""

from pathlib import Path

import pytest
from evidence import assert_complete, only, report_of
from example_engine import PACKAGE, installed
from household import Machine
from pages import ROOT, blocks

PAGE = ROOT / "docs" / "engines.md"


def test_what_the_page_shows_is_in_the_package() -> None:
    for kind, file in [("toml", "pyproject.toml"), ("python", "hum_tts.py")]:
        source = (PACKAGE / file).read_text(encoding="utf-8")
        assert blocks(PAGE, kind)
        for block in blocks(PAGE, kind):
            assert block in source


@pytest.mark.slow
def test_the_package_is_listed_and_speaks(tmp_path: Path) -> None:
    here = Machine(tmp_path / "here")
    (here.desk / "book.txt").write_text("It was a cold night. We sat by the fire, and nobody spoke of the letter.")
    listed = here.run("voices", "--language", "en", "--all", **installed()).stdout
    assert "hum: hums every language" in listed
    assert "low: a low hum, male" in listed
    assert "setting semitones=0: a whole number from -12 to 12, how much higher or lower it hums" in listed
    asked = ("--tts-engine", "hum", "--voice", "high", "--engine-option", "semitones=-2", "--speed", "1.5")
    done = here.run("convert", "book.txt", *asked, **installed())
    assert (done.returncode, done.stderr) == (0, "")
    assert_complete(report_of(only(here.desk, "*.m4b")))
    refused = here.run("convert", "book.txt", *asked, "--engine-option", "semitones=-13", **installed())
    assert "must be a whole number from -12 to 12" in refused.stderr
