"""The orders of buttons."""

from lxml import html
from site_bench import SiteBench


async def test_orders_are_given_by_buttons_and_what_cannot_be_obeyed_is_said(bench: SiteBench) -> None:
    await bench.add("Emma")
    answer = await bench.send("/orders", order="pause 0 1", back="/machines")
    assert "is paused" in answer.text and 'href="/machines"' in answer.text
    assert bench.queue.find_book(1).state.is_paused
    assert 'href="/"' in (await bench.send("/orders", order="resume 0 1", back="//evil.example")).text
    for order in ("", "pause", "sing 0 1", "pause x 1", "pause 0 nothing", "pause -1 1", "limit count-1 attic"):
        answer = await bench.send("/orders", order=order)
        assert (answer.status_code, "<h1>" in answer.text) == (404 if "nothing" in order else 400, True), order
    token = await bench.form_token()
    headers = {"Accept": "application/json", "X-Form-Token": token}
    told = await bench.client.post("/orders", data={"order": "limit 2 attic"}, headers=headers)
    assert told.json()["note"].endswith("2 slots at most")
    fields = {"order": "limit count-a7 attic", "count-a7": "3"}
    told = await bench.client.post("/orders", data=fields, headers=headers)
    assert told.json()["note"].endswith("3 slots at most")
    wrong = await bench.client.post("/orders", data={"order": "pause 0 cellar"}, headers=headers)
    assert "no book or machine" in wrong.json()["error"]


async def test_what_no_other_button_takes_back_is_asked_for_first_also_without_a_script(bench: SiteBench) -> None:
    title = "<script>alert(1)</script>"
    await bench.add("Emma")
    bench.queue.change(1, title=title)
    for order in ("remove 0 1", "cancel 0 1", "drain 0 attic"):
        answer = await bench.send("/orders", order=order, back="/machines")
        page = html.document_fromstring(answer.text)
        assert (answer.status_code, title not in answer.text) == (200, True)
        assert page.xpath("//a[@class='button']/@href") == ["/machines"], "the way back changes nothing"
        name = "attic" if "attic" in order else title
        assert name in page.xpath("string(//h1)")
        assert not bench.queue.find_book(1).state.is_ended and not bench.told
    fields = page.xpath("//main//form")[0].fields
    sent = {name: value for name, value in fields.items() if name not in ("form_token", "sure")}
    assert sent == {"order": "drain 0 attic", "back": "/machines"}
    await bench.send("/orders", **sent, sure="yes")
    assert [order.action for order in bench.told] == ["drain"]
    await bench.send("/orders", order="remove 0 1", sure="yes")
    assert not bench.queue.books
