import math
from itertools import product

import pytest

from swarm.audiobook.sound.format import CODECS, FORMATS, Coding, Level, level_lines, make_coding, read_level
from swarm.commands import option_table
from swarm.errors import UsageError


def test_the_command_line_offers_every_format() -> None:
    assert tuple(FORMATS) == option_table.FORMATS
    assert {kind.codec for kind in FORMATS.values()} == set(CODECS)


def test_any_voice_fits_any_format_without_losing_its_treble() -> None:
    for name, rate in product(FORMATS, [8000, 16000, 22050, 24000, 44100, 48000]):
        coding = make_coding(name, rate)
        assert coding.sample_rate >= rate, name
        assert not coding.kind.rates or coding.sample_rate in coding.kind.rates, name
        assert coding.frame_samples > 0, name


def test_a_bit_rate_that_a_low_rate_cannot_have_raises_the_rate() -> None:
    assert make_coding("mp3", 24000, bitrate=192_000) == Coding("mp3", 32000, 1, 192_000)


def test_what_a_format_cannot_have_is_refused_in_words() -> None:
    for wish, words in [
        ({"bitrate": 1_000_000}, "320k"),
        ({"sample_rate": 12345}, "44100"),
        ({"sample_rate": 24000, "bitrate": 192_000}, "at 24000 Hz"),
    ]:
        with pytest.raises(UsageError, match=words):
            make_coding("mp3", 24000, **wish)


def test_a_lossless_format_has_no_bit_rate() -> None:
    with pytest.raises(UsageError, match="leave it out"):
        make_coding("flac", 24000, bitrate=64_000)
    assert make_coding("wav", 22050).sample_rate == 22050


def test_what_is_said_is_meant() -> None:
    assert read_level("-18") == Level()
    assert read_level("-16") == Level(-16.0)
    assert read_level("off").target_lufs is None
    assert read_level("ACX").peak_db <= -3


def test_a_coder_that_adds_to_peaks_is_given_lower_ones() -> None:
    flac, opus = (read_level("-16").ceiling(make_coding(name, 24000)) for name in ("flac", "opus"))
    assert 20 * math.log10(flac) == pytest.approx(-2.0)
    assert opus < flac


def test_what_cannot_be_meant_is_refused() -> None:
    for text in ["loud", "0", "-99", "nan", ""]:
        with pytest.raises(UsageError, match="--loudness"):
            read_level(text)


def test_a_voice_that_does_not_come_to_its_level_is_named() -> None:
    assert level_lines(Level(-12.0), -14.27) == [
        "the voice is at -14.3 LUFS, not at -12: its high peaks have to stay under -2 dB"
    ]
    assert level_lines(Level(-18.0), -18.3) == level_lines(Level(None), -30.0) == level_lines(Level(), None) == []
