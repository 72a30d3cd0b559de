"""Makes the coordinator's answer to `Status`, from which progress is drawn too."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from swarm.job.spec import Recipe
from swarm.lease.coordinator.cross_checks import CrossChecks
from swarm.lease.coordinator.ledger import RESERVED
from swarm.lease.coordinator.reel_orders import ReelOrders
from swarm.lease.coordinator.roster import Session, Slot, voicing
from swarm.lease.coordinator.served_job import Jobs, ServedJob
from swarm.lease.coordinator.time_left import EncodingPace, SpeechPace
from swarm.lease.core_settings import Settings
from swarm.lease.envelope import DEVICE_TROUBLE, MAX_NOTE, NotLeasing, Reason, Resting
from swarm.lease.message import PROTOCOL, ChapterStatus, JobStage, JobStatus, SlotStatus, StatusReply, WorkerStatus
from swarm.lease.scheduling import Speed

MIN_CLIPS = 3  # the first clip may be one word from a cold engine, so an estimate waits for so many


@dataclass(frozen=True)
class Snapshot:
    """The coordinator at one moment, read-only."""

    settings: Settings
    jobs: Jobs
    sessions: dict[str, Session]
    now: float
    speech_pace: SpeechPace = field(default_factory=SpeechPace)
    encoding_pace: EncodingPace = field(default_factory=EncodingPace)
    reels: ReelOrders | None = None
    checks: CrossChecks | None = None

    def reply(self) -> StatusReply:
        """Return the state of all jobs and workers."""
        return StatusReply(
            coordinator=self.settings.coordinator,
            name=self.settings.name,
            version=self.settings.version,
            epoch=self.settings.epoch,
            jobs=tuple(self._job(served) for served in self.jobs.values()),
            workers=tuple(self._worker(session) for session in self.sessions.values()),
            protocol=PROTOCOL,
            checks=self.checks.status() if self.checks else None,
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
            characters_left=served.characters_left,
            audio_s=max(0.0, state.audio_s),
            elapsed_s=max(0.0, self.now - (served.first_grant_s or self.now)),
            eta_s=self._eta_s(served),
            encoded=1.0 if state.finished else served.encoded,
            chapters=tuple(
                ChapterStatus(chapter.title, len(chapter.segments), settled)
                for chapter, settled in zip(spec.chapters, state.settled, strict=True)
            ),
            reason=self._reason(served),
            unspoken=spec.unspoken,
        )

    def _stage(self, served: ServedJob) -> JobStage:
        if served.state.finished is not None:
            return "finished"
        if served.state.complete:
            return "writing"
        return "speaking" if served.ledger.leases else "waiting"

    def _eta_s(self, served: ServedJob) -> float | None:
        """Return the seconds until a job's audiobook is written: speaking, and what encoding is behind then."""
        if served.state.finished:
            return None
        if served.state.complete:
            return self.encoding_pace.left_s(self._before_it_s(served), self.now) or None
        speaking_s = self._speaking_s(served)
        if speaking_s is None:
            return None
        is_last = self.jobs.open.keys() == {served.state.job}
        return speaking_s + self.encoding_pace.tail_s(self._before_it_s(served), speaking_s, gets_faster=is_last)

    def _before_it_s(self, served: ServedJob) -> float:
        """Return the seconds of sound that are encoded until that of a job is, since books take turns.

        Of the jobs that are not yet spoken, those before it have their turns.
        """
        queue = list(self.jobs.values())
        earlier = queue[: list(self.jobs).index(served.state.job) + 1] if served.is_open else []
        others = [other for other in queue if other.state.complete] + [other for other in earlier if other.is_open]
        own_s = served.unencoded_s
        return sum(min(own_s, other.unencoded_s) for other in others)

    def _speaking_s(self, served: ServedJob) -> float | None:
        """Return the seconds until a job is spoken: jobs are spoken in order, so those before it count too."""
        speeds = self._speeds(served)
        pace = sum(_pace(speed, waits) for speed, waits in speeds) * self.speech_pace.share
        if not served.is_open or not pace or sum(speed.clips for speed, _ in speeds) < MIN_CLIPS:
            return None
        left = 0
        for other in self.jobs.values():
            left += other.characters_left if other.is_open else 0
            if other is served:
                break
        return left / pace

    def speech(self) -> tuple[int, int, dict[Hashable, float]]:
        """Return the characters spoken and left of all jobs, and the characters a second that each slot measures."""
        spoken = sum(served.state.characters_settled for served in self.jobs.values())
        left = sum(served.characters_left for served in self.jobs.values() if served.is_open)
        under_way = next((served for served in self.jobs.values() if served.is_open), None)
        if under_way is None:
            return spoken, left, {}
        voice = voicing(under_way.recipe)
        slots = {(name, n): slot for name, s in self.sessions.items() for n, slot in enumerate(s.slots)}
        return (
            spoken,
            left,
            {
                (*place, voice): _pace(speed, slot.waits)
                for place, slot in slots.items()
                if place[1] not in self.sessions[place[0]].resting and (speed := slot.speeds.get(voice))
            },
        )

    def _speeds(self, served: ServedJob) -> list[tuple[Speed, float]]:
        """Return the speed of each slot that works, and the share of its time that it waits."""
        voice = voicing(served.recipe)
        return [(speed, slot.waits) for slot in self._at_work() if (speed := slot.speeds.get(voice))]

    def _at_work(self) -> list[Slot]:
        return [slot for s in self.sessions.values() for n, slot in enumerate(s.slots) if n not in s.resting]

    def _reason(self, served: ServedJob) -> Reason | None:
        """Return what a job waits for; None where it is spoken, or finished."""
        if served.state.complete:
            encoded = served.encoded
            encoding = encoded < 1 and not served.state.finished
            return Reason("encoding", percent=int(100 * encoded), seconds=self._behind_s(served)) if encoding else None
        if served.state.paused:
            return Reason("paused")
        missing = self.settings.min_workers - len(self.sessions)
        if missing > 0:
            return Reason("workers missing", count=missing)
        if not self.sessions:
            return None if self.settings.alone else Reason("no worker")
        able = [session for session in self.sessions.values() if session.can_speak(served.recipe)]
        if not able:
            return self._unserved(served)
        if guest := served.missing_guest(able):
            return Reason(
                "unserved", engine=guest.engine, language=guest.language, model=guest.model, command=_fetch_line(guest)
            )
        if all(served.rests_at(session) for session in able):
            return Reason("all rest", resting=tuple(served.rests_at(able[0])))
        if loading := self._loading(served):
            return Reason("loading", note=loading)
        if served.state.awaits_latents and served.ledger.leases:
            return Reason("computing latents")
        if not any(served.needed <= session.files.job_files for session in able):
            return _fetching(served, able)
        behind_s = self._behind_s(served)
        return Reason("behind", seconds=behind_s) if behind_s else None

    def _behind_s(self, served: ServedJob) -> float:
        return self.reels.behind_s(served.state.job) if self.reels else 0.0

    def _loading(self, served: ServedJob) -> str:
        """Return how far the model is where every holder of a lease still loads it; "" where a slot speaks."""
        leases = [lease for lease in served.ledger.leases.values() if lease.slot != RESERVED]
        slots = [self.sessions[lease.session].slots[lease.slot] for lease in leases]
        notes = [slot.report.note for slot in slots if slot.report and slot.report.state == "loading"]
        return next(filter(None, sorted(notes)), "") if len(notes) == len(slots) else ""

    def _unserved(self, served: ServedJob) -> Reason:
        """Return why no worker can speak a job, and what would help."""
        recipe, sessions = served.recipe, self.sessions.values()
        reasons = sorted({session.unable[recipe] for session in sessions if recipe in session.unable})
        unmodelled = any(session.lacks_model(recipe) for session in sessions)
        offered = any(offer.name == recipe.engine for session in sessions for offer in session.hello.engines)
        return Reason(
            "unserved",
            engine=recipe.engine,
            language=recipe.language,
            model=recipe.model if unmodelled and not reasons else "",
            command=served.fetch if unmodelled else "" if offered else served.install,
            note="; ".join(reasons)[:MAX_NOTE],
        )

    def _worker(self, session: Session) -> WorkerStatus:
        return WorkerStatus(
            worker=session.worker,
            name=session.hello.name,
            device=", ".join(device.about or device.name for device in session.hello.devices)[:1500],
            slots=tuple(self._slot(n, slot, session.resting.get(n)) for n, slot in enumerate(session.slots)),
            silent_s=max(0.0, self.now - session.heard_s),
            failures=session.trust.failures,
            segments=session.trust.segments,
            audio_s=session.trust.audio_s,
            figures=session.figures,
            reasons=tuple(self._worker_reasons(session)),
            version=session.hello.version,
            tag=session.hello.tag,
            run=session.hello.run,
            fingerprint=session.hello.fingerprint,
        )

    def _worker_reasons(self, session: Session) -> list[Reason]:
        """Return what keeps a worker from speaking."""
        if session.trust.aside_until_s > self.now:
            return [Reason("set aside", seconds=session.trust.aside_until_s - self.now, count=session.trust.streak)]
        reasons = [
            Reason("unable", engine=recipe.engine, note=why[:MAX_NOTE]) for recipe, why in session.unable.items()
        ]
        if rests := [*session.resting.values(), *session.no_room.values()]:
            reasons.append(Reason("rests", resting=tuple(rests)))
        if session.link.bits_s:
            reasons.append(Reason("slow link", worker=session.hello.name, count=session.link.bits_s))
        if missing := find_missing(session, self.jobs):
            reasons.append(missing)
        for served in self.jobs.open.values():
            if session.can_speak(served.recipe) and not served.needed <= session.files.job_files:
                reasons.append(_fetching(served, [session]))
        return list(dict.fromkeys(reasons))

    def _slot(self, number: int, slot: Slot, rest: Resting | None) -> SlotStatus:
        state = slot.report.state if slot.report and slot.leases else "idle"
        if lease := self.jobs.lease_index.leases.get(slot.leases[0]) if slot.leases else None:
            speed = slot.speed(self.jobs.of(lease).recipe)
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
                rest=rest,
            )
        return SlotStatus(slot=number, state="resting" if rest else "idle", rest=rest)


