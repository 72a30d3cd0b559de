import pytest

from swarm.audio.tags import Tags, free_tags, written_tags


@pytest.mark.parametrize("family", ["mp4", "mp3", "ogg", "flac", "wav"])
def test_what_is_not_known_is_not_written(family: str) -> None:
    found = written_tags(Tags("Emma"), family)
    assert found.items() >= {"title": "Emma", "album": "Emma", "genre": "Audiobook"}.items()
    assert all(found.values())
    assert not {"artist", "series", "SERIES", "track"} & found.keys()


def test_a_part_has_its_own_title_and_number_in_the_album() -> None:
    found = written_tags(Tags("Emma", ("Jane Austen",), part_title="Chapter I", part=1, parts=12), "mp3")
    assert (found["title"], found["album"], found["track"]) == ("Chapter I", "Emma", "1/12")


def test_tags_are_bounded_and_without_what_ends_a_string() -> None:
    tags = Tags("a\0b", description="d" * 99_999, subtitle="\0", isbn="\ud800")
    assert written_tags(tags, "mp4")["title"] == "ab"
    assert len(written_tags(tags, "mp4")["description"]) == 4000
    assert free_tags(tags) == {"ISBN": "?"}
