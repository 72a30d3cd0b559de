"""What contributors meet: workflows, forms and hooks that their programs accept, and the one command that sets up."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
import yaml

if TYPE_CHECKING:
    from click.testing import Result

ROOT = Path(__file__).resolve().parents[2]
GITHUB = ROOT / ".github"
sys.path.insert(0, str(ROOT))

from develop import main, steps  # noqa: E402

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


@pytest.mark.slow
def test_the_files_fit_their_schemas() -> None:
    for schema in SCHEMAS:
        assert SCHEMAS[schema]
        done = check(schema, *SCHEMAS[schema])
        assert done.exit_code == 0, done.output


def jobs() -> list[dict[str, object]]:
    found = [yaml.safe_load(path.read_text()) for path in GITHUB.glob("workflows/*.yml")]
    return [job for workflow in found for job in workflow["jobs"].values()]


def test_no_workflow_may_write_and_each_action_is_pinned() -> None:
    assert all(job["permissions"] == {"contents": "read"} for job in jobs())
    used = re.findall(r"uses: (\S+)", "".join(path.read_text() for path in GITHUB.glob("workflows/*.yml")))
    assert used
    assert all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", action) for action in used)


def test_one_command_makes_the_environment_and_its_hooks() -> None:
    install, hook = steps(Path("bin"), has_git=True)
    assert install[1:] == ["-m", "pip", "install", "-e", ".[test]"]
    assert hook == [str(Path("bin/python")), "-m", "pre_commit", "install"]
    assert steps(Path("bin"), has_git=False) == [install]


def test_help_installs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for word, code in [("--help", 0), ("-h", 0), ("--nonsense", 64)]:
        with patch("subprocess.call") as called:
            assert main([word]) == code
        assert "usage: python3 develop.py" in capsys.readouterr().out, word
        assert not called.called, word
