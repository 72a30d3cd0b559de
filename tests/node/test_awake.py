import pytest

from swarm.node.awake import awake


@pytest.mark.parametrize("allow_sleep", [True, False])
def test_it_never_stops_anybody_from_working(allow_sleep: bool, capfd: pytest.CaptureFixture[str]) -> None:
    worked = False
    with awake(allow_sleep=allow_sleep):
        worked = True
    assert worked
    assert capfd.readouterr() == ("", "")


def test_it_asks_the_system_once_for_the_time_of_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAKEPY_FAKE_SUCCESS", "yes")
    with awake(allow_sleep=False) as mode:
        assert mode.active
    assert not mode.active
