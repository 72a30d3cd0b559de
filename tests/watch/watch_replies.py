"""Answers of coordinators, for the tests of displays."""

from swarm.lease.envelope import Reason
from swarm.lease.message import ChapterStatus, JobStatus, SlotStatus, StatusReply, WorkerStatus


def replies(
    accepted: int = 0,
    *,
    chapters: int = 3,
    missing: int = 0,
    state: str = "speaking",
    elapsed_s: float = 60.0,
    eta_s: float | None = 120.0,
    title: str = "Moby Dick",
    workers: tuple[WorkerStatus, ...] | None = None,
    note: str = "",
    reason: Reason | None = None,
) -> StatusReply:
    """Return the answer of a coordinator with one book of ten-sentence chapters, spoken in order."""
    done = [min(10, max(0, accepted + missing - 10 * place)) for place in range(chapters)]
    job = JobStatus(
        job="moby",
        title=title,
        engine="metronome",
        state=state,  # type: ignore[arg-type]
        segments=10 * chapters,
        accepted=accepted,
        missing=missing,
        characters=1000 * chapters,
        characters_left=1000 * chapters - 100 * (accepted + missing),
        audio_s=6.0 * accepted,
        elapsed_s=elapsed_s,
        eta_s=eta_s,
        chapters=tuple(ChapterStatus(f"Part {place + 1}", 10, count) for place, count in enumerate(done)),
        note=note,
        reason=reason,
    )
    return StatusReply(
        coordinator="c1",
        name="laptop",
        version="0.1.0",
        epoch=1,
        jobs=(job,),
        workers=(worker(),) if workers is None else workers,
    )


def worker(
    name: str = "tower", *slots: SlotStatus, silent_s: float = 0.2, device: str = "cuda:0", note: str = ""
) -> WorkerStatus:
    """Return a worker that speaks the first chapter, or does what its slots say."""
    return WorkerStatus(
        worker=f"id-{name}",
        name=name,
        device=device,
        slots=slots or (SlotStatus(0, "speaking", "moby", 0, 3, 7, 400.0, 12.5),),
        silent_s=silent_s,
        failures=0,
        note=note,
    )
