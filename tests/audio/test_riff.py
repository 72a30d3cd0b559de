"""Chunks at the end of WAV files."""

import io
import wave

from swarm.audio.tagged import append_chunk


def wav(samples: int) -> io.BytesIO:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, 24000, samples, "NONE", ""))
        writer.writeframes(bytes(2 * samples))
    return file


def chunks(data: bytes) -> dict[bytes, bytes]:
    found, place = {}, 12
    while place < len(data):
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        found[data[place : place + 4]] = data[place + 8 : place + 8 + size]
        place += 8 + size + size % 2
    return found


def test_a_chunk_is_added_and_counted_and_the_sound_is_as_it_was() -> None:
    file = wav(100)
    append_chunk(file, b"id3 ", b"odd")
    data = file.getvalue()
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    assert len(data) % 2 == 0
    assert chunks(data) | {b"fmt ": b""} == {b"fmt ": b"", b"data": bytes(200), b"id3 ": b"odd"}
    file.seek(0)
    with wave.open(file) as reader:
        assert reader.getnframes() == 100


def test_in_a_file_of_more_than_4_gib_the_long_size_counts_it() -> None:
    head = b"RF64" + b"\xff" * 4 + b"WAVEds64" + (28).to_bytes(4, "little")
    file = io.BytesIO(head + (0).to_bytes(8, "little") + bytes(20))
    append_chunk(file, b"id3 ", b"even")
    data = file.getvalue()
    assert data[:20] == head
    assert int.from_bytes(data[20:28], "little") == len(data) - 8
    assert data.endswith(b"id3 \x04\0\0\0even")


def test_what_is_no_wav_stays_as_it_is() -> None:
    file = io.BytesIO(b"fLaC....")
    append_chunk(file, b"id3 ", b"x")
    assert file.getvalue() == b"fLaC...."
