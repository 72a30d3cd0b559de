"""The view of the members: who is in, who waits, an invite, and a removal with a question first."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from lxml import html
from site_bench import SiteBench

from swarm.coordinator.machine_orders import ROLES
from swarm.net.addresses import OwnPlace, addresses_in
from swarm.net.identity.swarm_key import read_code
from swarm.server.page.log_in import hash_password

GUEST, ATTIC, HOSTILE = b"\x07" * 32, b"\x08" * 32, "<script>alert(1)</script>"


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[SiteBench]:
    made = SiteBench(tmp_path)
    identity = made.members.identity()
    identity.membership.found("laptop")
    identity.membership.admit(ATTIC, "attic")
    identity.membership.note_seen({ATTIC})
    identity.applicants.apply(GUEST, HOSTILE)
    await made.serve()
    yield made
    await made.close()


async def test_members_and_those_who_wait_are_shown_with_what_can_be_done(bench: SiteBench) -> None:
    assert "1 machine to approve" in (await bench.client.get("/machines")).text
    page = html.document_fromstring((await bench.client.get("/members")).text)
    guest, *rows = (" ".join(each.text_content().split()) for each in page.xpath("//ul[@id='members']/li"))
    assert HOSTILE in guest and "wants to come in" in guest and "07" * 8 in guest
    attic, laptop = sorted(rows)
    since = time.strftime("%Y-%m-%d")
    assert f"Member since{since} Last seennow Fingerprint{'08' * 8} Admitted bylaptop Remove attic" in attic
    assert "this machine" in laptop and "Remove" not in laptop
    assert [each.text_content() for each in page.xpath("//table//th[@scope='row']")] == [role[0] for role in ROLES[1:]]
    orders = page.xpath("//button[@form='orders']/@value")
    assert orders == [f"approve 0 {'07' * 8}", f"refuse 0 {'07' * 8}", "08" * 8]
    answer = await bench.send("/orders", order=orders[0], back="/members")
    assert "is a member now" in answer.text and GUEST in bench.members.identity().membership.members


async def test_a_member_is_removed_after_a_question(bench: SiteBench) -> None:
    asked = await bench.send("/members/remove", member="08" * 8)
    assert "Put attic out of the swarm?" in asked.text and ATTIC in bench.members.identity().membership.members
    form = html.document_fromstring(asked.text).xpath("//main//form")[0]
    fields = {each.get("name"): each.get("value") for each in form.xpath(".//input")}
    told = await bench.client.post(form.get("action"), data={**fields, "sure": "yes"})
    assert "attic is removed" in told.text and ATTIC not in bench.members.identity().membership.members
    assert (await bench.send("/members/remove", member="nobody", sure="yes")).status_code == 404


async def test_an_invite_is_made_by_a_form_of_this_site_alone_and_shown_as_text_and_picture(bench: SiteBench) -> None:
    assert (await bench.client.post("/members", data={"for": "an hour"})).status_code == 403
    assert (await bench.send("/members", **{"for": "ever"})).status_code == 400
    assert bench.members.identity().invites.live == []
    shown = await bench.send("/members", **{"for": "an hour"})
    [invite] = bench.members.identity().invites.live
    assert 3500 < invite.until_s - time.time() <= 3600
    page = html.document_fromstring(shown.text)
    code = page.xpath("string(//section//pre)").split()[2]
    assert code.startswith("e2a-") and page.xpath("//section//*[@role='img']//path")
    assert shown.headers["cache-control"] == "no-store"
    assert addresses_in(read_code(code)) == OwnPlace().addresses() and read_code(code) == invite.key

    page = html.document_fromstring((await bench.client.get("/members")).text)
    card = page.xpath("//li[h2='Open invite']")[0]
    made, until = (time.strftime("%Y-%m-%d %H:%M", time.localtime(at)) for at in (invite.made_s, invite.until_s))
    assert [each.text for each in card.xpath(".//dd")] == [made, until]
    button = card.xpath(".//button")[0]
    assert (
        code not in html.tostring(page).decode() and (await bench.client.post("/members/take-back")).status_code == 403
    )
    told = await bench.send(button.get("formaction"), invite=button.get("value"))
    assert "1 invite taken back" in told.text and bench.members.identity().invites.live == []


async def test_only_the_owners_machine_offers_to_remove(bench: SiteBench) -> None:
    (bench.state / "owner.key").unlink()
    page = (await bench.client.get("/members")).text
    assert "Remove" not in page and "Members are removed on laptop" in page


async def test_an_open_swarm_shows_no_members(bench: SiteBench) -> None:
    bench.members.is_open = True
    assert "/members" not in (await bench.client.get("/machines")).text
    answer = await bench.client.get("/members")
    assert (answer.status_code, "--open" in answer.text) == (400, True)


async def test_a_link_brings_a_code_behind_its_hash_to_a_page_that_needs_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("swarm.server.page.log_in.COST", 16)
    bench = SiteBench(tmp_path, hash_password("a long password"), "/swarm")
    await bench.serve()
    try:
        bench.client.headers["Host"] = "192.168.1.20:5848"
        bench.client.base_url = f"{bench.url}/swarm/"
        await bench.log_in("a long password")
        shown = html.document_fromstring((await bench.send("/members", **{"for": "an hour"})).text)
        line = shown.xpath("string(//section//pre)").split()[2]
        assert shown.xpath("//section//a/@href")[0] == f"http://192.168.1.20:5848/swarm/join#{line}"
        bench.client.cookies.clear()
        page = await bench.client.get("/join")
        assert page.status_code == 200 and "uv tool install" in page.text and "e2a-invite" not in page.text
        assert html.document_fromstring(page.text).xpath("//span[@id='join-line']")
    finally:
        await bench.close()
