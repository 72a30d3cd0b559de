import io
import os

import pytest

from swarm.watch.terminal import Colour, painted


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def test_a_terminal_gets_colours_and_a_pipe_gets_none() -> None:
    assert painted("ok", Colour.ACCENT, Terminal()) == "\x1b[36mok\x1b[0m"
    assert painted("ok", Colour.ACCENT, io.StringIO()) == "ok"
    assert painted("", Colour.ERROR, Terminal()) == ""


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_person_or_a_terminal_that_wants_no_colours_gets_none(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert painted("ok", Colour.WARNING, Terminal()) == "ok"


def test_the_old_console_of_windows_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "name", "nt")
    monkeypatch.delenv("WT_SESSION", raising=False)
    assert painted("ok", Colour.ERROR, Terminal()) == "ok"
    monkeypatch.setenv("WT_SESSION", "a")
    assert painted("ok", Colour.ERROR, Terminal()) != "ok"
