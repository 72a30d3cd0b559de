from collections.abc import Iterator

import pytest
from speech_server import SpeechServerStandIn, speech_server

from swarm.voice.openai import server as client


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry at once, and know no server and no key of this machine."""
    monkeypatch.setattr(client, "WAITS_S", (0.0, 0.0, 0.0))
    for name in ("E2A_SWARM_TTS_SERVER", "E2A_SWARM_TTS_KEY", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[SpeechServerStandIn]:
    with speech_server() as found:
        yield found
