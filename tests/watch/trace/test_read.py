from collections.abc import Iterable
from pathlib import Path

import pytest

from swarm.errors import UsageError
from swarm.watch.trace import log_file
from swarm.watch.trace.log_file import read_log, read_logs


def line(at: float, call: str = "beat") -> bytes:
    return b'{"at":%g,"core":"worker","call":"%s","given":{}}\n' % (at, call.encode())


def times(entries: Iterable[log_file.Entry]) -> list[float]:
    return [entry.at for entry in entries]


def test_rotated_files_are_read_together_the_oldest_first(tmp_path: Path) -> None:
    for name, at in (("run.log", 4), ("run.log.1", 3), ("run.log.2", 2), ("run.log.10", 1)):
        (tmp_path / name).write_bytes(line(at))
    assert times(read_log(tmp_path / "run.log")) == [1, 2, 3, 4]


def test_a_link_leads_to_the_rotated_files_beside_what_it_names(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    for name, at in (("run.log", 2), ("run.log.1", 1)):
        (tmp_path / "logs" / name).write_bytes(line(at))
    (tmp_path / "link").symlink_to(tmp_path / "logs" / "run.log")
    assert times(read_log(tmp_path / "link")) == [1, 2]


@pytest.mark.parametrize("name", ["/", ".", "circle"])
def test_what_can_be_no_log_is_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(UsageError, match="There is no log"):
        list(read_log(tmp_path / name if name == "circle" else Path(name)))


def test_what_is_no_line_of_a_log_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    path.write_bytes(
        line(1) + b'{"at":2,"core":\n\xff\xfe\n[]\n{"at":"soon","core":"x","call":"y"}\n' + line(3) + line(4)[:-9]
    )
    assert times(read_log(path)) == [1, 3]


def test_fields_of_a_newer_version_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    path.write_bytes(b'{"at":1,"core":"scheduler","call":"dream","mood":["new"]}\n')
    assert [entry.call for entry in read_log(path)] == ["dream"]


def test_a_line_beyond_the_bound_is_passed_over_and_the_next_one_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_file, "MAX_LINE_BYTES", 100)
    path = tmp_path / "run.log"
    path.write_bytes(line(1) + b"x" * 1000 + b"\n" + line(2))
    assert times(read_log(path)) == [1, 2]


def test_nesting_beyond_every_sense_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    path.write_bytes(b'{"at":1,"core":' + b"[" * 200_000 + b"\n" + line(2))
    assert times(read_log(path)) == [2]


def test_logs_of_several_machines_are_told_in_the_order_of_time(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(line(1) + line(4))
    (tmp_path / "b.log").write_bytes(line(2) + line(3))
    assert times(read_logs([tmp_path / "a.log", tmp_path / "b.log"])) == [1, 2, 3, 4]


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no log .*run\.log: name the file"):
        list(read_log(tmp_path / "run.log"))


@pytest.mark.parametrize("content", [b"", b"Call me Ishmael.\n", bytes(1000)])
def test_a_file_that_is_no_log_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.log").write_bytes(content)
    with pytest.raises(UsageError, match=r"run\.log is no log of e2a-swarm, or nothing was written"):
        list(read_log(tmp_path / "run.log"))
