"""What the coordinator shows of itself: the answer to `Status`, and what progress is drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import msgpack, structs

from swarm.job.job_file import what
from swarm.job.language import language_name
from swarm.job.recipe import Recipe
from swarm.lease.coordinator.ledger import PROMISED
from swarm.lease.coordinator.roster import Session, Slot, voicing
from swarm.lease.coordinator.served_job import ServedJob
from swarm.lease.coordinator.settings import Settings
from swarm.lease.message import ChapterStatus, JobStage, JobStatus, Resting, SlotStatus, StatusReply, WorkerStatus
from swarm.lease.scheduling import Speed

MIN_CLIPS = 3  # all slots together: the first may be one word, spoken while its engine warmed up


@dataclass(frozen=True)
class Snapshot:
    """The coordinator at one moment, read-only."""

    settings: Settings
    jobs: dict[str, ServedJob]
    sessions: dict[str, Session]
    now: float

    def reply(self) -> StatusReply:
        """All jobs and workers."""
        return StatusReply(
            coordinator=self.settings.coordinator,
            name=self.settings.name,
            version=self.settings.version,
            epoch=self.settings.epoch,
            jobs=tuple(self._job(served) for served in self.jobs.values()),
            workers=tuple(self._worker(session) for session in self.sessions.values()),
        )

    def _job(self, served: ServedJob) -> JobStatus:
        state, spec = served.state, served.state.spec
        return JobStatus(
            job=spec.job,
            title=spec.title,
            engine=spec.recipe.engine,
            state=self._stage(served),
            segments=sum(len(chapter.segments) for chapter in spec.chapters),
            accepted=len(state.accepted),
            missing=len(state.quarantined),
            characters=served.characters,
            characters_left=served.characters - state.characters_settled,
            audio_s=max(0.0, state.audio_s),
            elapsed_s=max(0.0, self.now - (served.first_grant_s or self.now)),
            eta_s=self._eta_s(served),
            chapters=tuple(
                ChapterStatus(chapter.title, len(chapter.segments), settled)
                for chapter, settled in zip(spec.chapters, state.settled, strict=True)
            ),
            note=self._note(served),
        )

    def _stage(self, served: ServedJob) -> JobStage:
        if served.state.finished is not None:
            return "finished"
        if served.state.complete:
            return "writing"
        return "speaking" if served.ledger.leases else "waiting"

    def _eta_s(self, served: ServedJob) -> float | None:
        """Jobs are spoken one after the other, so what stands before this one counts too."""
        recipe = served.state.spec.recipe
        speeds = [(speed, slot.waits) for slot in self._at_work() if (speed := slot.speeds.get(voicing(recipe)))]
        pace = sum(_pace(speed, waits) for speed, waits in speeds)
        if not pace or sum(speed.clips for speed, _ in speeds) < MIN_CLIPS:
            return None
        left = 0
        for other in self.jobs.values():
            left += other.characters - other.state.characters_settled
            if other is served:
                break
        return left / pace

    def _at_work(self) -> list[Slot]:
        return [slot for s in self.sessions.values() for n, slot in enumerate(s.slots) if n not in s.resting]

    def _note(self, served: ServedJob) -> str:
        if served.state.complete:
            return f"{int(100 * served.encoded)} % encoded" if served.encoded < 1 and not served.state.finished else ""
        recipe = served.state.spec.recipe
        missing = self.settings.min_workers - len(self.sessions)
        if missing > 0:
            return f"waiting for {missing} more worker{'s' * (missing != 1)}"
        if not self.sessions:
            return (
                "" if self.settings.alone else "waiting for a worker: run `e2a-swarm work` on any machine of the swarm"
            )
        able = [session for session in self.sessions.values() if session.can_speak(recipe)]
        if not able:
            return self._unserved(served)
        if all(session.rests for session in able):
            return f"whoever could speak it rests: {_rests(able[0])}"
        if loading := self._loading(served):
            return loading
        if served.state.awaits_latents and served.ledger.leases:
            return "preparing the voice"
        return "" if any(served.needed <= session.job_files for session in able) else _fetching(served, able)

    def _loading(self, served: ServedJob) -> str:
        """How far the model is where everybody who holds a lease still loads it; "" where somebody speaks."""
        leases = [lease for lease in served.ledger.leases.values() if lease.slot != PROMISED]
        slots = [self.sessions[lease.session].slots[lease.slot] for lease in leases]
        notes = [slot.report.note for slot in slots if slot.report and slot.report.state == "loading"]
        return next(filter(None, sorted(notes)), "") if len(notes) == len(slots) else ""

    def _unserved(self, served: ServedJob) -> str:
        """Why nobody can speak a job, and what would help."""
        recipe, sessions = served.recipe, self.sessions.values()
        reasons = sorted({session.unable[recipe] for session in sessions if recipe in session.unable})
        why = f" ({'; '.join(reasons)})" if reasons else ""
        unmodelled = any(session.lacks_model(recipe) for session in sessions)
        missing = f" and the model {recipe.model}" if unmodelled and not reasons else ""
        offered = any(offer.name == recipe.engine for session in sessions for offer in session.hello.engines)
        line = served.fetch if unmodelled else "" if offered else served.install
        remedy = f"; on a machine that shall speak it: {line}" if line else ""
        spoken = f"no worker here can speak {language_name(recipe.language)} with {recipe.engine}"
        return f"{spoken}{missing}{why}{remedy}"[:1500]

    def _worker(self, session: Session) -> WorkerStatus:
        return WorkerStatus(
            worker=session.worker,
            name=session.hello.name,
            device=", ".join(device.about or device.name for device in session.hello.devices)[:1500],
            slots=tuple(self._slot(n, slot, session.resting.get(n)) for n, slot in enumerate(session.slots)),
            silent_s=max(0.0, self.now - session.heard_s),
            failures=session.failures,
            segments=session.segments,
            audio_s=session.audio_s,
            note=self._worker_note(session),
            figures=session.figures,
        )

    def _worker_note(self, session: Session) -> str:
        if session.aside_until_s > self.now:
            return f"set aside for {session.aside_until_s - self.now:.0f} s: failed {session.streak} times in a row"
        notes = [f"{recipe.engine}: {why}" for recipe, why in session.unable.items()]
        notes += [_rests(session)] if session.resting else []
        if served := _out_of_reach(session, self.jobs):
            model = session.lacks_model(served.recipe)
            notes.append(f"lacks {served.recipe.model if model else _voice_of(served.recipe)}")
        for served in self.jobs.values():
            if (
                not served.state.complete
                and session.can_speak(served.recipe)
                and not served.needed <= session.job_files
            ):
                notes.append(_fetching(served, [session]))
        return "; ".join(dict.fromkeys(notes))[:1500]

    def _slot(self, number: int, slot: Slot, rest: Resting | None) -> SlotStatus:
        state = slot.report.state if slot.report and slot.leases else "idle"
        for served in self.jobs.values():
            lease = served.ledger.leases.get(slot.leases[0]) if slot.leases else None
            if lease is None:
                continue
            speed = slot.speed(served.state.spec.recipe)
            return SlotStatus(
                slot=number,
                state="speaking" if state == "idle" else state,
                job=lease.job,
                chapter=lease.chapter,
                index=lease.pending[0],
                remaining=len(lease.pending),
                speed_chars_s=speed.chars_s or 0.0,
                realtime=speed.realtime,
                note=slot.report.note if slot.report and state == "loading" else "",
            )
        return SlotStatus(slot=number, state="resting" if rest else "idle", note=rest.why if rest else "")


def fitting(reply: StatusReply, most: int) -> StatusReply:
    """The reply in at most so many bytes: without chapters where it must be, then with fewer workers."""
    for chapters, workers in ((True, None), (False, None), (False, 64), (False, 8)):
        jobs = reply.jobs if chapters else tuple(structs.replace(job, chapters=()) for job in reply.jobs[:32])
        shorter = structs.replace(reply, jobs=jobs, workers=reply.workers[:workers])
        if len(msgpack.encode(shorter)) <= most:
            break
    return shorter


def lacks(session: Session, jobs: dict[str, ServedJob]) -> str:
    """What a worker would need to be of any use here; "" where it can speak something that is not spoken yet."""
    served = _out_of_reach(session, jobs)
    if served is None:
        return ""
    recipe, title = served.recipe, served.state.spec.title
    if session.lacks_model(recipe):
        remedy = f": {served.fetch}" if served.fetch else ""
        return f"{title} is spoken with {recipe.model}, which is not on this machine{remedy}"[:1500]
    remedy = f": {served.install}" if served.install else ""
    language = language_name(recipe.language)
    return f"{title} is spoken with {recipe.engine} in {language}, which this worker cannot{remedy}"[:1500]


def _out_of_reach(session: Session, jobs: dict[str, ServedJob]) -> ServedJob | None:
    """A job that a worker was never able to speak, where that is all there is for it."""
    left = [served for served in jobs.values() if not served.state.complete]
    if not left or any(session.can_speak(served.recipe) for served in left):
        return None
    return None if left[0].recipe in session.unable else left[0]  # of that it said itself why


def _fetching(served: ServedJob, sessions: Sequence[Session]) -> str:
    """How far the worker is that has most of a job's files."""
    job_files = {job_file.digest: job_file.size for job_file in served.state.job_files}

    def have(session: Session) -> int:
        coming = [session.fetching[digest].have for digest in job_files if digest in session.fetching]
        return sum(coming) + sum(size for digest, size in job_files.items() if digest in session.job_files)

    best = max(sessions, key=have)
    held_up = next((best.fetching[digest].note for digest in job_files if digest in best.fetching), "")
    progress = f"fetching {what(served.state.job_files)}, {100 * have(best) // sum(job_files.values())} %"
    return f"{progress} ({held_up})" if held_up else progress


