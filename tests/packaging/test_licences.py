"""The image's list of licences has all packages of Python and of Debian."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "packaging"), str(ROOT / "containers")]

from licences import debian_parts, python_parts  # noqa: E402

STATUS = """\
Package: shell
Status: install ok installed
Version: 1.2-3

Package: library
Status: install ok installed
Version: 4

Package: unsaid
Status: install ok installed
Version: 5

Package: gone
Status: deinstall ok config-files
Version: 6
"""


def test_the_environment_is_listed_with_its_python() -> None:
    listed = {part.name: part.licence for part in python_parts()}
    assert listed["python"] == "PSF-2.0"
    assert listed["pyzmq"] == "BSD-3-Clause"
    assert "GPL-3.0-or-later" in listed["av"]
    assert all(listed.values()), "a package that states no licence is said to"


def test_packages_of_debian_are_listed_by_what_their_copyright_files_say(tmp_path: Path) -> None:
    files = {
        "var/lib/dpkg/status": STATUS,
        "usr/share/doc/shell/copyright": "License: GPL-3+\n\nFiles: x\nLicense: MIT\n\nLicense: GPL-3+\n words\n",
        "usr/share/doc/library/copyright": "On Debian it is in /usr/share/common-licenses/LGPL-2.1.\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert [(part.name, part.version, part.licence) for part in debian_parts(tmp_path)] == [
        ("shell", "1.2-3", "GPL-3+, MIT"),
        ("library", "4", "LGPL-2.1"),
        ("unsaid", "5", "see /usr/share/doc/unsaid/copyright"),
    ]


def test_a_system_that_is_no_debian_lists_none(tmp_path: Path) -> None:
    assert debian_parts(tmp_path) == []
