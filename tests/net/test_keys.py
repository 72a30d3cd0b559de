import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import zmq
from hypothesis import given
from hypothesis import strategies as st
from zmq.utils import z85

from swarm.errors import EnvironmentFault
from swarm.net.identity.keys import key_file, load_key, obtain_key, rotate, save_key, saved_key, security
from swarm.net.identity.swarm_key import DIGITS, SwarmKey, curve_keys, make_key, read_code, swarm_id

KEY = SwarmKey(bytes(range(16)))


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("E2A_SWARM_KEY", "STATE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)


@given(st.binary(min_size=16, max_size=16))
def test_a_code_gives_its_key_back_however_it_is_typed(secret: bytes) -> None:
    code = SwarmKey(secret).code
    spoken = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    for typed in (code, code.lower(), code.replace("-", ""), f"  {code}\n", spoken, code.removeprefix("e2a-")):
        assert read_code(typed).secret == secret


def test_every_wrong_character_and_every_swap_is_noticed() -> None:
    digits = KEY.code.removeprefix("e2a-").replace("-", "")
    typos = {digits[:at] + other + digits[at + 1 :] for at in range(28) for other in DIGITS}
    typos |= {digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :] for at in range(27)}
    for typo in typos - {digits}:
        with pytest.raises(EnvironmentFault, match="typing error"):
            read_code(typo)


def test_what_is_no_code_is_refused_without_repeating_it() -> None:
    for code in ["", "e2a", KEY.code[:-1], KEY.code + "0", KEY.code[:-1] + "U", "ß" * 28, "e2a-" * 99]:
        with pytest.raises(EnvironmentFault) as refused:
            read_code(code)
        assert len(code) < 4 or code not in str(refused.value)


def test_keys_are_not_printed_by_accident() -> None:
    assert KEY.secret.hex() not in repr(KEY)
    assert "000102" not in repr(curve_keys(KEY))
    assert repr(curve_keys(KEY).worker_secret) not in repr(curve_keys(KEY))


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_the_key_file_is_for_this_user_only_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        save_key(tmp_path, KEY)
    finally:
        os.umask(before)
    assert stat.S_IMODE(key_file(tmp_path).stat().st_mode) == 0o600
    assert load_key(tmp_path) == KEY
    assert [path.name for path in tmp_path.iterdir()] == ["swarm.key"]


def test_the_environment_comes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_key(tmp_path, make_key())
    monkeypatch.setenv("E2A_SWARM_KEY", KEY.code)
    assert load_key(tmp_path) == KEY
    with pytest.raises(EnvironmentFault, match="E2A_SWARM_KEY"):
        rotate(tmp_path)
    monkeypatch.setenv("E2A_SWARM_KEY", "nonsense")
    with pytest.raises(EnvironmentFault, match="E2A_SWARM_KEY"):
        load_key(tmp_path)


def test_a_credential_of_systemds_comes_between_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    save_key(tmp_path, make_key())
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    assert load_key(tmp_path) == saved_key(tmp_path)  # a service may have others than ours
    (credentials / "e2a-swarm.key").write_text(f"{KEY.code}\n")
    assert load_key(tmp_path) == KEY
    monkeypatch.setenv("E2A_SWARM_KEY", make_key().code)
    assert load_key(tmp_path) not in (KEY, saved_key(tmp_path))
    monkeypatch.delenv("E2A_SWARM_KEY")
    (credentials / "e2a-swarm.key").write_text("nonsense")
    with pytest.raises(EnvironmentFault, match=r"e2a-swarm\.key"):
        load_key(tmp_path)


def test_a_damaged_key_file_is_named_and_never_taken_for_none(tmp_path: Path) -> None:
    key_file(tmp_path).write_bytes(b"\xff\x00 something else")
    for call in (load_key, obtain_key):
        with pytest.raises(EnvironmentFault, match=r"swarm\.key"):
            call(tmp_path)


def test_coordinators_that_start_at_once_end_up_with_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        obtained = list(pool.map(lambda _: obtain_key(tmp_path), range(8)))
    assert len({key.secret for key, _ in obtained}) == 1
    assert sum(made for _, made in obtained) == 1


def test_only_open_does_without_a_key(tmp_path: Path) -> None:
    assert security(tmp_path, open=True) is None
    with pytest.raises(EnvironmentFault, match="e2a-swarm join"):
        security(tmp_path, open=False)
    save_key(tmp_path, KEY)
    assert security(tmp_path, open=False) == KEY


def test_the_key_pairs_are_those_that_zeromq_derives() -> None:
    keys = curve_keys(KEY)
    for public, secret in ((keys.server_public, keys.server_secret), (keys.worker_public, keys.worker_secret)):
        assert zmq.curve_public(z85.encode(secret)) == z85.encode(public)
    assert keys.server_secret != keys.worker_secret
    assert keys == curve_keys(KEY) != curve_keys(make_key())


def test_a_swarm_has_a_public_name_of_its_own() -> None:
    names = {swarm_id(KEY), swarm_id(make_key()), swarm_id(None)}
    assert len(names) == 3
    assert KEY.secret.hex()[:4] not in swarm_id(KEY)


def test_a_service_of_the_system_is_told_of_the_credential_and_not_of_a_users_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(EnvironmentFault, match="run `e2a-swarm join CODE`"):
        security(tmp_path, open=False)
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    with pytest.raises(EnvironmentFault, match=r"/etc/credstore/e2a-swarm\.key"):
        security(tmp_path, open=False)
