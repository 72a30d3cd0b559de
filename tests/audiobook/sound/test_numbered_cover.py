import io

import numpy as np
from PIL import Image

from swarm.audiobook.sound.cover import Picture, number_cover


def cover(form: str, mode: str, width: int, height: int) -> Picture:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (200, 60, 40)).convert(mode).save(file, form)
    return Picture("png" if form == "PNG" else "mjpeg", file.getvalue())


def pixels(picture: Picture) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(picture.data)).convert("RGB"), dtype=int)


def test_the_number_stands_in_the_lower_right_corner_and_the_rest_is_as_it_was() -> None:
    for form, mode, width, height in [
        ("JPEG", "RGB", 600, 900),
        ("PNG", "RGBA", 400, 400),
        ("JPEG", "L", 90, 60),
        ("PNG", "P", 16, 16),
    ]:
        plain = cover(form, mode, width, height)
        numbered = number_cover(plain, "2/3")
        assert numbered.codec == "mjpeg", form
        before, after = pixels(plain), pixels(numbered)
        assert before.shape == after.shape, form
        changed = np.abs(before - after).max(axis=2) > 40
        assert changed.any(), form
        if width > 100:
            assert not changed[: height // 2].any()
            assert not changed[:, : width // 2].any()
            corner = after[height // 2 :, width // 2 :].max(axis=2)
            assert (corner > 230).any()
            assert (corner < 40).any()


def test_each_part_has_a_number_of_its_own() -> None:
    plain = cover("JPEG", "RGB", 300, 300)
    assert number_cover(plain, "1/12") == number_cover(plain, "1/12") != number_cover(plain, "11/12")
