"""What the views show, whatever books and machines are called."""

import pytest
from lxml import html
from msgspec import structs
from site_bench import SiteBench

from swarm.lease.message import Figures, SlotStatus, StatusReply, WorkerStatus
from swarm.server.api.live_views import MAX_READERS
from swarm.server.page.site import fetch_note, page_note, question_of

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% include 'base.html' %}",
    "</li></ul></main><base href=//evil.example>",
    "javascript:alert(1)",
    "a\u202egnp.exe\u0000\u001b[31m",
)


def machine(name: str) -> WorkerStatus:
    slots = (SlotStatus(0, "speaking", "job", realtime=3.5), SlotStatus(1, "resting", note="paused"))
    return WorkerStatus("w", name, name, slots, 0.5, 2, note=name, figures=(Figures(name, 50, 1, 4, 71),))


def show(bench: SiteBench, *machines: WorkerStatus) -> None:
    def change(reply: StatusReply) -> StatusReply:
        return structs.replace(reply, workers=machines)

    bench.changes.append(change)


@pytest.mark.parametrize("name", HOSTILE)
async def test_no_title_and_no_name_is_more_than_text(bench: SiteBench, name: str) -> None:
    await bench.add("a")
    bench.queue.change(1, title=name, why=name)
    show(bench, machine(name))
    for path in ("/", "/machines", "/books/1"):
        text = (await bench.client.get(path)).text
        page = html.document_fromstring(text)
        assert len(page.xpath("//script")) == (2 if path == "/" else 1) and not page.xpath("//base | //img[not(@alt)]")
        assert not [each for each in page.xpath("//@*") if each.attrname.startswith("on")]
        assert not page.xpath("//*[starts-with(@href, 'javascript:') or starts-with(@src, 'javascript:')]")
        seen = page.xpath("string(//main)")
        assert "\u202e" not in seen and "\x1b" not in seen and "49" not in page.xpath("string(//h2)")
        assert "alert" not in name or name.split("alert")[0].strip() in seen


async def test_static_files_are_kept_by_browsers_under_their_digest(bench: SiteBench) -> None:
    page = html.document_fromstring((await bench.client.get("/")).text)
    addresses = [*page.xpath("//link[@rel='stylesheet']/@href"), *page.xpath("//script/@src")]
    icons = [icon["src"] for icon in (await bench.client.get("/manifest.webmanifest")).json()["icons"]]
    for address in (*addresses, *icons):
        answer = await bench.client.get(address)
        assert (answer.status_code, "immutable" in answer.headers["cache-control"]) == (200, True)
        assert answer.headers["content-type"].split("/")[0] in ("text", "image")
    for address in [each for each in addresses if each.endswith((".js", ".css"))]:
        for takes, coding in (("gzip, br", "gzip"), ("identity", None)):
            answer = await bench.client.get(address, headers={"Accept-Encoding": takes})
            assert answer.headers.get("content-encoding") == (coding if len(answer.content) >= 500 else None), address
            assert answer.headers["vary"] == "Accept-Encoding"
    assert (await bench.client.get("/static/0000000000000000/site.css")).status_code == 404
    assert (await bench.client.get(f"{addresses[0]}x")).status_code == 404


async def test_more_pages_than_can_be_served_are_told_so(bench: SiteBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm.server.api.live_views.MAX_READERS", 0)
    assert MAX_READERS == 100
    assert "are open already" in (await bench.client.get("/live/books")).text


def test_no_command_of_a_terminal_is_told_on_a_page() -> None:
    for note, shown in [
        ("Emma is paused; `e2a-swarm resume 1` lets it go on", "Emma is paused"),
        ("There is no book 5 in the queue: `e2a-swarm status` lists them.", "There is no book 5 in the queue."),
        ("There is no room. Free some (`e2a-swarm jobs` shows it), or wait.", "There is no room. Free some, or wait."),
        ("It is not here. Run `e2a-swarm work` there.", "It is not here."),
        ("`serve` is busy; try again: 1:2", "`serve` is busy; try again: 1:2"),
    ]:
        assert page_note(note) == shown


def test_no_folder_of_the_server_is_told_to_who_fetches_a_voice() -> None:
    for told, shown in [
        ("It is away (no). Try again, or copy a.onnx, a.json to /srv/m/a.", "It is away (no). Try again."),
        ("It is away (no): copy it to C:\\m\\a, or connect this machine.", "It is away (no): connect this machine."),
        ("It is another. Copy the right one to /m/a.bin, or get a newer one.", "It is another. Get a newer one."),
        ("Emma cannot be downloaded to /m/emma: no room.", "Emma cannot be downloaded: no room."),
        ("Emma, 40 %", "Emma, 40 %"),
    ]:
        assert fetch_note(told) == shown


def test_a_question_names_what_it_is_about_and_its_buttons_differ() -> None:
    for action in ["remove", "cancel", "drain"]:
        question = question_of(action, "Emma")
        assert question and "Emma" in question.ask, action
        assert question.yes != question.no, action


def test_what_another_button_takes_back_is_not_asked_for() -> None:
    for action in ["pause", "resume", "move", "limit"]:
        assert question_of(action, "Emma") is None
