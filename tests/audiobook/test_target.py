import json
import os
from pathlib import Path

import pytest

from swarm.audiobook import output_path
from swarm.audiobook.output_path import claim_output_path, is_finished_by, release_output_path, report_path
from swarm.errors import StoreError


def test_a_job_keeps_its_name(tmp_path: Path) -> None:
    first = claim_output_path(tmp_path / "new" / "folder", "Emma - Jane Austen", "m4b", "job-1")
    assert first.name == "Emma - Jane Austen.m4b"
    assert claim_output_path(first.parent, "Emma - Jane Austen", "m4b", "job-1") == first
    assert json.loads(report_path(first).read_bytes())["book"]["job"] == "job-1"


def test_another_job_of_that_title_gets_a_number(tmp_path: Path) -> None:
    names = [claim_output_path(tmp_path, "Emma", "m4b", f"job-{n}").name for n in range(3)]
    assert names == ["Emma.m4b", "Emma (2).m4b", "Emma (3).m4b"]
    assert claim_output_path(tmp_path, "Emma", "m4b", "job-1").name == "Emma (2).m4b"


def test_a_name_is_given_up_by_its_job_alone_and_never_with_a_report_that_was_written(tmp_path: Path) -> None:
    target = claim_output_path(tmp_path, "Emma", "m4b", "job")
    release_output_path(target, "other")
    assert report_path(target).exists()
    release_output_path(target, "job")
    release_output_path(target, "job")
    assert not list(tmp_path.iterdir())
    report_path(target).write_text('{"book": {"job": "job"}, "totals": {}}')
    release_output_path(target, "job")
    assert report_path(target).exists()


def test_a_file_of_the_users_own_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "Emma.m4b").write_bytes(b"mine")
    assert claim_output_path(tmp_path, "Emma", "m4b", "job").name == "Emma (2).m4b"


@pytest.mark.parametrize("torn", [b"", bytes(100), b'{"book": {"jo', b"\xff"])
def test_a_claim_that_a_power_cut_tore_is_free_unless_an_audiobook_is_beside_it(tmp_path: Path, torn: bytes) -> None:
    (tmp_path / "Emma.report.json").write_bytes(torn)
    assert claim_output_path(tmp_path, "Emma", "m4b", "job").name == "Emma.m4b"
    assert [path.name for path in tmp_path.iterdir()] == ["Emma.report.json"]
    (tmp_path / "Emma.report.json").write_bytes(torn)
    (tmp_path / "Emma.m4b").write_bytes(b"an audiobook")
    assert claim_output_path(tmp_path, "Emma", "m4b", "job").name == "Emma (2).m4b"


def test_a_claim_is_on_the_disk_before_its_name_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    link, sync = os.link, output_path.sync_folder
    monkeypatch.setattr(output_path, "write_synced", lambda path, data: (done.append("synced"), path.write_bytes(data)))
    monkeypatch.setattr(
        os, "link", lambda part, name: (done.append(f"named {part.stat().st_size > 0}"), link(part, name))
    )
    monkeypatch.setattr(output_path, "sync_folder", lambda folder: (done.append("folder"), sync(folder)))
    claim_output_path(tmp_path, "Emma", "m4b", "job")
    assert done == ["synced", "named True", "folder"]


def test_a_disk_without_links_is_claimed_on_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(part: Path, name: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    assert [claim_output_path(tmp_path, "Emma", "m4b", f"job-{n}").name for n in range(2)] == [
        "Emma.m4b",
        "Emma (2).m4b",
    ]


@pytest.mark.parametrize("damage", [b"{}", b"[1]", b'{"book": 5}', b"[" * 100_000])
def test_a_report_that_is_none_is_left_alone(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "Emma.report.json").write_bytes(damage)
    assert claim_output_path(tmp_path, "Emma", "m4b", "job").name == "Emma (2).m4b"
    assert (tmp_path / "Emma.report.json").read_bytes() == damage


def test_dots_in_a_title_are_no_ending(tmp_path: Path) -> None:
    assert report_path(tmp_path / "Dr. J. - R. L. Stevenson.m4b").name == "Dr. J. - R. L. Stevenson.report.json"


def test_a_folder_that_is_a_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError):
        claim_output_path(tmp_path / "file", "Emma", "m4b", "job")


def test_a_report_that_was_only_begun_is_not_whole(tmp_path: Path) -> None:
    report = report_path(claim_output_path(tmp_path, "Emma", "m4b", "job"))
    assert not is_finished_by(report, "job")
    report.write_bytes(b'{"book": {"job": "job"}, "totals": {}}')
    assert is_finished_by(report, "job")
    assert not is_finished_by(tmp_path / "absent", "job")


def whole(folder: Path, job: str, *files: str) -> bytes:
    report = {"book": {"job": job}, "files": [str(folder / name) for name in files], "totals": {}}
    (folder / "Emma.report.json").write_text(json.dumps(report))
    return (folder / "Emma.report.json").read_bytes()


def test_an_edition_takes_over_a_name_and_leaves_the_finished_one_until_it_is_whole(tmp_path: Path) -> None:
    (tmp_path / "Emma.m4b").write_bytes(b"old")
    before = whole(tmp_path, "old", "Emma.m4b")
    for _ in range(2):  # the same command resumes
        taken = claim_output_path(tmp_path, "Emma", "m4b", "new", ["m"], lambda last: last.book.job == "old")
        assert taken.name == "Emma.m4b"
        assert (report_path(taken).read_bytes(), taken.read_bytes()) == (before, b"old")
    assert not is_finished_by(report_path(taken), "new")
    assert is_finished_by(report_path(taken), "old")
    release_output_path(taken, "new")
    assert report_path(taken).exists()


def test_a_claim_that_may_be_replaced_is_replaced_at_once(tmp_path: Path) -> None:
    claim_output_path(tmp_path, "Emma", "m4b", "old", ["m"])
    assert claim_output_path(tmp_path, "Emma", "m4b", "new", ["m"], lambda last: last.marks == {"m"}).name == "Emma.m4b"
    assert json.loads((tmp_path / "Emma.report.json").read_bytes())["book"] == {"job": "new", "marks": ["m"]}
    assert claim_output_path(tmp_path, "Emma", "m4b", "old", ["m"]).name == "Emma (2).m4b"
