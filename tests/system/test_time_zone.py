"""Time zones that the environment names."""

import sys

import pytest

from swarm.system.machine import unknown_zone

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has a time zone of its own")


@pytest.mark.parametrize("named", ["", "UTC", "Europe/Berlin", ":Europe/Berlin", "CET-1CEST", "<+03>-3"])
def test_a_known_time_zone_is_no_matter(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    monkeypatch.setenv("TZ", named)
    assert unknown_zone() == ""


@pytest.mark.parametrize("named", ["Europe/Berln", "Europe", "../../etc/passwd", "/etc/passwd", "Berlin", "/no/such"])
def test_an_unknown_one_is_named(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    monkeypatch.setenv("TZ", named)
    assert unknown_zone() == named
