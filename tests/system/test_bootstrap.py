import shutil
import subprocess
import sys
from pathlib import Path

from swarm.system import bootstrap

MAIN = """
import sys
import pack.part
try:
    import beside
except ImportError:
    print("alone", *sys.argv[1:], pack.part.NAME)
"""


def test_another_python_sees_the_package_and_nothing_beside_it(tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    (pack / "system").mkdir(parents=True)
    (tmp_path / "beside.py").write_text("")
    (pack / "__init__.py").write_text("")
    (pack / "part.py").write_text("NAME = __name__")
    (pack / "main.py").write_text(MAIN)
    shutil.copy(bootstrap.FILE, pack / "system" / "bootstrap.py")
    words = [sys.executable, "-P", "-s", str(pack / "system" / "bootstrap.py"), "pack.main", "first", "--second"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout == "alone first --second pack.part\n"
