"""Where `serve` listens for browsers, and when it wants a password."""

import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from swarm.commands.main import make_parser
from swarm.commands.serve import WebPlace, web_password, web_place
from swarm.errors import EnvironmentFault, UsageError


def place(*words: str) -> WebPlace | None:
    return web_place(make_parser().parse_args(["serve", *words]))


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for this machine that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    chain, secret = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    return chain, secret


def test_a_password_is_asked_for_unless_only_this_machine_comes_in() -> None:
    for words, asks in [
        ((), False),
        (("--web-password",), True),
        (("--web", "127.0.0.1:80"), False),
        (("--web", "[::1]:80"), False),
        (("--web", "localhost:80"), False),
        (("--web", "0.0.0.0:80"), True),
        (("--web", "[::]:80"), True),
        (("--web", "server.local:80"), True),
    ]:
        found = place(*words)
        assert found is not None, words
        assert found.asks_for_password is asks


def test_a_password_is_kept_where_one_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm.server.page.log_in.COST", 16)
    own, other = place(), place("--web", "0.0.0.0:80")
    assert own and other
    assert web_password(own, tmp_path, print) is None
    assert web_password(other, tmp_path, print) is not None
    assert (tmp_path / "web-password").exists()


def test_a_path_of_a_proxy_is_taken_with_or_without_a_slash() -> None:
    for words, prefix in ((("--web-prefix", "/a/b/"), "/a/b"), (("--web-prefix", "/"), ""), ((), "")):
        found = place(*words)
        assert found and found.prefix == prefix


def test_proxies_are_named_by_address_or_network() -> None:
    found = place("--web-proxy", "127.0.0.1", "--web-proxy", "172.18.0.0/16", "--web-proxy=::1")
    assert found and found.proxies == ("127.0.0.1", "172.18.0.0/16", "::1")


def test_the_addresses_that_are_told_are_those_that_other_devices_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm.commands.serve.local_addresses", lambda: ["192.168.1.5", "fd00::5"])
    for web, told in (
        ("0.0.0.0:5900", ["http://192.168.1.5:5900/a"]),
        ("[::]:5900", ["http://[fd00::5]:5900/a"]),
        ("server.local:5900", ["http://server.local:5900/a"]),
        ("127.0.0.1:5900", ["http://127.0.0.1:5900/a"]),
    ):
        found = place("--web", web, "--web-prefix", "/a")
        assert found and found.addresses(found.host, 5900) == told
    monkeypatch.setattr("swarm.commands.serve.local_addresses", lambda: ["127.0.0.1"])
    found = place("--web", "0.0.0.0:5900")
    assert found and found.addresses(found.host, 5900) == ["http://127.0.0.1:5900"]


def test_what_makes_no_sense_is_refused() -> None:
    for words in [
        ("--web-proxy", "*"),
        ("--web-proxy", "proxy.example"),
        ("--web", "5848"),
        ("--web", "host:x"),
        ("--web-prefix", "books"),
        ("--web-prefix", "//evil.example"),
        ("--web-prefix", "/a b"),
        ("--web-prefix", '/"><script>'),
        ("--web-cert", "chain.pem"),
        ("--web-key", "key.pem"),
    ]:
        with pytest.raises(UsageError):
            place(*words)


def test_a_certificate_is_tried_before_anybody_connects(tmp_path: Path) -> None:
    chain, key = write_certificate(tmp_path)
    found = place("--web-cert", str(chain), "--web-key", str(key))
    assert found and found.certificate == (chain, key)
    for wrong in (tmp_path / "nowhere.pem", chain):
        with pytest.raises(EnvironmentFault, match="cannot be used for TLS"):
            place("--web-cert", str(chain), "--web-key", str(wrong))


def test_off_is_nowhere() -> None:
    assert place("--web", "off") is None
