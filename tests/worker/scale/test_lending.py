"""What a Celery task may ask of a machine: messages of a broker are not trusted."""

import pytest

pytest.importorskip("celery")

from swarm.errors import UsageError
from swarm.worker.scale.lending import MAX_STAY_S, VISIBILITY_S, make_app, work_words


def test_a_task_is_a_worker_of_one_slot_for_a_while() -> None:
    words = work_words("ab-1", "laptop:5847", 600.0, 60.0)
    ends = ["--for=600s", "--exit-when-idle=60s", "--exit-when-done", "--tag=celery"]
    assert words == ["work", "--name=celery-ab-1", "--coordinator=laptop:5847", *ends, "--cpu", "--slots", "1"]


def test_a_machine_says_itself_what_it_lends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("E2A_SWARM_LEND", "--gpu 0 --slots 2")
    assert work_words("ab-1", "laptop:5847", 600.0, 60.0)[-4:] == ["--gpu", "0", "--slots", "2"]


def test_no_name_becomes_an_option() -> None:
    for name in ["x --log=/etc/passwd", "x\n--open", "--verbose", "x" * 500, "$(reboot)"]:
        words = work_words(name, "laptop:5847", 600.0, 60.0)
        assert len(words) == 10, name
        assert set(words[1].removeprefix("--name=celery-")) <= set("abcdefghijklmnopqrstuvwxyz-"), name
        assert len(words[1]) < 80, name


def test_no_slot_is_lent_for_longer_than_a_broker_waits_for_a_task() -> None:
    assert MAX_STAY_S < VISIBILITY_S
    for seconds in (0.0, MAX_STAY_S + 1, float("nan"), -5.0):
        with pytest.raises(ValueError, match="a slot is lent"):
            work_words("x", "laptop:5847", seconds, 60.0)
    with pytest.raises(UsageError):
        work_words("x", "laptop:5847 --open", 600.0, 60.0)


def test_a_task_is_acknowledged_when_it_is_over_and_handed_out_one_at_a_time() -> None:
    conf = make_app("redis://127.0.0.1:1/0").conf
    assert conf.task_acks_late and conf.task_reject_on_worker_lost
    assert conf.worker_prefetch_multiplier == 1
