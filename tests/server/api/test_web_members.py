"""Members and invites for programs, over real HTTP."""

import httpx
from web_bench import WebBench

from swarm.net.identity.swarm_key import read_code

GUEST, ATTIC = b"\x07" * 32, b"\x08" * 32


async def test_a_program_lists_invites_approves_and_removes(bench: WebBench) -> None:
    identity = bench.members.identity()
    key = identity.key
    identity.membership.found("laptop")
    identity.membership.admit(ATTIC, "attic")
    identity.applicants.apply(GUEST, "guest")
    told = await bench.get("/api/v1/members")
    assert isinstance(told, dict)
    assert {each["name"] for each in told["members"]} == {"laptop", "attic"}
    assert (told["waiting"], told["is_keeper"]) == ([{"name": "guest", "fingerprint": "07" * 8}], True)
    assert (await bench.order(action="approve", target="guest")).json() == {"note": "guest is a member now."}
    refused = await bench.order(action="refuse", target="guest")
    assert (refused.status_code, "No machine waits" in refused.json()["error"]) == (404, True)

    made = await bench.client.post("/api/v1/invites", content=b'{"for_s": 60}')
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    line, code = made.json()["command"], made.json()["code"]
    assert line.startswith(f"e2a-swarm join {code}") and read_code(line.split()[2]) == read_code(code) != key
    assert [made.json()["code"]] == [invite.key.code for invite in bench.members.identity().invites.live]
    for body in (b'{"for_s": 59}', b'{"for_s": 604801}', b'{"for_s": 1e99}', b'{"for": 900}', b"[]"):
        assert (await bench.client.post("/api/v1/invites", content=body)).status_code == 400

    [row] = await bench.get("/api/v1/invites")  # type: ignore[misc]
    [invite] = bench.members.identity().invites.live
    assert row == {"invite": invite.name, "made_s": invite.made_s, "until_s": invite.made_s + 60}
    taken = await bench.client.delete(f"/api/v1/invites/{invite.name}")
    assert taken.json() == {"note": "1 invite taken back: its code lets nobody in"}
    assert (await bench.client.delete(f"/api/v1/invites/{invite.name}")).status_code == 404, "it is not open any more"
    assert await bench.get("/api/v1/invites") == []

    gone = await bench.client.delete(f"/api/v1/members/{'08' * 8}?with_those_it_admitted=1")
    assert (gone.status_code, gone.json()["note"].startswith("attic is removed")) == (200, True)
    assert (await bench.client.delete("/api/v1/members/laptop")).status_code == 400, "it cannot remove itself"
    left = (await bench.client.get("/api/v1/members")).json()["members"]
    assert {each["name"] for each in left} == {"laptop", "guest"}
    async with httpx.AsyncClient(base_url=bench.url, trust_env=False) as stranger:
        for method, path in (
            ("GET", "members"),
            ("DELETE", "members/guest"),
            ("POST", "invites"),
            ("DELETE", "invites/all"),
        ):
            assert (await stranger.request(method, f"/api/v1/{path}")).status_code == 401


async def test_in_an_open_swarm_it_is_said_that_there_are_no_members(bench: WebBench) -> None:
    bench.members.is_open = True
    answer = await bench.client.get("/api/v1/members")
    assert (answer.status_code, "--open" in answer.json()["error"]) == (400, True)
