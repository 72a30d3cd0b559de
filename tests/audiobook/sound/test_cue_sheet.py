from swarm.audiobook.sound.subtitle import write_cue_sheet
from swarm.audiobook.sound.tags import Tags

TAGS = Tags("Emma", ("Jane Austen", "Another"), part_title="Part\nI")


def test_times_are_minutes_seconds_and_frames_however_long_the_book_is() -> None:
    sheet = write_cue_sheet('Emma "1".mp3', TAGS, [("One", 0.0), ('Two, or "2"', 75.5), ("Three", 66 * 3600 + 0.999)])
    assert sheet.splitlines() == [
        'PERFORMER "Jane Austen, Another"',
        'TITLE "Part I"',
        "FILE \"Emma '1'.mp3\" MP3",
        "  TRACK 01 AUDIO",
        '    TITLE "One"',
        "    INDEX 01 00:00:00",
        "  TRACK 02 AUDIO",
        "    TITLE \"Two, or '2'\"",
        "    INDEX 01 01:15:37",
        "  TRACK 03 AUDIO",
        '    TITLE "Three"',
        "    INDEX 01 3960:00:74",
    ]
