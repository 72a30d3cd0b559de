"""Stories of whole logs: several files, other versions, and foreign content in a log."""

import random
from pathlib import Path

import pytest
from recorded import coordinate, work

from swarm.watch.trace.log_file import read_logs
from swarm.watch.trace.story import LoggedBooks, Story, named


def lines_of(*paths: Path) -> list[str]:
    story = Story()
    return list(story.lines(story.tell(read_logs(paths))))


def test_two_workers_with_one_role_are_told_apart(tmp_path: Path) -> None:
    for name in ("a", "b"):
        work(tmp_path / f"{name}.log")
    content = (tmp_path / "b.log").read_bytes()
    (tmp_path / "b.log").write_bytes(content.replace(b'"name":"W"', b'"name":"V"'))
    told = lines_of(tmp_path / "a.log", tmp_path / "b.log")
    assert sum(" worker W: " in line for line in told) == sum(" worker V: " in line for line in told) > 10


def test_lines_begin_with_the_time_of_the_reader(tmp_path: Path) -> None:
    work(tmp_path / "run.log")
    first = lines_of(tmp_path / "run.log")[0]
    assert first[:4].isdigit()
    assert first[23:].startswith("  worker W: starts")


@pytest.mark.parametrize(
    "line",
    [
        b'{"at":1e300,"core":"worker","call":"leave"}',
        b'{"at":1,"core":"painter","call":"paint","given":{"colour":"red"}}',
        b'{"at":1,"core":"worker","call":"receive","given":{"name":"a","message":{"type":"Sing"}}}',
        b'{"at":1,"core":"coordinator","call":"receive","given":{"peer":3,"message":[]},"result":7}',
        b'{"at":1,"core":"coordinator","call":"tick","given":{},"result":{"events":[7],"sends":[{}]}}',
        b'{"at":1,"core":"worker","call":"open","given":{"hello":null}}',
        b'{"at":1,"core":"worker","call":"limit","given":{"limits":{}}}',
        b'{"at":1,"core":"worker","call":"open","given":{"hello":{"name":{},"slots":1}},"result":{"version":"1"}}',
        b'{"at":1,"core":"worker","call":"open","given":{"hello":{"name":true,"slots":1}},"result":{"version":"1"}}',
    ],
)
def test_what_is_not_known_here_is_passed_over(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "run.log"
    work(path)
    before = len(lines_of(path))
    path.write_bytes(line + b"\n" + path.read_bytes())
    assert before <= len(lines_of(path)) <= before + 1


def test_no_damage_to_a_log_stops_its_story(tmp_path: Path) -> None:
    path, chance = tmp_path / "run.log", random.Random(7)
    coordinate(path)
    work(path)
    content = path.read_bytes()
    for _ in range(60):
        damaged = bytearray(content)
        for _ in range(40):
            damaged[chance.randrange(len(damaged))] = chance.choice(b'0123456789"{}[],:-\n\x00\xffaz')
        path.write_bytes(bytes(damaged))
        assert len(lines_of(path)) > 0


def test_a_story_holds_nothing_that_steers_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    work(path)
    path.write_bytes(path.read_bytes().replace(b"cuda:0", b"cuda \\u001b[31m 0"))
    told = lines_of(path)
    assert any("cuda  [31m 0" in line.replace("cuda [31m", "cuda  [31m") for line in told)
    assert all(line.isprintable() for line in told)


def test_a_lease_of_which_nothing_is_left_is_told_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    revoke = b'{"at":1,"core":"worker","call":"receive","given":{"name":"a","message":{"type":"Revoke","lease":7}}}'
    path.write_bytes(revoke + b"\n")
    assert [line[25:] for line in lines_of(path)] == ["worker: lease 7 is taken back by a"]


def test_places_are_named_as_users_count_them() -> None:
    assert named([("j", 2, 16)]) == "3/17"
    assert named([("j", 2, index) for index in (18, 16, 17)]) == "3/17 to 3/19"
    assert named([("j", 2, 16), ("j", 2, 18), ("j", 3, 0)]) == "3/17 to 4/1 (3 sentences)"
    assert named([]) == "nothing"


def books() -> LoggedBooks:
    found = LoggedBooks()
    for job, title in (("a", "Emma"), ("b", "Emma's Aunt")):
        found.learn({"job": job, "spec": {"book": {"title": title}}})
        found.learn({"job": job, "chapter": {"segments": [["One.", "sentence"], ["1812", "sentence", "", "In 1812"]]}})
    return found


def test_words_are_those_of_the_book() -> None:
    assert [books().words["a", 0, index] for index in (0, 1)] == ["One.", "In 1812"]


def test_a_second_run_of_a_job_begins_its_chapters_anew() -> None:
    found = books()
    found.learn({"job": "a", "spec": {"book": {"title": "Emma"}}})
    found.learn({"job": "a", "chapter": {"segments": [["One.", "sentence"]]}})
    assert found.sizes == {"a": [1], "b": [2]}


def test_a_book_is_found_by_its_job_or_by_a_part_of_its_title() -> None:
    assert books().find_jobs("a") == {"a"}
    assert books().find_jobs("emma") == {"a", "b"}
    assert books().find_jobs("AUNT") == {"b"}
    assert books().find_jobs("Persuasion") == frozenset()


def test_clips_that_were_there_before_are_known() -> None:
    found = books()
    found.learn({"job": "a", "field": "accepted", "items": [[[0, 1], {}]]})
    assert found.known == {("a", 0, 1)}
