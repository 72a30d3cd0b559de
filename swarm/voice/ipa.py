"""IPA as books write it: what engines pass over, and how their tables are written."""

JOINTS = str.maketrans("", "", ".‿\u0361\u035cˑ")  # between syllables, words, and the halves of a sound


def pairs(text: str) -> dict[str, str]:
    """Read a table of "ipa=letters" pairs with spaces between."""
    return dict(pair.split("=") for pair in text.split())
