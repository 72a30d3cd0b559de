"""The lengths of the silences between sentences: by their kind, and varied a little, as a person who reads varies them.

The variation is decided by the text alone, so the same book has the same pauses on every machine and in every run.
"""

import zlib

from swarm.job.book import Pause

START = "start"  # the silence at the head of each file, named beside the kinds of pause
START_S = 0.5  # players and Bluetooth devices swallow the first moment of a file, and shops ask for half a second
VARY = "vary"  # the share by which pauses vary, named beside the kinds of pause
VARY_SHARE = 0.2
PAUSE_LENGTHS_S = {  # if the user names none
    Pause.CLAUSE: 0.15,
    Pause.SENTENCE: 0.5,  # voices pause 0.3 s at a comma
    Pause.PARAGRAPH: 0.8,
    Pause.HEADING: 1.0,
    Pause.SCENE: 1.3,
    Pause.CHAPTER: 2.0,
}
_VARIED = (Pause.SENTENCE, Pause.PARAGRAPH)  # the others are rare, and mark places that listeners know
_LONG_CHARS = 200  # the pause is longest after a sentence of so many characters


def varied_s(pause: Pause, usual_s: float, share: float, text: str, place: tuple[int, int]) -> float:
    """Return the seconds of the pause after a text: longer after a long one, and a little by chance.

    It differs from the usual length by at most `share` of it. The place decides, too, so that the same short sentence
    in two places has different pauses.
    """
    if pause not in _VARIED:
        return usual_s
    length = min(1.0, len(text) / _LONG_CHARS)
    chance = zlib.crc32(f"{place} {text}".encode()) / 2**32
    return usual_s * (1 + share * (length + chance - 1))
