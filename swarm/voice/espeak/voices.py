"""The voices of espeak-ng 1.52 as a table, voices.txt, so that they can be listed without loading the library.

The table leaves out three voices whose dictionaries the package lacks (Faroese, Karakalpak, a test voice). It also
leaves out Cherokee, which is silent on Cherokee letters.
"""

from importlib.resources import files

from swarm.job.card import VoiceCard

# The language, our name, espeak's identifier and the description of each voice. A language's default comes first.
_TABLE = (files("swarm.voice.espeak") / "voices.txt").read_text(encoding="utf-8")
_ROWS = tuple(line.split(" ", 3) for line in _TABLE.splitlines())

VOICES = tuple(VoiceCard(name=name, language=language, about=about) for language, name, _, about in _ROWS)
IDENTIFIERS = {name: identifier for _, name, identifier, _ in _ROWS}
