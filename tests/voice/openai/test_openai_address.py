from pathlib import Path

import pytest

from swarm.errors import EnvironmentFault, UsageError
from swarm.voice.openai.options import check_url, server_key, server_url


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("http://gpu:8880", "http://gpu:8880/v1"),
        (" http://gpu:8880/v1/ ", "http://gpu:8880/v1"),
        ("https://speech.example/kokoro", "https://speech.example/kokoro/v1"),
        ("http://gpu/v1/audio/speech", "http://gpu/v1"),
        ("http://gpu/v2", "http://gpu/v2"),
        ("http://[fe80::1]:8880", "http://[fe80::1]:8880/v1"),
    ],
)
def test_an_address_is_taken_as_servers_and_clients_write_it(given: str, url: str) -> None:
    assert check_url(given) == url


@pytest.mark.parametrize(
    "given",
    ["gpu:8880", "ftp://gpu", "http://", "http://gpu:99999", "http://gpu:0", "http://gpu/?key=1", "http://gpu/#a",
     "http://g pu", "http://[::1", "file:///etc/passwd", "http://gpu/\n"[:-1] + "\x07", "http://gpü"],
)  # fmt: skip
def test_other_addresses_are_refused(given: str) -> None:
    with pytest.raises(UsageError, match="--tts-server takes the address of a server"):
        check_url(given)


def test_a_key_in_an_address_is_refused_and_not_shown() -> None:
    with pytest.raises(UsageError) as raised:
        check_url("http://me:secret@gpu:8880")
    assert "secret" not in str(raised.value)
    assert "E2A_SWARM_TTS_KEY" in str(raised.value)


def test_a_machine_without_a_server_has_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert server_url() == ""
    monkeypatch.setenv("E2A_SWARM_TTS_SERVER", "http://gpu:8880")
    assert server_url() == "http://gpu:8880/v1"


def test_the_key_is_that_of_the_variable_else_of_the_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert server_key() == ""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert server_key() == ""
    (tmp_path / "tts-key").write_text("of-the-credential\n")
    assert server_key() == "of-the-credential"
    monkeypatch.setenv("E2A_SWARM_TTS_KEY", "of-the-variable")
    assert server_key() == "of-the-variable"


@pytest.mark.parametrize("key", ["two words", "a\nheader: b", "ü", "x" * 5000])
def test_a_key_that_cannot_be_right_is_refused_and_not_shown(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("E2A_SWARM_TTS_KEY", key)
    with pytest.raises(EnvironmentFault) as raised:
        server_key()
    assert key not in str(raised.value)
