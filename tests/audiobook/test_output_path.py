"""Whether a new edition takes the place of the last one, and what is left over of that."""

import json
import os
from pathlib import Path

import msgspec
import pytest
from msgspec import structs
from specs_for_tests import a_job

from swarm.audiobook import output_path
from swarm.audiobook.output_path import (
    Head,
    HeadBook,
    PossibleName,
    book_marks,
    choose_name,
    claim_output_path,
    claims_in,
    is_another_voice,
    is_finished_by,
    leftovers,
    names_of,
    note_claim,
    read_head,
    release_output_path,
    report_path,
)
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


def test_a_name_that_another_command_claims_meanwhile_is_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def link_late(part: Path, name: Path) -> None:
        monkeypatch.setattr(os, "link", link)
        claim_output_path(tmp_path, "Emma", "m4b", "quicker")
        link(part, name)

    monkeypatch.setattr(os, "link", link_late)
    assert claim_output_path(tmp_path, "Emma", "m4b", "job").name == "Emma (2).m4b"


def test_a_claim_is_noted_once(tmp_path: Path) -> None:
    report = str(tmp_path / "Emma.report.json")
    assert [note_claim(tmp_path, each) for each in (report, report, "sftp://nas/Emma.report.json")] == [
        True, False, True
    ]  # fmt: skip
    assert claims_in(tmp_path) == [Path(report)]


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


def head(job: str, *files: str, whole: bool = True) -> Head:
    report = {"book": {"job": job}, "files": files, **({"totals": {}} if whole else {})}
    found = read_head(json.dumps(report).encode())
    assert found is not None
    return found


def marks(**book: object) -> frozenset[str]:
    facts = {"job": "j", "title": "Emma", "authors": ("Ann",), "language": "en", "identifier": "i", "source": "/a"}
    return Head(HeadBook(**(facts | book))).marks  # type: ignore[arg-type]


def test_two_reports_are_of_one_book_if_its_identifier_or_its_file_is_the_same() -> None:
    for book, same in [
        ({"source": "/moved"}, True),
        ({"identifier": "made anew"}, True),
        ({"identifier": "another translation", "source": "/b"}, False),
        ({"title": "Emma 2"}, False),
        ({"authors": ("Ann", "Bob")}, False),
        ({"language": "fr"}, False),
        ({"identifier": "", "source": ""}, False),
    ]:
        assert bool(marks() & marks(**book)) is same


def test_a_job_a_report_and_a_claim_have_the_same_marks() -> None:
    spec = structs.replace(a_job(), book=structs.replace(a_job().book, identifier="urn:1"))
    book = {"job": "j", "title": "Moby Dick", "authors": ["Herman Melville"], "language": "en"}
    report = read_head(json.dumps({"book": {**book, "identifier": "urn:1", "source": "/books/moby.epub"}}).encode())
    assert report is not None
    assert report.marks == book_marks(spec)
    claim = read_head(json.dumps({"book": {"job": "j", "marks": sorted(book_marks(spec))}}).encode())
    assert claim is not None
    assert (claim.marks, claim.is_whole) == (book_marks(spec), False)


def test_what_is_no_report_has_no_head() -> None:
    for data in [b"", b"[" * 9999, b"{}", b'{"book": {"job": 1}}', b'{"book": {"job": "j"}, "files": 1}']:
        assert read_head(data) is None


def test_another_voice_language_or_cast_is_another_edition_and_another_speed_is_not() -> None:
    recipe = a_job().recipe

    def last(totals: bool = True, **other: object) -> Head:
        facts = msgspec.to_builtins(structs.replace(recipe, **other)) | {"settings": {}}
        report = {"book": {"job": "j"}, "recipe": facts, **({"totals": {}} if totals else {})}
        found = read_head(json.dumps(report).encode())
        assert found is not None
        return found

    assert not is_another_voice(recipe, last())
    assert not is_another_voice(recipe, last(settings=(("speed", 1.2),)))
    for other in ({"voice": "x"}, {"engine": "x"}, {"language": "x"}, {"model": "x"}, {"cast": True}):
        assert is_another_voice(recipe, last(**other)), other
        assert not is_another_voice(recipe, last(totals=False, **other)), "a claim has nothing to lose"
    assert is_another_voice(recipe, head("j")), "a report that does not tell its voice is kept"


def chosen(*names: PossibleName, replaces: bool = True) -> str:
    free = PossibleName(f"E ({len(names) + 1})", None, has_file=False, is_free=True)
    return choose_name((*names, free), "new", "m4b", lambda last: replaces).stem


def test_an_edition_takes_the_name_of_the_last_one_unless_it_has_one_already() -> None:
    last = PossibleName("E", head("old", "/x/E.m4b"), has_file=True, is_free=False)
    own = PossibleName("E (2)", head("new", "/x/E (2).m4b"), has_file=True, is_free=False)
    assert chosen(last) == "E"
    assert chosen(last, replaces=False) == "E (2)"
    assert choose_name((last, own), "new", "m4b", lambda last: last.book.job == "old").stem == "E (2)"
    assert choose_name((last, own), "new", "m4b", lambda last: True).stem == "E"


def test_a_file_that_the_report_does_not_list_is_the_users_own() -> None:
    other_format = PossibleName("E", head("old", "/x/E.mp3"), has_file=True, is_free=False)
    no_report = PossibleName("E", None, has_file=True, is_free=False)
    assert chosen(other_format) == chosen(no_report) == "E (2)"
    assert chosen(PossibleName("E", head("old", "/x/E.mp3"), has_file=False, is_free=False)) == "E"


def test_names_are_those_in_the_reports_folder_wherever_it_was() -> None:
    files = ["/x/E/01 - I.mp3", r"C:\\Books\\E.vtt", "s3://b/E.read-along.epub", "/x/other.mp3", "/y/E/.."]
    assert names_of(files, "E") == ["E/01 - I.mp3", "E.vtt", "E.read-along.epub"]


def test_left_over_is_what_was_not_overwritten_but_sound_in_another_format_stays() -> None:
    old = head("old", "/x/E/01 - I.mp3", "/x/E/02 - II.mp3", "/x/E/01 - I.vtt", "/x/E.m4b")
    assert leftovers(old, "new", ["/x/E/01 - I.mp3"], "E.mp3", page=False) == [
        "E.report.html",
        "E/02 - II.mp3",
        "E/01 - I.vtt",
    ]
    assert leftovers(old, "new", ["/x/E/01 - I.mp3"], "E.mp3", page=True) == ["E/02 - II.mp3", "E/01 - I.vtt"]
    assert leftovers(old, "old", ["/x/E.mp3"], "E.mp3", page=False) == ["E/01 - I.mp3", "E/02 - II.mp3"]
    assert leftovers(None, "new", ["/x/E.mp3"], "E.mp3", page=False) == []
