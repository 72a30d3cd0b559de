"""Prints the licence of everything that an image contains: Python, packages of Python, packages of Debian.

`python licences.py`, in the build stage of the Dockerfile, by the Python of the environment that goes into the image.
"""

import platform
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "packaging"))

from parts import Part, licence, licence_list, normal

FIELD = re.compile(r"^License: *(\S.*?) *$", re.MULTILINE)  # of a copyright file that machines can read
LONGEST_NAME = 50  # some have the licence itself in that field
COMMON = re.compile(r"/usr/share/common-licenses/([\w.+-]*\w)")  # what others name


def python_parts() -> list[Part]:
    """Return Python and the packages of this environment, by name."""
    packages = {normal(each.name): _python_part(each) for each in distributions()}
    return [Part("python", platform.python_version(), "PSF-2.0", ()), *(packages[name] for name in sorted(packages))]


def _python_part(package: Distribution) -> Part:
    files = (str(file) for file in package.files or () if re.search(r"(?i)licen[cs]e", file.name))
    said = licence(package) or f"see {next(files, 'its web page')}"
    return Part(package.name, package.version, said, ())


def debian_parts(root: Path) -> list[Part]:
    """Return the packages of Debian below a root; none where it is another system."""
    return [Part(name, version, _debian_licence(root, name), ()) for name, version in _installed(root)]


def _installed(root: Path) -> Iterator[tuple[str, str]]:
    status = root / "var/lib/dpkg/status"
    text = status.read_text(encoding="utf-8", errors="replace") if status.exists() else ""
    for stanza in text.split("\n\n"):
        fields = dict(re.findall(r"^(Package|Status|Version): (.*)$", stanza, re.MULTILINE))
        if fields.get("Status", "").endswith(" installed"):
            yield fields["Package"], fields["Version"]


def _debian_licence(root: Path, name: str) -> str:
    file = Path("usr/share/doc", name, "copyright")
    text = (root / file).read_text(encoding="utf-8", errors="replace") if (root / file).exists() else ""
    found = FIELD.findall(text) or COMMON.findall(text)
    said = dict.fromkeys(name for name in found if len(name) < LONGEST_NAME)
    return ", ".join(said) or f"see /{file}"


if __name__ == "__main__":
    sys.stdout.write(licence_list([*python_parts(), *debian_parts(Path("/"))]))
