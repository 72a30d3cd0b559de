"""Units, templates and override files: as Quadlet, systemd, Kubernetes, Unraid and compose read them."""

import json
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
import yaml
from manifest import manifest_faults

from swarm.commands.main import parse

ROOT = Path(__file__).resolve().parents[2]
QUADLET = Path("/usr/libexec/podman/quadlet")
OVERRIDES = ("host", "gpu", "monitoring", "audiobookshelf")
MANIFEST = ROOT / "examples" / "kubernetes" / "e2a-swarm.yaml"
# Unraid's documentation of its templates: what a container and a setting of version 2 may have
UNRAID_FIELDS = {"Name", "Repository", "Network", "Shell", "Privileged", "Overview", "Category", "WebUI", "ExtraParams"}
UNRAID_FIELDS |= {"PostArgs", "Config"}
UNRAID_SETTING = {"Name", "Target", "Default", "Mode", "Description", "Type", "Display", "Required", "Mask"}
UNRAID_TYPES = {"Path", "Port", "Variable", "Label", "Device"}
UNRAID_DISPLAYS = {"always", "always-hide", "advanced", "advanced-hide"}


def has_compose() -> bool:
    docker = shutil.which("docker")
    return bool(docker) and not subprocess.run(["docker", "compose", "version"], capture_output=True).returncode


