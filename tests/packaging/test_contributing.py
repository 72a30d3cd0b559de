"""What contributors meet: workflows, forms and hooks that their programs accept, and the one command that sets up."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from click.testing import Result

ROOT = Path(__file__).resolve().parents[2]
GITHUB = ROOT / ".github"
sys.path.insert(0, str(ROOT))

from develop import TOOLS, advice, steps  # noqa: E402

SCHEMAS = {
    "vendor.github-workflows": [*GITHUB.glob("workflows/*.yml")],
    "custom.github-workflows-require-timeout": [*GITHUB.glob("workflows/*.yml")],
    "vendor.github-issue-forms": sorted(
        set(GITHUB.glob("ISSUE_TEMPLATE/*.yml")) - {GITHUB / "ISSUE_TEMPLATE/config.yml"}
    ),
    "vendor.github-issue-config": [GITHUB / "ISSUE_TEMPLATE/config.yml"],
}


def check(schema: str, *files: Path) -> "Result":
    """Run check-jsonschema in this process, as its import takes longer than all its checks."""
    command = pytest.importorskip("check_jsonschema").main
    return (
        pytest.importorskip("click.testing").CliRunner().invoke(command, ["--builtin-schema", schema, *map(str, files)])
    )


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_files_fit_their_schemas(schema: str) -> None:
    assert SCHEMAS[schema]
    done = check(schema, *SCHEMAS[schema])
    assert done.exit_code == 0, done.output


def test_the_schema_of_workflows_refuses_a_wrong_word(tmp_path: Path) -> None:
    wrong = tmp_path / "tests.yml"
    wrong.write_text((GITHUB / "workflows/tests.yml").read_text().replace("runs-on:", "run-on:"))
    assert check("vendor.github-workflows", wrong).exit_code == 1


def jobs() -> list[dict[str, object]]:
    found = [yaml.safe_load(path.read_text()) for path in GITHUB.glob("workflows/*.yml")]
    return [job for workflow in found for job in workflow["jobs"].values()]


def test_the_three_systems_and_arm_are_tested() -> None:
    text = (GITHUB / "workflows/tests.yml").read_text()
    assert all(system in text for system in ("ubuntu-24.04", "ubuntu-24.04-arm", "macos-15", "windows-2025"))
    assert 'sudo env "PATH=$PATH" bash .ci/run' in text


def test_no_workflow_may_write_and_each_action_is_pinned() -> None:
    assert all(job["permissions"] == {"contents": "read"} for job in jobs())
    used = re.findall(r"uses: (\S+)", "".join(path.read_text() for path in GITHUB.glob("workflows/*.yml")))
    assert used
    assert all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", action) for action in used)


def test_what_workflows_run_is_there() -> None:
    named = re.findall(r"(?:python|bash) ((?:packaging|\.ci)[\w./]+|develop\.py)", "".join(map(str, jobs())))
    assert set(named) >= {".ci/run", "develop.py", "packaging/release.py"}
    assert all((ROOT / name).is_file() for name in named)


def test_the_hooks_are_those_of_the_checks() -> None:
    config = pytest.importorskip("pre_commit.clientlib").load_config(ROOT / ".pre-commit-config.yaml")
    entries = [hook["entry"] for repo in config["repos"] for hook in repo["hooks"]]
    assert {repo["repo"] for repo in config["repos"]} == {"local"}
    checks = (ROOT / ".ci/run").read_text()
    for tool in ("ruff check", "ruff format", "mypy"):
        assert any(f"-m {tool}" in entry for entry in entries)
        assert f".venv/bin/{tool}" in checks


def test_one_command_makes_the_environment_and_its_hooks() -> None:
    install, hook = steps(Path("bin"), has_git=True)
    assert install[1:] == ["-m", "pip", "install", "-e", ".[test]"]
    assert hook == [str(Path("bin/python")), "-m", "pre_commit", "install"]
    assert steps(Path("bin"), has_git=False) == [install]


def test_what_tests_would_skip_without_is_named() -> None:
    assert advice(["fish", "zsh"]).endswith("sudo apt install fish zsh")
    assert "skip" not in advice([])
    installs = (ROOT / ".ci/run").read_text()
    assert all(package in installs for package in TOOLS.values())


def test_every_example_is_in_the_index() -> None:
    index = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    there = {path.name for path in (ROOT / "examples").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert there <= set(re.findall(r"\[`([\w-]+)/`\]", index))
