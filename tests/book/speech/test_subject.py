import pytest

from swarm.book.speech.dialogue import MAX_NARRATION, MAX_SUBJECT_NAMES, Subjects

KNOWN = Subjects({"Alice", "the Hatter", "Mr. Utterson", "Utterson", "Holmes"})


@pytest.mark.parametrize(
    ("narration", "name"),
    [
        ("Alice sighed.", "Alice"),
        ("It rained; and poor Alice, who was tired, sighed.", "Alice"),
        ("The Hatter rose, and then the Hatter fell.", "the Hatter"),
        ("It was late, but Alice sighed.", "Alice"),
        ("Mr. Utterson rose. Utterson left.", "Mr. Utterson"),  # one person
        ("Holmes rose. Alice sighed.", ""),
        ("She looked at Alice sadly.", ""),  # no clause begins with her
        ("Alice and Holmes rose.", ""),
        ("Alice’s cat rose.", ""),
        ("Malice rose.", ""),
        ("", ""),
    ],
)
def test_a_clause_begins_with_whom_it_is_about(narration: str, name: str) -> None:
    assert KNOWN.find_name(narration) == name


def test_without_known_names_nobody_is_found() -> None:
    assert Subjects(()).find_name("Alice sighed.") == ""


def test_names_and_narrations_are_bounded() -> None:
    many = Subjects({f"Name{'x' * number}" for number in range(MAX_SUBJECT_NAMES + 50)})
    assert many.find_name("Name rose.") == ""  # the shortest are left out
    assert KNOWN.find_name("Alice sighed. " + "a" * MAX_NARRATION) == ""
