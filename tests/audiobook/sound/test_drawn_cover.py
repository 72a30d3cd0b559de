import io

import numpy as np
import pytest
from PIL import Image

from swarm.audiobook.sound.cover import draw_cover


def pixels(data: bytes | None) -> np.ndarray:
    assert data is not None
    return np.asarray(Image.open(io.BytesIO(data)))


def test_a_cover_is_square_and_has_letters_on_it() -> None:
    shown = pixels(draw_cover("Emma", ("Jane Austen",)))
    assert shown.shape == (1400, 1400, 3)
    assert 0.01 < (shown.min(axis=2) > 230).mean() < 0.4


TITLES = ["A", "W" * 300, "Wandering" * 9, "word " * 60, "The Strange Case of Dr. Jekyll and Mr. Hyde"]


@pytest.mark.parametrize("title", TITLES)
def test_no_title_runs_over_the_right_edge(title: str) -> None:
    shown = pixels(draw_cover(title, ()))
    assert (shown[:, -100:].min(axis=2) > 230).mean() < 0.01


def test_books_are_told_apart_by_colour_and_the_same_book_looks_the_same() -> None:
    one, other = draw_cover("One", ()), draw_cover("Another", ())
    assert one == draw_cover("One", ())
    assert tuple(pixels(one)[700, 5]) != tuple(pixels(other)[700, 5])


def test_a_picture_among_the_letters_is_left_out() -> None:
    assert draw_cover("Emma \U0001f4da\ufe0f again", ()) == draw_cover("Emma again", ())


@pytest.mark.parametrize("title", ["\U000f0000", "", "\x00\n"])
def test_no_cover_is_better_than_one_of_boxes(title: str) -> None:
    assert draw_cover(title, ()) is None
