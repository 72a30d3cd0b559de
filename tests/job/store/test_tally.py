from swarm.job.record import ClipAccepted, JobPaused
from swarm.job.store.store import Tally


def clip(takes: int, *, reused: bool = False) -> ClipAccepted:
    facts = {"samples": 48_000, "sample_rate": 24_000, "digest": "0" * 64, "work_s": 0.5, "takes": takes}
    return ClipAccepted(0, 0, 0, "key", 100, "w1", 1.0, 1.5, reused, **facts)  # type: ignore[arg-type]


def test_clips_that_were_spoken_count_and_kept_ones_do_not() -> None:
    tally = Tally()
    tally.commit([clip(1), clip(3), JobPaused(True, 1.0)])
    tally.commit([clip(1, reused=True)])
    assert tally == Tally(commits=2, clips=2, clip_bytes=200, sound_s=4.0, work_s=1.0, retakes=2)
