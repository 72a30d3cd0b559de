"""Prometheus itself scrapes the metrics; the dashboard and the alerts of examples/grafana ask for what is there."""

import asyncio
import json
import re
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from msgspec import structs
from web_bench import BOOKS, REPLY, TOKEN, WebBench

from swarm.job.store.store import Tally
from swarm.server.api.metrics import exposition

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "grafana"
PROMETHEUS, PROMTOOL = shutil.which("prometheus"), shutil.which("promtool")
needs_prometheus = pytest.mark.skipif(
    not (PROMETHEUS and PROMTOOL), reason="no prometheus here: apt-get install prometheus"
)
CONFIG = """
global: {{scrape_interval: 100ms, evaluation_interval: 1s}}
rule_files: [{rules}]
scrape_configs:
  - job_name: e2a-swarm
    authorization: {{credentials_file: {token}}}
    static_configs: [{{targets: ["{target}"]}}]
"""
ALERT_TEST = """
rule_files: [{rules}]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {{series: 'up{{job="e2a-swarm", instance="a"}}', values: '1x9 0x20'}}
      - {{series: 'e2a_swarm_books{{state="failed", job="e2a-swarm", instance="a"}}', values: '3x9 4x60'}}
      - {{series: 'e2a_swarm_sentences{{state="left", job="e2a-swarm", instance="a"}}', values: '7x60'}}
      - {{series: 'e2a_swarm_machines{{state="speaking", job="e2a-swarm", instance="a"}}', values: '0x60'}}
      - {{series: 'e2a_swarm_retakes_total{{job="e2a-swarm", instance="a"}}', values: '0+9x60'}}
      - {{series: 'e2a_swarm_clips_total{{job="e2a-swarm", instance="a"}}', values: '0+10x60'}}
      - {{series: 'e2a_swarm_realtime_ratio{{machine="attic", job="e2a-swarm", instance="a"}}', values: '2x3 _x60'}}
      - {{series: 'e2a_swarm_realtime_ratio{{machine="tower", job="e2a-swarm", instance="a"}}', values: '2x60'}}
    alert_rule_test:
      - {{alertname: SwarmGone, eval_time: 8m}}
      - alertname: SwarmGone
        eval_time: 17m
        exp_alerts: [{{exp_labels: {{severity: critical, job: e2a-swarm, instance: a}}, exp_annotations: {gone}}}]
      - {{alertname: SwarmBookFailed, eval_time: 8m}}
      - alertname: SwarmBookFailed
        eval_time: 12m
        exp_alerts: [{{exp_labels: {failed}, exp_annotations: {which}}}]
      - {{alertname: SwarmManyRetakes, eval_time: 20m}}
      - alertname: SwarmManyRetakes
        eval_time: 50m
        exp_alerts: [{{exp_labels: {{severity: warning, job: e2a-swarm, instance: a}}, exp_annotations: {retakes}}}]
"""


def names_in(expression: str) -> set[str]:
    return set(re.findall(r"e2a_swarm_\w+", expression))


def served_names() -> set[str]:
    job = structs.replace(REPLY.jobs[0], state="speaking")
    text = exposition(lambda: (BOOKS, structs.replace(REPLY, jobs=(job,))), Tally()).decode()
    return set(re.findall(r"^(e2a_swarm_\w+)[{ ]", text, re.MULTILINE))


def expressions() -> list[str]:
    panels = json.loads((EXAMPLES / "dashboard.json").read_text(encoding="utf-8"))["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


def test_the_dashboard_and_the_alerts_ask_only_for_metrics_that_are_there() -> None:
    dashboard = "".join(expressions())
    alerts = (EXAMPLES / "alerts.yml").read_text(encoding="utf-8")
    assert names_in(dashboard) - served_names() == names_in(alerts) - served_names() == set()
    assert served_names() - names_in(dashboard) == {"e2a_swarm_sound_seconds", "e2a_swarm_sound_to_encode_seconds"}


async def promtool(*words: object) -> str:
    assert PROMTOOL
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        PROMTOOL, *map(str, words), stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    return said


@needs_prometheus
async def test_the_alert_rules_are_valid_and_fire_when_they_should(tmp_path: Path) -> None:
    rules = EXAMPLES / "alerts.yml"
    assert "7 rules found" in await promtool("check", "rules", rules)
    test = tmp_path / "test.yml"
    gone = {
        "summary": "The queue of e2a-swarm does not answer.",
        "description": "a was not reached for five minutes: look at `systemctl status` there.",
    }
    which = {
        "summary": "A book cannot be spoken.",
        "description": "`e2a-swarm status` on a says which, and why.",
    }
    failed = {"severity": "warning", "job": "e2a-swarm", "instance": "a", "state": "failed"}
    retakes = {
        "summary": "Many sentences need another take.",
        "description": "The engines at a take 0.9 further takes a sentence: listen to the book, and try another voice.",
    }
    told = {"gone": gone, "which": which, "failed": failed, "retakes": retakes}
    values = {name: json.dumps(value) for name, value in told.items()}
    test.write_text(ALERT_TEST.format(rules=rules, **values))
    await promtool("test", "rules", test)


@asynccontextmanager
async def prometheus(folder: Path, target: str) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of a Prometheus that scrapes a target."""
    assert PROMETHEUS
    (folder / "token").write_text(TOKEN)
    config = folder / "prometheus.yml"
    config.write_text(CONFIG.format(rules=EXAMPLES / "alerts.yml", token=folder / "token", target=target))
    words = (f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}", "--web.listen-address=127.0.0.1:0")
    process = await asyncio.create_subprocess_exec(PROMETHEUS, *words, stderr=asyncio.subprocess.PIPE)
    try:
        assert process.stderr
        async for line in process.stderr:
            if found := re.search(rb"Listening on.*address=([\d.:]+)", line):
                break
        assert found
        reading = asyncio.create_task(process.stderr.read())
        async with httpx.AsyncClient(
            base_url=f"http://{found.group(1).decode()}", trust_env=False, timeout=60
        ) as client:
            while (await client.get("/-/ready")).status_code != 200:
                await asyncio.sleep(0.05)
            yield client
        process.send_signal(signal.SIGTERM)
        await reading
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@needs_prometheus
async def test_prometheus_scrapes_the_metrics_and_answers_the_dashboard(tmp_path: Path) -> None:
    bench = WebBench(tmp_path)
    await bench.serve()
    await bench.add("Emma")
    await bench.settle()
    try:
        async with prometheus(tmp_path, bench.url.removeprefix("http://")) as client:

            async def ask(expression: str) -> list[dict[str, list[str]]]:
                query = expression.replace("$job", ".*")
                answer = (await client.get("/api/v1/query", params={"query": query})).json()
                assert answer["status"] == "success", expression
                result: list[dict[str, list[str]]] = answer["data"]["result"]
                return result

            async def one(expression: str) -> str:
                """Return the value of a series; a scrape that a busy machine delays leaves a gap for a moment."""
                while not (found := await ask(expression)):
                    await asyncio.sleep(0.05)
                [series] = found
                return series["value"][1]

            left = await one('sum(e2a_swarm_sentences{state="left"})')
            speaking = await one('e2a_swarm_books{job="e2a-swarm", state="speaking"}')
            assert (left, speaking) == ("1", "1")
            for expression in expressions():
                await ask(expression)
            groups = (await client.get("/api/v1/rules")).json()["data"]["groups"]
            assert [rule["type"] for group in groups for rule in group["rules"]] == ["alerting"] * 7
    finally:
        await bench.close()
