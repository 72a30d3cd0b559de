"""The examples for dashboards keep to the documented schemas of those programs, and ask for fields that exist."""

import re
from pathlib import Path
from typing import Any

import yaml

from swarm.server.api.answers import StatusAnswer

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
FIELDS = set(StatusAnswer.__struct_fields__)
# gethomepage/homepage, docs/widgets/services/customapi.md
HOMEPAGE_WIDGET = {"type", "url", "refreshInterval", "username", "password", "method", "headers", "mappings", "display"}
HOMEPAGE_MAPPING = {"field", "label", "format", "remap", "scale", "suffix", "additionalField"}
HOMEPAGE_FORMATS = {"text", "number", "float", "percent", "bytes", "bitrate", "date", "relativeDate", "size"}
# home-assistant/core, homeassistant/components/rest/schema.py and helpers/template_entity.py
HOME_ASSISTANT_RESOURCE = {
    *("scan_interval", "resource", "resource_template", "authentication", "headers", "params", "method", "username"),
    *("password", "payload", "verify_ssl", "timeout", "encoding", "sensor", "binary_sensor"),
}
HOME_ASSISTANT_SENSOR = {
    *("name", "unique_id", "icon", "picture", "availability", "device_class", "state_class", "unit_of_measurement"),
    *("json_attributes", "json_attributes_path", "value_template", "force_update"),
}


def example(word: str) -> Any:
    """Return the only example of the page that has a word, as YAML reads it."""
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    [block] = [block for block in blocks if word in block]
    return yaml.safe_load(block)


def test_homepage_shows_the_flat_status() -> None:
    [service] = example("customapi")
    [entry] = service.values()
    widget = entry["widget"]
    assert widget["type"] == "customapi"
    assert widget.keys() <= HOMEPAGE_WIDGET
    assert isinstance(widget["headers"], dict)
    for mapping in widget["mappings"]:
        assert mapping.keys() <= HOMEPAGE_MAPPING
        assert mapping["field"] in FIELDS
        assert mapping.get("format", "text") in HOMEPAGE_FORMATS


def test_home_assistant_makes_a_sensor_of_the_flat_status() -> None:
    [resource] = example("value_template")["rest"]
    assert resource.keys() <= HOME_ASSISTANT_RESOURCE
    assert resource["resource"].endswith("/api/v1/status")
    for sensor in resource["sensor"]:
        assert sensor.keys() <= HOME_ASSISTANT_SENSOR
        assert set(re.findall(r"value_json\.(\w+)", sensor["value_template"])) <= FIELDS
        assert set(sensor["json_attributes"]) <= FIELDS
