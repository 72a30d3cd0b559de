"""The package for Home Assistant is one, and gives orders that the interface for programs takes."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
import yaml

from swarm.lease.member_message import Action
from swarm.server.api.answers import OrderRequest

PACKAGE = Path(__file__).parents[2] / "examples" / "home-assistant" / "e2a_swarm.yaml"


class Loader(yaml.SafeLoader):
    """Reads the tag of Home Assistant for a secret."""


Loader.add_constructor("!secret", lambda loader, node: f"secret {node.value}")


@pytest.fixture
def package() -> dict[str, Any]:
    return yaml.load(PACKAGE.read_text(encoding="utf-8"), Loader)


def test_its_automation_calls_the_command_with_what_the_interface_for_programs_takes(package: dict[str, Any]) -> None:
    (command,) = package["rest_command"].values()
    (call,) = package["automation"][0]["action"][0]["repeat"]["sequence"]
    assert call["service"] == f"rest_command.{next(iter(package['rest_command']))}"
    orders = re.findall(r"'(\w+)' (?:if|\}\})|else '(\w+)'", call["data"]["order"])
    given = {word for pair in orders for word in pair if word}
    assert given == {"pause", "resume"} <= set(get_args(Action))
    for order in given:
        said = command["payload"].replace("{{ order }}", order).replace("{{ machine }}", "attic")
        assert msgspec.json.decode(said, type=OrderRequest) == OrderRequest(order, "attic")  # type: ignore[arg-type]
    assert (command["method"], command["url"].endswith(":5848/api/v1/orders")) == ("post", True)


def test_its_automation_reads_the_entities_that_it_makes(package: dict[str, Any]) -> None:
    (sensor,) = package["template"][0]["binary_sensor"]
    entity = f"binary_sensor.{sensor['name'].lower().replace(' ', '_')}"
    automation = package["automation"][0]
    assert automation["trigger"][0]["entity_id"] == entity
    assert entity in automation["condition"][0]["value_template"]
    assert set(re.findall(r"input_number\.(\w+)", sensor["state"])) == set(package["input_number"])


@pytest.mark.skipif(not shutil.which("hass"), reason="Home Assistant is not installed")
def test_home_assistant_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    (tmp_path / "packages").mkdir()
    shutil.copy(PACKAGE, tmp_path / "packages")
    (tmp_path / "secrets.yaml").write_text("e2a_swarm_token: Bearer x\n")
    (tmp_path / "configuration.yaml").write_text("homeassistant:\n  packages: !include_dir_named packages\n")
    said = subprocess.run(["hass", "--script", "check_config", "-c", tmp_path], capture_output=True, text=True)
    assert "Testing configuration" in said.stdout
    assert not re.search("ERROR|Incorrect|Failed", said.stdout + said.stderr), said.stdout + said.stderr