@pytest.mark.skipif(not QUADLET.exists(), reason="the units of Podman take Debian's podman")
def test_quadlet_makes_units_that_systemd_takes(tmp_path: Path) -> None:
    made = tmp_path / "made"
    folder = ROOT / "containers" / "quadlet"
    environment = {**os.environ, "QUADLET_UNIT_DIRS": str(folder), "XDG_RUNTIME_DIR": str(tmp_path)}
    ended = subprocess.run([QUADLET, "-user", made], env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert not ended.stderr, "Quadlet warns of what it does not know"
    services = {path.name for path in made.glob("*.service")}
    assert {"e2a-swarm-serve.service", "e2a-swarm-worker@.service", "e2a-swarm-network.service"} <= services
    for role, unit in (("serve", "e2a-swarm-serve.service"), ("work", "e2a-swarm-worker@.service")):
        text = (made / unit).read_text(encoding="utf-8")
        assert f"EnvironmentFile=-%E/e2a-swarm/{role}.env" in text
        assert re.search(r"ExecStart=.* --tz local .* \$E2A_SWARM_OPTIONS$", text, re.MULTILINE)
    if not shutil.which("systemd-analyze"):
        return
    for name in ("e2a-swarm-serve.service", "e2a-swarm-worker@1.service"):
        words = ["systemd-analyze", "--user", "--man=no", "verify", str(made / name)]
        checked = subprocess.run(words, env=environment, capture_output=True, text=True)
        assert (checked.returncode, checked.stderr) == (0, "")


def test_the_commands_of_all_templates_are_known() -> None:
    quadlets = (path.read_text(encoding="utf-8") for path in (ROOT / "containers" / "quadlet").glob("*.container"))
    lines = [
        line.removeprefix("Exec=").removesuffix(" $E2A_SWARM_OPTIONS")
        for text in quadlets
        for line in text.splitlines()
        if line.startswith("Exec=")
    ]
    for template in (ROOT / "examples" / "unraid").glob("*.xml"):
        lines.append(ElementTree.parse(template).findtext("PostArgs") or "")
    containers = (unit["spec"]["template"]["spec"]["containers"] for unit in deployments())
    commands = [line.split() for line in lines] + [container[0]["args"] for container in containers]
    assert len(commands) == 6
    for command in commands:
        assert parse(command).command == command[0]


def deployments() -> list[dict[str, Any]]:
    units = yaml.safe_load_all(MANIFEST.read_text(encoding="utf-8"))
    return [unit for unit in units if unit["kind"] == "Deployment"]


def test_kubernetes_takes_the_manifest() -> None:
    units = list(yaml.safe_load_all(MANIFEST.read_text(encoding="utf-8")))
    assert [unit["kind"] for unit in units].count("Deployment") == 2
    assert [fault for unit in units for fault in manifest_faults(unit)] == []


@pytest.mark.parametrize("name", ["e2a-swarm", "e2a-swarm-worker"])
def test_unraid_finds_the_fields_that_it_documents(name: str) -> None:
    container = ElementTree.parse(ROOT / "examples" / "unraid" / f"{name}.xml").getroot()
    assert (container.tag, container.attrib) == ("Container", {"version": "2"})
    assert {field.tag for field in container} <= UNRAID_FIELDS
    assert container.findtext("Name") == name
    for setting in container.iter("Config"):
        assert set(setting.keys()) == UNRAID_SETTING
        assert setting.get("Type") in UNRAID_TYPES
        assert setting.get("Display") in UNRAID_DISPLAYS
        assert setting.get("Mode") == ("rw" if setting.get("Type") == "Path" else "")
        assert {setting.get("Required"), setting.get("Mask")} <= {"true", "false"}


@pytest.mark.skipif(not has_compose(), reason="override files take Docker's compose (Debian's docker-compose)")
def test_compose_takes_each_override_and_all_of_them() -> None:
    files = {name: (f"containers/{name}.yaml",) for name in OVERRIDES}
    files["all"] = tuple(f"containers/{name}.yaml" for name in OVERRIDES if name != "host")
    for name, overrides in files.items():
        words = [word for file in ("compose.yaml", *overrides) for word in ("--file", file)]
        words = ["docker", "compose", *words, "--profile", "gpu1", "config", "--format", "json"]
        ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
        assert (ended.returncode, ended.stderr) == (0, ""), name
        services = json.loads(ended.stdout)["services"]
        ours = [service for service in services.values() if service["image"].startswith("e2a-swarm")]
        assert all(service["read_only"] and service["cap_drop"] == ["ALL"] for service in ours)
        if name in ("gpu", "all"):
            gpus = [services[each]["deploy"]["resources"]["reservations"]["devices"][0] for each in ("gpu0", "gpu1")]
            assert [gpu["device_ids"] for gpu in gpus] == [["0"], ["1"]]
        if name == "host":
            assert services["serve"]["network_mode"] == "host"
            assert not services["serve"].get("ports")


COMPOSED = ("compose.yaml", *(f"containers/{name}.yaml" for name in OVERRIDES))


class Overrides(yaml.SafeLoader):
    """A loader that knows the tags of override files."""


Overrides.add_constructor("!reset", lambda loader, node: None)


@pytest.mark.parametrize("name", COMPOSED)
def test_no_shell_is_in_compose_and_no_variable_is_made_of_itself(name: str) -> None:
    """Words that a shell or a variable would make arrive as one, or unmade, in podman-compose."""
    services = yaml.load((ROOT / name).read_text(encoding="utf-8"), Overrides)["services"]
    for service in services.values():
        words = [word for key in ("entrypoint", "command") for word in service.get(key) or []]
        assert all(isinstance(service.get(key) or [], list) for key in ("entrypoint", "command"))
        assert not {"sh", "bash"} & {*words}
        assert not [word for word in words if "$" in word]
        given = service.get("environment") or {}
        assert not [each for each, value in given.items() if each in re.findall(r"\$\{?(\w+)", str(value))]


@pytest.mark.skipif(not shutil.which("podman-compose"), reason="no podman-compose here")
@pytest.mark.parametrize(
    "told", [{}, {"SERVE_OPTIONS": "--split 6h", "WORK_OPTIONS": "--slots 1", "SWARM_KEY": "e2a-x"}]
)
def test_podmans_compose_makes_the_same_of_it(told: dict[str, str]) -> None:
    words = ["podman-compose", "--file", "compose.yaml", "config"]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, env={**os.environ, **told}, check=True)
    services = yaml.safe_load(ended.stdout)["services"]
    serve, worker = services["serve"], services["worker"]
    assert services["prepare"]["environment"]["E2A_SWARM_KEY"] == told.get("SWARM_KEY", "")
    assert serve["environment"]["E2A_SWARM_SERVE_OPTIONS"] == told.get("SERVE_OPTIONS", "")
    assert worker["environment"]["E2A_SWARM_WORK_OPTIONS"] == told.get("WORK_OPTIONS", "")
    assert (serve["command"][0], worker["command"], serve["environment"]["TZ"]) == ("serve", ["work", "--cpu"], "UTC")


def test_grafana_is_given_the_dashboard_and_its_source() -> None:
    provisioning = ROOT / "examples" / "grafana" / "provisioning"
    [source] = yaml.safe_load((provisioning / "datasources" / "e2a-swarm.yaml").read_text())["datasources"]
    [provider] = yaml.safe_load((provisioning / "dashboards" / "e2a-swarm.yaml").read_text())["providers"]
    monitoring = yaml.safe_load((ROOT / "containers" / "monitoring.yaml").read_text())["services"]
    mounts = dict(mount.split(":")[:2] for mount in monitoring["grafana"]["volumes"])
    shown = Path(mounts["./examples/grafana/dashboard.json"])
    assert shown.parent == Path(provider["options"]["path"])
    assert source["url"].split("/")[2].split(":")[0] in monitoring
    variables = json.loads((ROOT / "examples" / "grafana" / "dashboard.json").read_text())["templating"]["list"]
    assert {"name": "source", "type": "datasource", "query": source["type"]}.items() <= variables[0].items()
