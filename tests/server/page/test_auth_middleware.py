"""Who comes in, and what each answer carries."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from site_bench import TOKEN, SiteBench

from swarm.server.api import host
from swarm.server.page import log_in
from swarm.server.page.auth_middleware import (
    ENDED_FILE,
    FILE,
    MAX_FIELDS,
    MAX_FORM_BYTES,
    Sessions,
    keep_ended,
    names_loopback,
    obtain_secret,
    read_ended,
)
from swarm.server.page.log_in import FIRST_FILE, IN_ALL, PER_ADDRESS, hash_password

PASSWORD = hash_password("a long password", 16)


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[SiteBench]:
    """Serve a page with a password."""
    made = SiteBench(tmp_path, PASSWORD)
    await made.serve()
    yield made
    await made.close()


async def test_each_answer_carries_the_headers_of_safety(bench: SiteBench) -> None:
    for path in ("/", "/machines", "/nowhere", "/manifest.webmanifest"):
        headers = (await bench.client.get(path)).headers
        assert "'unsafe-inline'" not in headers["content-security-policy"]
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
        assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store"), path


async def test_the_cookie_is_for_no_script_and_no_other_site(bench: SiteBench) -> None:
    cookie = (await bench.client.get("/")).headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/;" in cookie and "Secure" not in cookie
    assert "set-cookie" not in (await bench.client.get("/")).headers


@pytest.mark.parametrize("proxies", [(), ("127.0.0.0/8",), ("192.0.2.1",)])
async def test_only_a_proxy_that_was_named_is_believed(
    tmp_path: Path, proxies: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    bench = SiteBench(tmp_path, PASSWORD)
    await bench.serve(proxies=proxies)
    is_believed = "127.0.0.0/8" in proxies
    codes = []
    for number in range(PER_ADDRESS + 1):
        bench.client = bench.browser()
        bench.client.headers.update({"X-Forwarded-For": f"203.0.113.{number}", "X-Forwarded-Proto": "https"})
        cookie = (await bench.client.get("/log-in")).headers["set-cookie"]
        assert cookie.endswith("; Secure") is is_believed
        bench.client.headers["Cookie"] = cookie.partition(";")[0]
        codes.append((await bench.log_in("a wrong password")).status_code)
    assert codes == [403] * PER_ADDRESS + [403 if is_believed else 429]
    assert caplog.text.count("start `serve` with --web-proxy 127.0.0.1") == (not proxies)
    await bench.close()


async def test_without_a_password_the_page_answers_to_no_other_name(bench: SiteBench) -> None:
    for name in ["evil.example", "127.0.0.1.evil.example", "user@127.0.0.1", "", "0.0.0.0"]:
        for path in ("/", "/live/books"):
            assert (await bench.client.get(path, headers={"Host": name})).status_code in (400, 421)


def test_names_of_this_machine_are_known() -> None:
    for name in ["localhost:5848", "127.0.0.1", "[::1]:80", "127.9.9.9", "page.localhost"]:
        assert names_loopback(name)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_form_of_another_site_is_refused(bench: SiteBench, headers: dict[str, str]) -> None:
    fields = {"form_token": await bench.form_token(), "order": "pause 0 attic"}
    assert (await bench.client.post("/orders", data=fields, headers=headers)).status_code == 403
    assert (await bench.client.post("/orders", data=fields, headers={"Origin": bench.url})).status_code == 200
    assert [order.target for order in bench.told] == ["attic"]


async def test_a_form_without_the_token_of_its_session_is_refused(bench: SiteBench) -> None:
    token = await bench.form_token()
    async with bench.browser() as stranger:
        for fields in ({}, {"form_token": "x"}, {"form_token": token}):
            answer = await stranger.post("/orders", data={"order": "pause 0 attic", **fields})
            assert answer.status_code == 403
    huge = {"form_token": token, "order": "pause 0 attic", "more": "x" * MAX_FORM_BYTES}
    assert (await bench.client.post("/orders", data=huge)).status_code == 403
    many = "&".join("a=b" for _ in range(MAX_FIELDS)) + f"&form_token={token}&order=pause 0 attic"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await bench.client.post("/orders", content=many, headers=form)).status_code == 403
    assert bench.told == []


async def test_nothing_is_told_before_the_password_was_given(guarded: SiteBench) -> None:
    await guarded.add("A secret title")
    for path in ("/", "/machines", "/live/books", "/nowhere", "/orders", "//", "/static/../"):
        answer = await guarded.client.get(path)
        assert (answer.status_code, "secret title" in answer.text) == (303, False)
        assert answer.headers["location"] == "/log-in"
    assert (await guarded.client.get("/live/books", headers={"Accept": "text/event-stream"})).status_code == 401
    assert (await guarded.client.get("/api/v1/books")).status_code == 401
    token = await guarded.form_token("/log-in")
    refused = await guarded.client.post("/orders", data={"form_token": token, "order": "pause 0 attic"})
    assert (refused.status_code, guarded.told) == (401, [])


async def test_log_in_and_out(guarded: SiteBench) -> None:
    (guarded.state / FIRST_FILE).write_text("a long password\n")
    before = await guarded.form_token("/log-in")
    assert (await guarded.log_in("a wrong password")).status_code == 403
    assert (guarded.state / FIRST_FILE).exists()
    answer = await guarded.log_in("a long password")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert not (guarded.state / FIRST_FILE).exists()
    assert (await guarded.client.get("/log-in")).status_code == 303
    assert await guarded.form_token() != before, "a log-in begins a new session"
    assert (await guarded.client.get("/api/v1/books")).status_code == 200
    order = {"action": "pause", "target": "attic"}
    assert (await guarded.client.post("/api/v1/orders", json=order)).status_code == 401
    async with guarded.browser() as thief:
        thief.cookies = httpx.Cookies(guarded.client.cookies)
        assert (await thief.get("/")).status_code == 200
        assert (await guarded.send("/log-out")).headers["location"] == "/log-in"
        assert (await thief.get("/")).status_code == 303, "the cookie is void, wherever it is"
    assert (await guarded.client.get("/")).status_code == 303


async def test_programs_need_their_token_wherever_the_page_is_open(bench: SiteBench) -> None:
    async with bench.browser() as stranger:
        assert (await stranger.get("/api/v1/books")).status_code == 401
        shown = {"Authorization": f"Bearer {TOKEN}"}
        assert (await stranger.get("/api/v1/books", headers=shown)).status_code == 200
        assert (await stranger.get("/healthz")).text == "ok\n"


NOW = 1_000_000.0


def test_a_session_that_was_ended_stays_so_after_a_restart_and_others_go_on(tmp_path: Path) -> None:
    before = Sessions(obtain_secret(tmp_path), read_ended(tmp_path))
    ended, other = before.begin_session(NOW, is_in=True), before.begin_session(NOW, is_in=True)
    before.end_session(ended, NOW)
    keep_ended(tmp_path, before)
    after = Sessions(obtain_secret(tmp_path), read_ended(tmp_path))
    assert after.read(after.cookie(other), NOW) == other
    assert after.read(after.cookie(ended), NOW) is None
    for name in (FILE, ENDED_FILE):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "[]", '{"a": "b"}', "x" * 100_000])
def test_a_damaged_file_ends_no_session(tmp_path: Path, text: str) -> None:
    (tmp_path / ENDED_FILE).write_text(text)
    assert read_ended(tmp_path) == {}


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SiteBench]:
    """Serve a page with a password to a network of other machines, 127.0.1.1 and so on."""
    for module in (host, log_in):
        monkeypatch.setattr(module, "is_loopback", lambda address: address == "127.0.0.1")
    made = SiteBench(tmp_path, PASSWORD)
    yield made
    await made.close()


async def come_from(house: SiteBench, number: int) -> None:
    """Be a new browser on one of the other machines."""
    await house.client.aclose()
    transport = httpx.AsyncHTTPTransport(local_address=f"127.0.1.{number}")
    house.client = httpx.AsyncClient(
        base_url=house.url, transport=transport, timeout=60, headers={"Accept": "text/html"}
    )


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has so many addresses of its own")
@pytest.mark.parametrize(("most", "code"), [(100, 200), (5, 503)])
async def test_strangers_that_say_nothing_take_no_place_of_a_machine_whose_session_is_in(
    house: SiteBench, monkeypatch: pytest.MonkeyPatch, most: int, code: int
) -> None:
    for name, bound in {"MAX_STRANGERS": 12, "MAX_OF_ADDRESS": 6, "MAX_OPEN": 30, "MAX_CONNECTIONS": most}.items():
        monkeypatch.setattr(host, name, bound)
    await house.serve()
    await come_from(house, 1)
    assert (await house.log_in("a long password")).status_code == 303
    assert (await house.client.get("/")).status_code == 200
    cookies = house.client.cookies
    silent = [
        await asyncio.open_connection("127.0.0.1", house.port, local_addr=(f"127.0.1.{number}", 0))
        for number in range(2, 7)
        for _ in range(8)
    ]
    await come_from(house, 1)
    house.client.cookies = cookies
    assert (await house.client.get("/")).status_code == 200
    await come_from(house, 9)
    assert (await house.client.get("/log-in")).status_code == code
    for _, writer in silent:
        writer.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has so many addresses of its own")
async def test_wrong_passwords_of_others_lock_out_neither_a_machine_whose_session_is_in_nor_the_machine_itself(
    house: SiteBench,
) -> None:
    await house.serve()
    await come_from(house, 1)
    assert (await house.log_in("a long password")).status_code == 303
    assert (await house.client.get("/")).status_code == 200
    cookies = house.client.cookies
    for number in range(2, 2 + IN_ALL // PER_ADDRESS):
        await come_from(house, number)
        for _ in range(PER_ADDRESS):
            assert (await house.log_in("a wrong password")).status_code == 403
    await come_from(house, 99)
    assert (await house.log_in("a long password")).status_code == 429
    await come_from(house, 1)
    assert (await house.log_in("a long password")).status_code == 303, "another browser of the owner's machine"
    house.client.cookies = cookies
    assert (await house.client.get("/")).status_code == 200
    house.client = house.browser()
    assert (await house.log_in("a long password")).status_code == 303
    house.client = house.browser()
    house.client.headers["X-Forwarded-For"] = "203.0.113.1"
    assert (await house.log_in("a long password")).status_code == 429
