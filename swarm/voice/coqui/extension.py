"""Imports torchaudio without its compiled libraries: they often belong to another torch, and are not needed here."""

import importlib
import importlib.util
import sys

_LOADER = "torchaudio._extension.utils"


def import_torchaudio() -> None:
    """Import torchaudio, which then finds none of its libraries. Raises ImportError, OSError or RuntimeError."""
    if "torchaudio" not in sys.modules:
        _hide_libraries()
    importlib.import_module("torchaudio")


def _hide_libraries() -> None:
    """Load the module with which torchaudio loads its libraries beforehand, and let it find none."""
    package = importlib.util.find_spec("torchaudio")
    for folder in (package.submodule_search_locations or ()) if package else ():
        spec = importlib.util.spec_from_file_location(_LOADER, f"{folder}/_extension/utils.py")
        if spec is None or spec.loader is None:
            return
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module._load_lib = lambda library: False  # type: ignore[attr-defined]  # as where the files were deleted
        sys.modules[_LOADER] = module
