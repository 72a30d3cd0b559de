import io
from fractions import Fraction

import av
import numpy as np
import pytest
from pictures import picture
from PIL import Image

from swarm.audiobook.sound.cover import (
    Picture,
    UnusablePicture,
    cover_fault,
    draw_cover,
    fit_cover,
    shrink_cover,
    small_cover,
    square_cover,
)
from swarm.audiobook.sound.studio_request import MAX_COVER_BYTES


def gif() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="gif") as container:
        stream = container.add_stream("gif", rate=1, width=64, height=96, pix_fmt="rgb8")
        red = np.full((96, 64, 3), (200, 30, 30), np.uint8)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(red, format="rgb24").reformat(format="rgb8")))
        container.mux(stream.encode(None))
    return file.getvalue()


def test_jpeg_and_png_are_kept_as_they_are() -> None:
    for codec, pixels in [("mjpeg", "yuvj420p"), ("png", "rgb24")]:
        data = picture(codec, pixels)
        assert fit_cover(data) == Picture(codec, data)


def red(form: str, mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 96), (200, 30, 30)).convert(mode).save(file, form)
    return file.getvalue()


OTHERS = [picture("bmp", "bgr24"), gif(), red("WEBP"), red("TIFF"), red("AVIF")]


def test_other_pictures_become_jpeg() -> None:
    for data in [*OTHERS, red("JPEG", "CMYK")]:
        found = fit_cover(data)
        assert found.codec == "mjpeg", data
        with av.open(io.BytesIO(found.data), format="mjpeg") as container:
            frame = next(container.decode(video=0)).to_ndarray(format="rgb24")
        assert frame.shape == (96, 64, 3), data
        assert np.abs(frame.mean(axis=(0, 1)) - (200, 30, 30)).max() < 40, data


def test_what_cannot_be_shown_is_no_cover_and_the_reason_is_told() -> None:
    for data, why in [
        (b"", "of a kind that cannot be shown"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "of a kind that cannot be shown"),
        (b"GIF89a", "damaged"),
        (b"BM" + bytes(200), "damaged"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(64), "damaged"),
        (picture("bmp", "bgr24")[:80], "damaged"),
        (b"\xff\xd8\xff" + bytes(200), "damaged"),
        (red("JPEG")[:300], "damaged"),
        (red("PNG")[:60], "damaged"),
        (b"\xff\xd8\xff" + bytes(MAX_COVER_BYTES), "larger than 16 MiB"),
        (picture("png", "rgb24", 1, 1), "a picture of only 1 x 1 pixels"),
    ]:
        assert cover_fault(data) == why


def test_a_picture_that_would_fill_the_memory_is_no_cover() -> None:
    bomb = bytearray(gif())
    bomb[6:10] = b"\xff\xff\xff\xff"  # 65535 x 65535
    with pytest.raises(UnusablePicture, match="more than 40 million pixels"):
        fit_cover(bytes(bomb))


def test_a_small_cover_is_a_jpeg_for_lists() -> None:
    file = io.BytesIO()
    Image.new("RGB", (1200, 1800), (200, 30, 30)).save(file, "JPEG")
    made = Image.open(io.BytesIO(small_cover(file.getvalue())))
    assert (made.format, max(made.size), made.size[1] / made.size[0]) == ("JPEG", 400, pytest.approx(1.5, 0.01))
    bomb = bytearray(gif())
    bomb[6:10] = b"\xa0\x0f" * 2  # 4000 x 4000, which would have to be read whole
    for hostile in (bytes(bomb), b"<svg/>", red("PNG")[:60]):
        for make in (small_cover, square_cover):
            with pytest.raises(UnusablePicture):
                make(hostile)


def test_a_square_cover_has_the_whole_picture_between_bars_of_its_colour() -> None:
    for size in [(1067, 1600), (3000, 2000), (200, 300), (500, 500)]:
        file = io.BytesIO()
        Image.new("RGB", size, (200, 30, 30)).save(file, "PNG")
        made = Image.open(io.BytesIO(square_cover(file.getvalue())))
        assert (made.format, made.mode, made.size) == ("JPEG", "RGB", (1400, 1400)), size
        for place in ((0, 0), (1399, 0), (700, 700), (0, 1399)):
            assert made.getpixel(place) == pytest.approx((200, 30, 30), abs=4)


def test_what_one_can_see_through_lies_on_white() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (16, 16), (0, 0, 0, 0)).save(file, "WEBP", lossless=True)
    found = fit_cover(file.getvalue())
    assert Image.open(io.BytesIO(found.data)).getpixel((4, 4)) == (255, 255, 255)


def test_a_photograph_taken_sideways_stands_upright() -> None:
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6  # turned to the right
    Image.new("RGB", (80, 40)).save(file, "TIFF", exif=exif)
    found = fit_cover(file.getvalue())
    assert Image.open(io.BytesIO(found.data)).size == (40, 80)


def test_a_huge_picture_is_made_smaller_and_keeps_its_shape() -> None:
    coder = av.CodecContext.create("png", "w")
    coder.width, coder.height, coder.pix_fmt, coder.time_base = 1000, 2000, "rgb24", Fraction(1, 1)
    noise = np.random.default_rng(1).integers(0, 255, (2000, 1000, 3), np.uint8)
    found = fit_cover(bytes(coder.encode(av.VideoFrame.from_ndarray(noise, format="rgb24"))[0]))
    with av.open(io.BytesIO(found.data), format="mjpeg") as container:
        frame = next(container.decode(video=0))
    assert (frame.width, frame.height) == (800, 1600)


def test_a_cover_is_made_smaller_until_it_fits() -> None:
    file = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 256, (1500, 1000, 3), np.uint8)
    Image.fromarray(noise).save(file, "PNG")
    large = Picture("png", file.getvalue())
    small = shrink_cover(large, 200_000)
    assert small.codec == "mjpeg"
    assert len(small.data) <= 200_000
    width, height = Image.open(io.BytesIO(small.data)).size
    assert height / width == pytest.approx(1.5, rel=0.02)
    assert shrink_cover(small, 200_000) is small


def pixels(data: bytes | None) -> np.ndarray:
    assert data is not None
    return np.asarray(Image.open(io.BytesIO(data)))


def test_a_cover_is_square_and_has_letters_on_it() -> None:
    shown = pixels(draw_cover("Emma", ("Jane Austen",)))
    assert shown.shape == (1400, 1400, 3)
    assert 0.01 < (shown.min(axis=2) > 230).mean() < 0.4


TITLES = ["A", "W" * 300, "Wandering" * 9, "word " * 60, "The Strange Case of Dr. Jekyll and Mr. Hyde"]


def test_no_title_runs_over_the_right_edge() -> None:
    for title in TITLES:
        shown = pixels(draw_cover(title, ()))
        assert (shown[:, -100:].min(axis=2) > 230).mean() < 0.01, title


def test_books_are_told_apart_by_colour_and_the_same_book_looks_the_same() -> None:
    one, other = draw_cover("One", ()), draw_cover("Another", ())
    assert one == draw_cover("One", ())
    assert tuple(pixels(one)[700, 5]) != tuple(pixels(other)[700, 5])


def test_a_picture_among_the_letters_is_left_out() -> None:
    assert draw_cover("Emma \U0001f4da\ufe0f again", ()) == draw_cover("Emma again", ())


def test_no_cover_is_better_than_one_of_boxes() -> None:
    for title in ["\U000f0000", "", "\x00\n"]:
        assert draw_cover(title, ()) is None
