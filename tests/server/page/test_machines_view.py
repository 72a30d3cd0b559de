"""The view of the machines."""

from lxml import html
from msgspec import structs
from site_bench import SiteBench

from swarm.lease.envelope import Hindrance, NotLeasing, Reason, Resting
from swarm.lease.member_message import StandbyStatus
from swarm.lease.message import ChapterStatus, Figures, SleeperRow, SlotStatus, StatusReply, WorkerStatus
from swarm.watch.view import standing_lines


async def test_a_machine_shows_all_that_is_known_of_it(bench: SiteBench) -> None:
    await bench.add("Emma")
    await bench.settle()

    def change(reply: StatusReply) -> StatusReply:
        job = structs.replace(reply.jobs[0], chapters=(ChapterStatus("One", 4, 0),), title="Emma")
        slots = (SlotStatus(0, "speaking", job.job, realtime=3.5), SlotStatus(1, "resting", note="it is too warm"))
        figures = (Figures("cuda:0", 50, 2 * 10**9, 8 * 10**9, 71), Figures("cuda:1"), Figures("cuda:2", 0))
        attic = WorkerStatus(
            "w/1", "attic", "RTX", slots, 0.5, 2, 40, 90.0, figures=figures, version="0.2.1", tag="s<i>pot"
        )
        resting = Resting(0, Hindrance(NotLeasing.PAUSED, by="laptop"))
        paused = Reason("rests", resting=(resting,))
        cellar = WorkerStatus(
            "w 2", "cellar", "cpu", (SlotStatus(0, "resting", rest=resting),), 75.0, 0, reasons=(paused,)
        )
        loft = structs.replace(cellar, worker="w 3", name="dormer", silent_s=0.5)
        return structs.replace(reply, jobs=(job,), workers=(attic, cellar, loft))

    bench.changes.append(change)
    page = html.document_fromstring((await bench.client.get("/machines")).text)
    shown = page.xpath("//ul[@id='machines']/li")
    attic, cellar, dormer = (" ".join(each.text_content().split()) for each in shown)
    for words in (
        "attic s<i>pot",
        "speaking, 3.5x of real time",
        "40 sentences, 1 min 30 s",
        "Failures2",
        "0.2.1",
        "50 % busy, 2.0 GB of 8.0 GB, 71 °C",
        "0 % busy",
        "Slot 1: speaking, Emma: One, sentence 1, 3.5x",
        "Slot 2: resting, it is too warm",
    ):
        assert words in attic, words
    assert "resting: paused" in dormer
    assert "silent for 1 min 15 s" in cellar
    assert len(set(page.xpath("//ul[@id='machines']//@id"))) == len(page.xpath("//ul[@id='machines']//@id"))
    orders = page.xpath("//button[@form='orders']/@value")
    assert orders[:2] == ["pause 0 attic", "drain 0 attic"]
    assert orders[2].startswith("limit count-") and orders[2].endswith(" attic")
    assert orders[3:5] == ["resume 0 cellar", "drain 0 cellar"], "only what can be done is offered"


async def test_standbys_are_shown_with_how_far_they_are_behind(bench: SiteBench) -> None:
    standbys = (StandbyStatus("tower", 1.5), StandbyStatus("<b>nas", 90.0, 80.0), StandbyStatus("attic", behind=7))
    bench.changes.append(lambda reply: structs.replace(reply, standbys=standbys))
    page = html.document_fromstring((await bench.client.get("/machines")).text)
    shown = [" ".join(each.text_content().split()) for each in page.xpath("//ul[@id='machines']/li")]
    tower, nas, attic = shown[-3:]
    assert ["tower Standby: up to date" in tower, "Standby: away for 1 min 20 s" in nas] == [True, True]
    assert "<b>nas" in nas and "copying, 7 records behind" in attic


async def test_the_page_has_the_switch_of_the_worker_on_its_own_machine(bench: SiteBench) -> None:
    async def offered() -> list[str]:
        page = html.document_fromstring((await bench.client.get("/machines")).text)
        found: list[str] = page.xpath("//button[@name='speak']/text()")
        return found

    assert await offered() == ["Speak on this server's machine, too"]
    assert (await bench.send("/machines/own", speak="on")).headers["location"] == "/machines"
    assert bench.own.is_on and await offered() == ["Speak no more on this server's machine"]
    await bench.send("/machines/own", speak="off")
    assert not bench.own.is_on


async def test_the_code_is_shown_only_when_it_is_asked_for(bench: SiteBench) -> None:
    assert "e2a-swarm join CODE" not in (await bench.client.get("/machines")).text
    shown = html.document_fromstring((await bench.send("/machines")).text)
    assert "e2a-swarm join CODE" in shown.xpath("string(//pre)")
    assert shown.xpath("//section//*[@role='img']//path") and not shown.xpath("//section//a[contains(@href, '#')]")
    assert "uv tool install" in shown.xpath("string(//section)")


async def test_who_sleeps_is_shown_on_the_page_and_by_status(bench: SiteBench) -> None:
    bench.resident.sleepers = lambda: (SleeperRow("attic", "by hand", 60.0), SleeperRow("den", "asleep", 60.0))
    page = html.document_fromstring((await bench.client.get("/machines")).text)
    shown = [" ".join(each.text_content().split()) for each in page.xpath("//ul[@id='machines']/li")]
    assert shown[-2].startswith("attic Has slept for 1 min;") and "it is not woken today" in shown[-2]
    assert shown[-1] == "den Has slept for 1 min, and is woken for work"
    lines = standing_lines(bench.resident.complete(bench.resident.status()))
    assert "  den: has slept for 1 min, and is woken for work" in lines
