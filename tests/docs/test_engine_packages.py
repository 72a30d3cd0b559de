"""The engine of docs/engine-packages.md, installed and used as the page says."""

import tomllib
from pathlib import Path

from evidence import assert_complete, only, report_of
from household import machines
from pages import ROOT, blocks

PAGE = ROOT / "docs" / "engine-packages.md"


def test_the_engine_of_the_page_is_listed_and_speaks(tmp_path: Path) -> None:
    [project], [source] = (blocks(PAGE, kind) for kind in ("toml", "python"))
    about = tomllib.loads(project)["project"]
    [(name, place)] = about["entry-points"]["e2a_swarm.engines"].items()
    info = tmp_path / "site" / "hum_tts-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {about['name']}\nVersion: {about['version']}\n")
    (info / "entry_points.txt").write_text(f"[e2a_swarm.engines]\n{name} = {place}\n")
    (tmp_path / "site" / f"{place.partition(':')[0]}.py").write_text(source)
    with machines(tmp_path) as machine:
        here = machine("here")
        (here.desk / "book.txt").write_text("It was a cold night. We sat by the fire, and nobody spoke of the letter.")
        env = {"PYTHONPATH": str(tmp_path / "site")}
        listed = here.run("voices", "--language", "en", **env).stdout
        assert "hum: hums every language" in listed
        assert "low: a low hum" in listed
        done = here.run("convert", "book.txt", "--tts-engine", name, "--speed", "1.5", **env)
        assert (done.returncode, done.stderr) == (0, "")
        assert_complete(report_of(only(here.desk, "*.m4b")))
