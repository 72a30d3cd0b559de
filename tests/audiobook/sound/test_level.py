import math

import pytest

from swarm.audiobook.sound.format import Level, level_lines, make_coding, read_level
from swarm.errors import UsageError


def test_what_is_said_is_meant() -> None:
    assert read_level("-18") == Level()
    assert read_level("-16") == Level(-16.0)
    assert read_level("off").target_lufs is None
    assert read_level("ACX").peak_db <= -3


def test_a_coder_that_adds_to_peaks_is_given_lower_ones() -> None:
    flac, opus = (read_level("-16").ceiling(make_coding(name, 24000)) for name in ("flac", "opus"))
    assert 20 * math.log10(flac) == pytest.approx(-2.0)
    assert opus < flac


@pytest.mark.parametrize("text", ["loud", "0", "-99", "nan", ""])
def test_what_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--loudness"):
        read_level(text)


def test_a_voice_that_does_not_come_to_its_level_is_named() -> None:
    assert level_lines(Level(-12.0), -14.27) == [
        "the voice is at -14.3 LUFS, not at -12: its high peaks have to stay under -2 dB"
    ]
    assert level_lines(Level(-18.0), -18.3) == level_lines(Level(None), -30.0) == level_lines(Level(), None) == []
