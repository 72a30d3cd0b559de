"""What e2a-swarm consists of once it is installed: its packages, their licences, and a bill of materials of them."""

import re
import sys
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import Distribution, distribution
from typing import NamedTuple

from packaging.requirements import Requirement

NAME = "e2a-swarm"
# Packages whose metadata says nothing, or less than all: what their files say.
KNOWN = {
    "av": "BSD-3-Clause AND GPL-3.0-or-later",  # it carries FFmpeg with x264, x265 and opencore-amr
    "espeakng-loader": "MIT AND GPL-3.0-or-later",  # it carries the library espeak-ng
    "rich-click": "MIT",  # its metadata has the whole text
    "soundfile": "BSD-3-Clause AND LGPL-2.1-or-later",  # it carries libsndfile
}


class Part(NamedTuple):
    """An installed package."""

    name: str
    version: str
    licence: str
    needs: tuple[str, ...]  # names of the parts that it requires


def parts(name: str = NAME, find: Callable[[str], Distribution] = distribution) -> list[Part]:
    """Return a package and all that it requires on this machine without extras, by name. Raises if one is missing."""
    found: dict[str, Part] = {}
    waiting = {(normal(name), frozenset[str]())}
    seen = set(waiting)
    while waiting:
        each, extras = waiting.pop()
        package = find(each)
        needed = [Requirement(line) for line in package.requires or []]
        needed = [one for one in needed if _is_wanted(one, extras)]
        names = {normal(one.name) for one in needed} | set(found[each].needs if each in found else ())
        found[each] = Part(each, package.version, licence(package), tuple(sorted(names - {each})))
        more = {(normal(one.name), frozenset(one.extras)) for one in needed} - seen
        waiting |= more
        seen |= more
    return [found[each] for each in sorted(found)]


def _is_wanted(requirement: Requirement, extras: frozenset[str]) -> bool:
    return requirement.marker is None or any(requirement.marker.evaluate({"extra": one}) for one in {"", *extras})


def normal(name: str) -> str:
    """Return a package's name in the form that all its spellings share."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence(package: Distribution) -> str:
    """Return the licence that a package states: an expression, its classifiers, or its own words; "" if none."""
    about = package.metadata
    said = [line.rpartition(" :: ")[2] for line in about.get_all("Classifier", []) if line.startswith("License ::")]
    said = [line for line in said if line != "OSI Approved"]
    words = " ".join(about.get("License", "").split())
    own = words if len(words) < 80 else ""  # some give the whole text
    known = KNOWN.get(normal(about["Name"]), "")
    return known or about.get("License-Expression", "") or " AND ".join(said) or own


def licence_list(found: list[Part]) -> str:
    """Return the licences as a table in plain text."""
    widths = [max(len(part[column]) for part in found) for column in (0, 1)]
    return "".join(f"{part.name:<{widths[0]}}  {part.version:<{widths[1]}}  {part.licence}\n" for part in found)


def bill(found: list[Part], made_at: int) -> str:
    """Return a bill of materials (CycloneDX 1.6, JSON) that depends on its arguments alone; `made_at` is Unix time."""
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6
    from packageurl import PackageURL

    licences = LicenseFactory()
    components = {
        part.name: Component(
            name=part.name,
            version=part.version,
            type=ComponentType.APPLICATION if part.name == NAME else ComponentType.LIBRARY,
            licenses=[licences.make_from_string(part.licence)] if part.licence else (),
            purl=PackageURL("pypi", None, part.name, part.version),
            bom_ref=part.name,
        )
        for part in found
    }
    made = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_URL, licence_list(found)))
    made.metadata.timestamp = datetime.fromtimestamp(made_at, UTC)
    made.metadata.component = components[NAME]
    made.components.update(component for name, component in components.items() if name != NAME)
    for part in found:
        made.register_dependency(components[part.name], [components[name] for name in part.needs])
    return JsonV1Dot6(made).output_as_string(indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(licence_list(parts()))
