"""What a log tells of its books."""

from swarm.watch.trace.happening import LoggedBooks


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
    assert books().find("a") == {"a"}
    assert books().find("emma") == {"a", "b"}
    assert books().find("AUNT") == {"b"}
    assert books().find("Persuasion") == frozenset()


def test_clips_that_were_there_before_are_known() -> None:
    found = books()
    found.learn({"job": "a", "field": "accepted", "items": [[[0, 1], {}]]})
    assert found.known == {("a", 0, 1)}
