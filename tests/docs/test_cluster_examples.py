"""The examples for clusters: manifests are valid, and their commands are ones that the program knows."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import yaml
from manifest import manifest_faults

from swarm.commands.main import parse

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
MANIFESTS = ("job.yaml", "deployment.yaml")


def load(name: str) -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8"))
    return made


def test_a_manifest_is_valid_for_kubernetes() -> None:
    for name in MANIFESTS:
        assert manifest_faults(load(f"kubernetes/{name}")) == []


def test_a_pod_runs_a_command_that_the_program_knows_and_has_time_to_finish_a_sentence() -> None:
    for name in MANIFESTS:
        pod = load(f"kubernetes/{name}")["spec"]["template"]["spec"]
        assert parse(pod["containers"][0]["args"]).command == "work", name
        assert pod["terminationGracePeriodSeconds"] >= 60, name


def test_the_scaler_reads_a_metric_that_the_coordinator_has() -> None:
    scaler = load("kubernetes/scaler.yaml")
    assert scaler["spec"]["scaleTargetRef"]["name"] == load("kubernetes/deployment.yaml")["metadata"]["name"]
    (trigger,) = scaler["spec"]["triggers"]
    metric = re.findall(r"e2a_swarm_\w+", trigger["metadata"]["query"])
    source = (EXAMPLES.parent / "swarm" / "server" / "api" / "metrics.py").read_text(encoding="utf-8")
    assert metric and all(f'"{name}"' in source for name in metric)


def test_the_task_of_skypilot_runs_a_command_that_the_program_knows() -> None:
    run = load("skypilot/worker.yaml")["run"].replace("\\\n", " ")
    assert parse(shlex.split(run)[1:]).command == "work"


def test_the_compose_file_runs_the_module_that_has_the_task() -> None:
    services = load("celery/compose.yml")["services"]
    assert set(services) == {"redis", "worker", "flower"}
    assert "swarm.worker.scale.lending" in services["worker"]["command"]
    assert all("PASSWORD" in str(services[name]) for name in services)
    assert all(port.startswith("127.0.0.1:") for each in services.values() for port in each.get("ports", ()))


def test_a_script_can_be_read_by_its_shell() -> None:
    for script in ["slurm/pilots.sh", "ssh/work.sh"]:
        assert subprocess.run(["bash", "-n", EXAMPLES / script], check=False).returncode == 0
