"""Books that are added by the page."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest
from lxml import html
from site_bench import SiteBench
from stand_in_hub import stand_in_hub

from swarm.errors import StoreError, UsageError
from swarm.server.order_handler import MAX_BOOK_BYTES, MIN_FREE_BYTES
from swarm.server.page.add_views import KEPT_S, MAX_DRAFTS, MAX_TOGETHER, AddViews, Drafts, ranges_text
from swarm.server.page.cli_process import CliProcesses, Hear, ModelFetches

CHAPTERS = [
    {"number": number, "title": f"Chapter {number}", "opening": "It was", "words": 900, "estimated_s": 300}
    for number in range(1, 5)
]
CONTENTS = {
    "title": "Emma <b>",
    "authors": ["Jane Austen"],
    "language": "en",
    "engine": "hibari",
    "chapters": CHAPTERS,
    "left_out": [{"title": "Licence", "reason": "rights", "grounds": "its title", "words": 30}],
    "totals": {"words": 3600, "estimated_s": 1200},
    "cautions": ["the language is a guess"],
    "more": 1,
}
HIBARI = {
    "engine": "hibari",
    "about": "fast",
    "voices": [{"name": "heart", "description": "", "fetch": None}],
    "default": True,
}
FACTS = {
    "licence": "",
    "quality": "",
    "first": "",
    "realtime": None,
    "realtime_of_a_core": 1.8,
    "download": 93_000_000,
    "installed": True,
    "offered": True,
}
VOICES = {"engines": [HIBARI | FACTS]}


@pytest.fixture
def bench(bench: SiteBench) -> SiteBench:
    bench.answers = {"inspect": json.dumps(CONTENTS).encode(), "voices": json.dumps(VOICES).encode()}
    return bench


async def upload(bench: SiteBench, name: str = "Emma.txt", content: bytes = b"Some words.") -> httpx.Response:
    headers = {"X-Form-Token": await bench.form_token(), "Accept": "application/json"}
    return await bench.client.post("/drafts", params={"name": name}, content=content, headers=headers)


async def draft(bench: SiteBench, name: str = "Emma.txt") -> str:
    number: str = (await upload(bench, name)).json()["draft"]
    return number


async def test_a_text_has_the_name_of_its_file_and_cautions_have_the_words_of_the_form(bench: SiteBench) -> None:
    number = await draft(bench)
    contents = json.loads(bench.answers["inspect"])
    contents |= {"title": f"draft {number} Emma", "cautions": ["it is odd; --speed sets another"]}
    bench.answers["inspect"] = json.dumps(contents).encode()
    told = html.document_fromstring((await bench.send(f"/contents/{number}")).text).text_content()
    assert "draft" not in told and "it is odd; Speed sets another" in told


async def test_a_book_is_uploaded_looked_into_and_added_with_its_options(bench: SiteBench) -> None:
    number = await draft(bench)
    form = html.document_fromstring((await bench.client.get(f"/add/{number}")).text)
    named = set(form.xpath("//form[@id='add']//@name"))
    assert {"option--speed", "option--notes", "option--alt-text", "option--include"} <= named
    page = html.document_fromstring((await bench.send(f"/contents/{number}", **{"option--notes": "end"})).text)
    assert bench.asked[0][:4] == ("inspect", "--notes=end", "--json", "--")
    assert page.xpath(f"//input[@name='chapter.{number}']/@value") == ["1", "2", "3", "4"]
    assert "Emma <b>" in page.text_content() and "the language is a guess" in page.text_content()
    fields = {"option--speed": "1.5", "option--notes": "end", f"chapters.{number}": "4", f"chapter.{number}": "1"}
    added = await bench.send(f"/add/{number}", **fields, **{f"read_with.{number}": "--notes=end"})
    assert (added.status_code, added.headers["location"]) == (303, "/")
    [book] = bench.queue.books
    assert (book.name, book.options) == ("Emma.txt", ("--speed=1.5", "--notes=end", "--chapters=1"))
    assert list(bench.room.iterdir()) == []


@pytest.mark.parametrize(("engine", "price"), [("openai", "0.46 USD"), ("hibari", "")])
async def test_the_price_of_a_paid_engine_is_told_before_a_book_is_added(
    bench: SiteBench, engine: str, price: str
) -> None:
    chapters = [{**chapter, "characters": 7_700} for chapter in CHAPTERS]
    bench.answers["inspect"] = json.dumps({**CONTENTS, "engine": engine, "chapters": chapters}).encode()
    page = html.document_fromstring((await bench.send(f"/contents/{await draft(bench)}")).text)
    assert page.xpath("string(//p/strong[contains(., 'USD')])") == price
    assert ("costs about" in page.text_content()) is bool(price)


async def test_a_part_that_was_left_out_is_read_where_it_is_asked_for(bench: SiteBench) -> None:
    number = await draft(bench)
    page = html.document_fromstring((await bench.send(f"/contents/{number}", **{f"include.{number}": "Licence"})).text)
    assert bench.asked[0][1] == "--include=Licence"
    assert page.xpath(f"//input[@name='include.{number}'][@checked]/@value") == ["Licence"]
    await bench.send(f"/add/{number}", **{f"include.{number}": "Licence"})
    assert bench.queue.find_book(1).options == ("--include=Licence",)


async def test_what_is_doubtful_in_a_book_is_shown_with_examples_and_switched(bench: SiteBench) -> None:
    doubt = {"what": "page number", "times": 431, "words": 431, "left_out": True, "examples": ["…before ▸ 12"]}
    doubts = [{**doubt, "option": "--include=page number"}]
    bench.answers["inspect"] = json.dumps({**CONTENTS, "doubts": doubts}).encode()
    number = await draft(bench)
    page = html.document_fromstring((await bench.send(f"/contents/{number}")).text)
    row = page.xpath(f"//li[label/input[@name='switch.{number}']]")[0]
    assert "page number: 431 times" in row.text_content() and "…before ▸ 12" in row.text_content()
    switched = {f"switch.{number}": "--include=page number"}
    page = html.document_fromstring((await bench.send(f"/contents/{number}", **switched)).text)
    assert page.xpath(f"//input[@name='switch.{number}'][@checked]/@value") == ["--include=page number"]
    await bench.send(f"/add/{number}", **switched)
    assert bench.queue.find_book(1).options == ("--include=page number",)
    number = await draft(bench)
    await bench.send(f"/add/{number}", **{f"switch.{number}": "--output-dir=/tmp"})
    assert bench.queue.find_book(2).options == ()


async def test_chapters_that_were_counted_with_other_options_are_not_taken(bench: SiteBench) -> None:
    number = await draft(bench)
    chosen = {f"chapters.{number}": "4", f"chapter.{number}": "2", f"read_with.{number}": ""}
    answer = await bench.send(f"/add/{number}", **chosen, **{"option--notes": "end"})
    assert (answer.status_code, "choose among them again" in answer.text) == (400, True)
    none = await bench.send(f"/add/{number}", **{f"chapters.{number}": "4"})
    assert "No chapter of Emma.txt is chosen" in none.text
    assert bench.queue.books == ()
    assert (await bench.send(f"/add/{number}", **chosen)).status_code == 303


async def test_a_form_that_is_refused_names_no_command_of_a_terminal(
    bench: SiteBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_given: object) -> None:
        raise UsageError("No engine has a voice 'Morgan': `e2a-swarm voices` lists all.")

    monkeypatch.setattr(AddViews, "_words", refuse)
    answer = await bench.send(f"/add/{await draft(bench)}")
    why = html.document_fromstring(answer.text).xpath("string(//p[@role='alert'])")
    assert (answer.status_code, why) == (400, "No engine has a voice 'Morgan'.")


async def test_a_form_that_is_refused_keeps_all_its_fields(bench: SiteBench) -> None:
    number = await draft(bench)
    given = {"option--speed": "1.5", "option--notes": "end", "option--alt-text": "yes", "option--include": "A\nB"}
    chosen = {f"chapters.{number}": "4", f"chapter.{number}": "2", f"read_with.{number}": "--old=words"}
    answer = await bench.send(f"/add/{number}", **given, **chosen)
    page = html.document_fromstring(answer.text)
    assert answer.status_code == 400 and page.xpath("//p[@role='alert']")
    assert page.xpath("//input[@name='option--speed']/@value") == ["1.5"]
    assert page.xpath("//select[@name='option--notes']/option[@selected]/@value") == ["end"]
    assert page.xpath("//input[@name='option--alt-text'][@checked]")
    assert page.xpath("string(//textarea[@name='option--include'])").split() == ["A", "B"]
    kept = {each.get("name"): each.text_content().strip() for each in page.xpath("//div[@data-contents]//textarea")}
    assert kept == chosen
    words = "\n".join(bench.config.options.inspect_words(("--notes=end", "--alt-text", "--include=A", "--include=B")))
    contents = await bench.send(f"/contents/{number}", **given, **chosen | {f"read_with.{number}": words})
    boxes = html.document_fromstring(contents.text).xpath(f"//input[@name='chapter.{number}'][@checked]/@value")
    assert boxes == ["2"], "the chapters that were chosen come again with the contents"


async def test_a_broken_book_is_one_sentence_without_a_path_and_is_not_added(bench: SiteBench) -> None:
    broken, good = await draft(bench, "bad.epub"), await draft(bench, "Emma.txt")
    inspect = bench.answers.pop("inspect")
    path = bench.room / f"draft {broken} bad.epub"
    bench.faults["inspect"] = f"{path} is not an EPUB."
    told = html.document_fromstring((await bench.send(f"/contents/{broken}")).text)
    assert told.text_content().split("\n")[0].strip() == "bad.epub is not an EPUB."
    assert told.xpath("//input[@name='broken']/@value") == [broken] and not told.xpath("//button")
    bench.answers["inspect"] = inspect
    assert (await bench.send(f"/add/{broken},{good}", broken=broken)).status_code == 303
    assert [book.name for book in bench.queue.books] == ["Emma.txt"]


async def test_books_that_are_dropped_together_share_their_options(bench: SiteBench) -> None:
    one, other = await draft(bench, "One.txt"), await draft(bench, "Other.txt")
    assert "Add 2 books" in (await bench.client.get(f"/add/{one},{other},{one}")).text
    await bench.send(f"/add/{one},{other}", **{"option--speed": "2"})
    assert [(book.name, book.options) for book in bench.queue.books] == [
        ("One.txt", ("--speed=2",)),
        ("Other.txt", ("--speed=2",)),
    ]
    assert MAX_TOGETHER == 20


async def test_a_draft_that_is_gone_is_told_so(bench: SiteBench) -> None:
    for path in ["/add/0", "/add/../x", "/add/", "/add/,,,"]:
        assert (await bench.client.get(path)).status_code in (400, 404)


async def test_what_is_no_book_is_said_and_leaves_nothing(bench: SiteBench) -> None:
    empty = await upload(bench, content=b"")
    assert (empty.status_code, empty.json()["error"]) == (
        400,
        "The file is empty: the body of the request has to be the book.",
    )
    assert list(bench.room.iterdir()) == []
    del bench.answers["inspect"]
    number = await draft(bench)
    assert "inspect failed" in (await bench.send(f"/contents/{number}")).text


async def test_a_voice_is_heard_once_it_was_spoken(bench: SiteBench) -> None:
    listed = (await bench.send("/voices", language="en")).text
    assert 'data-hear="heart"' in listed
    which = {"engine": "hibari", "voice": "heart", "language": "en"}
    heard = await bench.send("/samples", **which)
    assert (heard.headers["content-type"], heard.content) == ("audio/flac", bench.answers["voices"])
    before = len(bench.asked)
    assert (await bench.send("/samples", **which)).content == heard.content
    assert len(bench.asked) == before
    assert bench.asked[-1] == ("voices", "--listen=heart", "--tts-engine=hibari", "--language=en")
    number = await draft(bench)
    await bench.send("/samples", **which, draft=number)  # three sentences of the book that is added
    assert bench.asked[-1][-1] == f"--book={next(bench.room.glob(f'draft {number} *'))}"
    assert (await bench.send("/samples", **which, draft="no such draft")).status_code in (400, 404)


def away(name: str, **more: object) -> dict[str, object]:
    return HIBARI | {"engine": name, "default": False, "installed": False, "licence": "", "quality": "", **more}


async def test_the_list_of_voices_says_what_each_is_and_what_is_not_here(bench: SiteBench) -> None:
    fetch = {"name": "hibari-emma", "size": 8_000_000, "licence": "Apache-2.0"}
    voices = [{"name": "heart", "description": "American, female", "fetch": None}]
    voices.append({"name": "emma", "description": "British, female", "fetch": fetch})
    facts = {name: value for name, value in FACTS.items() if name != "installed"}
    engines = [HIBARI | FACTS | {"voices": voices}]
    engines += [away("fife", **facts), away("coqui", **facts | {"offered": False, "first": "install it"})]
    bench.answers["voices"] = json.dumps({"engines": engines}).encode()
    page = html.document_fromstring((await bench.send("/voices", language="en")).text)
    heart, emma = page.xpath("//details[1]//li")
    assert " ".join(heart.text_content().split()) == "heart in use recommended American, female Hear heartUse heart"
    assert heart.xpath(".//strong[@class='used' and @hidden]")  # until the form tells which voice is chosen
    assert "British, female; not here yet: 8.0 MB, Apache-2.0" in emma.text_content()
    assert emma.get("data-fetch") == "hibari-emma" and "Fetch and hear" in emma.text_content()
    fife, coqui = page.xpath("//details")[1:]
    assert "fife: on other machines" in fife.text_content()
    assert [bool(fife.xpath(f".//button[@data-{what}]")) for what in ("hear", "use")] == [False, True]
    assert "coqui: not installed" in coqui.text_content() and not coqui.xpath(".//button")


async def test_a_voice_is_fetched_with_its_progress_and_one_at_a_time(bench: SiteBench) -> None:
    async def state() -> tuple[object, ...]:
        found = (await bench.client.get("/fetches", params={"model": "hibari-emma"})).json()
        return found["state"], found["percent"], found["words"]

    bench.answers["models"] = b""
    await bench.send("/fetches", model="hibari-emma")
    assert await state() == ("fetching", 1, "downloading it, 1 %")
    assert "Another voice" in (await bench.send("/fetches", model="hibari-kore")).text
    assert (await bench.send("/fetches", model="hibari-emma")).json()["state"] == "fetching"
    bench.downloading.set()
    await bench.send("/voices")
    assert (await state())[0] == "here"
    assert [words for words in bench.asked if words[0] == "models"] == [("models", "fetch", "hibari-emma", "--json")]
    bench.faults["models"] = "Its server answered 404: `e2a-swarm models` lists others."
    del bench.answers["models"]
    await bench.send("/fetches", model="hibari-emma")
    await bench.send("/voices")
    assert await state() == ("failed", 0, "Its server answered 404.")
    assert "no such voice" in (await bench.send("/fetches", model="--help")).text
    assert "not asked for" in (await bench.client.get("/fetches", params={"model": "other"})).text


async def test_a_download_that_fails_is_told_in_a_sentence_of_the_real_command(
    bench: SiteBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stand_in_hub(tmp_path / "hub") as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("E2A_SWARM_MODELS", str(tmp_path / "models"))
        fetches = ModelFetches(CliProcesses(tmp_path / "state"), tmp_path)
        heard = [fetches.fetch("hibari-emma")]
        while heard[-1].state == "fetching":
            await asyncio.sleep(0.01)
            heard.append(fetches.find_fetch("hibari-emma"))
    assert "model.onnx cannot be downloaded from" in heard[-1].words and "answered 404" in heard[-1].words
    assert any("fetching hibari-emma (Apache-2.0, 7.9 MB)" in each.words for each in heard), heard


@pytest.mark.parametrize("fault", [None, OSError(12, "Cannot allocate memory"), UsageError("no network")])
async def test_a_fetch_ends_whatever_is_written_or_however_it_fails(tmp_path: Path, fault: Exception | None) -> None:
    async def cli(words: Sequence[str], folder: Path, hear: Hear | None = None) -> bytes:
        assert hear is not None
        for line in (b" > Downloading model\n", b'{"told": 5}\n', b"[1]\n", b"\xff\n", b'{"told": "12 % of it"}\n'):
            hear(line)
        if fault:
            raise fault
        return b""

    fetches = ModelFetches(cli, tmp_path)
    fetches.fetch("hibari-emma")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    ended = fetches.find_fetch("hibari-emma")
    assert (ended.state, str(fault or "here") in f"{ended}") == ("failed" if fault else "here", True)


async def test_an_engine_that_nobody_has_is_told_before_a_book_is_added(bench: SiteBench) -> None:
    bench.lacks["hibari"] = "hibari is nowhere"
    page = html.document_fromstring((await bench.send(f"/contents/{await draft(bench)}")).text)
    assert "hibari is nowhere: the book waits until a machine has it." in page.text_content()


async def test_a_book_of_the_queue_is_spoken_again_with_other_options(bench: SiteBench) -> None:
    await bench.add("Emma")
    answer = await bench.send("/again/1")
    assert answer.headers["location"].startswith("/add/")
    assert (await bench.send(answer.headers["location"], **{"option--speed": "2"})).status_code == 303
    assert [(book.id, book.name, book.options) for book in bench.queue.books] == [
        (1, "Emma.txt", ()),
        (2, "Emma.txt", ("--speed=2",)),
    ]


def test_ranges_are_short() -> None:
    assert ranges_text([1, 2, 3, 7, 9, 10]) == "1-3,7,9-10"
    assert ranges_text([5]) == "5"


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..\\a<b>.epub", "CON\x00.epub", "", ".", "x" * 900, "a/b\u202e.epub"]
)
async def test_a_draft_lies_in_its_folder_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    drafts = Drafts(tmp_path)
    draft = await drafts.write_draft(name, 0, chunks(b"so", b"me"), 1.0)
    assert draft.path.parent == tmp_path and draft.path.read_bytes() == b"some"
    assert drafts.find_draft(draft.number) == draft
    drafts.remove_draft(draft)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UsageError, match="no longer here"):
        drafts.find_draft(draft.number)


async def test_what_is_no_book_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drafts = Drafts(tmp_path)
    with pytest.raises(UsageError, match="empty"):
        await drafts.write_draft("a.epub", 0, chunks(), 1.0)
    with pytest.raises(UsageError, match="at most"):
        await drafts.write_draft("a.epub", MAX_BOOK_BYTES + 1, chunks(b"some"), 1.0)
    monkeypatch.setattr("swarm.server.order_handler.MAX_BOOK_BYTES", 5)
    with pytest.raises(UsageError, match="at most"):
        await drafts.write_draft("a.epub", 0, chunks(b"some", b"more"), 1.0)
    monkeypatch.setattr("swarm.server.order_handler.free_bytes", lambda folder: MIN_FREE_BYTES + 3)
    for announced in (4, 0):
        with pytest.raises(StoreError, match="no room"):
            await drafts.write_draft("a.epub", announced, chunks(b"so", b"me"), 1.0)
    assert list(tmp_path.iterdir()) == []


async def test_drafts_that_are_left_lying_are_removed(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path)
    for number in range(MAX_DRAFTS + 3):
        await drafts.write_draft(f"{number}.epub", 0, chunks(b"some"), 1.0)
    assert len(list(tmp_path.iterdir())) == MAX_DRAFTS
    kept = await drafts.write_draft("late.epub", 0, chunks(b"some"), KEPT_S + 2)
    assert list(tmp_path.iterdir()) == [kept.path]
