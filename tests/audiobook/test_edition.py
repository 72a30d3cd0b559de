"""Whether an audiobook leaves this machine, and what an edition hears while it is made."""

import asyncio
from pathlib import Path

import pytest
from msgspec import structs

from specs_for_tests import a_job  # isort: skip
from swarm.audiobook import edition as editions
from swarm.audiobook.delivery import Delivery
from swarm.audiobook.destination import FolderDestination, Stopped
from swarm.audiobook.edition import Edition
from swarm.audiobook.sound.studio import Studio
from swarm.audiobook.sound.tags import Tags
from swarm.audiobook.style import Style
from swarm.book.model.book import Chapter, Pause, Segment
from swarm.job.record import JobFinished, SegmentQuarantined
from swarm.job.state import JobState, apply
from swarm.job.store.store import DiskStore


class FakeUpload:
    """Counts what is uploaded."""

    place = name = "https://books.example"

    def __init__(self) -> None:
        self.sent: list[Path] = []

    def upload_book(self, files: list[Path], tags: Tags, say: object) -> None:
        self.sent += files

    def remove_stale_files(self, files: list[Path], old: object, tags: Tags) -> list[str]:
        return []


@pytest.mark.parametrize(("missing", "asked", "leaves"), [(2, False, True), (3, False, False), (3, True, True)])
async def test_an_audiobook_that_lacks_over_two_percent_leaves_only_if_that_is_asked_for(
    tmp_path: Path, missing: int, asked: bool, leaves: bool
) -> None:
    segments = tuple(Segment(f"Sentence {n}.", Pause.SENTENCE) for n in range(100))
    state = JobState(structs.replace(a_job(), chapters=(Chapter("One", segments),)))
    for index in range(missing):
        apply(state, SegmentQuarantined(0, index, "error"))
    store, delivery = DiskStore(tmp_path / "state"), Delivery(FolderDestination(tmp_path / "away"), tmp_path / "outbox")
    (tmp_path / "away").mkdir()
    (tmp_path / "outbox").mkdir()
    store.folder(state.job).mkdir()
    target = tmp_path / "outbox" / "Book.m4b"
    target.write_bytes(b"sound")
    target.with_name("Book.report.json").write_text("{}")
    style, upload = Style(Tags("Book", ("Ann",))), FakeUpload()
    edition = Edition(
        state,
        store,
        target,
        style,
        Studio(tmp_path, 1),
        delivery=delivery,
        upload=upload,
        deliver_gaps=asked,  # type: ignore[arg-type]
    )
    apply(state, JobFinished(1.0, (str(target),), 5, style.digest))
    if addresses := await edition.deliver_files():
        apply(state, JobFinished(1.0, addresses, 5, style.digest))
    await edition.upload_files()
    edition.remove_outbox()
    assert bool(addresses) is bool(upload.sent) is (tmp_path / "away" / "Book.m4b").exists() is leaves
    assert target.exists() is not leaves
    assert any("--on-failure deliver" in line for line in edition.closing_lines()) is not leaves
    store.close()


async def test_the_press_hears_of_distrust_and_an_interrupted_edition_is_delivered_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distrusted: list[str] = []

    class Press:
        parts = ()
        distrust = staticmethod(distrusted.append)

        def __init__(self, *_: object) -> None: ...

        async def make_files(self) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr(editions, "Press", Press)
    (tmp_path / "away").mkdir()
    outbox, store = tmp_path / "outbox", DiskStore(tmp_path / "state")
    outbox.mkdir()
    delivery, style = Delivery(FolderDestination(tmp_path / "away"), outbox), Style(Tags("Book", ("Ann",)))
    target, studio = outbox / "Book.m4b", Studio(tmp_path, 1)
    edition = Edition(JobState(a_job()), store, target, style, studio, delivery=delivery)
    edition.distrust("before it is begun")
    making = asyncio.create_task(edition.write_audiobook(lambda *_: None, lambda gain: None))
    await asyncio.sleep(0)
    edition.distrust("w1")
    assert distrusted == ["w1"]
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    edition.distrust("after it ended")
    assert distrusted == ["w1"]
    target.write_bytes(b"sound")
    with pytest.raises(Stopped):
        delivery.deliver_file(target, print)
    store.close()
