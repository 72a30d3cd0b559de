"""How e2a-swarm was installed here, and the command lines that add to this very installation."""

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

NAME = "e2a-swarm"
IMAGE_EXTRAS = "E2A_SWARM_IMAGE_EXTRAS"  # set in the container image, such as "[notify]": nothing is installed there
CHECKOUT = Path(__file__).resolve().parents[2]


def extra_line(extra: str) -> str:
    """Return the command line that adds an extra such as "coqui" to this installation."""
    if (built := os.environ.get(IMAGE_EXTRAS)) is not None:
        wanted = {extra, *filter(None, built.strip("[]").split(","))}
        return f'docker build --build-arg EXTRAS="[{",".join(sorted(wanted))}]" --tag e2a-swarm .'
    if not _is_uv_tool():
        return f"{_installer()} {_requirement(extra)}"
    extras = sorted({extra, *_extras_of_uv_tool()})  # a tool that is installed again has only what is named
    return f"uv tool install {_requirement(','.join(extras))}"


def package_line(*packages: str) -> str:
    """Return the command line that adds packages to this installation."""
    return " ".join((_installer(), *packages))


def _installer() -> str:
    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    if (Path(sys.prefix) / "pipx_metadata.json").exists():
        return f"pipx runpip {NAME} install"
    if _is_uv_tool() or not find_spec("pip"):
        return f"uv pip install --python {python}"
    return f"{python} -m pip install"


def _is_uv_tool() -> bool:
    return (Path(sys.prefix) / "uv-receipt.toml").exists()


def _extras_of_uv_tool() -> list[str]:
    import tomllib

    try:
        receipt = tomllib.loads((Path(sys.prefix) / "uv-receipt.toml").read_text(encoding="utf-8"))
        required = [found for found in receipt["tool"]["requirements"] if found["name"] == NAME]
        return [str(extra) for found in required for extra in found.get("extras", ())]
    except (OSError, ValueError, LookupError, TypeError):
        return []


def _requirement(extras: str) -> str:
    """Return what an installer has to be given for e2a-swarm with extras: its clone, or its name if it has none."""
    source, tail, editable = _source()
    return f'{"-e " if editable else ""}"{source}[{extras}]{tail}"'


def _source() -> tuple[str, str, bool]:
    """Return what comes before the extras and what after them, and whether this is an editable clone (PEP 610)."""
    # Imported here, since both bring much that an engine's process never uses.
    from importlib.metadata import PackageNotFoundError, distribution
    from urllib.request import url2pathname

    try:
        record = distribution(NAME).read_text("direct_url.json")
        origin = json.loads(record or '{"url": ""}')
        address = urlsplit(origin["url"])
        if address.scheme == "file":
            return url2pathname(address.path), "", bool(origin.get("dir_info", {}).get("editable"))
        system = origin["vcs_info"]["vcs"] + "+" if "vcs_info" in origin else ""
        return NAME, f" @ {system}{origin['url']}" if address.scheme else "", False
    except PackageNotFoundError:
        return str(CHECKOUT), "", True  # run from a clone by cli.py
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return NAME, "", False
