from pathlib import Path

import pytest
from recorded import coordinate, work

from swarm.commands.machine_config import open_trace
from swarm.commands.main import main, parse
from swarm.errors import EXIT_SOFTWARE, EXIT_USAGE


@pytest.fixture
def log(tmp_path: Path) -> Path:
    coordinate(tmp_path / "run.log")
    return tmp_path / "run.log"


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("segment", ["1/1", "1:1", "01/01"])
def test_the_story_of_a_sentence(log: Path, capsys: pytest.CaptureFixture[str], segment: str) -> None:
    assert main(["log", str(log), "--segment", segment]) == 0
    lines = told(capsys)
    assert lines[0].endswith("sentence 1/1:")
    assert "1/1 to 1/6: granted to P" in lines[2]
    assert lines[-1].endswith("the clip of 1/1 is lost: damaged")


def test_the_story_of_a_machine_in_the_logs_of_two(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    work(log.with_name("w.log"))
    assert main(["log", str(log), str(log.with_name("w.log")), "--worker", "W"]) == 0
    assert all(" worker W: " in line for line in told(capsys))


def test_a_log_that_is_named_twice_is_told_once(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log", str(log)]) == 0
    once = told(capsys)
    assert main(["log", str(log), str(log.parent / "." / log.name)]) == 0
    assert told(capsys) == once


def test_logs_of_other_processes_beside_it_are_named(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    work(log.with_stem("run-2"))
    assert main(["log", str(log)]) == 0
    assert complaint(capsys) == "Not read: run-2.log, by processes that ran at the same time; name them as well."
    assert main(["log", str(log), str(log.with_stem("run-2"))]) == 0
    assert complaint(capsys) == ""


def test_the_books_of_one_log_are_told_apart(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = log.read_bytes().replace(b'"job":"job"', b'"job":"emma"').replace(b'"title":"Book"', b'"title":"Emma"')
    log.write_bytes(log.read_bytes() + other)
    assert main(["log", str(log), "--segment", "1/1"]) == 0
    heads = [line for line in told(capsys) if line.endswith("sentence 1/1:")]
    assert heads == ["Book (job job), sentence 1/1:", "Emma (job emma), sentence 1/1:"]
    assert main(["log", str(log), "--segment", "1/1", "--book", "emma"]) == 0
    assert [line for line in told(capsys) if line.endswith("sentence 1/1:")] == heads[1:]
    assert main(["log", str(log)]) == 0
    assert any("Emma, 1/1 to 1/6: granted to P" in line for line in told(capsys))


def test_without_a_choice_all_is_told(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log", str(log)]) == 0
    assert "coordinator laptop: starts" in told(capsys)[0]


def test_a_replay_says_that_nothing_differs(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log", str(log), "--replay"]) == 0
    assert told(capsys) == [f"{log}: 19 calls replayed, 0 with another result"]


def test_a_replay_names_what_differs_and_fails(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log.write_bytes(log.read_bytes().replace(b"the digest is another", b"nothing is wrong", 1))
    assert main(["log", str(log), "--replay"]) == EXIT_SOFTWARE
    lines = told(capsys)
    assert "coordinator.receive:" in lines[0]
    assert "the digest is another" in lines[1]
    assert lines[-1].endswith("1 with another result")


@pytest.mark.parametrize(
    "words, sentence",
    [
        (
            ("--segment", "3/1"),
            "There is no sentence 3/1: the job has 2 chapters, and chapters are counted within the job.",
        ),
        (("--segment", "2/7"), "There is no sentence 2/7: chapter 2 has 6 sentences."),
        (("--segment", "0/1"), "--segment takes chapter/sentence such as 3/17, counted from 1, not '0/1'."),
        (("--segment", "first"), "--segment takes chapter/sentence such as 3/17, counted from 1, not 'first'."),
        (("--worker", "X"), "The log {log} knows no machine 'X'; it knows: laptop, P, Q."),
        (("--worker", "P", "--segment", "2/5"), "The log {log} tells nothing about P and sentence 2/5."),
        (("--book", "Emma"), "The log {log} knows no book 'Emma'; it knows: Book."),
        (("--replay", "--worker", "P"), "--replay runs the whole log: leave out --segment, --worker and --book."),
    ],
)
def test_what_is_not_in_the_log_is_a_sentence(
    log: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], sentence: str
) -> None:
    assert main(["log", str(log), *words]) == EXIT_USAGE
    assert complaint(capsys) == f"e2a-swarm: {sentence.format(log=log)}"


def test_a_file_that_is_no_log_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log", str(tmp_path / "none.log")]) == EXIT_USAGE
    assert "There is no log" in complaint(capsys)
    (tmp_path / "book.txt").write_text("Call me Ishmael.")
    assert main(["log", str(tmp_path / "book.txt")]) == EXIT_USAGE
    assert "is no log of e2a-swarm" in complaint(capsys)


@pytest.mark.parametrize("words", [("coordinate", "book.epub"), ("work", "--cpu")])
def test_a_log_that_cannot_be_written_ends_the_command_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("E2A_SWARM_HOME", str(tmp_path / "state"))
    assert main([*words, "--log", str(tmp_path)]) == EXIT_USAGE
    assert "cannot be written (Is a directory); give --log a file" in complaint(capsys)


def test_a_run_says_once_that_it_writes_to_another_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "swarm.log"
    words = ["work", "--log", str(path)]
    with open_trace(parse(words)):
        assert complaint(capsys) == ""
        with open_trace(parse(words)):
            assert complaint(capsys) == f"log: {tmp_path / 'swarm-2.log'} (swarm.log is another process's)"
