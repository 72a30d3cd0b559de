import json
import os
import time
from contextlib import closing
from pathlib import Path

import pytest

from swarm.commands.main import main
from swarm.errors import EXIT_ENVIRONMENT, EnvironmentFault
from swarm.job.spec import BookFacts, JobSpec, Recipe
from swarm.job.store.store import DiskStore
from swarm.lease.message import StatusReply
from swarm.net.client import Answer
from swarm.standby.adopt import note_followed

REPLY = StatusReply("c1", "laptop", "0.1.0", 1, (), ())
ADDRESS = "127.0.0.1:5847"


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[Answer]:
    """Replace the answers of the swarm by a list, and return it."""
    given: list[Answer] = []

    async def ask_swarm(_state_dir: Path, **_how: object) -> list[Answer]:
        return given

    monkeypatch.setattr("swarm.commands.status.ask_swarm", ask_swarm)
    return given


def test_nobody_there_is_said_and_is_no_failure(answers: list[Answer], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("no coordinator of this swarm answers") and "`e2a-swarm take-over` on a machine that" in said
    assert main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_where_no_coordinator_answers_a_copy_that_is_here_is_named_and_the_exit_code_says_so(
    answers: list[Answer], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(DiskStore(tmp_path / "standby")) as store:
        for job, title in (("moby-dick-1a2b", "Moby Dick"), ("emma-3c4d", "Emma")):
            (tmp_path / "book").write_bytes(b"PK")
            spec = JobSpec(job, "/b", BookFacts(title, (), "en"), Recipe("metronome", "tick", "en"), (), 0.0)
            store.create_job(spec, tmp_path / "book")
        note_followed(store.folder("moby-dick-1a2b"), time.time())
        followed = store.folder("moby-dick-1a2b") / "followed"
        os.utime(followed, (time.time() - 200, time.time() - 200))
    status = ["status", "--state-dir", str(tmp_path), "--open"]
    assert main(status) == EXIT_ENVIRONMENT
    said = capsys.readouterr().out
    assert said.startswith("no coordinator of this swarm answers\n")
    assert "a copy of Moby Dick, 3 min 2" in said and "`e2a-swarm take-over moby-dick-1a2b`" in said
    assert "a copy of Emma, not whole yet: " in said
    assert main([*status, "--json"]) == EXIT_ENVIRONMENT
    shown = capsys.readouterr()
    assert json.loads(shown.out) == [] and "a copy of Moby Dick" in shown.err
    answers.append(Answer(ADDRESS, REPLY))
    assert main(status) == 0
    assert "a copy" not in capsys.readouterr().out
    with closing(DiskStore(tmp_path / "standby")) as store:
        store.remove_jobs(["emma-3c4d"])
    answers.clear()
    assert main(status) == EXIT_ENVIRONMENT
    assert "old: `e2a-swarm take-over` goes on with it" in capsys.readouterr().out


def test_every_coordinator_is_shown(answers: list[Answer], capsys: pytest.CaptureFixture[str]) -> None:
    answers += [Answer(ADDRESS, REPLY), Answer("10.0.0.2:5847", StatusReply("c2", "tower", "0.1.0", 1, (), ()))]
    assert main(["status"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"laptop at {ADDRESS} (version 0.1.0)\n")
    assert "\n\ntower at 10.0.0.2:5847" in said
    assert main(["status", "--json"]) == 0
    assert [reply["name"] for reply in json.loads(capsys.readouterr().out)] == ["laptop", "tower"]


def test_one_that_was_named_and_gives_no_answer_is_a_failure(
    answers: list[Answer], capsys: pytest.CaptureFixture[str]
) -> None:
    answers.append(Answer(ADDRESS, None))
    assert main(["status", "--coordinator", ADDRESS]) == EXIT_ENVIRONMENT
    assert capsys.readouterr().out == f"no coordinator answers at {ADDRESS}\n"
    answers[:] = [Answer(ADDRESS, None, "it has another key")]
    assert main(["status", "--coordinator", ADDRESS]) == EXIT_ENVIRONMENT
    assert capsys.readouterr().out == "it has another key\n"


def test_a_machine_without_a_key_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("E2A_SWARM_KEY", raising=False)
    assert main(["status", "--state-dir", str(tmp_path)]) == EnvironmentFault.exit_code
    assert "in no swarm yet" in capsys.readouterr().err
    assert main(["status", "--help"]) == 0
    assert "69 if" in (said := " ".join(capsys.readouterr().out.split()))
    assert "or if this machine has no key and --open is not given" in said
