import math

import pytest

from swarm.audio.format import make_coding
from swarm.audio.level import Level, read_level
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
