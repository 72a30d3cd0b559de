"""How a coordinator stands, as the lines of `e2a-swarm status`. Pure."""

from collections.abc import Sequence

from swarm.lease.message import StatusReply
from swarm.watch.text import clean, count_text
from swarm.watch.view import JobView, Viewer, WorkerView


def standing_lines(reply: StatusReply, address: str = "") -> list[str]:
    """What one coordinator is doing: its books, the chapters under way, its workers."""
    view = Viewer().look(reply)
    where = f" at {address}" if address else ""
    lines = [f"{clean(reply.name) or clean(reply.coordinator)}{where} (version {clean(reply.version)})"]
    for job in view.jobs:
        lines += _job_lines(job)
    lines += _worker_lines(view.workers) if view.workers else ["  no worker yet; start one with: e2a-swarm work"]
    if view.speed and len(view.workers) > 1:
        lines.append(f"  {count_text(len(view.workers), 'worker')}, {view.speed} real time together")
    return lines


def _job_lines(job: JobView) -> list[str]:
    facts = [f"{job.percent} %", job.spoken, job.state]
    if job.eta:
        facts.append(f"{job.eta} left")
    lines = [f"  {job.title}: {', '.join(facts)}"]
    if job.note:
        lines.append(f"    {job.note}")
    return lines + [f"    {chapter.percent:3d} %  {chapter.title}" for chapter in job.chapters]


def _worker_lines(workers: Sequence[WorkerView]) -> list[str]:
    rows = [(worker.name, worker.device, worker.speed or "-", worker.doing) for worker in workers]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = []
    for (name, device, speed, doing), worker in zip(rows, workers, strict=True):
        line = f"  {name:<{widths[0]}}  {device:<{widths[1]}}  {speed:>{widths[2]}}  {doing}"
        lines.append(f"{line} ({worker.note})" if worker.note else line)
    return lines
