"""The logs of simulated machines, which crash, sleep, lie and lose messages, replay and tell what happened."""

from pathlib import Path

import pytest
from run import World

from swarm.lease.coordinator import coordinator_core
from swarm.watch.trace.log_file import read_log, read_logs
from swarm.watch.trace.replay import Replay
from swarm.watch.trace.story import Story


def logs_of(seed: int, folder: Path) -> list[Path]:
    World(seed, logs=folder).go()
    return sorted(folder.glob("*.log"))


@pytest.mark.parametrize("seed", range(4))
def test_every_machines_log_replays_through_its_core(seed: int, tmp_path: Path) -> None:
    calls = 0
    for path in logs_of(seed, tmp_path):
        replay = Replay()
        assert list(replay.repeat_calls(read_log(path))) == []
        assert replay.headless == 0
        calls += replay.calls
    assert calls > 100


def test_a_core_that_was_changed_does_not_replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = logs_of(7, tmp_path)
    monkeypatch.setattr(coordinator_core, "SILENCE_S", 0.5)
    assert any(list(Replay().repeat_calls(read_log(path))) for path in paths)


def test_a_log_changes_nothing_in_the_run(tmp_path: Path) -> None:
    bare, logged = World(5), World(5, logs=tmp_path)
    bare.go()
    logged.go()
    assert (bare.steps, bare.heap.now) == (logged.steps, logged.heap.now)
    assert [c.disk.records for c in bare.coordinators] == [c.disk.records for c in logged.coordinators]


def test_the_story_of_a_sentence_runs_through_the_logs_of_all_machines(tmp_path: Path) -> None:
    story = Story()
    told = list(story.sentence(story.tell(read_logs(logs_of(1, tmp_path))), (0, 0)))
    assert any("granted to worker-" in line for line in told)
    assert any(" is accepted " in line for line in told)
