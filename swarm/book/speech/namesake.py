"""Tells which names mean the same person: "Utterson" and "Mr. Utterson", but not "Mr. Bennet" and "Mrs. Bennet"."""

from collections.abc import Collection

MAX_NAMES = 500  # names are compared in pairs

_Words = frozenset[str]


def shortest_names(names: Collection[str]) -> dict[str, str]:
    """Return for each name the shortest one of the same person, whose words all stand in the longer ones.

    A name that several persons bear, such as "Bennet", is left apart, and so are they from each other.
    """
    words = {name: _words(name) for name in sorted(filter(None, names), key=len)[:MAX_NAMES]}
    found = {name: name for name in names}
    for name, own in words.items():
        longer = [other for other, more in words.items() if own < more and _only_adds_names(own, other)]
        most = max((words[other] for other in longer), key=len, default=own)
        if found[name] == name and all(words[other] <= most for other in longer):
            found |= dict.fromkeys((other for other in longer if found[other] == other), name)
    return found


def _words(name: str) -> _Words:
    return frozenset(name.casefold().replace(".", "").split())


def _only_adds_names(own: _Words, other: str) -> bool:
    """Tell whether what a longer name adds is a title or a name: "the old man" may be another than "the man"."""
    return all(word[0].isupper() for word in other.replace(".", " ").split() if word.casefold() not in own)
