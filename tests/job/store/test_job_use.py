from pathlib import Path

from specs_for_tests import a_job

from swarm.job.store.store import DiskStore, has_job, is_used


def test_a_job_is_used_while_a_store_has_locked_it(tmp_path: Path) -> None:
    book = tmp_path / "book.epub"
    book.write_bytes(b"book")
    store, job = DiskStore(tmp_path), a_job().job
    assert not has_job(tmp_path, job)
    store.create_job(a_job(), book)
    assert (has_job(tmp_path, job), is_used(tmp_path, job)) == (True, False)
    store.lock_job(job)
    assert is_used(tmp_path, job)
    store.close()
    assert not is_used(tmp_path, job)


def test_a_name_that_no_job_can_have_is_of_none(tmp_path: Path) -> None:
    assert not has_job(tmp_path, "../jobs/x")
    assert not is_used(tmp_path, "x" * 5000)