def _voice_of(recipe: Recipe) -> str:
    return f"{recipe.engine} for {language_name(recipe.language)}"


def _rests(session: Session) -> str:
    """Why slots of a worker rest, each reason once."""
    whys = dict.fromkeys(rest.why for rest in session.resting.values())
    return "; ".join(whys)[:1000]


def _pace(speed: Speed, waits: float) -> float:
    return (speed.chars_s or 0.0) * (1 - waits)


def hopeless(jobs: dict[str, ServedJob], sessions: dict[str, Session]) -> str:
    """Why none of those who are here can open the engine of some job; "" where there is none such."""
    for served in jobs.values():
        unable = [session for session in sessions.values() if not session.can_speak(served.recipe)]
        if sessions and len(unable) == len(sessions) and not served.state.complete:
            reasons = (session.unable.get(served.recipe, "") for session in unable)
            missing = f"it is not installed: {served.install}."
            if any(session.lacks_model(served.recipe) for session in unable):
                missing = (
                    f"its model {served.recipe.model} is not here, and none is downloaded (--offline): {served.fetch}"
                )
            why = next(filter(None, reasons), missing)
            return f"The engine {served.recipe.engine} does not open on this machine: {why}"
    if sessions and all(map(_is_out, sessions.values())) and not all(served.state.complete for served in jobs.values()):
        return next(rest.why for session in sessions.values() for rest in session.resting.values())
    return ""


def _is_out(session: Session) -> bool:
    """Whether its devices are gone, or never had room. Where some was spoken, there may be room again."""
    troubles = {rest.trouble for rest in session.resting.values()}
    return session.rests and (troubles == {"lost"} or (not session.segments and "" not in troubles))
