"""Asks a batch system for workers as long as there is something to speak. It ends none: they end themselves."""

import asyncio
import secrets
import time
from dataclasses import dataclass
from math import inf

from swarm.errors import EXIT_DONE, EnvironmentFault
from swarm.lease.message import JobStatus, StatusReply, WorkerStatus
from swarm.net.client import ask
from swarm.net.transport import AnyKeys
from swarm.system.machine import Say
from swarm.system.text import count_text, duration_text
from swarm.worker.scale.launcher import Launcher
from swarm.worker.scale.pilots import Fleet, PilotAdvice, Pilots, Wish, advise

LOOK_S = 5.0
GONE_S = 60.0  # the coordinator counts as ended after so long without an answer
PATIENCE_S = 300.0  # a batch system may give no answer for so long
MAX_FAILURES = 3  # pilots one after the other that end without having reached the coordinator
MAX_AT_ONCE = 20  # pilots asked for between two looks: what joins meanwhile tells whether more are worth it
WHY = {
    "most": "as many as --most allows",
    "soon done": "more would find nothing to speak",
    "in time": "by --until",
    "unmeasured": "its speed tells how many are needed by --until",
    "budget": "as many as --budget pays for",
    "nothing left": "nothing is left to speak",
    "enough": "those that are there will do by --until",
}


@dataclass
class Scaler:
    """One run of `scale`: a wish, a launcher, and what both have led to."""

    wish: Wish
    launcher: Launcher
    coordinator: str  # workers reach it at this address
    words: list[str]  # more options of each worker
    where: str  # the batch system's name
    say: Say

    def __post_init__(self) -> None:
        """Begin without pilots."""
        self.pilots = Pilots(self.wish.stay_s)
        self._prefix = f"{self.where}-{secrets.token_hex(2)}"
        self._count = 0
        self._said: object = None
        self._last_words = ""
        self._answered_s, self._fault = -inf, ""  # a batch system that never answered is a fault at once

    async def scale_workers(self, keys: AnyKeys) -> int:
        """Look and ask until nothing is left to speak; return the exit code. Raises EnvironmentFault."""
        heard_s = time.monotonic()
        while time.monotonic() - heard_s < GONE_S:
            if reply := (await ask([self.coordinator], keys)).reply:
                heard_s = time.monotonic()
                await self._try(reply)
                if _is_over(reply):
                    self.say(f"all is spoken; {self._spent()}")
                    return EXIT_DONE
            await asyncio.sleep(LOOK_S)
        self.say(f"the coordinator has not answered for {duration_text(GONE_S)}: it has ended; {self._spent()}")
        return EXIT_DONE

    async def _try(self, reply: StatusReply) -> None:
        """Look; a batch system that is away for a while is asked again. Raises EnvironmentFault for others."""
        try:
            await self._look(reply)
            self._answered_s, self._fault = time.monotonic(), ""
        except EnvironmentFault as fault:
            if time.monotonic() - self._answered_s > PATIENCE_S or self.pilots.failures >= MAX_FAILURES:
                raise
            if self._fault != str(fault):
                self._fault = str(fault)
                self.say(f"{fault} Trying again for {duration_text(PATIENCE_S)}.")

    async def _look(self, reply: StatusReply) -> None:
        now = time.time()
        ended = await asyncio.to_thread(self.launcher.ended, [*self.pilots.under_way])
        self._last_words = next((words for words in ended.values() if words), self._last_words)
        self.pilots.observe({worker.name for worker in reply.workers}, ended.keys(), now)
        if self.pilots.failures >= MAX_FAILURES:
            raise EnvironmentFault(
                f"{self.pilots.failures} workers of {self.where} ended without having reached the coordinator "
                f"({self._last_words or 'nothing is known of why'}). See what they said, then try again."
            )
        advice = advise(self.wish, fleet_of(reply, self.pilots), now)
        self._tell(advice)
        for _ in range(min(advice.pilots, MAX_AT_ONCE)):
            await self._start()

    async def _start(self) -> None:
        self._count += 1
        name = f"{self._prefix}-{self._count}"
        ticket = await asyncio.to_thread(self.launcher.start, name, self.coordinator, self.words)
        self.pilots.note_pilot(name, ticket, time.time())

    def _tell(self, advice: PilotAdvice) -> None:
        """Say what is asked for, and once for each reason why nothing is."""
        if advice.pilots or self._said != advice.bound:
            self.say(advice_line(advice, self.where, self.pilots))
        self._said = advice.bound

    def _spent(self) -> str:
        running = len(self.pilots.under_way)
        left = f", {count_text(running, 'worker')} of {self.where} will end by themselves" if running else ""
        return f"{count_text(self._count, 'worker')} asked for{left}"


def advice_line(advice: PilotAdvice, where: str, pilots: Pilots) -> str:
    """Return what is asked for, and why not more, as a line."""
    there = f"{pilots.joined} at work, {pilots.asked} expected"
    what = f"asking {where} for {count_text(advice.pilots, 'worker')}" if advice.pilots else "asking for none"
    return f"{what} ({there}): {WHY[advice.bound]}"


def fleet_of(reply: StatusReply, pilots: Pilots) -> Fleet:
    """Return what a coordinator's status and the pilots tell."""
    jobs = [job for job in reply.jobs if _is_open(job)]
    speeds = [speed for worker in reply.workers if (speed := _speed(worker))]
    return Fleet(
        characters=sum(job.characters_left for job in jobs),
        segments=sum(job.segments - job.accepted - job.missing for job in jobs),
        pace=sum(speeds),
        measured=len(speeds),
        workers=len(reply.workers),
        joined=pilots.joined,
        asked=pilots.asked,
        start_s=pilots.start_s,
        spent_s=pilots.spent_s,
    )


def _is_open(job: JobStatus) -> bool:
    return job.state in ("waiting", "speaking") and not (job.reason and job.reason.code == "paused")


def _speed(worker: WorkerStatus) -> float:
    return sum(slot.speed_chars_s for slot in worker.slots)


def _is_over(reply: StatusReply) -> bool:
    """Tell whether nothing will be spoken any more. A resident coordinator may get another book."""
    return reply.queue is None and bool(reply.jobs) and all(job.state in ("writing", "finished") for job in reply.jobs)
