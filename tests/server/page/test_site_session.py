"""Cookies of sessions."""

from swarm.server.page.auth_middleware import LIFE_S, MAX_ENDED, Sessions

NOW = 1_000_000.0


def test_a_session_is_read_from_its_cookie_until_it_is_over() -> None:
    sessions = Sessions(b"a secret")
    session = sessions.begin_session(NOW, is_in=True)
    cookie = sessions.cookie(session)
    assert sessions.read(cookie, NOW) == session
    assert sessions.read(cookie, NOW + LIFE_S - 1) == session
    assert sessions.read(cookie, NOW + LIFE_S) is None


def test_a_cookie_that_was_changed_or_signed_with_another_secret_is_void() -> None:
    sessions = Sessions(b"a secret")
    out = sessions.cookie(sessions.begin_session(NOW, is_in=False))
    for forged in ("", ".", "a.b.c", out.replace(".out.", ".in."), out[:-1], f"{out}é", "." * 10_000):
        assert sessions.read(forged, NOW) is None
    assert Sessions(b"another secret").read(out, NOW) is None


def test_a_session_that_was_ended_is_void_and_others_are_not() -> None:
    sessions = Sessions(b"a secret")
    one, other = sessions.begin_session(NOW, is_in=True), sessions.begin_session(NOW, is_in=True)
    sessions.end_session(one, NOW)
    assert (sessions.read(sessions.cookie(one), NOW), sessions.read(sessions.cookie(other), NOW)) == (None, other)
    for _ in range(MAX_ENDED + 5):
        sessions.end_session(sessions.begin_session(NOW, is_in=True), NOW)
    assert len(sessions.ended) == MAX_ENDED


def test_the_token_of_a_form_is_of_one_session() -> None:
    sessions = Sessions(b"a secret")
    one, other = sessions.begin_session(NOW, is_in=True), sessions.begin_session(NOW, is_in=True)
    assert sessions.is_form_token(one, sessions.form_token(one))
    assert not sessions.is_form_token(other, sessions.form_token(one))
    assert not sessions.is_form_token(one, "")
