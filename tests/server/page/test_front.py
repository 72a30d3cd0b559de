"""The page below a path of a proxy."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from site_bench import TOKEN, SiteBench

from swarm.server.page.log_in import hash_password

GUIDE = Path(__file__).parents[3] / "docs" / "api.md"


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[SiteBench]:
    made = SiteBench(tmp_path, hash_password("a long password", 16), "/books")
    await made.serve()
    yield made
    await made.close()


class Proxy(httpx.AsyncHTTPTransport):
    """A proxy that takes the prefix away."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(raw_path=request.url.raw_path.removeprefix(b"/books"))
        return await super().handle_async_request(request)


@pytest.mark.parametrize("transport", [httpx.AsyncHTTPTransport, Proxy])
async def test_every_address_is_below_the_prefix_whether_or_not_the_proxy_takes_it_away(
    bench: SiteBench, transport: type[httpx.AsyncHTTPTransport]
) -> None:
    bench.client = client = httpx.AsyncClient(
        base_url=f"{bench.url}/books", transport=transport(), headers={"Accept": "text/html"}
    )
    assert (await client.get("/")).headers["location"] == "/books/log-in"
    assert (await bench.log_in("a long password")).headers["location"] == "/books/"
    page = await client.get("/machines")
    assert 'aria-current="page">Machines' in page.text
    addresses = re.findall(r'(?:href|src|action|data-\w+)="(/[^"]*)"', page.text)
    assert len(addresses) > 8
    for address in addresses:
        assert address.startswith("/books/")
        if "/live/" not in address and address not in ("/books/orders", "/books/log-out", "/books/machines/own"):
            assert (await client.get(f"{bench.url}{address}")).status_code == 200, address
    assert (await client.get("/healthz")).text == "ok\n"
    assert (await client.get("/api/v1/books")).json() == []


async def test_every_address_of_the_guide_for_programs_is_in_the_document(bench: SiteBench) -> None:
    shown = {"Authorization": f"Bearer {TOKEN}"}
    document = (await bench.client.get("/books/api/v1/openapi.json", headers=shown)).json()
    known = [re.sub(r"\{\w+\}", r"[^/]+", path) for path in document["paths"]]
    told = set(re.findall(r"/api/v1/[\w/.]*\w", GUIDE.read_text(encoding="utf-8"))) - {"/api/v1/openapi.json"}
    assert len(told) > 20
    assert [path for path in told if not any(re.fullmatch(each, path) for each in known)] == []
    unsaid = [call for calls in document["paths"].values() for call in calls.values() if not call["summary"]]
    assert unsaid == []
