"""The assets of a worker's jobs: those it holds, those it fetches, and the latents that it computed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from swarm.job.job_asset import JobAsset
from swarm.lease.file_transfer import Fetch, Fetching, ModelReport, OfferedLatents, Source
from swarm.lease.message import Job
from swarm.lease.outcome import WorkerOutcome
from swarm.lease.worker.asset_download import Downloads, FilePart, sources_of
from swarm.lease.worker.coordinator_link import CoordinatorLink
from swarm.lease.worker.slot import EngineSlot, HeldLease

MAX_MADE = 64  # latents that one heartbeat names

Models = Mapping[str, ModelReport]  # coordinator -> its models


def _told_of(report: ModelReport | None) -> list[JobAsset]:
    """Return the files of models that other workers have, by the digests by which they travel."""
    missing = report.missing if report else ()
    return [JobAsset("model", each.told.digest, each.told.size) for each in missing if each.told is not None]


@dataclass
class FetchedAssets:
    """The files that a worker's engines need besides recipes."""

    downloads: Downloads = field(default_factory=Downloads)
    # Latents stay here, by link and job, until they are known to be journaled.
    made: dict[tuple[str, str], OfferedLatents] = field(default_factory=dict)

    def instructed(self, link: CoordinatorLink, job: Job, slots: Iterable[EngineSlot]) -> None:
        """Take a `Job`, which may need more files than before."""
        leases = [lease for slot in slots for lease in slot.leases if lease.link == link.name]
        link.jobs.learn(job, {lease.job.job for lease in leases})
        for lease in leases:
            if lease.job.job == job.job:
                lease.job = job
        if not job.latents:
            self.made.pop((link.name, job.job), None)

    def go_on(
        self,
        links: Mapping[str, CoordinatorLink],
        slots: Iterable[EngineSlot],
        models: Models,
        now: float,
        out: WorkerOutcome,
    ) -> None:
        """Fetch what is missing: files of jobs, and those of `models` that other workers have."""
        files = [(name, _told_of(report)) for name, report in models.items()]
        sought = [*self._needed(links.values(), slots)]
        sought += [(name if name in links and links[name].up else "", told) for name, told in files]
        digests = {file.digest for _, told in files for file in told}
        self.downloads.go_on(sources_of(sought), now, out, digests)

    def kept(self, links: Iterable[CoordinatorLink], part: FilePart, now: float, out: WorkerOutcome) -> None:
        """Take in how much of a file is on the disk; once it is all, a coordinator may have work."""
        self.downloads.kept(part, now, out)
        if self.downloads.is_here(part.digest):
            for link in links:
                link.find_work()
                out.beat(link.name)

    def _needed(
        self, links: Iterable[CoordinatorLink], slots: Iterable[EngineSlot]
    ) -> Iterator[tuple[str, Iterable[JobAsset]]]:
        """Yield each coordinator with its files; files that are needed only here come with the name ""."""
        for link in links:
            if link.up:
                yield from ((link.name, job.job_files) for job in link.jobs.with_files.values())
        for slot in slots:
            yield from (("", lease.job.job_files) for lease in slot.leases)
            if slot.latents is not None:
                yield "", (slot.latents,)
        yield from (("", (JobAsset("made", made.digest, made.size),)) for made in self.made.values() if made.size)

    def release_stranded(self, slots: Iterable[EngineSlot], links: Mapping[str, CoordinatorLink]) -> None:
        """Drop leases that wait for files or latents of a coordinator out of reach: they cannot go on."""
        for slot in slots:
            for lease in slot.leases[:1]:
                waits = lease.job.latents or not (slot.suits(lease.job) or self.downloads.has(lease.job.job_files))
                if waits and not slot.busy and not (lease.link in links and links[lease.link].up):
                    slot.leases.remove(lease)

    def offer_latents(self, slot: EngineSlot, lease: HeldLease, out: WorkerOutcome) -> None:
        """Offer the latents that a slot's voice was computed with; they have to be the job's before it speaks."""
        latents = slot.latents
        made = OfferedLatents(lease.job.job, latents.digest if latents else "", latents.size if latents else 0)
        if self.made.get((lease.link, lease.job.job)) != made:
            self.made[lease.link, lease.job.job] = made
            out.beat(lease.link)

    def loaded(self, slot: EngineSlot, latents: JobAsset | None, batch: int, now: float) -> None:
        """Go on with a slot whose voice is open and speaks `batch` lines together, if its card allows that.

        `latents` are those it computed, which are on the disk; they are ignored if the job has latents by now.
        """
        slot.loaded(now)
        slot.search.most = min(slot.search.most, max(1, batch))
        if latents is not None and all(lease.job.latents for lease in slot.leases[:1]):
            slot.latents = latents
            self.downloads.note_made_file(latents)

    def mislaid(self, slot: EngineSlot) -> None:
        """Have the files looked for afresh that a slot was to be loaded with: some are gone from the disk."""
        for lease in slot.leases[:1]:
            for job_file in lease.job.job_files:
                self.downloads.items.pop(job_file.digest, None)

    def lost(self, digest: str, slots: Iterable[EngineSlot]) -> None:
        """Forget latents that are gone from the disk; a voice that waits for their record is computed afresh."""
        self.downloads.items.pop(digest, None)
        self.made = {name: made for name, made in self.made.items() if made.digest != digest}
        for slot in slots:
            waits = not slot.busy and slot.leases and slot.leases[0].job.latents
            if waits and slot.latents is not None and slot.latents.digest == digest:
                slot.unload()

    def told(
        self,
        link: CoordinatorLink,
        message: Fetch | Source,
        models: Models,
        out: WorkerOutcome,
    ) -> None:
        """Serve a coordinator latents that were made for it or a block list, or take in how to fetch a file."""
        match message:
            case Fetch():
                lists = [told.digest for told in models[link.name].told] if link.name in models else []
                latents = [made.digest for made in self._made_for(link)]
                if message.digest in (lists if message.kind == "blocks" else latents):
                    out.serves.append((link.name, message))
            case Source():
                self.downloads.turned(link.name, message)

    def report_assets(
        self, link: CoordinatorLink, models: ModelReport | None
    ) -> tuple[tuple[str, ...], tuple[Fetching, ...], tuple[OfferedLatents, ...]]:
        """Return, for a heartbeat, the files that are here, those on their way, and the latents made here."""
        files = _told_of(models) + [file for job in link.jobs.with_files.values() for file in job.job_files]
        here, coming = self.downloads.report_downloads(files)
        return here, coming, tuple(self._made_for(link))[:MAX_MADE]

    def _made_for(self, link: CoordinatorLink) -> list[OfferedLatents]:
        return [made for (name, _), made in self.made.items() if name == link.name]
