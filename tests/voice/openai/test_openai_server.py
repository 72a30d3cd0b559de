"""A speech server with every fault: what each is told as, and whose fault it is."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
from certificates import self_signed
from speech_server import KEY, SpeechServerStandIn, speech_server

from swarm.voice.engine import FaultKind
from swarm.voice.openai import server as client
from swarm.voice.openai.server import ServerFault, SpeechServer

REQUEST = {"model": "kokoro", "voice": "af_heart", "input": "A plain sentence.", "response_format": "wav"}


def speak(server: SpeechServerStandIn, budget_s: float = 20.0, key: str = "") -> bytes:
    speaking = SpeechServer(f"{server.url}/v1", key)
    try:
        return speaking.speech(REQUEST, budget_s).body
    finally:
        speaking.disconnect_server()


def fault_of(server: SpeechServerStandIn, budget_s: float = 20.0, key: str = "") -> ServerFault:
    with pytest.raises(ServerFault) as raised:
        speak(server, budget_s, key)
    return raised.value


def test_a_sentence_is_asked_for_as_the_api_has_it(server: SpeechServerStandIn) -> None:
    assert speak(server, key=KEY).startswith(b"RIFF")
    assert server.asked == [REQUEST]
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


def test_no_key_is_sent_where_there_is_none(server: SpeechServerStandIn) -> None:
    speak(server)
    assert "authorization" not in server.headers[0]


@pytest.mark.parametrize("fault", ["drop", "cut", 429, 500, 502, 503, 504, 529])
def test_what_passes_is_tried_again(server: SpeechServerStandIn, fault: str | int) -> None:
    server.faults = [fault, fault]
    assert speak(server).startswith(b"RIFF")
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (400, FaultKind.ERROR, "answered 400: a fault of 400"),
        (422, FaultKind.ERROR, "answered 422"),
        (413, FaultKind.ERROR, "answered 413"),
        (401, FaultKind.DEVICE, "does not accept this machine's key (401): check E2A_SWARM_TTS_KEY"),
        (403, FaultKind.DEVICE, "does not accept this machine's key"),
        (404, FaultKind.DEVICE, "does not know the model or the call: it answered 404: a fault of 404"),
        ("redirect", FaultKind.DEVICE, "sends elsewhere (307): give --tts-server the address"),
        ("html", FaultKind.DEVICE, "answers with text/html; charset=utf-8, not with sound"),
        ("json", FaultKind.DEVICE, "not with sound: the model is not loaded"),
        ("gzip", FaultKind.DEVICE, "compresses its answers"),
        ("broken error", FaultKind.ERROR, "answered 400"),
    ],
)
def test_what_does_not_pass_is_said_at_once(
    server: SpeechServerStandIn, fault: str | int, kind: FaultKind, words: str
) -> None:
    server.faults = [fault]
    raised = fault_of(server)
    assert (raised.kind, raised.passing) == (kind, False)
    assert words in str(raised)
    assert len(server.asked) == 1


@pytest.mark.parametrize(("fault", "kind"), [(429, "memory"), (503, "memory"), (500, "device"), ("cut", "device")])
def test_a_fault_that_stays_is_one_of_the_server(server: SpeechServerStandIn, fault: str | int, kind: str) -> None:
    server.faults = [fault] * 10
    raised = fault_of(server)
    assert (raised.kind, raised.passing) == (kind, True)
    assert len(server.asked) == 1 + len(client.WAITS_S)


def test_a_server_that_names_a_time_is_asked_again_then(server: SpeechServerStandIn) -> None:
    server.faults, server.retry_after = [429], "0.3"
    began_s = time.monotonic()
    speak(server)
    assert time.monotonic() - began_s >= 0.3


IN_THREE_HOURS = format_datetime(datetime.now(UTC) + timedelta(hours=3), usegmt=True)


@pytest.mark.parametrize("wait", ["90", IN_THREE_HOURS, "9" * 400], ids=["seconds", "a moment", "figures"])
def test_no_slot_waits_longer_for_a_server_than_a_sentence_may_take(server: SpeechServerStandIn, wait: str) -> None:
    server.faults, server.retry_after = [429] * 5, wait
    raised = fault_of(server)
    assert raised.kind is FaultKind.MEMORY
    assert "asks to wait" in str(raised)
    assert len(server.asked) == 1


@pytest.mark.parametrize("wait", ["soon", "-5", "nan", "Thu, 99 Foo", "1e999"])
def test_a_time_that_is_none_is_ignored(server: SpeechServerStandIn, wait: str) -> None:
    server.faults, server.retry_after = [429], wait
    assert speak(server)


@pytest.mark.parametrize("fault", ["slow", "drip"])
def test_a_server_that_takes_too_long_is_left(server: SpeechServerStandIn, fault: str) -> None:
    server.faults = [fault]
    raised = fault_of(server, budget_s=0.3)
    assert raised.kind is FaultKind.MEMORY
    assert "did not answer audio/speech in time" in str(raised)


def test_an_answer_without_end_is_left(server: SpeechServerStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MAX_SOUND_BYTES", 3 << 20)
    server.faults = ["huge"]
    raised = fault_of(server)
    assert raised.kind is FaultKind.IMPLAUSIBLE
    assert "more than 3 MiB" in str(raised)


def test_a_connection_is_kept_and_one_that_is_gone_is_made_anew(server: SpeechServerStandIn) -> None:
    speaking = SpeechServer(f"{server.url}/v1")
    for _ in range(3):
        speaking.speech(REQUEST, 20.0)
    assert server.connections == 1
    server.faults = ["drop"]
    assert speaking.speech(REQUEST, 20.0).body
    assert server.connections == 2
    speaking.disconnect_server()


def test_a_server_that_is_away_may_come_back() -> None:
    with speech_server() as server:
        pass
    raised = fault_of(server)
    assert (raised.kind, raised.passing) == (FaultKind.DEVICE, True)
    assert f"The speech server {server.url}/v1 cannot be reached: " in str(raised)


def test_a_certificate_that_this_machine_does_not_trust_is_said_at_once(tmp_path: Path) -> None:
    with speech_server(self_signed(tmp_path)) as server:
        raised = fault_of(server)
    assert (raised.kind, raised.passing) == (FaultKind.DEVICE, False)
    assert "certificate" in str(raised).lower()
    assert server.asked == []


def test_a_certificate_that_this_machine_trusts_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate"))
    with speech_server(tls) as server:
        assert speak(server).startswith(b"RIFF")


def test_a_plain_server_behind_https_is_no_server() -> None:
    with speech_server() as server, pytest.raises(ServerFault, match="cannot be reached"):
        SpeechServer(f"{server.url.replace('http:', 'https:')}/v1").speech(REQUEST, 5.0)


def test_no_error_repeats_the_key(server: SpeechServerStandIn) -> None:
    server.key = "another"
    raised = fault_of(server, key=KEY)
    assert KEY not in str(raised) and KEY not in repr(raised.__dict__)
    server.key, server.faults = "", [400]
    server.faults = []
    with pytest.raises(ServerFault) as told:
        SpeechServer(f"{server.url}/v1", KEY).speech({**REQUEST, "model": KEY}, 5.0)
    assert KEY not in str(told.value)
    assert "The model ... does not exist" in str(told.value)


def test_no_proxy_of_the_environment_is_asked(server: SpeechServerStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert speak(server)


# --- lists


def test_models_are_listed_where_the_server_has_a_list(server: SpeechServerStandIn) -> None:
    assert SpeechServer(f"{server.url}/v1").models() == ("kokoro", "tts-1")
    server.models = None
    assert SpeechServer(f"{server.url}/v1").models() is None


@pytest.mark.parametrize(
    "listed",
    [
        {"voices": ["anna", "bert"]},
        {"voices": [{"id": "anna", "name": "Anna", "language": "en_GB", "gender": "female"}, {"id": "bert"}]},
        {"voices": ["anna"], "uploaded_voices": [{"name": "bert", "ref": "x"}]},
        {"data": [{"id": "anna"}, {"id": "bert"}]},
        {"voices": {"anna": {}, "bert": {}}},
        [{"voice_id": "anna"}, {"name": "bert"}],
        {"data": [{"model": "tts", "voices": [{"name": "anna"}, {"name": "bert"}]}]},
    ],
)
def test_voices_are_read_as_servers_list_them(server: SpeechServerStandIn, listed: object) -> None:
    server.voices = listed
    assert [voice.name for voice in SpeechServer(f"{server.url}/v1").voices()] == ["anna", "bert"]


def test_what_a_server_tells_of_a_voice_is_shown(server: SpeechServerStandIn) -> None:
    server.voices = {"voices": [{"id": "anna", "name": "Anna", "language": "en_GB", "gender": "Female"}]}
    (voice,) = SpeechServer(f"{server.url}/v1").voices()
    assert voice.description == "Anna, en_GB, female"


@pytest.mark.parametrize(
    "listed", [None, "voices", 3, {}, {"voices": 5}, {"voices": [None, 4, {"id": 5}, "\x1b[2J", ""]}]
)
def test_a_list_that_is_none_has_no_voices(server: SpeechServerStandIn, listed: object) -> None:
    server.voices = listed
    assert SpeechServer(f"{server.url}/v1").voices() == ()


def test_a_list_is_bounded(server: SpeechServerStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    server.voices = {"voices": [f"voice {number}" for number in range(5000)]}
    assert len(SpeechServer(f"{server.url}/v1").voices()) == client.MAX_LISTED
    monkeypatch.setattr(client, "MAX_LIST_BYTES", 1000)
    with pytest.raises(ServerFault, match="sends more than"):
        SpeechServer(f"{server.url}/v1").voices()


def test_the_stand_in_is_what_the_official_library_takes_for_a_server(server: SpeechServerStandIn) -> None:
    import openai

    server.key, server.length = KEY, 0xFFFFFFFF
    official = openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=0)
    assert [model.id for model in official.models.list()] == ["kokoro", "tts-1"]
    for kind, head in (("wav", b"RIFF"), ("flac", b"fLaC"), ("pcm", b""), ("mp3", b"")):
        spoken = official.audio.speech.create(
            model="kokoro", voice="af_heart", input="A plain sentence.", response_format=kind, speed=1.5
        )
        assert spoken.content == server.sound("A plain sentence.", kind)
        assert spoken.content.startswith(head)
    assert server.asked[0] == {**REQUEST, "speed": 1.5}
    for status, error in (
        (429, openai.RateLimitError), (400, openai.BadRequestError), (500, openai.InternalServerError),
        (404, openai.NotFoundError), ("drop", openai.APIConnectionError),
    ):  # fmt: skip
        server.faults = [status]
        with pytest.raises(error):
            official.audio.speech.create(model="kokoro", voice="af_heart", input="A plain sentence.")
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="wrong", max_retries=0).models.list()
    official.close()


def test_this_engine_asks_for_the_same_as_the_official_library(server: SpeechServerStandIn) -> None:
    import openai

    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY, http_client=httpx.Client(trust_env=False)) as official:
        official.audio.speech.create(**REQUEST)  # type: ignore[arg-type]
    speak(server, key=KEY)
    theirs, ours = server.headers
    assert server.asked[0] == server.asked[1]
    for name in ("authorization", "content-type"):
        assert theirs[name] == ours[name]
