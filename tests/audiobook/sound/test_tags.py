from swarm.audiobook.sound.tags import MAX_TAG_CHARACTERS, Tags, clean_tag, comment_language, ffmpeg_tags


def test_what_is_not_known_is_not_written() -> None:
    for family in ["ogg", "flac", "wav"]:
        found = ffmpeg_tags(Tags("Emma"), family)
        assert found.items() >= {"title": "Emma", "album": "Emma", "genre": "Audiobook"}.items(), family
        assert all(found.values()), family
        assert not {"artist", "series", "SERIES", "track"} & found.keys(), family


def test_a_part_has_its_own_title_and_number_in_the_album() -> None:
    found = ffmpeg_tags(Tags("Emma", ("Jane Austen",), part_title="Chapter I", part=1, parts=12), "flac")
    assert (found["title"], found["album"], found["track"]) == ("Chapter I", "Emma", "1/12")


def test_tags_are_bounded_and_without_what_ends_a_string() -> None:
    found = ffmpeg_tags(Tags("a\0b", description="d" * 99_999, subtitle="\0", isbn="\ud800"), "ogg")
    assert found["title"] == "ab"
    assert len(found["DESCRIPTION"]) == MAX_TAG_CHARACTERS == 4000
    assert "SUBTITLE" not in found
    assert found["ISBN"] == clean_tag("\ud800") == "?"


def test_a_comment_is_in_a_language_of_three_letters() -> None:
    assert comment_language(Tags("T", language="ger")) == "ger"
    assert comment_language(Tags("T", language="x")) == comment_language(Tags("T")) == "und"
