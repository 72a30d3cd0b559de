"""Whether a new edition takes the place of the last one, and what is left over of that."""

import json

import msgspec
import pytest
from msgspec import structs
from specs_for_tests import a_job

from swarm.audiobook.output_path import (
    Head,
    HeadBook,
    PossibleName,
    book_marks,
    choose_name,
    is_another_voice,
    leftovers,
    names_of,
    read_head,
)


def head(job: str, *files: str, whole: bool = True) -> Head:
    report = {"book": {"job": job}, "files": files, **({"totals": {}} if whole else {})}
    found = read_head(json.dumps(report).encode())
    assert found is not None
    return found


def marks(**book: object) -> frozenset[str]:
    facts = {"job": "j", "title": "Emma", "authors": ("Ann",), "language": "en", "identifier": "i", "source": "/a"}
    return Head(HeadBook(**(facts | book))).marks  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("book", "same"),
    [
        ({"source": "/moved"}, True),
        ({"identifier": "made anew"}, True),
        ({"identifier": "another translation", "source": "/b"}, False),
        ({"title": "Emma 2"}, False),
        ({"authors": ("Ann", "Bob")}, False),
        ({"language": "fr"}, False),
        ({"identifier": "", "source": ""}, False),
    ],
)
def test_two_reports_are_of_one_book_if_its_identifier_or_its_file_is_the_same(
    book: dict[str, object], same: bool
) -> None:
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


@pytest.mark.parametrize(
    "data", [b"", b"[" * 9999, b"{}", b'{"book": {"job": 1}}', b'{"book": {"job": "j"}, "files": 1}']
)
def test_what_is_no_report_has_no_head(data: bytes) -> None:
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
