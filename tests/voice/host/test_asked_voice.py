"""A voice that a user asks for before any book is read."""

import pytest

from swarm.errors import UsageError
from swarm.voice.host.registry import check_asked_voice


@pytest.mark.parametrize(
    "asked",
    [
        {"voice": "emma"},
        {"voice": "Emma", "engine": "hibari"},
        {"voice": "af_heart"},  # Kokoro's voice: Kokoro may be the default when a book comes
        {"voice": "de_DE-thorsten-medium", "engine": "piper"},
        {"voice": "anything", "engine": "openai"},
        {"voice": "anything", "engine": "engine-of-a-worker"},
    ],
)
def test_a_voice_that_may_be_there_passes(asked: dict[str, str]) -> None:
    check_asked_voice(**asked)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"voice": "nosuch"}, "No engine known here has a voice 'nosuch'"),
        ({"voice": "nosuch", "engine": "hibari"}, "hibari has no voice 'nosuch'; for English there are heart"),
        ({"voice": "emma", "engine": "hibari", "language": "de"}, "German"),
        ({"voice": "nosuch", "language": "de"}, "no voice 'nosuch'"),
    ],
)
def test_a_voice_that_nobody_has_is_refused_in_one_sentence(asked: dict[str, str], why: str) -> None:
    with pytest.raises(UsageError) as refused:
        check_asked_voice(**asked)
    assert why in str(refused.value)
