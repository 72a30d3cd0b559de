"""Puts the number of a part on its cover, so that the parts of one book can be told apart in a player's list."""

import io

from PIL import Image, ImageDraw, ImageFont, ImageOps

from swarm.audio.cover import MAX_SIDE, Picture, flat

# Height of the figures and their distance from the edge, as shares of the shorter side.
TEXT_SHARE, EDGE_SHARE = 0.1, 0.04
BACK, FRONT = (20, 20, 20), (255, 255, 255)
JPEG_QUALITY = 90


def number_cover(picture: Picture, number: str) -> Picture:
    """Return a cover with a number such as "2/3" in its lower right corner, as JPEG."""
    image = flat(ImageOps.exif_transpose(Image.open(io.BytesIO(picture.data))))
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    side, draw = min(image.size), ImageDraw.Draw(image)
    font, edge = ImageFont.load_default(max(8, round(TEXT_SHARE * side))), round(EDGE_SHARE * side)
    corner = (image.width - 2 * edge, image.height - 2 * edge)
    left, top, right, bottom = draw.textbbox(corner, number, font=font, anchor="rb")
    draw.rounded_rectangle((left - edge, top - edge, right + edge, bottom + edge), radius=edge, fill=BACK)
    draw.text(corner, number, font=font, anchor="rb", fill=FRONT)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=JPEG_QUALITY)
    return Picture("mjpeg", file.getvalue())
