import subprocess
import sys
from pathlib import Path

import swarm.voice.coqui.engine as extension

UTILS = """
def _load_lib(library):
    raise OSError(f"{library} belongs to another torch")
"""
PACKAGE = """
from .utils import _load_lib
IS_HERE = _load_lib("_torchaudio")
"""


def test_libraries_that_fit_another_torch_are_not_looked_at(tmp_path: Path) -> None:
    folder = tmp_path / "torchaudio" / "_extension"
    folder.mkdir(parents=True)
    (folder / "utils.py").write_text(UTILS)
    (folder / "__init__.py").write_text(PACKAGE)
    (tmp_path / "torchaudio" / "__init__.py").write_text("from . import _extension")
    look = "import_torchaudio()\nprint(sys.modules['torchaudio']._extension.IS_HERE)"
    words = [sys.executable, "-c", f"{Path(extension.__file__).read_text()}\n{look}"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "False\n"
