"""The state of a resident coordinator as Prometheus reads it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from swarm.job.store.store import Tally
from swarm.lease.message import CheckStatus, StatusReply, WorkerStatus
from swarm.server.api.answers import MachineAnswer, book_answers, machine_answers, status_answer
from swarm.server.queue import QueuedBook

BOOKS = ("waiting", "paused", "speaking", "writing", "finished", "failed", "cancelled")
MACHINES = ("speaking", "loading", "waiting", "resting", "idle", "silent")
Look = Callable[[], tuple[Sequence[QueuedBook], StatusReply]]


class SwarmCollector(Collector):
    """Makes the metrics anew at each scrape, so that nothing is counted in between."""

    def __init__(self, look: Look, tally: Tally) -> None:
        self._look, self._tally = look, tally

    def collect(self) -> Iterable[Metric]:
        """Yield all metrics of this moment."""
        books, reply = self._look()
        machines = machine_answers(reply)
        yield from _of_books(books, reply)
        yield from _of_work(self._tally)
        yield from _of_machines(machines)
        yield _of_reasons(reply.workers)
        yield from _of_devices(reply.workers)
        yield _of_links(reply.workers)
        yield from _of_checks(reply.checks)


def exposition(look: Look, tally: Tally) -> bytes:
    """Return the metrics in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(SwarmCollector(look, tally))
    return generate_latest(registry)


def _of_books(books: Sequence[QueuedBook], reply: StatusReply) -> Iterator[Metric]:
    states = [book.state for book in book_answers(books, reply)]
    yield _by("e2a_swarm_books", "Books of the queue.", "state", {name: states.count(name) for name in BOOKS})
    accepted, missing = (sum(getattr(job, name) for job in reply.jobs) for name in ("accepted", "missing"))
    left = sum(job.segments for job in reply.jobs) - accepted - missing
    sentences = {"spoken": accepted, "missing": missing, "left": left}
    yield _by("e2a_swarm_sentences", "Sentences of the books that are served.", "state", sentences)
    sound_s = sum(job.audio_s for job in reply.jobs)
    yield _one("e2a_swarm_sound_seconds", "Sound of the books that are served.", sound_s)
    behind_s = sum(job.reason.seconds for job in reply.jobs if job.reason and job.reason.code in ("encoding", "behind"))
    yield _one("e2a_swarm_sound_to_encode_seconds", "Sound that waits for an encoder, and not for a moment.", behind_s)
    left_s = status_answer(books, reply).time_left_s
    if left_s is not None:
        yield _one("e2a_swarm_time_left_seconds", "Until the book that is spoken is written.", left_s)


def _of_work(tally: Tally) -> Iterator[Metric]:
    yield CounterMetricFamily("e2a_swarm_clips", "Clips that were spoken, since the start.", value=tally.clips)
    yield CounterMetricFamily("e2a_swarm_clip_bytes", "Bytes of these clips.", value=tally.clip_bytes)
    yield CounterMetricFamily("e2a_swarm_clip_seconds", "Sound of these clips.", value=tally.sound_s)
    yield CounterMetricFamily("e2a_swarm_work_seconds", "Time that engines spent on them.", value=tally.work_s)
    yield CounterMetricFamily("e2a_swarm_retakes", "Takes beyond the first of each clip.", value=tally.retakes)
    yield CounterMetricFamily("e2a_swarm_journal_commits", "Commits to journals.", value=tally.commits)


def _of_machines(machines: Sequence[MachineAnswer]) -> Iterator[Metric]:
    states = [machine.state for machine in machines]
    yield _by("e2a_swarm_machines", "Connected machines.", "state", {name: states.count(name) for name in MACHINES})
    tags = [machine.tag for machine in machines]
    yield _by("e2a_swarm_machines_by_tag", "Connected machines.", "tag", {tag: tags.count(tag) for tag in tags})
    speeds = GaugeMetricFamily("e2a_swarm_realtime_ratio", "Seconds of sound a second.", labels=["machine"])
    failures = CounterMetricFamily("e2a_swarm_failures", "Sentences that a machine failed at.", labels=["machine"])
    for name in dict.fromkeys(machine.name for machine in machines):  # two machines may have one name
        named = [machine for machine in machines if machine.name == name]
        speeds.add_metric([name], sum(machine.realtime for machine in named))
        failures.add_metric([name], sum(machine.failures for machine in named))
    yield from (speeds, failures)


def _of_reasons(workers: Sequence[WorkerStatus]) -> Metric:
    """Return how many slots of each machine are held back, by the one word for it."""
    held = Counter((worker.name, slot.rest.why.cause.value) for worker in workers for slot in worker.slots if slot.rest)
    about, labels = "Slots that take no work, by what holds them back.", ["machine", "reason"]
    metric = GaugeMetricFamily("e2a_swarm_slots_held_back", about, labels=labels)
    for place, slots in held.items():
        metric.add_metric(place, slots)
    return metric


def _of_devices(workers: Sequence[WorkerStatus]) -> Iterator[Metric]:
    labels = ["machine", "device"]
    busy = GaugeMetricFamily("e2a_swarm_device_busy_ratio", "Share of its time that a device is busy.", labels=labels)
    memory = GaugeMetricFamily("e2a_swarm_device_memory_bytes", "Memory of a device in use.", labels=labels)
    heat = GaugeMetricFamily("e2a_swarm_device_temperature_celsius", "Temperature of a device.", labels=labels)
    power = GaugeMetricFamily("e2a_swarm_device_watts", "Power of a device, by all programs.", labels=labels)
    told = {(worker.name, figures.device): figures for worker in workers for figures in worker.figures}
    for place, figures in told.items():
        if figures.busy is not None:
            busy.add_metric(place, figures.busy / 100)
        if figures.memory_total:
            memory.add_metric(place, figures.memory_used)
        if figures.temperature_c is not None:
            heat.add_metric(place, figures.temperature_c)
        if figures.watts is not None:
            power.add_metric(place, figures.watts)
    yield from (busy, memory, heat, power)


def _of_links(workers: Sequence[WorkerStatus]) -> Metric:
    """Return what the slow links of machines carry."""
    reasons = [reason for worker in workers for reason in worker.reasons if reason.code == "slow link"]
    carried = {each.worker: each.count for each in reasons}
    return _by("e2a_swarm_slow_link_bits_per_second", "What the slow link of a machine carries.", "machine", carried)


def _of_checks(checks: CheckStatus | None) -> Iterator[Metric]:
    if checks is not None:
        about = "Sentences that two machines spoke alike or otherwise, since the start."
        yield CounterMetricFamily("e2a_swarm_cross_checks", about, value=checks.sentences)
        about = "Sounds of machines that two others contradicted."
        yield CounterMetricFamily("e2a_swarm_cross_checks_outvoted", about, value=checks.outvoted)
        about = "Time that engines spent on cross-checks."
        yield CounterMetricFamily("e2a_swarm_cross_check_work_seconds", about, value=checks.work_s)


def _one(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)


def _by(name: str, about: str, label: str, values: dict[str, int]) -> Metric:
    metric = GaugeMetricFamily(name, about, labels=[label])
    for key, value in values.items():
        metric.add_metric([key], value)
    return metric
