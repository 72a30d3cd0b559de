"""The length that speech of a text can have. Workers judge by it what an engine returned, coordinators what is sent."""

from typing import NamedTuple

MAX_CLIP_S = 1800  # a small FLAC can claim hours of silence

# Speech takes about 0.07 s a letter, rehearsals 0.002 s. "1,000,000" and "XVIII" take far longer than their letters.
MIN_S_LETTER = 0.001
MAX_S_LETTER = 0.5
MAX_S_DIGIT = 3.0
MAX_S_EXTRA = 5.0


class Implausible(NamedTuple):
    """The length of a sound that cannot be speech of its text, and the lengths that could be."""

    length_s: float
    letters: int  # letters and digits
    least_s: float
    most_s: float

    def __str__(self) -> str:
        return (
            f"{self.length_s:.2f} s for {self.letters} letters and digits; "
            f"{self.least_s:.2f} to {self.most_s:.0f} s are plausible"
        )


def implausible(length_s: float, text: str) -> Implausible | None:
    """Return how a sound of so many seconds cannot be speech of a text, None if it can."""
    letters = sum(map(str.isalnum, text))
    digits = sum(map(str.isdigit, text))
    least_s = MIN_S_LETTER * letters
    most_s = min(MAX_S_EXTRA + MAX_S_LETTER * letters + MAX_S_DIGIT * digits, MAX_CLIP_S)
    return None if least_s <= length_s <= most_s else Implausible(length_s, letters, least_s, most_s)
