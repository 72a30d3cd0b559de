"""The book's library by itself: its README's example runs, and it loads nothing else of the house."""

import re
import subprocess
import sys
from pathlib import Path

import epub_maker as maker

README = Path(__file__).resolve().parents[2] / "swarm" / "book" / "README.md"
LOADED = """
import pkgutil
import sys

import swarm.book

for module in pkgutil.walk_packages(swarm.book.__path__, "swarm.book."):
    __import__(module.name)
print(*sorted(name for name in sys.modules if name.startswith("swarm.") and not name.startswith("swarm.book")))
"""


def run(program: str, folder: Path) -> str:
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_example_of_the_readme_runs_and_loads_nothing_else_of_the_house(tmp_path: Path) -> None:
    maker.make(tmp_path, {"1.xhtml": maker.page("<h1>One</h1><p>Mr. Hyde paid £20. He left.</p>")})
    made = next(tmp_path.glob("*.epub"))
    made.rename(tmp_path / "book.epub")
    example = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[0]
    said, loaded = run(example + LOADED, tmp_path).strip().rsplit("\n", 1)
    assert said.splitlines() == [
        "# One",
        "One [heading]",
        "Mister Hyde paid twenty pounds. [sentence]",
        "He left. [chapter]",
    ]
    assert loaded == "swarm.errors"


def test_the_readme_names_files_that_are_there() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(text.encode()) < 6_000
    named = re.findall(r"\| `([a-z_]+/(?:[a-z_]+\.py)?|[a-z_]+\.py)` \|", text)
    assert len(named) > 10
    assert [name for name in named if not (README.parent / name).exists()] == []
