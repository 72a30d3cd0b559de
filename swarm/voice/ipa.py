"""IPA as books write it: the signs that engines ignore, and a reader for the engines' tables of sounds."""

# A translation table that deletes the signs between syllables, between words, and between the halves of a sound.
DELETE_JOINTS = str.maketrans("", "", ".‿\u0361\u035cˑ")


def pairs(text: str) -> dict[str, str]:
    """Read a table of "ipa=letters" pairs, separated by spaces."""
    return dict(pair.split("=") for pair in text.split())
