"""Runs a module of this program in the Python of another environment: `python bootstrap.py swarm.some.module ...`.

That Python sees the package `swarm` as it lies here, so both sides run the same version however it was installed, and
nothing else of this environment. The file is run by its path, so it imports the standard library only.
"""

import importlib.util
import runpy
import sys
from pathlib import Path

FILE = Path(__file__).absolute()


def show_package(folder: Path) -> None:
    """Make the package in a folder known by the folder's name, and nothing that lies beside it."""
    places = [str(folder)]
    spec = importlib.util.spec_from_file_location(
        folder.name, folder / "__init__.py", submodule_search_locations=places
    )
    assert spec is not None
    assert spec.loader is not None
    sys.modules[folder.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[folder.name])


if __name__ == "__main__":
    show_package(FILE.parents[1])
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