def find_missing(session: Session, jobs: Jobs) -> Reason | None:
    """Return what a worker lacks to be of any use here; None where it can speak an open job."""
    served = _out_of_reach(session, jobs)
    if served is None:
        return None
    recipe, title = served.recipe, served.state.spec.title[:MAX_NOTE]
    if session.lacks_model(recipe):
        return Reason("lacks model", title=title, engine=recipe.engine, model=recipe.model, command=served.fetch)
    return Reason("lacks voice", title=title, engine=recipe.engine, language=recipe.language, command=served.install)


def _out_of_reach(session: Session, jobs: Jobs) -> ServedJob | None:
    """Return the first open job where a worker can speak none, unless the worker said itself why."""
    if not jobs.open or any(session.can_speak(served.recipe) for served in jobs.open.values()):
        return None
    first = next(iter(jobs.open.values()))
    return None if first.recipe in session.unable else first  # the worker said itself why


def _fetching(served: ServedJob, sessions: Sequence[Session]) -> Reason:
    """Return how far the worker is that has most of a job's files."""
    sizes = {job_file.digest: job_file.size for job_file in served.state.job_files}

    def have(session: Session) -> int:
        coming = [session.files.fetching[digest].have for digest in sizes if digest in session.files.fetching]
        return sum(coming) + sum(size for digest, size in sizes.items() if digest in session.files.job_files)

    best = max(sessions, key=have)
    held_up = next((best.files.fetching[digest].note for digest in sizes if digest in best.files.fetching), "")
    names = tuple(job_file.name for job_file in served.state.job_files)
    return Reason("fetching", files=names, percent=100 * have(best) // sum(sizes.values()), note=held_up)


def _pace(speed: Speed, waits: float) -> float:
    return (speed.chars_s or 0.0) * (1 - waits)


def find_hopeless(jobs: Jobs, sessions: dict[str, Session]) -> Reason | None:
    """Return why no worker here can ever speak some job; None where one can, or none is here."""
    if not sessions:
        return None
    for served in jobs.values():
        if not served.state.complete and not any(s.can_speak(served.recipe) for s in sessions.values()):
            return _closed(served, sessions)
    for served in jobs.values():
        able = [session for session in sessions.values() if session.can_speak(served.recipe)]
        if not served.state.complete and all(_is_out(served, session) for session in able):
            return Reason("device lost", resting=tuple(served.rests_at(able[0])))
        if guest := served.missing_guest(able):
            return Reason(
                "no guest", engine=guest.engine, language=guest.language, model=guest.model, command=_fetch_line(guest)
            )
    return None


def _fetch_line(guest: Recipe) -> str:
    """Return the command that brings the model of a guest to a machine; "" if it needs none."""
    return f"e2a-swarm models fetch {guest.model}" if guest.model else ""


def _closed(served: ServedJob, sessions: dict[str, Session]) -> Reason:
    """Return why the engine of a job opens nowhere."""
    recipe = served.recipe
    if why := next(filter(None, (session.unable.get(recipe) for session in sessions.values())), ""):
        return Reason("does not open", engine=recipe.engine, note=why[:MAX_NOTE])
    if any(session.lacks_model(recipe) for session in sessions.values()):
        return Reason("no model", engine=recipe.engine, model=recipe.model, command=served.fetch)
    return Reason("not installed", engine=recipe.engine, command=served.install)


def _is_out(served: ServedJob, session: Session) -> bool:
    """Return whether the devices for a job are gone, or never had room; if it spoke before, there may be room again."""
    causes = {rest.why.cause for rest in served.rests_at(session)}
    return causes == {NotLeasing.LOST} or (bool(causes) and not session.trust.segments and causes <= DEVICE_TROUBLE)
