"""The bill of materials and the list of licences have all that is installed with the base."""

import json
import re
import sys
import tomllib
from email.message import Message
from importlib.metadata import Distribution
from pathlib import Path
from typing import cast

import pytest

pytest.importorskip("cyclonedx")
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "packaging"))

from parts import NAME, Part, bill, licence, licence_list, normal, parts  # noqa: E402

# Words of licences whose works may be handed on together under the AGPL-3.0-or-later.
GOES_WITH_AGPL = re.compile(r"AGPL|Affero|L?GPL|BSD|MIT|ISC|Apache|MPL|Mozilla|PSF|HPND|Zlib|Unlicense|CC0|0BSD")
WITHOUT = re.compile(r"GPL-2.0-only|Proprietary|NonCommercial|CC-BY-NC", re.IGNORECASE)


@pytest.fixture(scope="module")
def installed() -> list[Part]:
    return parts()


def test_every_dependency_of_the_base_is_a_part_and_no_extra_is(installed: list[Part]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [Requirement(line) for line in project["dependencies"]]
    here = {normal(one.name) for one in declared if one.marker is None or one.marker.evaluate({"extra": ""})}
    names = {part.name for part in installed}
    assert here <= {part.name for part in installed}
    assert {"pytest", "torch", "apprise", "faster-whisper"} & names == set()
    assert set(next(part.needs for part in installed if part.name == NAME)) == here


def test_every_part_states_a_licence_that_goes_with_the_agpl(installed: list[Part]) -> None:
    assert [part.name for part in installed if not GOES_WITH_AGPL.search(part.licence)] == []
    assert [part.name for part in installed if WITHOUT.search(part.licence)] == []
    assert all(part.name in licence_list(installed) for part in installed)


@pytest.mark.slow
def test_the_bill_is_valid_and_the_same_each_time(installed: list[Part]) -> None:
    from cyclonedx.schema import SchemaVersion  # the validator takes seconds to import
    from cyclonedx.validation.json import JsonStrictValidator

    text = bill(installed, 1_700_000_000)
    assert text == bill(installed, 1_700_000_000)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    listed = json.loads(text)
    assert listed["metadata"]["component"]["name"] == NAME
    assert {each["name"] for each in listed["components"]} == {part.name for part in installed} - {NAME}


class Package:
    """What is read of an installed package."""

    version = "1"

    def __init__(self, name: str, requires: list[str], **about: str) -> None:
        self.requires = requires
        self.metadata = Message()
        self.metadata["Name"] = name
        for key, value in about.items():
            self.metadata[key.replace("_", "-")] = value


def test_parts_follow_the_extras_that_parts_ask_for_and_markers_of_other_systems_are_left() -> None:
    shelf = {
        "a": Package("a", ["b[Fast]>=1", "never; sys_platform == 'vax'", "x; extra == 'more'"]),
        "b": Package("b", ["C_c; extra == 'fast'", "a"]),
        "c-c": Package("c-c", []),
    }
    found = parts("A", lambda name: cast(Distribution, shelf[name]))
    assert [(part.name, part.needs) for part in found] == [("a", ("b",)), ("b", ("a", "c-c")), ("c-c", ())]


def test_a_licence_is_what_the_package_states() -> None:
    for about, said in [
        ({"License_Expression": "MIT"}, "MIT"),
        ({"Classifier": "License :: OSI Approved :: BSD License"}, "BSD License"),
        ({"License": "ISC\n licence"}, "ISC licence"),
        ({"License": "the whole text " * 50}, ""),
        ({}, ""),
    ]:
        assert licence(cast(Distribution, Package("p", [], **about))) == said
