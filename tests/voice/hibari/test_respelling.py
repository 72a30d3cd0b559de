import pytest
from hibari.g2p import G2P

from swarm.voice.hibari.voice import sounded


@pytest.fixture(scope="module")
def g2p() -> G2P:
    return G2P()


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("Shh! Hmph, grr, AAAARGH, ooooh, tsk, brrr.", "ʃʃ! hˈʌmf, ɡˈɜɹ, ˈɑɹɡ, ˈu, tˈɪsk, bˈɜɹ."),
        ("Nooo! Whaaat? Pleeease, sooo goood, seee.", "nˈO! wˌʌt? plˈiz, sˌO ɡˈʊd, sˈi."),
        ("N-no, th-think, th-the, d-don't", "n nˈO, θ θˈɪŋk, ð ðə, də dˈOnt"),
        ("'ead, 'Arry, ’aven’t, 'im, 'ouse", "ˈɛd, ˈɛɹi, ˈævᵊnt, ˌɪm, ˈWs"),
        ("th' lads doin' nothin’", "ðə lˈædz dˈuɪn nˈʌθɪn"),
        ("She said no. “Whale—no.” I ate a fig. He left.", "ʃˌi sˈɛd nˈO. “wˈAl—nˈO.” ˌI ˈAt ɐ fˈɪɡ. hˌi lˈɛft."),
        ("CO₂, α ≤ 5", "sˈi ˈO tˈu, ˈælfə ɪz æt mˈOst fˈIv"),
    ],
)
def test_what_is_in_no_dictionary_has_its_sound(g2p: G2P, text: str, letters: str) -> None:
    assert g2p(sounded(text, (), g2p)) == letters


@pytest.mark.parametrize(
    "text", ["re-read, co-coordinate, I-I", "‘within’ ‘basin’ ‘Are you’ ‘I’m’", "T-shirt, well-known, no man, o'clock"]
)
def test_words_of_the_dictionary_stay_as_they_are(g2p: G2P, text: str) -> None:
    assert sounded(text, (), g2p) == text


def test_long_runs_of_letters_and_hyphens_take_no_long_time(g2p: G2P) -> None:
    for text in ("a" * 20_000, "b-" * 10_000, "'a" * 10_000, "sh" * 10_000, "n-" * 10_000 + "no"):
        assert sounded(text, (), g2p)
