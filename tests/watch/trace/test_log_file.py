import errno
import logging
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from swarm.errors import UsageError
from swarm.watch.trace import log_file
from swarm.watch.trace.log_file import MAX_FILES, LogFile, open_log, read_log, read_logs

LINE = b'{"at":1.0,"core":"worker","call":"beat"}'


def test_lines_are_appended_to_what_an_earlier_run_wrote(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    for _ in range(2):
        log = open_log(path)
        log.write_line(LINE)
        log.close()
    assert path.read_bytes() == (LINE + b"\n") * 2


def test_a_line_that_a_crash_cut_off_does_not_swallow_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    path.write_bytes(LINE + b"\n" + LINE[:20])
    log = open_log(path)
    log.write_line(LINE)
    log.close()
    assert path.read_bytes().splitlines()[-2:] == [LINE[:20], LINE]


def test_a_full_file_is_rotated_and_the_number_of_files_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_file, "MAX_FILE_BYTES", 100)
    path = tmp_path / "run.log"
    log = open_log(path)
    for number in range(50):
        log.write_line(LINE.replace(b"1.0", b"%d" % number))
    log.close()
    files = sorted(each for each in tmp_path.iterdir() if each.name.startswith("run.log"))
    assert [each.name for each in files] == ["run.log", *(f"run.log.{number}" for number in range(1, MAX_FILES))]
    assert all(each.stat().st_size <= 100 for each in files)
    assert b'"at":49' in path.read_bytes()


def test_bytes_are_counted_not_letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "MAX_FILE_BYTES", 100)
    log = open_log(tmp_path / "run.log")
    for _ in range(2):
        log.write_line(b'{"at":"' + "ü".encode() * 40 + b'"}')  # 51 letters, 91 bytes
    log.close()
    assert (tmp_path / "run.log.1").is_file()


def test_two_runs_with_one_file_write_to_two(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    first, second = open_log(path), open_log(path)
    second.write_line(LINE)
    assert second.path == tmp_path / "run-2.log"
    second.close()
    third = open_log(path)
    assert third.path == second.path
    third.close()
    first.close()
    assert (path.read_bytes(), second.path.read_bytes()) == (b"", LINE + b"\n")


def test_a_file_that_is_no_log_is_left_alone(tmp_path: Path) -> None:
    book = tmp_path / "book.txt"
    book.write_text("Call me Ishmael.")
    with pytest.raises(UsageError, match=r"book\.txt is there already and is no log"):
        open_log(book)
    assert book.read_text() == "Call me Ishmael."
    assert [each.name for each in tmp_path.iterdir()] == ["book.txt"]


def test_nothing_but_the_log_is_left_in_the_folder(tmp_path: Path) -> None:
    first, second = open_log(tmp_path / "run.log"), open_log(tmp_path / "run.log")
    first.close()
    third = open_log(tmp_path / "run.log")
    assert third.path == first.path
    second.close()
    third.close()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["run-2.log", "run.log"]


def test_no_folder_is_made_for_a_mistyped_path(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be written \(there is no folder .*nowhere\)"):
        open_log(tmp_path / "nowhere" / "run.log")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_place_of_the_file_is_a_mistake_in_the_command_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"The log .* cannot be written \(Is a directory\)"):
        open_log(tmp_path)


def test_what_can_be_no_file_is_a_mistake_in_the_command_line() -> None:
    for name in [".", "/", "..", "x" * 300, "a\0b"]:
        with pytest.raises(UsageError, match="give --log a file in another folder"):
            open_log(Path(name))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
@pytest.mark.timeout(600)
def test_a_pipe_in_place_of_the_file_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="it is no plain file"):
        open_log(tmp_path / "pipe")
    assert [each.name for each in tmp_path.iterdir()] == ["pipe"]


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="a device with a path is not Windows's")
def test_a_device_is_refused_for_rotation_would_rename_it(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/dev/null")
    with pytest.raises(UsageError, match="it is no plain file"):
        open_log(tmp_path / "link")
    assert not Path("/dev/.null.lock").exists()


def test_runs_that_name_one_file_by_two_links_write_to_two_files(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "run.log")
    first, second = open_log(tmp_path / "run.log"), open_log(tmp_path / "link")
    first.close()
    second.close()
    assert (first.path.name, second.path.name) == ("run.log", "run-2.log")


def test_rotation_never_takes_another_programs_file(tmp_path: Path) -> None:
    other = tmp_path / "e2a.1"
    other.write_text(".TH E2A 1")
    with pytest.raises(UsageError, match=r"e2a\.1 is there already and is no log"):
        open_log(tmp_path / "e2a")
    assert other.read_text() == ".TH E2A 1"


def test_a_place_that_cannot_be_written_is_a_mistake_in_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="give --log a file in another folder"):
        open_log(tmp_path / "file" / "run.log")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is Linux's")
def test_a_full_disk_costs_one_warning_and_then_only_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "run.log"
    log = open_log(path)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, log.stream.fileno())
    os.close(full)
    with caplog.at_level(logging.WARNING):
        for _ in range(5000):
            log.write_line(LINE)
        log.close()
    assert [record.getMessage() for record in caplog.records] == [
        f"the log {path} cannot be written any more ({os.strerror(errno.ENOSPC)}); the run continues without it"
    ]


def test_what_is_written_reaches_the_disk_while_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_file, "FLUSH_INTERVAL_S", -1.0)
    log: LogFile = open_log(tmp_path / "run.log")
    log.write_line(LINE)
    assert (tmp_path / "run.log").read_bytes() == LINE + b"\n"
    log.close()


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
