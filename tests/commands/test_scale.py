"""What `scale` refuses in words, before it looks for a coordinator."""

import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from swarm.commands.main import main, parse
from swarm.commands.scale import _words, wish_of

pytestmark = pytest.mark.skipif(not (find_spec("parsl") and find_spec("celery")), reason="needs parsl and celery")


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--with", "cloud9"), "--with takes local or slurm"),
        (("--with", "local", "--provider-option", "partition=gpu"), "local knows cmd_timeout, worker_init"),
        (("--with", "local", "--provider-option", "partition"), "takes NAME=VALUE"),
        (("--with", "slurm", "--provider-option", "gpus_per_node=two"), "gpus_per_node takes a whole number"),
        (("--with", "slurm", "--provider-option", "exclusive=no"), "exclusive takes true or false"),
        (("--with", "local", "--work", "'"), "a quote is open"),
        (("--with", "local", "--until", "25:00"), "--until takes a time such as 7:00"),
        (("--with", "celery"), "needs --broker"),
        (("--with", "celery", "--broker", "redis://127.0.0.1", "--for", "2h"), "lends a slot for at most 55m"),
        (("--with", "celery", "--broker", "redis://127.0.0.1", "--work=--cpu"), "E2A_SWARM_LEND"),
    ],
)
def test_what_has_no_meaning_is_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], fault: str
) -> None:
    assert main(["scale", *words, "--state-dir", str(tmp_path)]) == 64
    assert fault in capsys.readouterr().err


def test_until_is_the_next_such_time_or_a_length_from_now() -> None:
    noon = time.mktime((2026, 11, 27, 12, 0, 0, 0, 0, -1))

    def until(text: str) -> float:
        found = wish_of(parse(["scale", "--with", "local", "--until", text]), noon).until_s
        assert found is not None
        return found - noon

    assert until("90m") == 5400
    assert until("13:30") == 5400
    assert until("7:00") == 19 * 3600


def test_workers_are_tagged_with_their_system_unless_another_tag_is_wanted() -> None:
    def tag(*more: str) -> str:
        return str(parse(["work", *_words(parse(["scale", "--with", "slurm", *more]))]).tag)

    assert tag() == "slurm"
    assert tag("--work", "--tag spot --cpu") == "spot"
