from pathlib import Path

from specs_for_tests import a_job

from swarm.job.record import SegmentReworded
from swarm.job.store.store import DiskStore, reworded_jobs


def test_jobs_with_wordings_are_found_by_their_books_slug_newest_first(tmp_path: Path) -> None:
    book = tmp_path / "book.epub"
    book.write_bytes(b"book")
    store = DiskStore(tmp_path / "state")
    for number, name in enumerate(("moby-dick-01", "moby-dick-02", "moby-dick-03", "moby-04")):
        store.create_job(a_job(name, created_s=float(number)), book)
    for name, said in (("moby-dick-01", "A."), ("moby-dick-02", "B."), ("moby-dick-02", ""), ("moby-04", "D.")):
        store.commit([(name, SegmentReworded(0, 1, said), b"")])
    store.commit([("moby-dick-03", SegmentReworded(0, 0, "C."), b"")])
    store.close()
    found = [(spec.job, wordings) for spec, wordings in reworded_jobs(tmp_path / "state", "moby-dick")]
    assert found == [("moby-dick-03", {(0, 0): "C."}), ("moby-dick-01", {(0, 1): "A."})]


def test_a_damaged_journal_has_none(tmp_path: Path) -> None:
    (tmp_path / "jobs" / "moby-dick-01").mkdir(parents=True)
    (tmp_path / "jobs" / "moby-dick-01" / "journal.sqlite").write_bytes(b"no database")
    assert reworded_jobs(tmp_path, "moby-dick") == []
