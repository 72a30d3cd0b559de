"""Covers for the tests of this folder."""

from fractions import Fraction

import av
import numpy as np


def picture(codec: str, pixels: str, width: int = 64, height: int = 96) -> bytes:
    coder = av.CodecContext.create(codec, "w")
    coder.width, coder.height, coder.pix_fmt, coder.time_base = width, height, pixels, Fraction(1, 1)
    red = np.full((height, width, 3), (200, 30, 30), np.uint8)
    frame = av.VideoFrame.from_ndarray(red, format="rgb24").reformat(format=pixels)
    return bytes(coder.encode(frame)[0])
