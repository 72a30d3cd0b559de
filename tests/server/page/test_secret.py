"""What is kept of sessions over a restart."""

from pathlib import Path

import pytest

from swarm.server.page.auth_middleware import ENDED_FILE, FILE, Sessions, keep_ended, obtain_secret, read_ended

NOW = 1_000_000.0


def test_a_session_that_was_ended_stays_so_after_a_restart_and_others_go_on(tmp_path: Path) -> None:
    before = Sessions(obtain_secret(tmp_path), read_ended(tmp_path))
    ended, other = before.begin_session(NOW, is_in=True), before.begin_session(NOW, is_in=True)
    before.end_session(ended, NOW)
    keep_ended(tmp_path, before)
    after = Sessions(obtain_secret(tmp_path), read_ended(tmp_path))
    assert after.read(after.cookie(other), NOW) == other
    assert after.read(after.cookie(ended), NOW) is None
    for name in (FILE, ENDED_FILE):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "[]", '{"a": "b"}', "x" * 100_000])
def test_a_damaged_file_ends_no_session(tmp_path: Path, text: str) -> None:
    (tmp_path / ENDED_FILE).write_text(text)
    assert read_ended(tmp_path) == {}
