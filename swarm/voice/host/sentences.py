"""A sentence in each of the languages that many engines speak, for samples and checks of voices."""

# A sentence of some sixty letters in languages that many engines speak.
SENTENCES = {
    "en": "The lamp in the hall was still burning when we came home late.",
    "fr": "La lampe du couloir brûlait encore quand nous sommes rentrés tard.",
    "de": "Die Lampe im Flur brannte noch, als wir spät nach Hause kamen.",
    "es": "La lámpara del pasillo seguía encendida cuando volvimos tarde a casa.",
    "it": "La lampada del corridoio era ancora accesa quando siamo tornati tardi.",
    "pt": "A lâmpada do corredor ainda estava acesa quando voltamos tarde para casa.",
    "nl": "De lamp in de gang brandde nog toen wij laat thuiskwamen.",
    "pl": "Lampa w korytarzu jeszcze się paliła, kiedy późno wróciliśmy do domu.",
    "ru": "Лампа в коридоре ещё горела, когда мы поздно вернулись домой.",
    "ja": "わたしたちが おそく かえったとき、ろうかの あかりは まだ ついていた。",
    "zh": "我们很晚才回到家的时候，走廊里的灯还亮着。",
}
ALPHABETIC = frozenset(SENTENCES) - {"ja", "zh"}  # languages with a letter a sound
FOREIGN = "Ana, Maria, Otto, Anna, Roma, Lima, Toledo."  # for other languages


def sentence(language: str) -> str:
    """Return a sentence in a language, or names for a language that none is known in."""
    return SENTENCES.get(language, FOREIGN)
